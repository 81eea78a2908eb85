/**
 * Who gets which connection: many statements at once on shared ones, one transaction at a time on the others.
 *
 * @module
 */
import { ArchipelError } from "@archipel/core"
import type { Connection } from "./connection.ts"
import type { StopSignal } from "./stop-signal.ts"

/** After a connection failed to open, requests are refused at once for this long instead of piling up behind more tries. */
const RETRY_PAUSE_MS = 250
/** What clients are told to wait. */
export const RETRY_AFTER_SECONDS = 1

export const unavailable = (cause?: unknown): ArchipelError<"database.unavailable"> =>
  new ArchipelError("database.unavailable", { retryAfterSeconds: RETRY_AFTER_SECONDS }, { cause })

export const busy = (): ArchipelError<"database.busy"> =>
  new ArchipelError("database.busy", { retryAfterSeconds: RETRY_AFTER_SECONDS })

export type OpenConnection = (onClosed: (connection: Connection) => void) => Promise<Connection>

/** Opens connections up to a number and forgets those that end. */
class Opener {
  readonly open = new Set<Connection>()
  opening = 0
  readonly #max: number
  readonly #open: OpenConnection
  readonly #onClosed: () => void
  #refuseUntil = 0
  #lastFailure: unknown

  constructor(max: number, open: OpenConnection, onClosed: () => void) {
    this.#max = max
    this.#open = open
    this.#onClosed = onClosed
  }

  get hasRoom(): boolean {
    return this.open.size + this.opening < this.#max
  }

  get isPausing(): boolean {
    return performance.now() < this.#refuseUntil
  }

  /** @throws `database.unavailable` */
  async add(): Promise<Connection> {
    if (this.isPausing) throw unavailable(this.#lastFailure)
    this.opening++
    try {
      const connection = await this.#open((closed) => {
        this.open.delete(closed)
        this.#onClosed()
      })
      this.open.add(connection)
      return connection
    } catch (error) {
      this.#refuseUntil = performance.now() + RETRY_PAUSE_MS
      this.#lastFailure = error
      throw unavailable(error)
    } finally {
      this.opening--
    }
  }

  destroyStuck(): void {
    for (const connection of this.open) if (connection.isStuck) connection.destroy()
  }
}

/** Connections that each carry the statements of many requests; every statement is a transaction of its own. */
export class SharedLane {
  readonly #opener: Opener
  readonly #maxInFlight: number
  #first: Promise<Connection> | undefined

  /** @param maxInFlight Statements on their way on one connection; when all are full, requests are refused. */
  constructor(max: number, maxInFlight: number, open: OpenConnection) {
    this.#opener = new Opener(max, open, () => {})
    this.#maxInFlight = maxInFlight
  }

  /**
   * Does `work` with the connection that has the least to do, where one that is held up by a long statement counts as full.
   * Whoever finds none idle opens a further one, while there is room, and waits for it: that is soon, and a statement
   * ahead may be long. `work` sends what it has at once.
   *
   * @throws `database.unavailable` and `database.busy`
   */
  async use<Result>(work: (connection: Connection) => Promise<Result>): Promise<Result> {
    const opener = this.#opener
    if (opener.open.size === 0) {
      this.#first ??= opener.add().finally(() => {
        this.#first = undefined
      })
      await this.#first
    }
    const least = this.#leastLoaded()
    if (least === undefined) throw unavailable()
    if (least.inFlight > 0 && opener.opening === 0 && opener.hasRoom && !opener.isPausing) {
      return await work(await opener.add().catch(() => least))
    }
    if (least.inFlight >= this.#maxInFlight) throw busy()
    return await work(least)
  }

  #leastLoaded(): Connection | undefined {
    let least: Connection | undefined
    let leastLoad = 0
    for (const connection of this.#opener.open) {
      if (!connection.isOpen) continue
      const load = connection.inFlight + (connection.isStalled ? this.#maxInFlight : 0)
      if (least === undefined || load < leastLoad) {
        least = connection
        leastLoad = load
      }
    }
    return least
  }

  get connections(): ReadonlySet<Connection> {
    return this.#opener.open
  }

  sweep(): void {
    this.#opener.destroyStuck()
  }
}

