/**
 * Statements, their parameters and their results, as the rest of the framework sees them.
 *
 * @module
 */

/** SQL with `$1`, `$2`… for the parameters. */
export interface Statement {
  readonly text: string
  /**
   * Prepares the statement under this name on each connection that runs it, so that PostgreSQL plans it less often. The
   * same name always means the same text. At most 63 bytes; a bounded number of names is kept per connection.
   */
  readonly name?: string
}

/** A row as PostgreSQL prints it: every column is its text form or null, whatever its type. */
export type TextRow = Readonly<Record<string, string | null>>

export interface Rows<Row> {
  readonly rows: readonly Row[]
  /** Rows returned or, without `returning`, rows written. */
  readonly count: number
}

/** What a parameter is sent as; PostgreSQL infers the type from its place in the statement. */
export type EncodedValue = string | Buffer | null

/**
 * Turns a parameter into what goes over the wire: `null` and `undefined` into NULL, bytes as they are, dates into ISO
 * 8601, arrays into PostgreSQL's array text, plain objects into JSON, everything else into its text (`Temporal`, decimals).
 */
export function encodeValue(value: unknown): EncodedValue {
  switch (typeof value) {
    case "string":
      return value
    case "number":
    case "bigint":
    case "boolean":
      return String(value)
    case "undefined":
      return null
    case "object":
      if (value === null) return null
      if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength)
      if (value instanceof Date) return value.toISOString()
      if (Array.isArray(value)) return encodeArray(value)
      return isPlain(value) ? JSON.stringify(value) : String(value)
    default:
      throw new TypeError(`a ${typeof value} cannot be a parameter of a statement`)
  }
}

function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value) as unknown
  return prototype === Object.prototype || prototype === null
}

function encodeArray(values: readonly unknown[]): string {
  let text = "{"
  for (const value of values) text += `${text.length === 1 ? "" : ","}${encodeElement(value)}`
  return `${text}}`
}

function encodeElement(value: unknown): string {
  if (Array.isArray(value)) return encodeArray(value)
  const encoded = encodeValue(value)
  if (encoded === null) return "NULL"
  const text = typeof encoded === "string" ? encoded : `\\x${encoded.toString("hex")}`
  const isAsItIs = !text.includes("\\") && !text.includes('"')
  return isAsItIs ? `"${text}"` : `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`
}
