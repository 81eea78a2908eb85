import type { ClipboardEvent } from "react"
import type { RecordData } from "../api/records.ts"
import { announce } from "../app/announce.ts"
import { withKit } from "../app/kit.ts"
import { tellProblem } from "../app/toasts.tsx"
import { formatTsv, MAX_ROWS, parseTsv } from "../form/tsv.ts"
import type { Language } from "../i18n/language.ts"
import type { UiModel } from "../metadata/model.ts"
import { rangeOf } from "./cell-range.ts"
import { cellText } from "./cell-text.ts"
import { type Column, valueAt } from "./columns.ts"
import type { Items } from "./items.ts"
import type { ListMemory } from "./list-memory.ts"
import type { RowSource } from "./row-source.ts"
import type { ListTexts } from "./text.ts"
import type { Cursor } from "./use-cursor.ts"

const loadPaste = withKit(() => import("./paste-cells.ts"))

/** Cells to and from a spreadsheet: the texts of rows and columns, as tab-separated values. */
export function listClipboard(of: {
  readonly model: UiModel
  readonly columns: readonly Column[]
  readonly items: Items | undefined
  readonly source: RowSource | undefined
  readonly memory: ListMemory
  readonly cursor: Pick<Cursor, "rowAt">
  readonly language: Language
  readonly texts: ListTexts
  /** Told what was refused, by record. */
  readonly setFailed: (failed: ReadonlyMap<string, string>) => void
}) {
  const { model, columns, items, source, memory, cursor, language, texts, setFailed } = of
  const { selection } = memory
  const textsOf = (row: RecordData, from = 0, to = columns.length - 1): readonly string[] =>
    columns.slice(from, to + 1).map((column) => cellText(column, valueAt(row, column.path), language))

  /** A range of cells, else the selected rows, else the active cell. */
  const copied = (): readonly (readonly string[])[] => {
    const { active, corner } = memory
    if (active === undefined || (corner === undefined && selection.size > 0))
      return selection
        .rows()
        .toSorted((a, b) => (source?.indexOf(a.id) ?? 0) - (source?.indexOf(b.id) ?? 0))
        .map((row) => textsOf(row))
    const { first, last, left, right } = rangeOf(active, corner ?? active)
    return Array.from({ length: Math.min(last - first + 1, MAX_ROWS) }, (_, i) => {
      const row = cursor.rowAt(first + i)
      return row ? textsOf(row, left, right) : []
    })
  }
  return {
    copy(event: ClipboardEvent): void {
      const rows = copied()
      if (rows.length === 0) return
      event.preventDefault()
      event.clipboardData.setData("text/plain", formatTsv(rows))
      announce(texts.copied(rows.length))
    },
    paste(event: ClipboardEvent): void {
      const { active, corner } = memory
      const cells = parseTsv(event.clipboardData.getData("text/plain"))
      if (active === undefined || items === undefined || cells.length === 0) return
      event.preventDefault()
      const range = rangeOf(active, corner ?? active)
      loadPaste()
        .then(({ pasteCells }) => pasteCells({ model, columns, items, range, texts: cells, language, setFailed }))
        .catch((error: unknown) => tellProblem(error))
    },
  }
}
