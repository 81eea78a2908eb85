import { serviceUnavailable } from "@archipel/core"
import { cookieName, type Log, readCookies, type RequestHeaders, type SessionCredential } from "@archipel/server"
import type { IssuerClient } from "./issuer-client.ts"
import { assertSameSite, isFromElsewhere } from "./same-site.ts"
import { RENEWAL_MS, type SessionStore, type StoredSession } from "./session-store.ts"

/** The name of the browser's cookie, before its prefix. */
export const SESSION_COOKIE = "gateway-session"

/** Sessions that this process has looked up lately. */
const MAX_KNOWN = 10_000
/** So long one is taken as it was: its tokens are judged anew with every request in any case. */
const KNOWN_MS = 5_000
/** The idle end is put off at most this often. */
const SEEN_MS = 60_000
/** Tokens are renewed before they end. */
const RENEW_BEFORE_MS = 60_000
const POLL_MS = 50

const safe: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"])

export interface Sessions {
  readonly credential: SessionCredential
  /** The session of a request, with tokens that are valid; undefined if there is none. */
  current(headers: RequestHeaders): Promise<StoredSession | undefined>
  /** Forgets what is known of a session that has ended. */
  forget(hash: string): void
}

export function createSessions(options: {
  readonly url: string
  readonly store: SessionStore
  readonly issuer: IssuerClient
  readonly now: () => Date
  readonly hash: (handle: string) => string
  readonly log: Log
}): Sessions {
  const { url, store, issuer, now, hash: hashOf, log } = options
  const name = cookieName(SESSION_COOKIE, url.startsWith("https:"))
  const known = new Map<string, { readonly session: Promise<StoredSession | undefined>; readonly until: number }>()

  const handleOf = (headers: RequestHeaders): string | undefined => {
    const header = headers.get("cookie")
    return header === null ? undefined : readCookies(header).get(name)
  }

  const isDue = ({ tokens }: StoredSession, beforeMs: number): boolean =>
    tokens.accessUntil - beforeMs <= now().getTime()

  /** One process renews, the others wait for what it gets: a refresh token works once. */
  async function renewed(handle: string, session: StoredSession): Promise<StoredSession | undefined> {
    const deadline = Date.now() + RENEWAL_MS
    while (Date.now() < deadline) {
      if (await store.beginRenewal(session.hash)) return renew(handle, session)
      const latest = await store.find(handle)
      if (latest === undefined || !isDue(latest, RENEW_BEFORE_MS)) return latest
      await new Promise((resolve) => setTimeout(resolve, POLL_MS))
    }
    throw serviceUnavailable("identity")
  }
  async function renew(handle: string, session: StoredSession): Promise<StoredSession | undefined> {
    // Another process may have renewed between reading and beginning.
    const latest = await store.find(handle)
    if (latest === undefined || !isDue(latest, RENEW_BEFORE_MS)) {
      await store.endRenewal(session.hash, undefined)
      return latest
    }
    try {
      const tokens = await issuer.renew(latest.tokens)
      if (tokens === undefined) {
        await store.remove(session.hash)
        return undefined
      }
      await store.endRenewal(session.hash, tokens)
      return { ...latest, tokens }
    } catch (error) {
      await store.endRenewal(session.hash, undefined)
      // The issuer is away: what is still valid is good until it ends, and not longer.
      if (!isDue(latest, 0)) {
        log.error("a browser's tokens could not be renewed", error)
        return latest
      }
      throw serviceUnavailable("identity", error)
    }
  }

  async function looked(handle: string): Promise<StoredSession | undefined> {
    const session = await store.find(handle)
    if (session === undefined) return undefined
    if (now().getTime() - session.lastSeenAt > SEEN_MS) await store.seen(session.hash)
    return isDue(session, RENEW_BEFORE_MS) ? renewed(handle, session) : session
  }

  async function sessionOf(handle: string): Promise<StoredSession | undefined> {
    const hash = hashOf(handle)
    const before = known.get(hash)
    if (before !== undefined && before.until > now().getTime()) {
      const session = await before.session
      if (session !== undefined && !isDue(session, 0)) return session
    }
    if (known.size >= MAX_KNOWN) known.delete(known.keys().next().value as string)
    const session = looked(handle)
    known.set(hash, { session, until: now().getTime() + KNOWN_MS })
    try {
      const found = await session
      if (found === undefined) known.delete(hash)
      return found
    } catch (error) {
      known.delete(hash)
      throw error
    }
  }

  const current: Sessions["current"] = async (headers) => {
    const handle = handleOf(headers)
    return handle === undefined ? undefined : sessionOf(handle)
  }

  return {
    credential({ method, headers }) {
      if (headers.get("authorization") !== null) return undefined
      const handle = handleOf(headers)
      if (handle === undefined) return undefined
      if (!safe.has(method)) assertSameSite(headers, url, true)
      else if (isFromElsewhere(headers, url)) return undefined
      return sessionOf(handle).then((session) => session && `Bearer ${session.tokens.accessToken}`)
    },
    current,
    forget: (hash) => void known.delete(hash),
  }
}
