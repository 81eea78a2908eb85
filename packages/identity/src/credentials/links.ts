import { randomBytes } from "node:crypto"
import type { Database } from "@archipel/data"
import type { Links } from "./credentials.ts"

/**
 * - `verify` proves an address, `register` begins an account, `change` moves one to another address
 * - `reset` and `invite` set a password
 * - `login` logs in once, without a password
 * - `restore` takes an account back to the address that it had before
 */
export type LinkKind = "verify" | "register" | "reset" | "invite" | "change" | "login" | "restore"

/** How long a link works where nothing else is said. */
export const linkMinutes: Readonly<Record<LinkKind, number>> = {
  verify: 24 * 60,
  register: 24 * 60,
  reset: 30,
  invite: 7 * 24 * 60,
  change: 30,
  login: 15,
  restore: 7 * 24 * 60,
}

export interface LinkContent {
  readonly kind: LinkKind
  readonly userId: string | null
  readonly email: string | null
  readonly createdAt: string
}

interface LinksParts {
  readonly database: Database
  readonly now: () => Date
  readonly hash: (secret: string) => string
}

const SECRET_BYTES = 32
const SECRET = /^[A-Za-z0-9_-]{43}$/

export function createLinks({ database, now, hash }: LinksParts): Links {
  const hashOf = (kind: LinkKind, secret: string): string | undefined =>
    SECRET.test(secret) ? hash(`link:${kind}:${secret}`) : undefined
  const answer = async (statement: typeof use, kind: LinkKind, secret: string): Promise<LinkContent | undefined> => {
    const hashed = hashOf(kind, secret)
    if (hashed === undefined) return undefined
    const { rows } = await database.query<LinkRow>(statement, [hashed, kind, now()])
    const row = rows[0]
    return row && { kind, userId: row.user_id, email: row.email, createdAt: new Date(row.created_at).toISOString() }
  }
  return {
    async make(kind, { userId, email, minutes = linkMinutes[kind] }) {
      if (userId === undefined && email === undefined) throw new TypeError("A link is for a user or for an address.")
      const secret = randomBytes(SECRET_BYTES).toString("base64url")
      const at = now()
      const expiresAt = new Date(at.getTime() + minutes * 60_000)
      await database.transaction(async (tx) => {
        // One after another, so that of two at the same time the first is void as well.
        await tx.query(lock, [`identity.link:${kind}:${userId ?? email}`])
        // Who takes an account over could void its owner's way back by asking for another.
        if (kind !== "restore") await tx.query(voidOlder, [kind, userId, email, at])
        const values = [kind, hash(`link:${kind}:${secret}`), userId, email, expiresAt, at]
        await tx.query(insert, values, { last: true })
      })
      return secret
    },
    look: (kind, secret) => answer(look, kind, secret),
    use: (kind, secret) => answer(use, kind, secret),
  }
}

interface LinkRow {
  readonly user_id: string | null
  readonly email: string | null
  readonly created_at: string
}

const lock = { text: "select pg_advisory_xact_lock(hashtextextended($1, 0))" }
const voidOlder = {
  name: "identity_link_void_older",
  text: `update links set used_at = $4, version = version + 1, updated_at = $4
    where kind = $1 and used_at is null and (user_id = $2 or ($2::uuid is null and user_id is null and email = $3))`,
}
const insert = {
  name: "identity_link_insert",
  text: `insert into links (id, kind, hash, user_id, email, expires_at, created_at, updated_at)
    values (gen_random_uuid(), $1, $2, $3, $4, $5, $6, $6)`,
}
const look = {
  name: "identity_link_look",
  text: `select user_id, email, created_at from links where hash = $1 and kind = $2 and used_at is null and expires_at > $3`,
}
const use = {
  name: "identity_link_use",
  text: `update links set used_at = $3, version = version + 1, updated_at = $3
    where hash = $1 and kind = $2 and used_at is null and expires_at > $3
    returning user_id, email, created_at`,
}
