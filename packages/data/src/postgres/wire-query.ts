/**
 * One statement on the wire of a `pg` connection, with less work per answer than `pg`'s own query does.
 *
 * @module
 */
import pg from "pg"
import type { EncodedValue, Statement } from "./statement.ts"

/** The parts of `pg`'s connection that a query of its kind works with. */
export interface ProtocolConnection {
  readonly parsedStatements: Record<string, string | undefined>
  readonly submittedNamedStatements: Record<string, string | undefined>
  readonly stream: { cork(): void; uncork(): void; destroy(): void; ref(): void; unref(): void }
  query(text: string): void
  parse(message: { text: string; name: string | undefined }): void
  bind(message: { statement: string | undefined; values: readonly EncodedValue[] }): void
  describe(message: { type: "P" }): void
  execute(message: object): void
  sync(): void
}

interface ColumnDescription {
  readonly name: string
  readonly dataTypeID: number
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

/** Told once: when the server is ready for the next statement, or at the error. */
export type OnSettled = (error: Error | null, query: WireQuery) => void

export class WireQuery {
  readonly name: string | undefined
  readonly text: string
  callback: (error: Error | null) => void
  readonly values: readonly EncodedValue[]
  readonly shape: AnswerShape
  /** Of `text` and `cells`: the first row's columns. */
  cells: readonly (string | null)[] | null = null
  /** Not `rows`, which to `pg` is the size of a page. */
  readonly answer: Record<string, unknown>[] = []
  /** As in `UPDATE 3`. */
  tag = ""
  #columns: readonly ColumnDescription[] = []
  #parsers: readonly ((text: string) => unknown)[] = []
  #failure: Error | undefined

  constructor(statement: Statement, values: readonly EncodedValue[], shape: AnswerShape, onSettled: OnSettled) {
    this.name = statement.name
    this.text = statement.text
    this.values = values
    this.shape = shape
    this.callback = (error) => onSettled(error, this)
  }

  /** Rows returned or written. */
  get count(): number {
    return Number(/\d+$/.exec(this.tag)?.[0] ?? 0)
  }

  submit(connection: ProtocolConnection): null {
    if (this.shape === "tag") {
      connection.query(this.text)
      return null
    }
    const { name } = this
    if (
      name === undefined ||
      (connection.parsedStatements[name] === undefined && connection.submittedNamedStatements[name] === undefined)
    ) {
      connection.parse({ text: this.text, name })
      if (name !== undefined) connection.submittedNamedStatements[name] = this.text
    }
    connection.bind({ statement: name, values: this.values })
    if (this.shape !== "text" && this.shape !== "cells") connection.describe({ type: "P" })
    connection.execute({})
    connection.sync()
    return null
  }

  handleRowDescription(message: { fields: readonly ColumnDescription[] }): void {
    this.#columns = message.fields
    if (this.shape === "parsed") {
      this.#parsers = message.fields.map(({ dataTypeID }) => parserOf(dataTypeID))
    }
  }

  handleDataRow(message: { fields: readonly (string | null)[] }): void {
    const { fields } = message
    if (this.shape === "text" || this.shape === "cells") {
      this.cells ??= fields
      return
    }
    const row: Record<string, unknown> = {}
    for (const [index, { name }] of this.#columns.entries()) {
      const text = fields[index] ?? null
      const parse = this.#parsers[index]
      try {
        row[name] = text === null || parse === undefined ? text : parse(text)
      } catch (error) {
        this.#failure ??= error as Error
      }
    }
    this.answer.push(row)
  }

  handleCommandComplete(message: { text: string }): void {
    this.tag = message.text
  }

  handleReadyForQuery(): void {
    this.callback(this.#failure ?? null)
  }

  handleError(error: Error): void {
    this.callback(error)
  }

  /** An empty statement is answered by this in place of a tag. */
  handleEmptyQuery(): void {}
  handlePortalSuspended(): void {}
}

// `pg` accepts in a pipeline what is an instance of its `Query`, and calls the `handle…` methods in the wire's order. To
// have its constructor run for each statement as well would cost as much as all the rest of this class.
Object.setPrototypeOf(WireQuery.prototype, pg.Query.prototype)
