/**
 * Compiled plans, those used lately.
 *
 * @module
 */
import { createHash } from "node:crypto"
import type { Statement } from "../postgres/statement.ts"
import type { ParameterSpec } from "../sql/statement-builder.ts"
import type { CompiledSql } from "./page-sql.ts"

/** A compiled statement. It is prepared under a name from its second use: most shapes that come once never come again. */
export class Plan {
  readonly parameters: readonly ParameterSpec[]
  readonly #text: string
  #statement: Statement
  #uses = 0

  constructor({ text, parameters }: CompiledSql) {
    this.parameters = parameters
    this.#text = text
    this.#statement = { text }
  }

  /** The statement for one more run. */
  use(): Statement {
    if (++this.#uses === 2) {
      // Made of the text, so that a name means the same text for whoever shares the connection.
      const name = `read_${createHash("sha256").update(this.#text).digest("base64url").slice(0, 22)}`
      this.#statement = { text: this.#text, name }
    }
    return this.#statement
  }
}

/**
 * At most `size` entries: two halves, of which the older one goes when the newer one is full. What is used moves to the newer half, so
 * that to find what was used lately changes nothing.
 */
export class PlanCache<Entry> {
  #newer = new Map<string, Entry>()
  #older = new Map<string, Entry>()
  readonly #half: number

  constructor(size: number) {
    this.#half = Math.max(1, size >> 1)
  }

  get(key: string, make: () => Entry): Entry {
    const known = this.#newer.get(key)
    if (known !== undefined) return known
    const entry = this.#older.get(key) ?? make()
    if (this.#newer.size >= this.#half) {
      this.#older = this.#newer
      this.#newer = new Map()
    }
    this.#newer.set(key, entry)
    return entry
  }
}