interface Waiter {
  readonly give: (connection: Connection) => void
  readonly refuse: (error: Error) => void
}

/** Connections that belong to one transaction at a time. */
export class ExclusiveLane {
  readonly #opener: Opener
  readonly #idle: Connection[] = []
  readonly #waiting = new Set<Waiter>()
  readonly #maxWaiting: number
  readonly #deadlineMs: number
  readonly #idleMs: number

  constructor(
    max: number,
    limits: { readonly maxWaiting: number; readonly acquireDeadlineMs: number; readonly idleMs: number },
    open: OpenConnection,
  ) {
    this.#opener = new Opener(max, open, () => this.#replaceClosed())
    this.#maxWaiting = limits.maxWaiting
    this.#deadlineMs = limits.acquireDeadlineMs
    this.#idleMs = limits.idleMs
  }

  /**
   * A connection until `release`, the longest waiting request first.
   *
   * @throws `database.busy` — none became free in time, or too many wait already; `database.unavailable`
   */
  async acquire(signal?: StopSignal): Promise<Connection> {
    signal?.throwIfAborted()
    const idle = this.takeIdle()
    if (idle !== undefined) return idle
    if (this.#opener.hasRoom) return this.#addFirst()
    if (this.#waiting.size >= this.#maxWaiting) throw busy()
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.#waiting.delete(waiter)
        clearTimeout(timer)
        signal?.removeEventListener("abort", onAbort)
      }
      const waiter: Waiter = {
        give: (connection) => {
          leave()
          resolve(connection)
        },
        refuse: (error) => {
          leave()
          reject(error)
        },
      }
      const onAbort = (): void => waiter.refuse(signal?.reason as Error)
      const timer = setTimeout(() => waiter.refuse(busy()), this.#deadlineMs)
      signal?.addEventListener("abort", onAbort, { once: true })
      this.#waiting.add(waiter)
    })
  }

  /** A connection that nobody needs now, until `release`; `undefined` if there is none or it would have to be waited for. */
  takeIdle(): Connection | undefined {
    for (let idle = this.#idle.pop(); idle !== undefined; idle = this.#idle.pop()) if (idle.isOpen) return idle
    return undefined
  }

  release(connection: Connection): void {
    connection.trimPrepared()
    if (!connection.isOpen) return
    const [next] = this.#waiting
    if (next === undefined) this.#idle.push(connection)
    else next.give(connection)
  }

  get connections(): ReadonlySet<Connection> {
    return this.#opener.open
  }

  get idleCount(): number {
    return this.#idle.length
  }

  get waitingCount(): number {
    return this.#waiting.size
  }

  /** Ends the sessions that nobody needed for a while and those that no longer answer. */
  sweep(): void {
    this.#opener.destroyStuck()
    const oldest = this.#idle[0]
    if (oldest !== undefined && performance.now() - oldest.idleSince > this.#idleMs) {
      this.#idle.shift()
      void oldest.close()
    }
  }

  /** Refuses whoever waits. */
  refuseAll(error: Error): void {
    for (const waiter of this.#waiting) waiter.refuse(error)
  }

  async #addFirst(): Promise<Connection> {
    const opener = this.#opener
    try {
      return await opener.add()
    } catch (error) {
      // Nobody is left who could give a connection back to those who wait.
      if (opener.open.size === 0 && opener.opening === 0) this.refuseAll(error as Error)
      throw error
    }
  }

  /** A connection that ended gives nothing back, so whoever waits for it would wait in vain. */
  #replaceClosed(): void {
    const [next] = this.#waiting
    if (next === undefined || !this.#opener.hasRoom) return
    this.#opener.add().then(
      (connection) => this.release(connection),
      (error: Error) => this.refuseAll(error),
    )
  }
}
