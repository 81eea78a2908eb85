/**
 * Numbers such as "SO-2026-00042" as SQL for the statements that write records.
 *
 * Plain: a sequence of PostgreSQL for each field and period, made when the period's first number is asked for. Nobody
 * waits for another's transaction (but for those who meet that very first number), and numbers of undone writes are lost.
 * Gapless: a row of `archipel.counters` for each field and period. It stays locked until the commit, so the expression
 * belongs into the last statement of the transaction; writers of the same period wait for each other, none fails.
 *
 * @module
 */
import { ArchipelError, type FieldMember } from "@archipel/core"
import { createHash } from "node:crypto"
import pg from "pg"
import { FRAMEWORK_SCHEMA } from "./structure.ts"

/** The longest period, "202612", follows the name; PostgreSQL's limit is 63. */
const MAX_NAME_BYTES = 56

/** Name of a field's counters: of the sequences without their period, and in `archipel.counters`. */
export function sequenceName(member: FieldMember): string {
  const plain = `${member.model.name}.${member.name}_`
  if (Buffer.byteLength(plain) <= MAX_NAME_BYTES) return plain
  const hash = createHash("sha256").update(plain).digest("hex").slice(0, 10)
  return `${plain.slice(0, MAX_NAME_BYTES - hash.length - 2)}_${hash}_`
}

/**
 * An SQL expression, of type text, that takes a number each time it is evaluated. Constant for a field but for the day, so
 * it is part of a prepared statement.
 *
 * @param day SQL of the date that decides the period: a parameter ("$3::date") or a column. Where it is empty, so is the number.
 */
export function nextNumber(member: FieldMember, day: string): string {
  if (member.pattern === undefined)
    throw new ArchipelError(
      "internal",
      {},
      { cause: new TypeError(`${member.model.name}.${member.name} is no sequence`) },
    )
  const give = member.gapless ? "next_gapless_number" : "next_number"
  const [name, pattern] = [sequenceName(member), member.pattern].map((text) => pg.escapeLiteral(text).trim())
  return `${FRAMEWORK_SCHEMA}.${give}(${name}, ${pattern}, ${day})`
}
