import { readCsv } from "@archipel/core"

/** What one import takes. More is several files. */
export const tableLimits = { bytes: 20 * 1024 * 1024, rows: 50_000, columns: 200 } as const

/** A file's table: texts below the names of their columns. */
export interface Table {
  readonly name: string
  readonly headers: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

/** Why a file is no table that can be imported. */
export type TableFault = "tooLarge" | "tooManyRows" | "tooManyColumns" | "empty" | "workbook" | "notText"

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

/** A file as a table, or why it is none. */
export async function tableOf(file: File): Promise<Table | TableFault> {
  if (file.size > tableLimits.bytes) return "tooLarge"
  const bytes = new Uint8Array(await file.arrayBuffer())
  // A zip archive, as .xlsx and .ods are, or the older .xls.
  if (begins(bytes, 0x50, 0x4b, 3, 4) || begins(bytes, 0xd0, 0xcf, 0x11, 0xe0)) return "workbook"
  const text = textOfBytes(bytes)
  if (text === undefined) return "notText"
  const [headers, ...rows] = readCsv(text)
  if (headers === undefined || rows.length === 0) return "empty"
  if (headers.length > tableLimits.columns) return "tooManyColumns"
  if (rows.length > tableLimits.rows) return "tooManyRows"
  return { name: file.name, headers: headers.map((header) => header.trim()), rows }
}
