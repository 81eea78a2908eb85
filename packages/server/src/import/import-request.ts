import { ArchipelError, isRecord, type Mistake, readCsv } from "@archipel/core"

/** The written bounds of an import; more is several requests. */
export const importLimits = {
  /** Rows below the header. */
  rows: 5_000,
  columns: 200,
  /** Of the body. */
  bytes: 8 * 1024 * 1024,
  /** Errors that are told one by one; all are counted. */
  errors: 1_000,
} as const

/** A table of texts to be imported. */
export interface ImportRequest {
  readonly columns: readonly string[]
  readonly rows: readonly (readonly string[])[]
  /** By column: the path that it fills, or null for one that is left out. */
  readonly mapping: Readonly<Record<string, string | null>>
  /** The field that says which record a row is; without it every row is a new one. */
  readonly key: string | undefined
  /** Nothing is kept of it: what would be wrong is told. */
  readonly dryRun: boolean
}

const malformed = (errors: readonly Mistake[]) => new ArchipelError("request.invalid", { errors })
const mistake = (path: string, code: string, detail: string): Mistake => ({ path, code, detail })

const isTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((each) => typeof each === "string")

function table(value: Readonly<Record<string, unknown>>): readonly (readonly string[])[] {
  const { csv, columns, rows } = value
  if (typeof csv === "string" && columns === undefined && rows === undefined) return readCsv(csv)
  if (csv === undefined && isTexts(columns) && Array.isArray(rows) && rows.every(isTexts)) return [columns, ...rows]
  throw malformed([mistake("", "value.type", "An import has a text `csv`, or `columns` and `rows` of texts.")])
}

/**
 * The body of an import: `{ csv }`, or `{ columns, rows }`, with `mapping`, `key` and `dryRun`.
 *
 * @throws `request.invalid`, `request.too_complex`
 */
export function importRequestOf(value: Readonly<Record<string, unknown>>): ImportRequest {
  const { csv: _csv, columns: _columns, rows: _rows, mapping = {}, key, dryRun = false, ...others } = value
  const [unknown] = Object.keys(others)
  if (unknown !== undefined)
    throw malformed([mistake(`/${unknown.slice(0, 60)}`, "name.unknown", "It is not known here.")])
  const isMapping =
    isRecord(mapping) &&
    Object.values(mapping).every((path) => path === null || (typeof path === "string" && path.length <= 200))
  if (!isMapping) throw malformed([mistake("/mapping", "value.type", "A mapping names a path, or null, by column.")])
  if (key !== undefined && typeof key !== "string")
    throw malformed([mistake("/key", "value.type", "A key is a field's name.")])
  if (typeof dryRun !== "boolean") throw malformed([mistake("/dryRun", "value.type", "dryRun is true or false.")])
  const [columns, ...rows] = table(value)
  if (!columns) throw malformed([mistake("", "value.required", "An import has a line with the columns' names.")])
  if (columns.length > importLimits.columns)
    throw new ArchipelError("request.too_complex", { what: "columns", limit: importLimits.columns })
  if (rows.length > importLimits.rows)
    throw new ArchipelError("request.too_complex", { what: "rows", limit: importLimits.rows })
  const twice = columns.filter((name, i) => columns.indexOf(name) !== i)
  if (twice.length > 0)
    throw malformed([mistake("", "column.repeated", `The column "${twice[0]?.slice(0, 60)}" is there twice.`)])
  return { columns, rows, mapping: mapping as ImportRequest["mapping"], key, dryRun }
}
