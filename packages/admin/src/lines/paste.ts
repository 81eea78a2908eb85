import { query } from "../api/records.ts"
import { knownTitle, noteTitle } from "../api/titles.ts"
import { type Option, optionOfText } from "../fields/reference-options.ts"
import type { FieldUi } from "../form/field-ui.ts"
import { editableText, type Reader, type TypedValue, valueOfText } from "../form/field-value.ts"
import type { FormSession } from "../form/form-session.ts"
import { isWritable, type OwnedList } from "../form/form-model.ts"
import { type FormState, isBlank, shownLines, withNewLine, withValue } from "../form/form-state.ts"
import { newLineKey, type Unsettled } from "../form/form-store.ts"
import { placeKey } from "../form/problem-places.ts"
import { shownInLine } from "../form/provisional.ts"
import { formatTsv } from "../form/tsv.ts"
import type { CellAddress } from "./grid-cells.ts"

/** So many names one question asks for. */
const MAX_NAMES = 200
/** Names that are no title to the letter are looked for one by one, and no more than this. */
const MAX_GUESSES = 20

type Found = Option | "none" | "several"

/** The records that pasted names mean: those that are titles to the letter with one question, the others as if they were typed. */
async function recordsOf(field: FieldUi, names: ReadonlySet<string>): Promise<ReadonlyMap<string, Found>> {
  const { collection = "", display = "id" } = field
  const found = new Map<string, Found>()
  const all = [...names]
  for (let from = 0; from < all.length; from += MAX_NAMES) {
    const part = all.slice(from, from + MAX_NAMES)
    const page = await query(collection, {
      select: [display],
      where: { [display]: { in: part } } as never,
      limit: 1_000,
    })
    for (const record of page.data) {
      const title = String(record[display])
      noteTitle(collection, record.id, title)
      found.set(title, found.has(title) ? "several" : { id: record.id, title })
    }
  }
  const rest = all.filter((name) => !found.has(name))
  const guesses = await Promise.all(
    rest.slice(0, MAX_GUESSES).map(async (name) => [name, await optionOfText({ collection, display }, name)] as const),
  )
  for (const [name, option] of guesses) found.set(name, option)
  return found
}

function valueOfReference(name: string, field: FieldUi, found: ReadonlyMap<string, Found>): TypedValue {
  if (name === "") return { ok: true, value: field.optional ? null : undefined }
  const record = found.get(name) ?? "none"
  if (typeof record === "object") return { ok: true, value: record.id }
  const code = record === "several" ? "reference.ambiguous" : "reference.missing"
  return { ok: false, code, detail: "" }
}

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
      async ([column, of]) => [column, await recordsOf(list.columns[column]?.[1] as FieldUi, of)] as const,
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
