import { randomBytes, randomUUID } from "node:crypto"
import type { Database } from "@archipel/data"
import type { Secrets } from "@archipel/server"

/** What the issuer gave for one browser. */
export interface Tokens {
  readonly accessToken: string
  /** Milliseconds since 1970. */
  readonly accessUntil: number
  readonly refreshToken: string | undefined
  /** For the logout. */
  readonly idToken: string
}

export interface StoredSession {
  /** What the table has of the browser's handle. */
  readonly hash: string
  readonly user: string
  readonly sid: string
  readonly tokens: Tokens
  /** Milliseconds since 1970, all of them. */
  readonly lastSeenAt: number
  readonly idleUntil: number
  readonly expiresAt: number
}

/** How long sessions live. */
export interface SessionTimes {
  /** Without a request. Default 8 hours. */
  readonly idleMs: number
  /** From the login on, whatever is done. Default 30 days. */
  readonly absoluteMs: number
}

/** Browsers' sessions of one database. Each call is one statement. */
export interface SessionStore {
  /** @returns The browser's handle: 256 random bits that are stored nowhere else. */
  create(session: Pick<StoredSession, "user" | "sid" | "tokens">): Promise<string>
  /** The session of a handle, if it has neither ended nor been idle for too long. */
  find(handle: string): Promise<StoredSession | undefined>
  /** Puts off the idle end. */
  seen(hash: string): Promise<void>
  /** Whether the caller is the one to renew the tokens; for `RENEWAL_MS` nobody else is. */
  beginRenewal(hash: string): Promise<boolean>
  /** Ends a renewal: with new tokens, or with the old ones for somebody else to try. */
  endRenewal(hash: string, tokens: Tokens | undefined): Promise<void>
  remove(hash: string): Promise<void>
  /** All of a login; of a user without `sid`. */
  removeOf(login: { readonly sid: string } | { readonly user: string }): Promise<void>
  /** Deletes at most `limit` sessions that are over; says how many. */
  purge(limit: number): Promise<number>
}

/** Longer than a renewal may take. */
export const RENEWAL_MS = 10_000
const HANDLE_BYTES = 32
const HANDLE = /^[\w-]{43}$/
const PURPOSE = "gateway.session"

export function createSessionStore(options: {
  readonly database: Pick<Database, "query">
  readonly secrets: Secrets
  readonly times: SessionTimes
  readonly now: () => Date
}): SessionStore {
  const { database, secrets, times, now } = options
  const instant = (ms: number): string => new Date(ms).toISOString()
  const seal = (tokens: Tokens): string => secrets.seal(PURPOSE, JSON.stringify(tokens))

  return {
    async create({ user, sid, tokens }) {
      const handle = randomBytes(HANDLE_BYTES).toString("base64url")
      const at = now().getTime()
      await database.query(
        {
          name: "gateway_session_create",
          text: `insert into sessions (id, handle, user_id, sid, tokens, last_seen_at, idle_until, expires_at)
values ($1, $2, $3, $4, $5, $6, $7, $8)`,
        },
        [
          randomUUID(),
          secrets.hash(handle),
          user,
          sid,
          seal(tokens),
          instant(at),
          instant(Math.min(at + times.idleMs, at + times.absoluteMs)),
          instant(at + times.absoluteMs),
        ],
      )
      return handle
    },
    async find(handle) {
      if (!HANDLE.test(handle)) return undefined
      const hash = secrets.hash(handle)
      const { rows } = await database.query<{
        user_id: string
        sid: string
        tokens: string
        last_seen_at: string
        idle_until: string
        expires_at: string
      }>(
        {
          name: "gateway_session_find",
          text: `select user_id, sid, tokens, last_seen_at, idle_until, expires_at from sessions
where handle = $1 and idle_until > $2 and expires_at > $2`,
        },
        [hash, now().toISOString()],
      )
      const [row] = rows
      return (
        row && {
          hash,
          user: row.user_id,
          sid: row.sid,
          tokens: JSON.parse(secrets.open(PURPOSE, row.tokens)) as Tokens,
          lastSeenAt: Date.parse(row.last_seen_at),
          idleUntil: Date.parse(row.idle_until),
          expiresAt: Date.parse(row.expires_at),
        }
      )
    },
    async seen(hash) {
      const at = now().getTime()
      await database.query(
        {
          name: "gateway_session_seen",
          text: "update sessions set last_seen_at = $2, idle_until = least($3::timestamptz, expires_at) where handle = $1",
        },
        [hash, instant(at), instant(at + times.idleMs)],
      )
    },
    async beginRenewal(hash) {
      const at = now().getTime()
      const { count } = await database.query(
        {
          name: "gateway_session_begin",
          text: `update sessions set renewing_until = $3
where handle = $1 and (renewing_until is null or renewing_until < $2)`,
        },
        [hash, instant(at), instant(at + RENEWAL_MS)],
      )
      return count === 1
    },
    async endRenewal(hash, tokens) {
      await database.query(
        {
          name: "gateway_session_renewed",
          text: "update sessions set renewing_until = null, tokens = coalesce($2, tokens) where handle = $1",
        },
        [hash, tokens ? seal(tokens) : null],
      )
    },
    async remove(hash) {
      await database.query({ name: "gateway_session_remove", text: "delete from sessions where handle = $1" }, [hash])
    },
    async removeOf(login) {
      if ("sid" in login)
        await database.query({ name: "gateway_session_remove_sid", text: "delete from sessions where sid = $1" }, [
          login.sid,
        ])
      else
        await database.query({ name: "gateway_session_remove_user", text: "delete from sessions where user_id = $1" }, [
          login.user,
        ])
    },
    async purge(limit) {
      const { count } = await database.query(
        {
          name: "gateway_session_purge",
          text: `delete from sessions where id in
(select id from sessions where idle_until < $1 or expires_at < $1 limit $2)`,
        },
        [now().toISOString(), limit],
      )
      return count
    },
  }
}
