import { type BulkChange, bulk, type RecordData } from "../api/records.ts"
import { problemOf } from "../api/problem.ts"
import { tellDone, tellProblem, tellRefused } from "../app/toasts.tsx"
import { recordsNamed, valueOfReference } from "../fields/named-references.ts"
import type { Meant } from "../fields/reference-options.ts"
import { referenceOf } from "../fields/format.ts"
import type { FieldUi } from "../form/field-ui.ts"
import { type Reader, valueOfText } from "../form/field-value.ts"
import { type Language, plural, texts } from "../i18n/language.ts"
import { isOne, type UiModel } from "../metadata/model.ts"
import { cellText } from "./cell-text.ts"
import type { CellRange } from "./cell-range.ts"
import { type Column, valueAt } from "./columns.ts"
import { isEditableColumn } from "./editable.ts"
import type { Item, Items } from "./items.ts"

/**
 * Cells from a spreadsheet into the rows of a list: all of them are read first, and what is wrong with one leaves all as they are. What
 * its service refuses afterwards, goes back row by row; one step takes back the rest.
 *
 * @module
 */

const useTexts = texts(
  {
    pasted: (n: number) => `${n} ${plural("en", n, "cell", "cells")} pasted`,
    nothing: "Nothing was pasted",
    unchanged: "All of it is there already",
    value: (text: string) => `“${text}” is no value of it`,
    readonly: "cannot be changed here",
    missing: (text: string) => `there is no “${text}”`,
    several: (text: string) => `several are called “${text}”`,
    empty: "may not be empty",
    pastEnd: "There are more rows than the list has from here on",
    notHere: "Some of these rows are not loaded yet: go there first",
    tooWide: "There are more columns than the list has from here on",
    more: (n: number) => `and ${n} more`,
  },
  {
    pasted: (n: number) => `${n} ${plural("fr", n, "cellule collée", "cellules collées")}`,
    nothing: "Rien n’a été collé",
    unchanged: "Tout y est déjà",
    value: (text: string) => `« ${text} » n’est pas une valeur possible`,
    readonly: "ne se modifie pas ici",
    missing: (text: string) => `« ${text} » n’existe pas`,
    several: (text: string) => `plusieurs s’appellent « ${text} »`,
    empty: "ne peut pas être vide",
    pastEnd: "Il y a plus de lignes que la liste n’en a à partir d’ici",
    notHere: "Certaines de ces lignes ne sont pas encore chargées : allez-y d’abord",
    tooWide: "Il y a plus de colonnes que la liste n’en a à partir d’ici",
    more: (n: number) => `et ${n} de plus`,
  },
)
type Texts = ReturnType<typeof useTexts>

/** So many mistakes are told; the others are counted. */
const MAX_TOLD = 5

const timeZone = Intl.DateTimeFormat().resolvedOptions().timeZone
const readerOf = (language: Language): Reader => ({
  locale: language === "en" ? "en-GB" : "fr-FR",
  timeZone,
  now: Date.now(),
})

type RowItem = Extract<Item, { readonly kind: "row" }> & { readonly row: RecordData }

/** What changes in a row: values as they are sent, and as the row shows them. */
interface RowChange {
  readonly item: RowItem
  readonly values: Readonly<Record<string, unknown>>
  readonly shown: Readonly<Record<string, unknown>>
}

interface Pasting {
  readonly model: UiModel
  readonly columns: readonly Column[]
  readonly items: Items
  /** Where it goes: what has no more cells than one fills it, anything else begins at its first cell. */
  readonly range: CellRange
  readonly texts: readonly (readonly string[])[]
  readonly language: Language
  readonly setFailed: (failed: ReadonlyMap<string, string>) => void
}

/** The texts that fill a range: one cell as often as it has cells. */
function filling(cells: readonly (readonly string[])[], range: CellRange): readonly (readonly string[])[] {
  const [[text] = []] = cells
  if (cells.length !== 1 || cells[0]?.length !== 1 || text === undefined) return cells
  const row = Array.from({ length: range.right - range.left + 1 }, () => text)
  return Array.from({ length: range.last - range.first + 1 }, () => row)
}

/** What records the pasted names of each column mean. */
async function namesIn(columns: readonly Column[], cells: readonly (readonly string[])[], left: number) {
  const found = new Map<number, ReadonlyMap<string, Meant>>()
  for (const [at, column] of columns.entries()) {
    if (!isOne(column.field) || at < left) continue
    const names = new Set(cells.map((row) => row[at - left]?.trim() ?? "").filter(Boolean))
    if (names.size > 0) found.set(at, await recordsNamed(column.field as FieldUi, names))
  }
  return found
}

/** The rows that are pasted into, or why they cannot be. */
function rowsFor({ items, range }: Pasting, count: number, t: Texts): readonly RowItem[] | string {
  if (range.first + count > items.length) return t.pastEnd
  const rows: RowItem[] = []
  for (let index = range.first; index < range.first + count; index++) {
    const item = items.at(index)
    if (item?.kind !== "row" || item.row === undefined) return t.notHere
    rows.push({ ...item, row: item.row })
  }
  return rows
}

