import type { RowError } from "./run-import.ts"
import { rowOfNumber, type Table } from "./table.ts"

const quoted = (text: string): string => (/[",;\t\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)
/** Spreadsheets take such texts for formulas; reading takes the apostrophe away again. */
const guarded = (text: string): string => (/^[=+\-@\t\r]/.test(text) && Number.isNaN(Number(text)) ? `'${text}` : text)

/** The rows that were refused as a table of their own, with why in a last column: mended, it can be imported. */
export function refusedCsv(
  table: Table,
  errors: readonly RowError[],
  words: { readonly header: string; readonly of: (error: RowError) => string },
): string {
  const { headers } = table
  const refused = Map.groupBy(errors, ({ row }) => row)
  const lines = [...refused].map(([row, why]) => {
    const cells = rowOfNumber(table, row)
    return [...headers.map((_, column) => cells[column] ?? ""), why.map(words.of).join(" ")]
  })
  const text = [[...headers, words.header], ...lines]
    .map((cells) => `${cells.map((cell) => quoted(guarded(cell))).join(",")}\r\n`)
    .join("")
  // Without the mark, spreadsheets take UTF-8 for Windows-1252.
  return `\u{feff}${text}`
}

export function download(text: string, name: string): void {
  const href = URL.createObjectURL(new Blob([text], { type: "text/csv;charset=utf-8" }))
  const link = document.createElement("a")
  link.href = href
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(href), 60_000)
}
