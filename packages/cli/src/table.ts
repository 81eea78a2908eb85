import { stripVTControlCharacters } from "node:util"

/** Wider cells are cut, so that a row stays a line. */
const MAX_CELL = 60

/** Rows as text columns; numbers to the right. No more than `width` characters a line where a terminal says so. */
export function table(head: readonly string[], rows: readonly (readonly unknown[])[], width = 0): string {
  const cells = rows.map((row) => row.map(cellText))
  const widths = head.map((title, i) => Math.max(title.length, ...cells.map((row) => lengthOf(row[i] ?? ""))))
  const isNumeric = head.map((_, i) => rows.length > 0 && rows.every((row) => row[i] == null || isNumber(row[i])))
  const line = (row: readonly string[]): string =>
    cut(
      row
        .map((text, i) => {
          const gap = " ".repeat(Math.max(0, (widths[i] ?? 0) - lengthOf(text)))
          return isNumeric[i] ? gap + text : text + gap
        })
        .join("  ")
        .trimEnd(),
      width,
    )
  return [line(head), cut(widths.map((n) => "─".repeat(n)).join("  "), width), ...cells.map(line)].join("\n")
}

const lengthOf = (text: string): number => stripVTControlCharacters(text).length
const cut = (text: string, width: number): string =>
  width > 0 && lengthOf(text) > width ? `${text.slice(0, width - 1)}…` : text
const isNumber = (value: unknown): boolean =>
  typeof value === "number" || (typeof value === "string" && /^-?\d+(?:\.\d+)?$/.test(value))

function cellText(value: unknown): string {
  if (value === null || value === undefined) return ""
  const text = typeof value === "string" ? value.replaceAll(/\s+/g, " ") : JSON.stringify(value)
  return text.length > MAX_CELL ? `${text.slice(0, MAX_CELL - 1)}…` : text
}
