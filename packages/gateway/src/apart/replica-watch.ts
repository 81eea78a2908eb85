/**
 * Whether a replica is there: looked at only when there is a reason to doubt it, and then until it is again.
 *
 * @module
 */
import type { Agent } from "node:https"
import type { Socket } from "node:net"
import type { Place } from "./places.ts"

/** Who has not proved itself to a new connection by then says nothing. */
const SILENT_MS = 1_000
/** Between two looks at one that is there and slow. */
const DOUBT_MS = 1_000
/** Between two looks at one that is lost: short at first, since most are back soon. */
const MIN_PAUSE_MS = 50
const MAX_PAUSE_MS = 250

/** `gone`: nobody listens there, or somebody else does. `doubtful`: it takes connections, and little comes of them. */
export type Presence = "there" | "doubtful" | "gone"

export interface ReplicaWatch {
  readonly presence: Presence
  /** Since when it is not there, in milliseconds of `performance.now()`; 0 while it is. */
  readonly lostAt: number
  /** That it could not be reached: it is looked at from now on, first after `pauseMs`, until it is there. */
  lost(presence: Exclude<Presence, "there">, pauseMs?: number): void
  /** Looks whether it still answers to new connections, unless somebody just did. */
  doubt(): void
  close(): void
}

/** Whoever finishes a handshake runs, and has the certificate that it should have; for more there are its answers. */
function look(agent: Agent, { host, port }: Place): { readonly presence: Promise<Presence>; stop(): void } {
  const { promise, resolve } = Promise.withResolvers<Presence>()
  let socket: Socket | undefined
  const settle = (presence: Presence): void => {
    clearTimeout(timer)
    if (presence === "there") socket?.end()
    else socket?.destroy()
    resolve(presence)
  }
  const timer = setTimeout(() => settle("doubtful"), SILENT_MS)
  try {
    socket = agent.createConnection({ ...agent.options, host, port }) as Socket
    socket
      .once("secureConnect", () => settle("there"))
      .once("error", () => settle("gone"))
      .once("close", () => settle("gone"))
      .on("error", () => {})
      .resume()
  } catch {
    settle("gone")
  }
  return { presence: promise, stop: () => settle("gone") }
}

/** @param changed Called when its presence has become another. */
export function watchReplica(agent: () => Agent, place: Place, changed: (presence: Presence) => void): ReplicaWatch {
  let presence: Presence = "there"
  let lostAt = 0
  let seenAt = Number.NEGATIVE_INFINITY
  let isClosed = false
  let timer: NodeJS.Timeout | undefined
  let looking: { stop(): void } | undefined

  const become = (next: Presence): void => {
    if (isClosed || next === presence) return
    if (presence === "there") lostAt = performance.now()
    if (next === "there") lostAt = 0
    presence = next
    changed(next)
  }
  const again = (pauseMs: number): void => {
    if (isClosed) return
    timer = setTimeout(() => void see(Math.min(MAX_PAUSE_MS, Math.max(MIN_PAUSE_MS, pauseMs * 2))), pauseMs).unref()
  }
  const see = async (nextPauseMs: number): Promise<void> => {
    timer = undefined
    const seen = look(agent(), place)
    looking = seen
    become(await seen.presence)
    looking = undefined
    seenAt = performance.now()
    if (presence !== "there") again(nextPauseMs)
  }
  const isLooking = (): boolean => timer !== undefined || looking !== undefined

  return {
    get presence() {
      return presence
    },
    get lostAt() {
      return lostAt
    },
    lost(next, pauseMs = MIN_PAUSE_MS) {
      // What it was sent before it was gone says nothing new.
      if (presence === "there" || next === "gone") become(next)
      if (!isLooking()) again(pauseMs)
    },
    doubt() {
      if (!isLooking() && performance.now() - seenAt >= DOUBT_MS) void see(MIN_PAUSE_MS)
    },
    close() {
      isClosed = true
      clearTimeout(timer)
      looking?.stop()
    },
  }
}
