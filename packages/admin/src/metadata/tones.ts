import type { UiModel } from "./model.ts"

/** What a value means, never a colour: the theme gives each tone a pair with enough contrast. */
export type Tone = "neutral" | "info" | "success" | "warning" | "danger" | "accent"

/** The tone that its service gives a value of states or of a choice. */
export function toneOf(model: UiModel, fieldName: string, value: string): Tone {
  const field = model.fields[fieldName]
  if (field?.type !== "states" && field?.type !== "choice") return "neutral"
  return field.options?.find((option) => option.value === value)?.tone ?? "neutral"
}
