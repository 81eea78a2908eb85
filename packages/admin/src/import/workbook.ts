import { unzipSync, zipSync } from "fflate"
import readWorkbook, { type CellValue } from "read-excel-file/universal"
import { type Table, type TableFault, tableLimits } from "./table.ts"

/**
 * Workbooks of spreadsheets (`.xlsx`) as tables of texts, one for each sheet with rows. Loaded when somebody first opens one.
 *
 * @module
 */

/** Of all that a workbook holds, unpacked: an archive says little of what is in it. */
const MAX_UNPACKED_BYTES = 100 * 1024 * 1024
/** Digits of a number that a spreadsheet calculates with; what it stores beyond them is noise. */
const DIGITS = 15

/** Only the parts that hold tables, and never more than is allowed; undefined where it is more. @throws for what is no archive */
function unpack(bytes: Uint8Array): Readonly<Record<string, Uint8Array>> | undefined {
  let size = 0
  const parts = unzipSync(bytes, {
    filter({ name, originalSize }) {
      if (!name.endsWith(".xml") && !name.endsWith(".xml.rels")) return false
      size += originalSize
      return size <= MAX_UNPACKED_BYTES
    },
  })
  return size > MAX_UNPACKED_BYTES ? undefined : parts
}

const decoder = new TextDecoder()
/** Whether some cell is beyond the last column that an import takes, by letters: reading such a sheet would fill all that is between. */
const isTooWide = (parts: Readonly<Record<string, Uint8Array>>): boolean =>
  Object.entries(parts).some(
    ([name, part]) => name.startsWith("xl/worksheets/") && /<c\b[^>]*\br="[A-Z]{3,}\d/.test(decoder.decode(part)),
  )

const pad = (n: number): string => String(n).padStart(2, "0")

/** A day as `YYYY-MM-DD`; with a time of day the instant at which it is that time here, which is what its author saw. */
function dateText(at: Date): string {
  const [year, month, day] = [at.getUTCFullYear(), at.getUTCMonth(), at.getUTCDate()]
  const [hours, minutes, seconds] = [at.getUTCHours(), at.getUTCMinutes(), at.getUTCSeconds()]
  if (hours + minutes + seconds === 0) return `${year}-${pad(month + 1)}-${pad(day)}`
  return new Date(year, month, day, hours, minutes, seconds).toISOString()
}

/** Without exponent, since amounts have none. */
function numberText(stored: string): string {
  const rounded = Number(stored).toPrecision(DIGITS)
  const text = rounded.includes("e") ? BigInt(Math.trunc(Number(stored))).toString() : rounded
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text
}

function cellText(cell: CellValue<string> | null): string {
  if (cell === null || cell === undefined) return ""
  return cell instanceof Date ? dateText(cell) : String(cell)
}

/** The first row with content has the names of the columns. */
function tableOfSheet(name: string, sheet: readonly (readonly (CellValue<string> | null)[])[]): Table | undefined {
  const rowsBefore = sheet.findIndex((row) => row.some((cell) => cellText(cell).trim() !== ""))
  const [headers, ...rows] = sheet.slice(Math.max(0, rowsBefore)).map((row) => row.map(cellText))
  if (headers === undefined || rows.length === 0) return undefined
  return { name, headers: headers.map((header) => header.trim()), rows, rowsBefore }
}

/** The tables of a workbook, or why it has none that can be imported. */
export async function tablesOfWorkbook(bytes: Uint8Array<ArrayBuffer>): Promise<readonly Table[] | TableFault> {
  try {
    const parts = unpack(bytes)
    if (parts === undefined) return "tooLarge"
    if (isTooWide(parts)) return "tooManyColumns"
    // Packed again without compression: what is compressed and large the reader leaves to workers that the page's policy forbids.
    const plain = zipSync(parts, { level: 0 })
    const sheets = await readWorkbook<string>(new Blob([plain]), { parseNumber: numberText })
    const tables = sheets.flatMap(({ sheet, data }) => tableOfSheet(sheet, data) ?? [])
    if (tables.length === 0) return "empty"
    if (tables.every(({ headers }) => headers.length > tableLimits.columns)) return "tooManyColumns"
    if (tables.every(({ rows }) => rows.length > tableLimits.rows)) return "tooManyRows"
    return tables.filter(
      ({ headers, rows }) => headers.length <= tableLimits.columns && rows.length <= tableLimits.rows,
    )
  } catch {
    return "notRead"
  }
}
