/**
 * Compiled plans, the most recently used ones.
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

/** At most `size` entries; the one that was used least recently leaves first. */
export class PlanCache<Entry> {
  readonly #entries = new Map<string, Entry>()
  readonly #size: number

  constructor(size: number) {
    this.#size = size
  }

  get(key: string, make: () => Entry): Entry {
    const known = this.#entries.get(key)
    if (known !== undefined) {
      this.#entries.delete(key)
      this.#entries.set(key, known)
      return known
    }
    const made = make()
    this.#entries.set(key, made)
    if (this.#entries.size > this.#size) this.#entries.delete(this.#entries.keys().next().value as string)
    return made
  }
}
