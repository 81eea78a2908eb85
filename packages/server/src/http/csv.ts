import { isDecimal, type SelectEntry } from "@archipel/core"

/**
 * Records as CSV (RFC 4180): one line a record, CRLF, a header line with the paths.
 *
 * @module
 */

type Json = Readonly<Record<string, unknown>>

/** Texts that begin so are formulas to spreadsheets; an apostrophe before them keeps them texts. */
const formula = /^[=+\-@\t\r]/

function cell(value: unknown): string {
  if (value === null || value === undefined) return ""
  if (typeof value === "number" || typeof value === "boolean") return String(value)
  const text = typeof value === "string" ? value : JSON.stringify(value)
  const safe = formula.test(text) && !isDecimal(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

/** The value at a path; through a list, the list of the values there. */
function at(value: unknown, names: readonly string[]): unknown {
  const [name, ...rest] = names
  if (name === undefined || value === null || value === undefined) return value
  if (Array.isArray(value)) return value.map((each) => at(each, names))
  // A reference that nothing was selected of is its id.
  if (typeof value !== "object") return rest.length === 0 && name === "id" ? value : undefined
  return at((value as Json)[name], rest)
}

const shortened = (value: unknown, path: readonly string[], columns: ReadonlySet<string>): unknown => {
  const isReference = typeof value === "object" && value !== null && !Array.isArray(value) && "id" in value
  const hasParts = [...columns].some((column) => column.startsWith(`${path.join(".")}.`))
  return isReference && hasParts ? value.id : value
}

/** The columns that a selection gives: its paths, a nested list as one column. */
export const columnsOf = (select: readonly SelectEntry[]): readonly string[] => [
  ...new Set(select.map((entry) => (typeof entry === "string" ? entry : entry.path))),
]

export const csvHeader = (columns: readonly string[]): string => `${columns.map(cell).join(",")}\r\n`

/** One record's line. Lists are JSON in their cell; a reference of which parts have columns of their own is its id. */
export function csvLine(record: string, columns: readonly string[]): string {
  const value: unknown = JSON.parse(record)
  const known = new Set(columns)
  const cells = columns.map((column) => {
    const path = column.split(".")
    return cell(shortened(at(value, path), path, known))
  })
  return `${cells.join(",")}\r\n`
}
