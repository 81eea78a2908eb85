import type { Tone } from "@archipel/core"
import type { UiModel } from "./model.ts"

/** The tone that its service gives a value of states or of a choice: what it means, never a colour. The theme gives each one with enough contrast. */
export function toneOf(model: UiModel, fieldName: string, value: string): Tone {
  const field = model.fields[fieldName]
  if (field?.type !== "states" && field?.type !== "choice") return "neutral"
  return field.options?.find((option) => option.value === value)?.tone ?? "neutral"
}
