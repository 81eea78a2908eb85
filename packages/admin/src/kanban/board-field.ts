import { automatic, isOne, type UiField, type UiModel } from "../metadata/model.ts"

const kinds: readonly UiField["type"][] = ["states", "choice", "one"]

const isBoard = ([name, field]: readonly [string, UiField]): boolean =>
  field.read && !automatic.has(name) && (isOne(field) || ("values" in field && kinds.includes(field.type)))

/** The fields whose values can be the columns of a board: states first, then choices, then references. */
export const boardFields = (model: UiModel): readonly string[] =>
  Object.entries(model.fields)
    .filter(isBoard)
    .toSorted(([, a], [, b]) => kinds.indexOf(a.type) - kinds.indexOf(b.type))
    .map(([name]) => name)

/** What moving a card to another column does. */
export type CardMove =
  | { readonly kind: "transition"; readonly name: string; readonly label: string }
  | { readonly kind: "update" }

/**
 * @param from The value of the column that it is in; null where it has none. @param to Likewise.
 * @returns undefined where a card may not go there
 */
export function moveOf(
  model: UiModel,
  fieldName: string,
  from: string | null,
  to: string | null,
): CardMove | undefined {
  const field = model.fields[fieldName]
  if (!field || from === to) return undefined
  if (field.type !== "states") {
    const mayBe = to !== null || field.optional === true
    return mayBe && model.rights.update && field.update ? { kind: "update" } : undefined
  }
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
