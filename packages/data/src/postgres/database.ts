/**
 * A database as the rest of the framework uses it: statements, transactions, batches of rows.
 *
 * @module
 */
import { ArchipelError } from "@archipel/core"
import { type BatchOptions, inBatches } from "./batches.ts"
import { Connection, type ConnectionConfig, type ConnectionLimits } from "./connection.ts"
import { ExclusiveLane, type OpenConnection, RETRY_AFTER_SECONDS, SharedLane } from "./lanes.ts"
import { listen, type ListenOptions, type Listening } from "./listen.ts"
import { type QueryOptions, SingleStatements } from "./single-statements.ts"
import { encodeValue, type Rows, type Statement, type TextRow } from "./statement.ts"
import { inTransaction, type Transaction, type TransactionOptions } from "./transaction.ts"
import type { AnswerShape, WireQuery } from "./wire/wire-query.ts"
import { WriteGroups } from "./write-groups.ts"

export type { BatchOptions, QueryOptions }

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

  const statements = new SingleStatements({ shared, writes, groups, transactions, assertOpen })
  const run = (
    statement: Statement,
    values: readonly unknown[],
    shape: AnswerShape,
    given: QueryOptions | undefined,
  ): Promise<WireQuery> => statements.run({ statement, values: values.map(encodeValue), shape }, given)

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
    batches<Row>(statement: Statement, values: readonly unknown[] = [], batchOptions: BatchOptions = {}) {
      assertOpen()
      return inBatches(exports, statement, values.map(encodeValue), batchOptions) as AsyncIterable<readonly Row[]>
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
