import type { FieldDefinition, Tone } from "./definition.ts"

const words: Readonly<Record<Exclude<Tone, "accent">, string>> = {
  success: "done paid approved shipped delivered completed closed won returned resolved active published",
  danger: "cancelled canceled rejected refused denied declined failed lost overdue blocked expired broken urgent",
  warning: "pending waiting late paused suspended submitted review high onhold",
  info: "confirmed accepted inprogress doing started sent planned ongoing scheduled processing",
  neutral: "draft new open todo inactive archived low medium normal none other",
}
const byWord: ReadonlyMap<string, Tone> = new Map(
  Object.entries(words).flatMap(([tone, all]) => all.split(" ").map((word): [string, Tone] => [word, tone as Tone])),
)

/** The states that no transition leaves. */
export function finalStates({ values = [], transitions = {} }: FieldDefinition): ReadonlySet<string> {
  const left = new Set(Object.values(transitions).flatMap(({ from }) => from))
  return new Set(values.filter((value) => !left.has(value)))
}

/**
 * The tone of a value of `choice` or `states`: the declared one, else what its name says in English, else what its place among the
 * states does: the first one neutral, a final one success, those between info. Of a choice that says nothing, neutral.
 */
export function toneOf(field: FieldDefinition, value: string): Tone {
  const told = field.tones?.[value] ?? byWord.get(value.toLowerCase().replaceAll(/[^a-z]/g, ""))
  if (told !== undefined) return told
  if (field.type !== "states" || value === field.values?.[0]) return "neutral"
  return finalStates(field).has(value) ? "success" : "info"
}
