/**
 * CSV as spreadsheets and this product write it (RFC 4180), read.
 *
 * @module
 */

const DELIMITERS = [",", ";", "\t"] as const

/** What separates the cells of the first line: what it has most of, outside of quotes. */
function delimiterOf(text: string): string {
  const end = text.search(/[\r\n]/)
  const line = (end < 0 ? text : text.slice(0, end)).replaceAll(/"[^"]*"/g, "")
  const counted = DELIMITERS.map((delimiter) => ({ delimiter, count: line.split(delimiter).length }))
  return counted.reduce((best, each) => (each.count > best.count ? each : best)).delimiter
}

/** An apostrophe that keeps a text from being a formula, as exports put it. */
const guarded = /^'(?=[=+\-@\t\r])/

/** The lines of a text, each as its cells; empty lines are left out. A quote that is never closed takes all that follows. */
export function readCsv(text: string): string[][] {
  const source = text.startsWith("\u{feff}") ? text.slice(1) : text
  const delimiter = delimiterOf(source)
  const rows: string[][] = []
  let row: string[] = []
  let cell = ""
  let isQuoted = false
  const endCell = (): void => {
    row.push(cell.replace(guarded, ""))
    cell = ""
  }
  const endRow = (): void => {
    endCell()
    if (row.length > 1 || row[0] !== "") rows.push(row)
    row = []
  }
  for (let at = 0; at < source.length; at++) {
    const character = source[at] as string
    if (isQuoted) {
      if (character !== '"') cell += character
      else if (source[at + 1] === '"') {
        cell += '"'
        at++
      } else isQuoted = false
    } else if (character === '"' && cell === "") isQuoted = true
    else if (character === delimiter) endCell()
    else if (character === "\n" || character === "\r") {
      if (character === "\r" && source[at + 1] === "\n") at++
      endRow()
    } else cell += character
  }
  if (cell !== "" || row.length > 0) endRow()
  return rows
}