const titleOf = (model: UiModel, row: RecordData): string =>
  String((model.display !== undefined && row[model.display]) || row.id.slice(-8))

/** @throws ProblemError where names cannot be looked for, or nothing could be written */
export async function pasteCells(pasting: Pasting): Promise<void> {
  const { model, columns, range, language, setFailed } = pasting
  const t = useTexts.now()
  const cells = filling(pasting.texts, range)
  const rows = rowsFor(pasting, cells.length, t)
  if (typeof rows === "string") return tellRefused(t.nothing, [rows])
  if (cells.some((row) => range.left + row.length > columns.length)) return tellRefused(t.nothing, [t.tooWide])
  const found = await namesIn(columns, cells, range.left)
  const reader = readerOf(language)
  const changes: RowChange[] = []
  const mistakes: string[] = []
  for (const [at, texts] of cells.entries()) {
    const item = rows[at] as RowItem
    const values: Record<string, unknown> = {}
    const shown: Record<string, unknown> = {}
    for (const [offset, text] of texts.entries()) {
      const column = columns[range.left + offset] as Column
      const now = valueAt(item.row, column.path)
      if (text.trim() === cellText(column, now, language)) continue
      const wrong = (why: string): void => void mistakes.push(`${titleOf(model, item.row)}, ${column.label}: ${why}`)
      const field = column.field as FieldUi
      if (!isEditableColumn(model, column)) {
        wrong(t.readonly)
        continue
      }
      const typed =
        field.type === "one"
          ? valueOfReference(text.trim(), field, found.get(range.left + offset) ?? new Map())
          : valueOfText(field, text, reader)
      if (!typed.ok) {
        const isName = typed.code === "reference.missing" || typed.code === "reference.ambiguous"
        wrong((isName ? (typed.code === "reference.missing" ? t.missing : t.several) : t.value)(text))
      } else if (typed.value === undefined) wrong(t.empty)
      else {
        values[column.name] = typed.value
        const isReference = field.type === "one" && typed.value !== null
        shown[column.name] = isReference ? { id: typed.value, [field.display ?? "title"]: text.trim() } : typed.value
      }
    }
    if (Object.keys(values).length > 0) changes.push({ item, values, shown })
  }
  if (mistakes.length > 0) {
    const rest = mistakes.length - MAX_TOLD
    return tellRefused(t.nothing, [...mistakes.slice(0, MAX_TOLD), ...(rest > 0 ? [t.more(rest)] : [])])
  }
  if (changes.length === 0) return tellDone(t.unchanged)
  await write(pasting, changes, setFailed, t)
}

async function write(
  { model }: Pasting,
  changes: readonly RowChange[],
  setFailed: Pasting["setFailed"],
  t: Texts,
): Promise<void> {
  // Shown at once; what is refused goes back.
  for (const { item, shown } of changes) item.source.patch(item.row.id, { ...item.row, ...shown })
  const back = (change: RowChange): void => change.item.source.patch(change.item.row.id, undefined)
  try {
    const results = await bulk(
      model.collection,
      changes.map(({ item: { row }, values }) => updateOf(row, values)),
    )
    const failed = new Map<string, string>()
    const undone: BulkChange[] = []
    let written = 0
    for (const [i, change] of changes.entries()) {
      const result = results[i]
      if (result?.ok) {
        written += Object.keys(change.values).length
        undone.push({ operation: "update", id: change.item.row.id, values: before(change), version: result.version })
        continue
      }
      back(change)
      if (result) failed.set(change.item.row.id, result.problem.detail ?? result.problem.title)
    }
    setFailed(failed)
    if (failed.size > 0) {
      const told = changes.flatMap(({ item: { row } }) =>
        failed.has(row.id) ? [`${titleOf(model, row)}: ${failed.get(row.id)}`] : [],
      )
      tellRefused(undefined, told.slice(0, MAX_TOLD))
    }
    const undo = (): void => void bulk(model.collection, undone).catch((error: unknown) => tellProblem(error))
    if (written > 0) tellDone(t.pasted(written), { undo })
  } catch (error) {
    for (const change of changes) back(change)
    setFailed(new Map(changes.map(({ item }) => [item.row.id, problemOf(error).title])))
    throw error
  }
}

const updateOf = (row: RecordData, values: object): BulkChange => ({
  operation: "update",
  id: row.id,
  values,
  ...(typeof row["version"] === "number" ? { version: row["version"] } : {}),
})

/** What the changed fields held, as it is written. */
const before = ({ item: { row }, values }: RowChange): object =>
  Object.fromEntries(
    Object.keys(values).map((name) => {
      const value = row[name]
      return [name, typeof value === "object" && value !== null ? referenceOf(value, undefined)?.id : (value ?? null)]
    }),
  )
