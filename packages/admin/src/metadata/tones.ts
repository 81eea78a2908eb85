import type { UiModel } from "./model.ts"

/** What a state means, never a colour: the theme gives each a pair with enough contrast. */
export type Tone = "neutral" | "info" | "warning" | "positive" | "negative"

const negative = /cancel|reject|refus|fail|lost|void|declin|error|block|overdue|expired|abandon/i
const positive = /done|ship|approv|paid|complet|won|deliver|accept|clos|active|publish|resolv|success|finish/i
const waiting = /submit|pending|wait|review|hold|request|progress/i

const kept = new WeakMap<UiModel, Map<string, Tone>>()

/**
 * The tone of a state or choice. A contract says none; it follows from its name, and where the name says nothing from its place:
 * states begin neutral, go on as information and end well.
 */
export function toneOf(model: UiModel, fieldName: string, value: string): Tone {
  let tones = kept.get(model)
  if (!tones) kept.set(model, (tones = new Map()))
  const key = `${fieldName} ${value}`
  let tone = tones.get(key)
  if (!tone) tones.set(key, (tone = derived(model, fieldName, value)))
  return tone
}

function derived(model: UiModel, fieldName: string, value: string): Tone {
  const field = model.fields[fieldName]
  if (field?.type !== "states") return "neutral"
  if (negative.test(value)) return "negative"
  if (positive.test(value)) return "positive"
  if (waiting.test(value)) return "warning"
  if (field.values?.[0] === value) return "neutral"
  const ofField = Object.values(model.transitions).filter((each) => each.field === fieldName)
  const isFinal = ofField.length > 0 && !ofField.some(({ from }) => from.includes(value))
  return isFinal ? "positive" : "info"
}
