/**
 * Ranges of cells as spreadsheets put them on the clipboard: tab-separated values, with quotes around what contains tabs, line breaks
 * or quotes.
 *
 * @module
 */

/** More is no range of a form: a change has 1,000 lines at most. */
export const MAX_ROWS = 1_000

const needsQuotes = /["\t\n\r]/

export const formatTsv = (rows: readonly (readonly string[])[]): string =>
  rows
    .map((row) => row.map((cell) => (needsQuotes.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)).join("\t"))
    .join("\n")

/** Rows beyond `MAX_ROWS` are left out. A line break at the end is no row of its own. */
export function parseTsv(text: string): readonly (readonly string[])[] {
  const rows: string[][] = []
  let row: string[] = []
  let at = 0
  while (at <= text.length && rows.length < MAX_ROWS) {
    const { cell, end } = readCell(text, at)
    row.push(cell)
    const separator = text[end]
    at = end + (separator === "\r" && text[end + 1] === "\n" ? 2 : 1)
    if (separator === "\t") continue
    rows.push(row)
    row = []
    if (at >= text.length) break
  }
  return rows
}

const cellEnd = /[\t\r\n]/g

function readCell(text: string, start: number): { readonly cell: string; readonly end: number } {
  if (text[start] === '"') {
    const quoted = /"((?:[^"]|"")*)"(?=[\t\r\n]|$)/y
    quoted.lastIndex = start
    const found = quoted.exec(text)
    if (found) return { cell: (found[1] as string).replaceAll('""', '"'), end: quoted.lastIndex }
  }
  cellEnd.lastIndex = start
  const end = cellEnd.exec(text)?.index ?? text.length
  return { cell: text.slice(start, end), end }
}
