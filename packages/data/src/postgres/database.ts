/**
 * A database as the rest of the framework uses it: statements, transactions, batches of rows.
 *
 * @module
 */
import { ArchipelError } from "@archipel/core"
import { Connection, type ConnectionConfig, type ConnectionLimits } from "./connection.ts"
import { ExclusiveLane, type OpenConnection, RETRY_AFTER_SECONDS, SharedLane } from "./lanes.ts"
import { isUndone, sqlState, translateFailure } from "./sql-state.ts"
import { listen, type ListenOptions, type Listening } from "./listen.ts"
import { encodeValue, type EncodedValue, type Rows, type Statement, type TextRow } from "./statement.ts"
import type { StopSignal } from "./stop-signal.ts"
import { WriteGroups } from "./write-groups.ts"
import { inTransaction, type Transaction, type TransactionOptions } from "./transaction.ts"
import type { AnswerShape, WireQuery } from "./wire/wire-query.ts"

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

export interface DatabaseOptions extends ConnectionConfig {
  /** Connections for single statements that read, opened when needed. Default 4. */
  readonly sharedConnections?: number
  /** Connections for single statements that write. What comes while all have something to do goes in groups. Default 4. */
  readonly writeConnections?: number
  /** Connections for transactions, opened when needed. Default 8. */
  readonly transactionConnections?: number
  /** Connections for `batches`, so that exports never keep transactions waiting. Default 2. */
  readonly exportConnections?: number
  /** Default 10 s. */
  readonly statementTimeoutMs?: number
  /** How long a transaction waits for a connection before it is refused as busy. Default 10 s. */
  readonly acquireDeadlineMs?: number
  /** Default 5 s. */
  readonly connectDeadlineMs?: number
  /** Prepared statements kept on each connection. Default 500. */
  readonly maxPrepared?: number
}

export interface DatabaseStats {
  readonly shared: { readonly connections: number; readonly inFlight: number }
  readonly writes: { readonly connections: number; readonly inFlight: number; readonly waiting: number }
  readonly transactions: { readonly connections: number; readonly idle: number; readonly waiting: number }
  readonly exports: { readonly connections: number; readonly idle: number; readonly waiting: number }
  /** Prepared statements over all connections. */
  readonly prepared: number
}

export interface Queryable {
  /**
   * Runs one statement, by itself or in the transaction; rows are texts unless `parse` is asked for.
   *
   * SQL's own errors (constraints, values) come as `pg`'s `DatabaseError`, for `translateError`.
   * @throws `database.unavailable`, `database.busy`, `database.conflict`, `deadline.exceeded`
   */
  query<Row = TextRow>(statement: Statement, values?: readonly unknown[], options?: QueryOptions): Promise<Rows<Row>>
  /** The first column of the first row, as text; the cheapest way to an answer that is JSON already. */
  text(statement: Statement, values?: readonly unknown[], options?: QueryOptions): Promise<string | null>
  /** The columns of the first row, as texts in their order; null without a row. */
  cells(
    statement: Statement,
    values?: readonly unknown[],
    options?: QueryOptions,
  ): Promise<readonly (string | null)[] | null>
}

export interface BatchOptions {
  /** Default 500. */
  readonly batchRows?: number
  readonly signal?: StopSignal
}

export interface Database extends Queryable, AsyncDisposable {
  /**
   * Runs `run` in a transaction of its own connection: committed when it returns, undone when it throws.
   *
   * Statements that are not awaited one by one travel together. Statements of `run` must go through `tx`.
   */
  transaction<Result>(run: (tx: Transaction) => Promise<Result>, options?: TransactionOptions): Promise<Result>
  /**
   * The rows of a long answer, some at a time, all of one moment. The next batch is fetched while this one is used; who
   * takes longer than a minute over a batch loses the answer.
   */
  batches<Row = TextRow>(
    statement: Statement,
    values?: readonly unknown[],
    options?: BatchOptions,
  ): AsyncIterable<readonly Row[]>
  /** Hears what is sent to a channel with NOTIFY, on a connection besides the others, until it or the database is closed. */
  listen(options: ListenOptions): Listening
  /** Ends all connections after the answers that are still to come; nothing new is accepted. Bounded by 10 s. */
  close(): Promise<void>
  /**
   * The server's version as `server_version_num` has it, 180004 for 18.4: asked once.
   *
   * @throws as a query
   */
  version(): Promise<number>
  readonly stats: DatabaseStats
}

