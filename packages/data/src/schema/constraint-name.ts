/**
 * Names of constraints and indexes: the same for the same contract, never longer than PostgreSQL keeps.
 *
 * @module
 */
import { createHash } from "node:crypto"

/** PostgreSQL silently cuts longer identifiers (its manual, section 4.1.1). */
export const MAX_IDENTIFIER_BYTES = 63

/** Hands out each name once: a name that is too long or taken ends in a hash of its parts instead. */
export class ConstraintNames {
  readonly #taken: Set<string>

  /** @param taken Names of tables, which share the namespace of indexes. */
  constructor(taken: Iterable<string>) {
    this.#taken = new Set(taken)
  }

  name(...parts: readonly string[]): string {
    const plain = parts.join("_").replaceAll(/[^A-Za-z0-9_]/g, "_")
    const name =
      Buffer.byteLength(plain) <= MAX_IDENTIFIER_BYTES && !this.#taken.has(plain) ? plain : shortened(plain, parts)
    this.#taken.add(name)
    return name
  }
}

function shortened(plain: string, parts: readonly string[]): string {
  const hash = createHash("sha256").update(parts.join("\0")).digest("hex").slice(0, 10)
  const suffix = parts.at(-1) ?? ""
  const room = MAX_IDENTIFIER_BYTES - hash.length - suffix.length - 2
  return `${plain.slice(0, room)}_${hash}_${suffix}`
}
