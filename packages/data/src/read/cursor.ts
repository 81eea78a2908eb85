/**
 * Cursors: places in an order that only whom they were given to can use, and only for the same query.
 *
 * @module
 */
import { hash, timingSafeEqual } from "node:crypto"
import { ArchipelError, type AuthorisedQuery, type Query } from "@archipel/core"

/** Bytes of the check; a guess succeeds once in 2^128. */
const CHECK_BYTES = 16
/** Characters of a cursor that is still looked at; longer ones cannot be ours, unless a text of that length was sorted by. */
const MAX_LENGTH = 1_000_000

/**
 * A cursor for the record with these order values: they and a keyed check over them, the principal, and what the query
 * finds and in which order. It is readable to whoever has it, and holds nothing that the query's own answer would not show them.
 */
export function encodeCursor(keys: string, authorised: AuthorisedQuery, seal: Seal): string {
  const check = checkOf(keys, authorised, seal)
  return Buffer.concat([check, Buffer.from(keys)]).toString("base64url")
}

/**
 * The order values of a cursor, in the text form of each.
 *
 * @throws `query.bad_cursor` if it was not made by `encodeCursor` with this seal, for this principal and query
 */
export function decodeCursor(cursor: unknown, authorised: AuthorisedQuery, seal: Seal): readonly (string | null)[] {
  if (typeof cursor === "string" && cursor.length <= MAX_LENGTH && /^[A-Za-z0-9_-]+$/.test(cursor)) {
    const bytes = Buffer.from(cursor, "base64url")
    const keys = bytes.subarray(CHECK_BYTES).toString()
    const check = bytes.subarray(0, CHECK_BYTES)
    if (check.length === CHECK_BYTES && timingSafeEqual(check, checkOf(keys, authorised, seal))) {
      return JSON.parse(keys) as readonly (string | null)[]
    }
  }
  throw new ArchipelError("query.bad_cursor", {})
}

/** Of queries that nobody can change any more: those are kept to be asked again. */
const foundBy = new WeakMap<Query, string>()

/** What a query finds and in which order, as the elements of a JSON array. */
function findingOf(query: Query): string {
  const known = foundBy.get(query)
  if (known !== undefined) return known
  const { model, where, search, orderBy, archived } = query
  const finding = JSON.stringify([model, where, search, orderBy, archived]).slice(1, -1)
  if (Object.isFrozen(query)) foundBy.set(query, finding)
  return finding
}

function checkOf(keys: string, { query, principal: { kind, id } }: AuthorisedQuery, seal: Seal): Buffer {
  const bound = `["${kind}",${JSON.stringify(id)},${findingOf(query)}]`
  // Lengths first, so that no two pairs make the same bytes.
  return seal(`${bound.length}:${bound}${keys}`).subarray(0, CHECK_BYTES)
}

/** Makes the keyed check of a text: 32 bytes that nobody can make, or change the text for, without the secret. */
export type Seal = (text: string) => Buffer

/** SHA-256's block. */
const BLOCK_BYTES = 64
/** Behind the key's block, for texts that need no memory of their own. */
const ROOM_BYTES = 1_024

/**
 * HMAC-SHA-256 (RFC 2104), with the key's two blocks made once: an `Hmac` object for each page of each list costs several
 * times the two hashes.
 */
export function createSeal(secret: string | Buffer): Seal {
  const given = Buffer.from(secret as string)
  const key = given.length > BLOCK_BYTES ? hash("sha256", given, "buffer") : given
  const [inner, outer] = [0x36, 0x5c].map((pad) => {
    const block = Buffer.alloc(BLOCK_BYTES + ROOM_BYTES)
    for (let at = 0; at < BLOCK_BYTES; at++) block[at] = pad ^ (key[at] ?? 0)
    return block
  }) as [Buffer, Buffer]
  return (text) => {
    const length = Buffer.byteLength(text)
    const message = length <= ROOM_BYTES ? inner : Buffer.concat([inner.subarray(0, BLOCK_BYTES)], BLOCK_BYTES + length)
    message.write(text, BLOCK_BYTES)
    const digest = hash("sha256", message.subarray(0, BLOCK_BYTES + length), "buffer")
    digest.copy(outer, BLOCK_BYTES)
    return hash("sha256", outer.subarray(0, BLOCK_BYTES + digest.length), "buffer")
  }
}