const SWEEP_MS = 1_000
const CLOSE_DEADLINE_MS = 10_000
const CLOSE_POLL_MS = 10
const MAX_IN_FLIGHT = 256
const MAX_WAITING = 2_000
/** Of a statement that PostgreSQL undid for no fault of its own. */
const MAX_ATTEMPTS = 3
const IDLE_MS = 60_000
/** Whoever has to wait longer holds up the statements behind: a transaction of its own waits better. */
const WRITE_LOCK_MS = 10
const IDLE_IN_TRANSACTION_MS = 60_000

/**
 * Opens nothing yet: connections are made when needed, and anew after PostgreSQL went away and came back.
 *
 * At most 18 connections with the defaults.
 */
export function openDatabase(options: DatabaseOptions): Database {
  const limits: ConnectionLimits = {
    connectDeadlineMs: options.connectDeadlineMs ?? 5_000,
    statementTimeoutMs: options.statementTimeoutMs ?? 10_000,
    idleInTransactionTimeoutMs: IDLE_IN_TRANSACTION_MS,
    maxPrepared: options.maxPrepared ?? 500,
  }
  const open: OpenConnection = (onClosed) => Connection.open(options, limits, onClosed)
  const openWriting: OpenConnection = (onClosed) =>
    Connection.open(options, { ...limits, lockTimeoutMs: WRITE_LOCK_MS }, onClosed)
  const waiting = {
    maxWaiting: MAX_WAITING,
    acquireDeadlineMs: options.acquireDeadlineMs ?? 10_000,
    idleMs: IDLE_MS,
  }
  const { writeConnections = 4 } = options
  const shared = new SharedLane(options.sharedConnections ?? 4, MAX_IN_FLIGHT, open)
  const writes = new SharedLane(writeConnections, MAX_IN_FLIGHT, openWriting)
  const groups = new WriteGroups(writes, writeConnections)
  const transactions = new ExclusiveLane(options.transactionConnections ?? 8, waiting, open)
  const exports = new ExclusiveLane(options.exportConnections ?? 2, waiting, open)
  const exclusive = [transactions, exports]
  const sweep = setInterval(() => {
    for (const lane of [shared, writes, ...exclusive]) lane.sweep()
  }, SWEEP_MS)
  sweep.unref()
  let closing: Promise<void> | undefined
  let version: Promise<number> | undefined

  const assertOpen = (): void => {
    if (closing !== undefined) {
      throw new ArchipelError("database.unavailable", { retryAfterSeconds: RETRY_AFTER_SECONDS })
    }
  }

  const runOn = async (
    shareable: Connection,
    statement: Statement,
    values: readonly EncodedValue[],
    shape: AnswerShape,
    signal: StopSignal | undefined,
  ): Promise<WireQuery | "again"> => {
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

  const runAlone = async (
    lane: SharedLane,
    statement: Statement,
    values: readonly EncodedValue[],
    shape: AnswerShape,
    signal: StopSignal | undefined,
  ): Promise<WireQuery> => {
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
      assertOpen()
      const answer = await lane.use((connection) => runOn(connection, statement, values, shape, signal))
      if (answer !== "again") return answer
    }
    throw new ArchipelError("database.conflict", {})
  }

  /** Answers at the signal, not when PostgreSQL has noticed. */
  const runUntilStopped = (
    lane: SharedLane,
    signal: StopSignal,
    statement: Statement,
    values: readonly EncodedValue[],
    shape: AnswerShape,
  ): Promise<WireQuery> =>
    new Promise((resolve, reject) => {
      const onAbort = (): void => reject(signal.reason as Error)
      if (signal.aborted) return onAbort()
      signal.addEventListener("abort", onAbort, { once: true })
      runAlone(lane, statement, values, shape, signal).then(
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

  const run = (
    statement: Statement,
    values: readonly unknown[],
    shape: AnswerShape,
    options_: QueryOptions | undefined,
  ): Promise<WireQuery> => {
    const encoded = values.map(encodeValue)
    if (options_?.writes && options_.signal === undefined && options_.deadlineMs === undefined) {
      assertOpen()
      return groups.run({ statement, values: encoded, shape }, () =>
        runAlone(writes, statement, encoded, shape, undefined),
      )
    }
    const lane = options_?.writes ? writes : shared
    if (options_?.signal === undefined && options_?.deadlineMs === undefined) {
      return runAlone(lane, statement, encoded, shape, undefined)
    }
    const { signal, deadlineMs } = options_
    if (signal !== undefined && deadlineMs === undefined) {
      return runUntilStopped(lane, signal, statement, encoded, shape)
    }
    return withDeadline(options_, (signal) => runAlone(lane, statement, encoded, shape, signal))
  }

  const listeners = new Set<Listening>()
  const close = async (): Promise<void> => {
    await Promise.all([...listeners].map((each) => each.close()))
    const deadline = performance.now() + CLOSE_DEADLINE_MS
    const all = (): Connection[] => [shared, writes, ...exclusive].flatMap((lane) => [...lane.connections])
    const isWorking = (): boolean =>
      !groups.isIdle ||
      exclusive.some((lane) => lane.waitingCount > 0 || lane.connections.size > lane.idleCount) ||
      all().some(({ inFlight }) => inFlight > 0)
    while (isWorking() && performance.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, CLOSE_POLL_MS))
    }
    clearInterval(sweep)
    for (const lane of exclusive) {
      lane.refuseAll(new ArchipelError("database.unavailable", { retryAfterSeconds: RETRY_AFTER_SECONDS }))
    }
    await Promise.all(all().map((connection) => (isWorking() ? connection.destroy() : connection.close())))
  }

  const lane = ({ connections, idleCount, waitingCount }: ExclusiveLane) => ({
    connections: connections.size,
    idle: idleCount,
    waiting: waitingCount,
  })

  const pipelines = ({ connections }: SharedLane) => ({
    connections: connections.size,
    inFlight: [...connections].reduce((sum, { inFlight }) => sum + inFlight, 0),
  })

  const database: Database = {
    listen(listenOptions) {
      assertOpen()
      const made = listen(options, listenOptions)
      listeners.add(made)
      return made
    },
    async query<Row>(statement: Statement, values: readonly unknown[] = [], queryOptions?: QueryOptions) {
      const done = await run(statement, values, queryOptions?.parse ? "parsed" : "rows", queryOptions)
      return { rows: done.answer as unknown as readonly Row[], count: done.count }
    },
    async text(statement, values = [], queryOptions) {
      return (await run(statement, values, "text", queryOptions)).cells?.[0] ?? null
    },
    async cells(statement, values = [], queryOptions) {
      return (await run(statement, values, "cells", queryOptions)).cells
    },
    version() {
      version ??= database.text({ text: "show server_version_num" }).then(Number)
      // Whoever asks when the server is there again shall be answered.
      version.catch(() => (version = undefined))
      return version
    },
    async transaction(body, transactionOptions = {}) {
      assertOpen()
      return inTransaction(transactions, body, transactionOptions)
    },
    async *batches<Row>(statement: Statement, values: readonly unknown[] = [], batchOptions: BatchOptions = {}) {
      assertOpen()
      const { batchRows = 500, signal } = batchOptions
      const connection = await exports.acquire(signal)
      let isFinished = false
      try {
        const send = (text: string, parameters: readonly EncodedValue[] = [], shape: AnswerShape = "rows") =>
          connection.run({ text }, parameters, shape, signal).catch((error: unknown) => {
            throw signal?.aborted ? signal.reason : translateFailure(error)
          })
        const fetchNext = (): Promise<WireQuery> => {
          const next = send(`fetch ${Math.trunc(batchRows)} from archipel_batches`)
          // Looked at when its turn comes, which is never if the reader leaves.
          next.catch(() => {})
          return next
        }
        void send("begin isolation level repeatable read read only", [], "tag").catch(() => {})
        const declared = send(
          `declare archipel_batches no scroll cursor for ${statement.text}`,
          values.map(encodeValue),
        )
        let next = fetchNext()
        await declared
        for (;;) {
          signal?.throwIfAborted()
          const { answer: rows } = await next
          const isLast = rows.length < batchRows
          if (!isLast) next = fetchNext()
          if (rows.length > 0) yield rows as unknown as readonly Row[]
          if (isLast) break
        }
        isFinished = true
      } finally {
        await endSession(connection, isFinished ? "commit" : "rollback")
        // A cancellation on its way may hit whatever comes next.
        if (connection.cancellations > 0) connection.destroy()
        exports.release(connection)
      }
    },
    close() {
      closing ??= close()
      return closing
    },
    [Symbol.asyncDispose]() {
      return database.close()
    },
    get stats() {
      const connections = [shared, writes, ...exclusive].flatMap((one) => [...one.connections])
      return {
        shared: pipelines(shared),
        writes: { ...pipelines(writes), waiting: groups.waitingCount },
        transactions: lane(transactions),
        exports: lane(exports),
        prepared: connections.reduce((sum, { preparedCount }) => sum + preparedCount, 0),
      }
    },
  }
  return database
}

/** Ends what is open on a connection; one that cannot even do that is not used again. */
async function endSession(connection: Connection, command: "commit" | "rollback"): Promise<void> {
  if (!connection.isOpen) return
  try {
    await connection.run({ text: command }, [], "tag")
  } catch {
    connection.destroy()
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
