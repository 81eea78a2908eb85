/**
 * Statements that are a transaction of their own: on which connection they run, when they run again, and who stops them.
 *
 * @module
 */
import { ArchipelError } from "@archipel/core"
import type { Connection, Item } from "./connection.ts"
import type { ExclusiveLane, SharedLane } from "./lanes.ts"
import { isUndone, sqlState, translateFailure } from "./sql-state.ts"
import type { StopSignal } from "./stop-signal.ts"
import type { WireQuery } from "./wire/wire-query.ts"
import type { WriteGroups } from "./write-groups.ts"

export interface QueryOptions {
  /** Ends the statement on the server too; the promise fails with the signal's reason at once. */
  readonly signal?: StopSignal
  /** Default: the connection's statement timeout. */
  readonly deadlineMs?: number
  /**
   * The statement changes data: it goes over other connections than those that only read, so that no read waits for a commit
   * to reach the disk. It does not wait longer than 10 ms for what another transaction holds, but fails with `database.busy`.
   * Default false; of no meaning in a transaction.
   */
  readonly writes?: boolean
  /** Values as contracts have them (numbers, booleans, JSON, ISO 8601 texts) instead of PostgreSQL's texts. Default false. */
  readonly parse?: boolean
}

export interface Lanes {
  readonly shared: SharedLane
  readonly writes: SharedLane
  readonly groups: WriteGroups
  /** Lends what it does not need. */
  readonly transactions: ExclusiveLane
  /** @throws `database.unavailable` once the database is closed */
  assertOpen(): void
}

/** Of a statement that PostgreSQL undid for no fault of its own. */
const MAX_ATTEMPTS = 3

export class SingleStatements {
  readonly #lanes: Lanes

  constructor(lanes: Lanes) {
    this.#lanes = lanes
  }

  /** @throws as a query */
  run(item: Item, options: QueryOptions | undefined): Promise<WireQuery> {
    const { shared, writes, groups, assertOpen } = this.#lanes
    const signal = options?.signal
    const hasDeadline = options?.deadlineMs !== undefined
    if (options?.writes && signal === undefined && !hasDeadline) {
      assertOpen()
      return groups.run(item, () => this.#alone(writes, item, undefined))
    }
    const lane = options?.writes ? writes : shared
    if (hasDeadline) return withDeadline(options, (stop) => this.#alone(lane, item, stop))
    return signal === undefined ? this.#alone(lane, item, undefined) : this.#untilStopped(lane, item, signal)
  }

  async #alone(lane: SharedLane, item: Item, signal: StopSignal | undefined): Promise<WireQuery> {
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
      this.#lanes.assertOpen()
      const answer = await lane.use((connection) => this.#on(connection, item, signal))
      if (answer !== "again") return answer
    }
    throw new ArchipelError("database.conflict", {})
  }

  async #on(
    shareable: Connection,
    { statement, values, shape }: Item,
    signal: StopSignal | undefined,
  ): Promise<WireQuery | "again"> {
    const { transactions } = this.#lanes
    // Behind a report that takes its time, a read by key would take as long.
    const lent = shareable.isStalled ? transactions.takeIdle() : undefined
    const connection = lent ?? shareable
    const settledBefore = connection.cancellationsSettled
    try {
      return await connection.run(statement, values, shape, signal)
    } catch (error) {
      // PostgreSQL undid the statement, so it may run again: it was hit by a neighbour's cancellation, or the prepared
      // form was out of date.
      const wasHit = sqlState(error) === "57014" && connection.cancellations > settledBefore && !signal?.aborted
      const wasStale = statement.name !== undefined && isOutOfDate(error)
      if (!connection.isOpen || !(wasHit || wasStale)) throw translateFailure(error)
      if (wasStale && statement.name !== undefined) connection.forget(statement.name)
      return "again"
    } finally {
      if (lent === undefined) connection.trimPrepared()
      else {
        if (lent.cancellations > 0) lent.destroy()
        transactions.release(lent)
      }
    }
  }

  /** Answers at the signal, not when PostgreSQL has noticed. */
  #untilStopped(lane: SharedLane, item: Item, signal: StopSignal): Promise<WireQuery> {
    return new Promise((resolve, reject) => {
      const onAbort = (): void => reject(signal.reason as Error)
      if (signal.aborted) return onAbort()
      signal.addEventListener("abort", onAbort, { once: true })
      this.#alone(lane, item, signal).then(
        (answer) => {
          signal.removeEventListener("abort", onAbort)
          resolve(answer)
        },
        (error: unknown) => {
          signal.removeEventListener("abort", onAbort)
          reject(error as Error)
        },
      )
    })
  }
}

/** The tables changed under a prepared statement, or something between us and the server forgot it. */
function isOutOfDate(error: unknown): boolean {
  if (!isUndone(error)) return false
  const state = sqlState(error)
  return state === "26000" || (state === "0A000" && (error as { routine?: string }).routine === "RevalidateCachedQuery")
}

/** Fails at the deadline or when the caller's signal says so, and tells the work to stop. */
async function withDeadline<Result>(
  { signal, deadlineMs }: QueryOptions,
  work: (signal: StopSignal) => Promise<Result>,
): Promise<Result> {
  signal?.throwIfAborted()
  const stop = new AbortController()
  return new Promise((resolve, reject) => {
    const end = (reason: unknown): void => {
      stop.abort(reason)
      reject(reason as Error)
    }
    const onAbort = (): void => end(signal?.reason)
    const timer =
      deadlineMs === undefined
        ? undefined
        : setTimeout(() => end(new ArchipelError("deadline.exceeded", { deadlineMs })), deadlineMs)
    signal?.addEventListener("abort", onAbort, { once: true })
    work(stop.signal)
      .then(resolve, reject)
      .finally(() => {
        clearTimeout(timer)
        signal?.removeEventListener("abort", onAbort)
      })
  })
}
