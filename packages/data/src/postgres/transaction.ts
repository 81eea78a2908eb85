/**
 * Transactions whose beginning and end cost no round trip of their own.
 *
 * @module
 */
import { setTimeout as delay } from "node:timers/promises"
import { ArchipelError } from "@archipel/core"
import type { Connection } from "./connection.ts"
import type { Queryable, QueryOptions } from "./database.ts"
import type { ExclusiveLane } from "./lanes.ts"
import { isCollision, sqlState, translateFailure } from "./sql-state.ts"
import { encodeValue, type Rows, type Statement, type TextRow } from "./statement.ts"
import type { StopSignal } from "./stop-signal.ts"
import type { AnswerShape, WireQuery } from "./wire/wire-query.ts"

export interface TransactionOptions {
  /** Default PostgreSQL's "read committed". */
  readonly isolation?: "read committed" | "repeatable read" | "serializable"
  /** Default false. */
  readonly readOnly?: boolean
  /** Undoes the transaction and ends its statement. */
  readonly signal?: StopSignal
  /** For the whole transaction, without the wait for a connection. Default 60 s. */
  readonly deadlineMs?: number
  /** Time of one statement, where the connection's is too short, as for building an index. Whole milliseconds. */
  readonly statementTimeoutMs?: number
  /**
   * Runs the callback again, at most three times, when it collided with another transaction. Only for callbacks that do
   * nothing outside the database. Default false.
   */
  readonly retry?: boolean
}

export interface TransactionQueryOptions extends Pick<QueryOptions, "parse"> {
  /**
   * This is the last statement: the commit is sent together with it, and the answer means that it is committed. If the
   * statement fails, everything is undone.
   */
  readonly last?: boolean
}

export interface Transaction extends Queryable {
  query<Row = TextRow>(
    statement: Statement,
    values?: readonly unknown[],
    options?: TransactionQueryOptions,
  ): Promise<Rows<Row>>
  text(statement: Statement, values?: readonly unknown[], options?: TransactionQueryOptions): Promise<string | null>
  cells(
    statement: Statement,
    values?: readonly unknown[],
    options?: TransactionQueryOptions,
  ): Promise<readonly (string | null)[] | null>
}

const DEADLINE_MS = 60_000
const MAX_RETRIES = 3
const RETRY_BASE_MS = 10

/** @throws `database.busy`, `database.unavailable`, `database.conflict`, `deadline.exceeded`, and what `run` throws */
export async function inTransaction<Result>(
  lane: ExclusiveLane,
  run: (tx: Transaction) => Promise<Result>,
  options: TransactionOptions,
): Promise<Result> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await attemptOnce(lane, run, options)
    } catch (error) {
      if (!options.retry || attempt >= MAX_RETRIES || !isCollision(error)) throw error
      // Random, so that those who collided do not meet again.
      await delay(RETRY_BASE_MS * 2 ** attempt * (0.5 + Math.random()))
    }
  }
}

async function attemptOnce<Result>(
  lane: ExclusiveLane,
  run: (tx: Transaction) => Promise<Result>,
  options: TransactionOptions,
): Promise<Result> {
  const connection = await lane.acquire(options.signal)
  const stop = new AbortController()
  const deadlineMs = options.deadlineMs ?? DEADLINE_MS
  const timer = setTimeout(() => stop.abort(new ArchipelError("deadline.exceeded", { deadlineMs })), deadlineMs)
  const onAbort = (): void => stop.abort(options.signal?.reason)
  options.signal?.addEventListener("abort", onAbort, { once: true })
  const session = new Session(connection, beginning(options), stop.signal)
  connection.longestStatementMs = options.statementTimeoutMs ?? 0
  try {
    const result = await Promise.race([run(session), session.stopped])
    await session.commit()
    return result
  } catch (error) {
    await session.rollback()
    throw error
  } finally {
    clearTimeout(timer)
    options.signal?.removeEventListener("abort", onAbort)
    session.end()
    connection.longestStatementMs = 0
    // A cancellation on its way may hit whatever comes next.
    if (connection.cancellations > 0) connection.destroy()
    lane.release(connection)
  }
}

