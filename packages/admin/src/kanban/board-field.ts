import type { UiField, UiModel, UiScalar } from "../metadata/model.ts"

const isBoard = (field: UiField): field is UiScalar =>
  (field.type === "states" || field.type === "choice") && field.read && field.values !== undefined

/** The fields whose values can be the columns of a board: states first. */
export const boardFields = (model: UiModel): readonly string[] =>
  Object.entries(model.fields)
    .filter(([, field]) => isBoard(field))
    .toSorted(([, a], [, b]) => Number(b.type === "states") - Number(a.type === "states"))
    .map(([name]) => name)

/** What moving a card to another column does. */
export type CardMove =
  | { readonly kind: "transition"; readonly name: string; readonly label: string }
  | { readonly kind: "update" }

/** @returns undefined where a card may not go there */
export function moveOf(model: UiModel, fieldName: string, from: string | null, to: string): CardMove | undefined {
  const field = model.fields[fieldName]
  if (!field || from === to) return undefined
  if (field.type === "choice") return model.rights.update && field.update ? { kind: "update" } : undefined
  const found = Object.entries(model.transitions).find(
    ([, each]) =>
      each.field === fieldName &&
      each.to === to &&
      from !== null &&
      each.from.includes(from) &&
      Object.values(each.input).every(({ required }) => !required),
  )
  return found && { kind: "transition", name: found[0], label: found[1].label }
}
