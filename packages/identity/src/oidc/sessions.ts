/**
 * The logins of people: what the protocol keeps of them, and the rows of `identity.Session` by which people and administrators see
 * and end them.
 *
 * @module
 */
import { type Id, systemPrincipal } from "@archipel/core"
import type { ServiceHost } from "@archipel/server"
import type { AdapterPayload, Session } from "oidc-provider"
import type { Artifacts } from "./artifacts.ts"

export const sessionTimes = {
  /** A session ends when it was not used for so long. */
  idleSeconds: 8 * 60 * 60,
  /** And whatever its use, so long after its beginning. */
  absoluteSeconds: 30 * 24 * 60 * 60,
} as const

/** Where one is logged in. */
export interface SessionEntry {
  /** The `sid` of its tokens. */
  readonly sid: string
  readonly device: string | null
  readonly network: string | null
  readonly createdAt: string
  readonly lastSeenAt: string
  readonly expiresAt: string
  /** How one proved who one is (RFC 8176). */
  readonly methods: readonly string[]
}

/** From where a session is used. */
export interface Whereabouts {
  readonly network: string
  readonly userAgent: string
}

export interface Sessions {
  /** A session was written: its row follows. */
  saved(session: Session, from: Whereabouts): Promise<void>
  /** A session was given up: its row says so. */
  ended(sid: string): Promise<void>
  /** A session is in use, though its browser did not come: its tokens were renewed. */
  used(sid: string): Promise<void>
  /** Ends one session at once: its tokens cannot be renewed, and its clients are told. Nothing if there is none. */
  end(sid: string): Promise<void>
  /** Ends all sessions of a user but one, with all that was ever granted in them; says how many. */
  endAll(userId: string, except?: string): Promise<number>
  /** The sessions of a user that are alive, the one used last first. At most 100. */
  list(userId: string): Promise<readonly SessionEntry[]>
}

/** Tells a client that a session ended (OpenID Connect Back-Channel Logout). Never throws. */
export type NotifyLogout = (clientId: string, userId: string, sid: string) => Promise<void>

/** Seconds that a session may still live when it is used now. */
export function sessionTtl(begunAt: number | undefined, nowSeconds: number): number {
  const left = sessionTimes.absoluteSeconds - (begunAt === undefined ? 0 : nowSeconds - begunAt)
  return Math.max(1, Math.min(sessionTimes.idleSeconds, left))
}

/** A browser in words: "Firefox, Linux". */
export function deviceOf(userAgent: string): string {
  const browsers = [
    ["Edg", "Edge"],
    ["OPR", "Opera"],
    ["Firefox", "Firefox"],
    ["Chrom", "Chrome"],
    ["Safari", "Safari"],
  ] as const
  const systems = [
    ["iPhone", "iPhone"],
    ["iPad", "iPad"],
    ["Android", "Android"],
    ["Windows", "Windows"],
    ["Mac OS", "macOS"],
    ["CrOS", "ChromeOS"],
    ["Linux", "Linux"],
  ] as const
  const named = (of: readonly (readonly [string, string])[]): string | undefined =>
    of.find(([mark]) => userAgent.includes(mark))?.[1]
  return [named(browsers) ?? "Other browser", named(systems)].filter((part) => part !== undefined).join(", ")
}

/** Between two notes that a session is in use. */
const SEEN_MS = 60_000
const MAX_LISTED = 100
/** Sessions that are ended at a time, so that a thousand of them do not wait for a thousand answers at once. */
const PARALLEL = 10

interface Authorization {
  readonly sid?: string
  readonly grantId?: string
}

const authorizationsOf = (session: AdapterPayload | undefined): readonly [string, Authorization][] =>
  Object.entries((session?.["authorizations"] ?? {}) as Record<string, Authorization>)

const grantsOf = (session: AdapterPayload | undefined): string[] =>
  authorizationsOf(session).flatMap(([, { grantId }]) => (grantId === undefined ? [] : [grantId]))

export interface SessionsOptions {
  readonly host: Pick<ServiceHost, "as" | "database" | "now">
  readonly artifacts: Artifacts
  readonly notify: NotifyLogout
}

