import type { FormSession } from "./form-session.ts"
import { type FormState, type Line, shownLines, type Values } from "./form-state.ts"
import { newLineKey } from "./form-store.ts"
import { newId } from "./new-id.ts"
import { expectedRecord } from "./provisional.ts"
import type { UiModel } from "../metadata/model.ts"

/** What a client may give of a model's values, and what names a record only once is not copied. */
function copied(values: Values, model: UiModel): Values {
  const entries = Object.entries(model.fields)
    .filter(([name, field]) => field.create && field.unique !== true && (values[name] ?? null) !== null)
    .map(([name]) => [name, values[name]] as const)
  return Object.fromEntries(entries)
}

/** A new record like the one in the form. */
export function duplicateOf(session: FormSession): FormState {
  const { state, provisional } = session.view
  const { model, lists } = session.model
  const values = expectedRecord(state, provisional)
  const owned = new Set(lists.map(({ name }) => name))
  const lines = lists.map(({ name, model: lineModel }) => [
    name,
    shownLines(state, name).map(
      (line): Line => ({
        key: newLineKey(),
        stored: undefined,
        edits: copied({ ...line.stored, ...provisional.lines[name]?.get(line.key), ...line.edits }, lineModel),
        deleted: false,
      }),
    ),
  ])
  const edits = Object.fromEntries(Object.entries(copied(values, model)).filter(([name]) => !owned.has(name)))
  return { id: newId(), base: undefined, edits, lines: Object.fromEntries(lines) }
}

const begun = new Map<string, FormState>()

/** The next new record of a collection begins like this. */
export const beginWith = (collection: string, state: FormState): void => void begun.set(collection, state)

/** @returns what a new record of the collection begins with, once */
export function takeBegun(collection: string): FormState | undefined {
  const state = begun.get(collection)
  begun.delete(collection)
  return state
}
