import { knownTitle } from "../api/titles.ts"
import { recordsNamed, valueOfReference } from "../fields/named-references.ts"
import type { FieldUi } from "../form/field-ui.ts"
import { editableText, type Reader, valueOfText } from "../form/field-value.ts"
import type { FormSession } from "../form/form-session.ts"
import { isWritable, type OwnedList } from "../form/form-model.ts"
import { type FormState, isBlank, shownLines, withNewLine, withValue } from "../form/form-state.ts"
import { newLineKey, type Unsettled } from "../form/form-store.ts"
import { placeKey } from "../form/problem-places.ts"
import { shownInLine } from "../form/provisional.ts"
import { formatTsv } from "../form/tsv.ts"
import type { CellAddress } from "./grid-cells.ts"

interface Pasting {
  readonly session: FormSession
  readonly list: OwnedList
  readonly at: CellAddress
  readonly rows: readonly (readonly string[])[]
  readonly reader: Reader
}

/**
 * Puts a range into the lines from a cell on, one step that can be taken back; lines are added as they are needed. What is no value of
 * its field stays there as the text it is, with what is wrong.
 *
 * @returns how many lines were written
 */
export async function paste({ session, list, at, rows, reader }: Pasting): Promise<number> {
  const names = new Map<number, Set<string>>()
  for (const row of rows) {
    for (const [offset, text] of row.entries()) {
      const [, field] = list.columns[at.column + offset] ?? []
      if (field?.type !== "one" || text.trim() === "") continue
      const column = at.column + offset
      names.set(column, (names.get(column) ?? new Set()).add(text.trim()))
    }
  }
  const lookups = await Promise.all(
    [...names].map(
      async ([column, of]) => [column, await recordsNamed(list.columns[column]?.[1] as FieldUi, of)] as const,
    ),
  )
  const found = new Map(lookups)
  const { store } = session
  const unsettled = new Map<string, Unsettled>(store.view.unsettled)
  let isNew = false
  const write = (state: FormState): FormState => {
    let next = state
    const start = shownLines(next, list.name).findIndex(({ key }) => key === at.line)
    for (const [index, row] of rows.entries()) {
      let line = shownLines(next, list.name)[start + index]
      if (line === undefined) {
        const key = newLineKey()
        next = withNewLine(next, list.name, key)
        line = { key, stored: undefined, edits: {}, deleted: false }
      }
      isNew = line.stored === undefined
      for (const [offset, text] of row.entries()) {
        const column = at.column + offset
        const [name, field] = list.columns[column] ?? []
        if (name === undefined || field === undefined || !isWritable(field, isNew)) continue
        const place = { list: list.name, line: line.key, field: name }
        const typed =
          field.type === "one"
            ? valueOfReference(text.trim(), field as FieldUi, found.get(column) ?? new Map())
            : valueOfText(field as FieldUi, text, reader)
        if (typed.ok) {
          next = withValue(next, place, typed.value)
          unsettled.delete(placeKey(place))
        } else unsettled.set(placeKey(place), { place, text, mistake: typed })
      }
    }
    return next
  }
  const touched = new Set(store.view.touched)
  store.change(write, "settled")
  for (const key of unsettled.keys()) touched.add(key)
  store.show({ unsettled, touched })
  return rows.length
}

/** The cells of a range as a spreadsheet takes them. */
export function copied(
  session: FormSession,
  list: OwnedList,
  range: { readonly first: number; readonly last: number; readonly left: number; readonly right: number },
  reader: Reader,
): string {
  const { state, provisional } = session.view
  const lines = shownLines(state, list.name).slice(range.first, range.last + 1)
  const columns = list.columns.slice(range.left, range.right + 1)
  const patches = provisional.lines[list.name]
  return formatTsv(
    lines
      .filter((line) => !isBlank(line))
      .map((line) =>
        columns.map(([name, field]) => {
          const { value } = shownInLine(line, patches?.get(line.key), name)
          if (field.type !== "one" || typeof value !== "string") return editableText(field as FieldUi, value, reader)
          const title = field.collection === undefined ? undefined : knownTitle(field.collection, value)
          return title && "title" in title ? title.title : value
        }),
      ),
  )
}