export function createSessions({ host, artifacts, notify }: SessionsOptions): Sessions {
  const db = (reason: string): ReturnType<ServiceHost["as"]> => host.as(systemPrincipal(reason))
  const ofSid = async (sid: string) => {
    const [row] = await db("protocol: sessions")("identity.Session").find({
      select: ["methods", "endedAt"],
      where: { sid },
      limit: 1,
    })
    return row
  }
  /** Use is no change that anybody's history has to tell, and happens too often for it. */
  const seen = async (sid: string, expiresAt: Date): Promise<void> => {
    const now = host.now()
    await host.database.query(
      {
        name: "oidc_seen",
        text: "update sessions set last_seen_at = $2, expires_at = $3 where sid = $1 and last_seen_at < $4 and ended_at is null",
      },
      [sid, now, expiresAt, new Date(now.getTime() - SEEN_MS)],
    )
  }
  const markEnded = async (sid: string): Promise<void> => {
    const row = await ofSid(sid)
    if (row !== undefined && row.endedAt === null)
      await db("logged out")("identity.Session").update(row.id, { endedAt: host.now().toISOString() })
  }
  const end = async (sid: string): Promise<void> => {
    const session = await artifacts.session(sid)
    await artifacts.removeSession(sid, grantsOf(session))
    await markEnded(sid)
    const userId = session?.accountId
    if (userId === undefined) return
    await Promise.all(authorizationsOf(session).map(([clientId, own]) => notify(clientId, userId, own.sid ?? sid)))
  }
  const alive = (userId: string) =>
    db("protocol: sessions")("identity.Session").find({
      select: ["sid", "device", "network", "createdAt", "lastSeenAt", "expiresAt", "methods"],
      where: {
        user: userId as Id<"identity.User">,
        endedAt: null,
        expiresAt: { gt: host.now().toISOString() },
      },
      orderBy: ["-lastSeenAt"],
      limit: MAX_LISTED,
    })

  return {
    async saved(session, { network, userAgent }) {
      const { uid: sid, accountId } = session
      if (accountId === undefined) return
      const methods = (session.amr ?? []).join(" ")
      const expiresAt = new Date(session.exp * 1000)
      const known = await ofSid(sid)
      if (known === undefined) {
        const now = host.now().toISOString()
        await db("logged in")("identity.Session").create({
          user: accountId as Id<"identity.User">,
          sid,
          device: deviceOf(userAgent),
          network,
          lastSeenAt: now,
          expiresAt: expiresAt.toISOString(),
          methods,
        })
      } else if (known.endedAt !== null) {
        // It was ended while a request of it was under way, which wrote it once more.
        await artifacts.removeSession(
          sid,
          Object.values(session.authorizations ?? {}).flatMap((own) => own.grantId ?? []),
        )
      } else {
        if (known.methods !== methods)
          await db("proved more")("identity.Session").update(known.id, { methods, expiresAt: expiresAt.toISOString() })
        await seen(sid, expiresAt)
      }
    },
    ended: markEnded,
    async used(sid) {
      const session = await artifacts.session(sid)
      if (session === undefined) return
      const now = host.now().getTime()
      const until = new Date(now + sessionTtl(session.iat, Math.floor(now / 1000)) * 1000)
      await artifacts.prolongSession(sid, until)
      await seen(sid, until)
    },
    end,
    async endAll(userId, except) {
      let count = 0
      for (;;) {
        const rows = (await alive(userId)).filter(({ sid }) => sid !== except)
        for (let at = 0; at < rows.length; at += PARALLEL)
          await Promise.all(rows.slice(at, at + PARALLEL).map(({ sid }) => end(sid)))
        count += rows.length
        if (rows.length < MAX_LISTED - 1) break
      }
      const kept =
        except === undefined ? undefined : { sid: except, grantIds: grantsOf(await artifacts.session(except)) }
      await artifacts.removeAccount(userId, kept)
      return count
    },
    async list(userId) {
      return (await alive(userId)).map(({ sid, device, network, createdAt, lastSeenAt, expiresAt, methods }) => ({
        sid,
        device,
        network,
        createdAt,
        lastSeenAt,
        expiresAt,
        methods: methods.split(" ").filter((method) => method !== ""),
      }))
    },
  }
}
