import { readCsv } from "@archipel/core"

/** What one import takes. More is several files. */
export const tableLimits = { bytes: 20 * 1024 * 1024, rows: 50_000, columns: 200 } as const

/** A file's table: texts below the names of their columns. */
export interface Table {
  readonly name: string
  readonly headers: readonly string[]
  readonly rows: readonly (readonly string[])[]
  /** How many rows stand before the names of the columns, as sheets have them; none where it is left out. */
  readonly rowsBefore?: number
}

/** What a row is called: as its file counts, from 1. */
export const numberOfRow = ({ rowsBefore = 0 }: Pick<Table, "rowsBefore">, index: number): number =>
  rowsBefore + 2 + index
export const rowOfNumber = ({ rows, rowsBefore = 0 }: Table, number: number): readonly string[] =>
  rows[number - rowsBefore - 2] ?? []

/** Why a file has no table that can be imported. */
export type TableFault = "tooLarge" | "tooManyRows" | "tooManyColumns" | "empty" | "oldWorkbook" | "notRead" | "notText"

const begins = (bytes: Uint8Array, ...start: readonly number[]): boolean => start.every((byte, i) => bytes[i] === byte)

/**
 * The text of a file: UTF-8, UTF-16 where its first bytes say so, else Windows-1252, as spreadsheets write "CSV" in western Europe.
 *
 * @returns undefined for what is no text
 */
export function textOfBytes(bytes: Uint8Array): string | undefined {
  if (begins(bytes, 0xff, 0xfe)) return new TextDecoder("utf-16le").decode(bytes)
  if (begins(bytes, 0xfe, 0xff)) return new TextDecoder("utf-16be").decode(bytes)
  if (bytes.includes(0)) return undefined
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes)
  } catch {
    return new TextDecoder("windows-1252").decode(bytes)
  }
}

/** The tables of a file: of a workbook one for each sheet with rows. Or why there is none. */
export async function tablesOf(file: File): Promise<readonly Table[] | TableFault> {
  if (file.size > tableLimits.bytes) return "tooLarge"
  const bytes = new Uint8Array(await file.arrayBuffer())
  if (begins(bytes, 0xd0, 0xcf, 0x11, 0xe0)) return "oldWorkbook"
  if (begins(bytes, 0x50, 0x4b, 3, 4)) return (await import("./workbook.ts")).tablesOfWorkbook(bytes)
  const text = textOfBytes(bytes)
  if (text === undefined) return "notText"
  const [headers, ...rows] = readCsv(text)
  if (headers === undefined || rows.length === 0) return "empty"
  if (headers.length > tableLimits.columns) return "tooManyColumns"
  if (rows.length > tableLimits.rows) return "tooManyRows"
  return [{ name: file.name, headers: headers.map((header) => header.trim()), rows }]
}
