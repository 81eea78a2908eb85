/**
 * What everybody may, as every service of the program knows it: read from the directory, kept in memory, and dropped within
 * milliseconds of a change, in every process.
 *
 * @module
 */
import { actingFor, type Principal, serviceUnavailable } from "@archipel/core"
import type { Listening } from "@archipel/data"
import { FreshCache } from "./fresh-cache.ts"
import type { GrantsSource, Told } from "./grants-source.ts"
import type { Grant } from "./load-grants.ts"

export const freshness = {
  /** While changes are told as they happen. */
  heardMs: 60_000,
  /** While the connection that tells them is away. */
  deafMs: 5_000,
  /** While the database does not answer at all; a change that was told meanwhile counts at once. */
  boundMs: 5 * 60_000,
} as const

const MAX_ENTRIES = 10_000
/** Objects made of one grant: one for each session and actor. */
const MAX_PRINCIPALS = 1_000
/** Session ids that were asked for and are none, of one grant. */
const MAX_UNKNOWN = 100

/** The services that a token passed through, the last one outermost (RFC 8693, `act`). */
export interface Act {
  readonly sub: string
  readonly act?: Act
}

/** What a token says of who asks. */
export interface Subject {
  /** A user's id, or a service account's. */
  readonly id: string
  readonly sessionId?: string | undefined
  readonly act?: Act | undefined
  /** The grants are at least as new as this version. */
  readonly version?: number | undefined
}

export interface Grants {
  /** @returns undefined for an id that is nobody's @throws `service.unavailable` */
  of(id: string): Grant | undefined | Promise<Grant | undefined>
  /** What a client may in its own name, or on behalf of users. @throws `service.unavailable` */
  ofClient(clientId: string): Grant | undefined | Promise<Grant | undefined>
  /**
   * The principal of a token: the same object as long as nothing changed. Undefined for who is unknown or not active, for a session
   * that ended, and for actors that are not clients any more.
   *
   * @throws `service.unavailable`
   */
  principal(subject: Subject): Principal | undefined | Promise<Principal | undefined>
  /** The newest version that this process has seen of all that anybody may. */
  readonly version: number
  /** Called with what is told of changes, after it was heeded here. Returns how to stop. */
  onTold(listener: (told: Told) => void): () => void
  /** Called when a token is newer than the database: it is an older copy. */
  onOlderDatabase(listener: (tokenVersion: number, version: number) => void): void
  /** Whether changes are told as they happen. */
  readonly isHeard: boolean
  /** Drops everything, and tells so: for a database that was replaced, and when roles are other ones. */
  forget(): void
  close(): Promise<void>
}

interface Derived {
  readonly principals: Map<string, Principal>
  readonly unknownSessions: Set<string>
}

export function createGrants(source: GrantsSource, clock: () => Date): Grants {
  const now = (): number => clock().getTime()
  const derived = new WeakMap<Grant, Derived>()
  const listeners = new Set<(told: Told) => void>()
  const olderListeners = new Set<(tokenVersion: number, version: number) => void>()
  let version = 0
  let listening: Listening | undefined = undefined

  const seen = (grant: Grant | undefined): Grant | undefined => {
    if (grant && grant.version > version) version = grant.version
    return grant
  }
  const unavailable = (cause: unknown): never => {
    throw serviceUnavailable("identity", cause)
  }
  const cache = new FreshCache<Grant | undefined>({
    load: async (key) => {
      const [kind, id] = [key.slice(0, 1), key.slice(2)]
      try {
        return seen(await (kind === "u" ? source.user(id) : source.client(id)))
      } catch (error) {
        return unavailable(error)
      }
    },
    freshness,
    isHeard: () => listening?.isConnected ?? false,
    now,
    max: MAX_ENTRIES,
  })
  const heed = (told: Told): void => {
    if (told.kind === "missed") cache.suspectAll()
    else if (told.kind === "all") cache.forgetAll()
    else if (told.kind !== "lost") cache.forget(`u ${told.user}`)
    for (const listener of listeners) listener(told)
  }
  listening = source.listen(heed)

  const of = (id: string) => cache.get(`u ${id}`)
  const ofClient = (clientId: string) => cache.get(`c ${clientId}`)

  const derivedOf = (grant: Grant): Derived => {
    let known = derived.get(grant)
    if (!known) derived.set(grant, (known = { principals: new Map(), unknownSessions: new Set() }))
    return known
  }
  const plain = (grant: Grant, sessionId: string | undefined): Principal => {
    const { principals } = derivedOf(grant)
    const known = principals.get(sessionId ?? "")
    if (known) return known
    const { kind, id, roles, claims, timeZone, scopes } = grant
    const made: Principal = {
      kind,
      id,
      roles,
      claims,
      timeZone,
      ...(sessionId === undefined ? {} : { sessionId }),
      ...(Object.keys(scopes).length === 0 ? {} : { scopes }),
    }
    if (principals.size >= MAX_PRINCIPALS) principals.delete(principals.keys().next().value as string)
    principals.set(sessionId ?? "", made)
    return made
  }

  /** Whether what is known is enough to judge; if not it is read anew, once. */
  const isEnough = (grant: Grant | undefined, { sessionId, version: wanted }: Subject): boolean => {
    if (wanted !== undefined && wanted > (grant?.version ?? 0)) return false
    if (grant === undefined || sessionId === undefined || grant.sessions.has(sessionId)) return true
    return derivedOf(grant).unknownSessions.has(sessionId)
  }
  const judged = (grant: Grant | undefined, subject: Subject): Principal | undefined => {
    const { sessionId, version: wanted } = subject
    if (wanted !== undefined && wanted > (grant?.version ?? version)) {
      for (const listener of olderListeners) listener(wanted, grant?.version ?? version)
      return undefined
    }
    if (grant === undefined || !grant.active) return undefined
    if (sessionId !== undefined && !grant.sessions.has(sessionId)) {
      const { unknownSessions } = derivedOf(grant)
      if (unknownSessions.size < MAX_UNKNOWN) unknownSessions.add(sessionId)
      return undefined
    }
    return plain(grant, sessionId)
  }

  const known = (subject: Subject): Principal | undefined | Promise<Principal | undefined> => {
    const grant = of(subject.id)
    if (grant instanceof Promise)
      return grant.then(async (each) =>
        judged(isEnough(each, subject) ? each : await cache.reload(`u ${subject.id}`), subject),
      )
    if (isEnough(grant, subject)) return judged(grant, subject)
    return cache.reload(`u ${subject.id}`).then((each) => judged(each, subject))
  }
  const acting = async (subject: Subject, act: Act): Promise<Principal | undefined> => {
    let user = await known(subject)
    const chain: Act[] = []
    for (let at: Act | undefined = act; at !== undefined; at = at.act) chain.unshift(at)
    for (const { sub } of chain) {
      const grant = await ofClient(sub)
      if (user === undefined || grant === undefined || !grant.active) return undefined
      // Whoever only passes requests on is nobody's actor.
      if (!grant.isTransparent) user = actingFor(plain(grant, undefined), user)
    }
    return user
  }

  return {
    of,
    ofClient,
    principal: (subject) => (subject.act === undefined ? known(subject) : acting(subject, subject.act)),
    get version() {
      return version
    },
    get isHeard() {
      return listening.isConnected
    },
    onTold(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    onOlderDatabase: (listener) => void olderListeners.add(listener),
    forget: () => heed({ kind: "all" }),
    close: () => listening.close(),
  }
}
