import type { FieldMember, ResolvedModel, Rights, RowValues } from "@archipel/core"

const OPAQUE: ReadonlySet<FieldMember["type"]> = new Set(["json", "file", "image"])

/** A record as the answer of a write, of values that are in memory anyway. */
export type AnswerText = (values: RowValues) => string

/**
 * What writes the texts of a model's records for these rights, equal byte by byte to what the database would give; undefined
 * if a cell depends on more than its value.
 */
export function answerTextOf(rights: Rights, model: ResolvedModel): AnswerText | undefined {
  const own = rights.of(model)
  const shown: (readonly [name: string, before: string])[] = []
  for (const member of model.columns) {
    const { kind } = own.readable(member)
    if (kind === "false") continue
    if (kind !== "true" || (member.kind === "field" && OPAQUE.has(member.type))) return undefined
    shown.push([member.name, `${shown.length === 0 ? "{" : ","}${JSON.stringify(member.name)}:`])
  }
  if (shown.length === 0) return () => "{}"
  return (values) => {
    let text = ""
    for (const [name, before] of shown) text += before + JSON.stringify(values[name] ?? null)
    return `${text}}`
  }
}
