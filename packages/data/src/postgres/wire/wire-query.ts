/**
 * One statement on its way to PostgreSQL, and what comes back.
 *
 * @module
 */
import pg from "pg"
import type { EncodedValue, Statement } from "../statement.ts"

interface Column {
  readonly name: string
  readonly oid: number
}

/**
 * What is wanted of the answer: nothing but the command's tag (sent as a simple query), the first column of the first
 * row or all of its columns (no column descriptions asked for), rows of texts, or rows of values by type.
 */
export type AnswerShape = "tag" | "text" | "cells" | "rows" | "parsed"

const DATE_OID = 1082
const TIMESTAMPTZ_OID = 1184

/** Days and instants as everywhere in contracts: `2026-01-31` and `2026-01-31T12:00:00.000Z`, never a `Date` in a local time zone. */
function parserOf(oid: number): (text: string) => unknown {
  if (oid === DATE_OID) return (text) => text
  const parse = pg.types.getTypeParser(oid, "text") as (text: string) => unknown
  if (oid !== TIMESTAMPTZ_OID) return parse
  return (text) => {
    const instant = parse(text)
    return instant instanceof Date ? instant.toISOString() : text
  }
}

/** Told once: when the server is ready for the next statement, or when the connection has ended. */
export type OnSettled = (error: Error | null, query: WireQuery) => void

export class WireQuery {
  readonly statement: Statement
  readonly values: readonly EncodedValue[]
  readonly shape: AnswerShape
  /** Of `text` and `cells`: the first row's columns. */
  cells: readonly (string | null)[] | null = null
  readonly answer: Record<string, unknown>[] = []
  /** As in `UPDATE 3`. */
  tag = ""
  /** Whether its statement is being prepared with it. */
  isPreparing = false
  failure: Error | null = null
  readonly #onSettled: OnSettled
  #columns: readonly Column[] = []
  #parsers: readonly ((text: string) => unknown)[] = []

  constructor(statement: Statement, values: readonly EncodedValue[], shape: AnswerShape, onSettled: OnSettled) {
    this.statement = statement
    this.values = values
    this.shape = shape
    this.#onSettled = onSettled
  }

  /** Whether its tag is wanted, which says how many rows it was. */
  get isCounted(): boolean {
    return this.shape !== "text" && this.shape !== "cells"
  }

  /** Rows returned or written. */
  get count(): number {
    return Number(/\d+$/.exec(this.tag)?.[0] ?? 0)
  }

  /** A RowDescription. */
  describe(bytes: Buffer, start: number): void {
    const columns: Column[] = []
    let at = start + 2
    for (let left = bytes.readUInt16BE(start); left > 0; left--) {
      const end = bytes.indexOf(0, at)
      // Behind the name: table (4 bytes) and column (2) that it comes from, type (4), length (2), modifier (4), format (2).
      columns.push({ name: bytes.toString("utf8", at, end), oid: bytes.readUInt32BE(end + 7) })
      at = end + 19
    }
    this.#columns = columns
    if (this.shape === "parsed") this.#parsers = columns.map(({ oid }) => parserOf(oid))
  }

  /** A DataRow. */
  row(bytes: Buffer, start: number): void {
    if (this.shape === "tag") return
    if (this.shape === "text" || this.shape === "cells") {
      this.cells ??= cellsOf(bytes, start, this.shape === "text" ? 1 : Number.POSITIVE_INFINITY)
      return
    }
    const cells = cellsOf(bytes, start, Number.POSITIVE_INFINITY)
    const row: Record<string, unknown> = {}
    for (const [index, { name }] of this.#columns.entries()) {
      const text = cells[index] ?? null
      const parse = this.#parsers[index]
      try {
        row[name] = text === null || parse === undefined ? text : parse(text)
      } catch (error) {
        this.failure ??= error as Error
      }
    }
    this.answer.push(row)
  }

  /** @param lost Why the connection ended before the answer did. */
  settle(lost?: Error): void {
    this.#onSettled(this.failure ?? lost ?? null, this)
  }
}

/** The first `most` columns of a DataRow. */
function cellsOf(bytes: Buffer, start: number, most: number): (string | null)[] {
  const count = Math.min(bytes.readUInt16BE(start), most)
  const cells: (string | null)[] = []
  let at = start + 2
  for (let index = 0; index < count; index++) {
    const length = bytes.readInt32BE(at)
    at += 4
    if (length < 0) {
      cells.push(null)
      continue
    }
    cells.push(bytes.toString("utf8", at, at + length))
    at += length
  }
  return cells
}