function beginning({ isolation, readOnly, statementTimeoutMs }: TransactionOptions): string {
  const begin = ["begin", isolation && `isolation level ${isolation}`, readOnly && "read only"]
    .filter(Boolean)
    .join(" ")
  return statementTimeoutMs === undefined
    ? begin
    : `${begin}; set local statement_timeout = ${Math.trunc(statementTimeoutMs)}`
}

/** One transaction on one connection. */
class Session implements Transaction {
  /** Fails when the transaction is to stop, also while `run` waits for something else. */
  readonly stopped: Promise<never>
  readonly #connection: Connection
  readonly #begin: string
  readonly #signal: AbortSignal
  #state: "new" | "open" | "committed" | "ended" = "new"
  /** The first statement that failed: even if `run` overlooks it, PostgreSQL will not commit. */
  #failure: { readonly error: unknown } | undefined

  constructor(connection: Connection, begin: string, signal: AbortSignal) {
    this.#connection = connection
    this.#begin = begin
    this.#signal = signal
    this.stopped = new Promise((_, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true })
    })
    this.stopped.catch(() => {})
  }

  async query<Row>(
    statement: Statement,
    values: readonly unknown[] = [],
    options: TransactionQueryOptions = {},
  ): Promise<Rows<Row>> {
    const done = await this.#run(statement, values, options.parse ? "parsed" : "rows", options)
    return { rows: done.answer as unknown as readonly Row[], count: done.count }
  }

  async text(
    statement: Statement,
    values: readonly unknown[] = [],
    options: TransactionQueryOptions = {},
  ): Promise<string | null> {
    return (await this.#run(statement, values, "text", options)).cells?.[0] ?? null
  }

  async cells(
    statement: Statement,
    values: readonly unknown[] = [],
    options: TransactionQueryOptions = {},
  ): Promise<readonly (string | null)[] | null> {
    return (await this.#run(statement, values, "cells", options)).cells
  }

  async commit(): Promise<void> {
    if (this.#state === "new" || this.#state === "committed") return
    this.#signal.throwIfAborted()
    await this.#sendCommit()
  }

  async rollback(): Promise<void> {
    if (this.#state !== "open" || !this.#connection.isOpen) return
    this.#state = "ended"
    try {
      await this.#connection.run({ text: "rollback" }, [], "tag")
    } catch {
      // Not even this worked: whatever the session holds is given up with it.
      this.#connection.destroy()
    }
  }

  /** Nothing of this transaction may use the connection from here on. */
  end(): void {
    this.#state = "ended"
  }

  async #run(
    statement: Statement,
    values: readonly unknown[],
    shape: AnswerShape,
    { last }: TransactionQueryOptions,
  ): Promise<WireQuery> {
    this.#signal.throwIfAborted()
    if (this.#state === "committed" || this.#state === "ended") throw new Error("the transaction has ended")
    const encoded = values.map(encodeValue)
    if (this.#state === "new") {
      this.#state = "open"
      // Only a lost connection can make this fail, and then the statement behind it fails as well.
      this.#connection.run({ text: this.#begin }, [], "tag").catch(() => {})
    }
    const answer = this.#connection.run(statement, encoded, shape, this.#signal).catch((error: unknown) => {
      const failure = this.#signal.aborted ? this.#signal.reason : translateFailure(error)
      this.#failure ??= { error: failure }
      // What follows a failed statement only says that one failed.
      throw sqlState(error) === "25P02" ? this.#failure.error : failure
    })
    if (!last) return answer
    const [outcome, committed] = await Promise.allSettled([answer, this.#sendCommit()])
    if (outcome.status === "rejected") throw outcome.reason
    if (committed.status === "rejected") throw committed.reason
    return outcome.value
  }

  async #sendCommit(): Promise<void> {
    this.#state = "committed"
    try {
      const { tag } = await this.#connection.run({ text: "commit" }, [], "tag")
      if (tag === "ROLLBACK") throw this.#failure?.error ?? new ArchipelError("database.conflict", {})
    } catch (error) {
      throw translateFailure(error)
    }
  }
}
