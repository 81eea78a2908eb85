import { ArchipelError, type Principal } from "@archipel/core"
import type { IncomingMessage } from "node:http"
import { isIP } from "node:net"
import { clientAddress, networkKey } from "./network-key.ts"
import type { HttpLimits } from "./limits.ts"

/** Keys that are remembered of each kind; beyond that those that were quiet are forgotten, then the oldest. */
const MAX_KEYS = 20_000

/**
 * So many requests a second for each key, after a pause so many at once: the generic cell rate algorithm, in which a key is
 * one number, the instant at which it may again send a whole burst.
 */
export class Buckets {
  readonly #fullAt = new Map<string, number>()
  readonly #stepMs: number
  readonly #spanMs: number

  /** @param perSecond 0 for no limit. */
  constructor(perSecond: number, burst: number) {
    this.#stepMs = perSecond > 0 ? 1_000 / perSecond : 0
    this.#spanMs = Math.max(1, burst) * this.#stepMs
  }

  get size(): number {
    return this.#fullAt.size
  }

  /** Takes one. @returns 0, or the milliseconds until there is one again */
  take(key: string, now: number): number {
    if (this.#stepMs === 0) return 0
    const full = this.#fullAt.get(key)
    const next = (full === undefined || full < now ? now : full) + this.#stepMs
    const wait = next - now - this.#spanMs
    // Sums of steps are not exact.
    if (wait > 1e-6) return wait
    if (full === undefined && this.#fullAt.size >= MAX_KEYS) this.#forget(now)
    this.#fullAt.set(key, next)
    return 0
  }

  /** Makes room for a tenth, so that it is seldom done. */
  #forget(now: number): void {
    for (const [key, full] of this.#fullAt) if (full <= now) this.#fullAt.delete(key)
    const rest = this.#fullAt.size - MAX_KEYS * 0.9
    if (rest <= 0) return
    let left = rest
    for (const key of this.#fullAt.keys()) {
      if (left-- <= 0) break
      this.#fullAt.delete(key)
    }
  }
}

/** Refuses what comes too fast: before its body is read, and for the network before it is known who asks. */
export interface RateLimiter {
  /** @throws `request.too_many` */
  ofNetwork(incoming: IncomingMessage): void
  /** Visitors without a login have their network's limit only: one of them must not use up that of all. @throws `request.too_many` */
  ofPrincipal(principal: Pick<Principal, "kind" | "id">): void
  /** The address that a request comes from, as far as it is believed; "unknown" if its connection has ended. */
  senderOf(incoming: IncomingMessage): string
}

const refuse = (waitMs: number): never => {
  throw new ArchipelError("request.too_many", { retryAfterSeconds: Math.max(1, Math.ceil(waitMs / 1_000)) })
}

/**
 * The limits of one process, in its memory: several processes behind one address each have their own.
 *
 * @param hops Proxies whose word on the sender's address is believed.
 */
export function createRateLimiter(limits: HttpLimits, hops: number): RateLimiter {
  const networks = new Buckets(limits.networkPerSecond, limits.networkBurst)
  const principals = new Buckets(limits.principalPerSecond, limits.principalBurst)
  // Connections last for many requests; behind a proxy each may bring those of everybody.
  const known = new WeakMap<IncomingMessage["socket"], string>()
  // Who came around the proxies is known by the connection.
  const forwardedOf = ({ socket, headers }: IncomingMessage): string | undefined =>
    hops > 0 ? clientAddress(socket.remoteAddress, headers["x-forwarded-for"], hops) : undefined
  const networkOf = (incoming: IncomingMessage): string => {
    const { socket } = incoming
    const forwarded = forwardedOf(incoming)
    if (forwarded !== undefined) return networkKey(forwarded)
    let key = known.get(socket)
    if (key === undefined) known.set(socket, (key = networkKey(socket.remoteAddress)))
    return key
  }
  return {
    ofNetwork(incoming) {
      const wait = networks.take(networkOf(incoming), performance.now())
      if (wait > 0) refuse(wait)
    },
    ofPrincipal({ kind, id }) {
      if (kind === "public") return
      const wait = principals.take(kind === "user" ? id : `${kind} ${id}`, performance.now())
      if (wait > 0) refuse(wait)
    },
    senderOf(incoming) {
      const forwarded = forwardedOf(incoming)
      return (isIP(forwarded ?? "") !== 0 ? forwarded : incoming.socket.remoteAddress) ?? "unknown"
    },
  }
}
