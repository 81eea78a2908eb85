/**
 * Cursors: places in an order that only whom they were given to can use, and only for the same query.
 *
 * @module
 */
import { createHmac, timingSafeEqual } from "node:crypto"
import { ArchipelError, type AuthorisedQuery } from "@archipel/core"

/** Bytes of the check; a guess succeeds once in 2^128. */
const CHECK_BYTES = 16
/** Characters of a cursor that is still looked at; longer ones cannot be ours, unless a text of that length was sorted by. */
const MAX_LENGTH = 1_000_000

/**
 * A cursor for the record with these order values: they and a keyed check over them, the principal, and what the query
 * finds and in which order. It is readable to whoever has it, and holds nothing that the query's own answer would not show them.
 */
export function encodeCursor(keys: string, authorised: AuthorisedQuery, secret: string | Buffer): string {
  const check = checkOf(keys, authorised, secret)
  return Buffer.concat([check, Buffer.from(keys)]).toString("base64url")
}

/**
 * The order values of a cursor, in the text form of each.
 *
 * @throws `query.bad_cursor` if it was not made by `encodeCursor` with this secret, for this principal and query
 */
export function decodeCursor(
  cursor: unknown,
  authorised: AuthorisedQuery,
  secret: string | Buffer,
): readonly (string | null)[] {
  if (typeof cursor === "string" && cursor.length <= MAX_LENGTH && /^[A-Za-z0-9_-]+$/.test(cursor)) {
    const bytes = Buffer.from(cursor, "base64url")
    const keys = bytes.subarray(CHECK_BYTES).toString()
    const check = bytes.subarray(0, CHECK_BYTES)
    if (check.length === CHECK_BYTES && timingSafeEqual(check, checkOf(keys, authorised, secret))) {
      return JSON.parse(keys) as readonly (string | null)[]
    }
  }
  throw new ArchipelError("query.bad_cursor", {})
}

function checkOf(keys: string, { query, principal }: AuthorisedQuery, secret: string | Buffer): Buffer {
  const { model, where, search, orderBy, archived } = query
  const bound = JSON.stringify([principal.kind, principal.id, model, where, search, orderBy, archived])
  // Lengths first, so that no two pairs make the same bytes.
  const mac = createHmac("sha256", secret).update(`${bound.length}:${bound}${keys}`).digest()
  return mac.subarray(0, CHECK_BYTES)
}
