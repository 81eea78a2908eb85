/**
 * One session of PostgreSQL that takes many statements at once and answers them in order.
 *
 * @module
 */
import { connect as connectSocket } from "node:net"
import pg from "pg"
import { Fifo } from "./fifo.ts"
import type { EncodedValue, Statement } from "./statement.ts"
import type { StopSignal } from "./stop-signal.ts"
import { type AnswerShape, type OnSettled, WireQuery } from "./wire/wire-query.ts"
import { rereadingSocket, UndoneError, Wire } from "./wire/wire.ts"

export interface ConnectionConfig {
  /** As `postgresql://user:password@host:port/database?sslmode=…`. */
  readonly connectionString: string
  /** Schema in which unqualified names are looked up and made; left out, the server's default. */
  readonly searchPath?: string
}

export interface ConnectionLimits {
  readonly connectDeadlineMs: number
  /** PostgreSQL ends a statement that runs longer. */
  readonly statementTimeoutMs: number
  /** PostgreSQL ends a statement that waits longer for what another one holds; not at all when left out. */
  readonly lockTimeoutMs?: number
  /** PostgreSQL ends the session of a transaction that is left waiting for its next statement longer. */
  readonly idleInTransactionTimeoutMs: number
  /** Prepared statements kept per connection; each costs the server's session some tens of kilobytes. */
  readonly maxPrepared: number
}

/** Beyond the statement's own time, for an answer to arrive; a session silent for longer is given up. */
const SILENCE_GRACE_MS = 5_000
/** Some times what a statement by key takes under load. */
const STALL_MS = 20
/** A statement that nobody waits for any more gets this long to end by itself: to cancel it costs more than most cost. */
const CANCEL_AFTER_MS = 20
const CANCEL_DEADLINE_MS = 5_000

/** A statement to be sent. */
export interface Item {
  readonly statement: Statement
  readonly values: readonly EncodedValue[]
  readonly shape: AnswerShape
}

/** A statement that was sent and whose answer is still to come. */
interface Pending {
  readonly query: WireQuery
  isWanted: boolean
}

/** A prepared statement. */
interface Prepared {
  inFlight: number
  /** Larger for whatever was used later. */
  lastUse: number
}

export class Connection {
  readonly #client: pg.Client
  readonly #wire: Wire
  readonly #limits: ConnectionLimits
  /** In the order sent, which is the order of the answers. */
  readonly #pending = new Fifo<Pending>()
  readonly #prepared = new Map<string, Prepared>()
  #uses = 0
  #lastAnswerAt = performance.now()
  #isOpen = true
  /** How many cancellations were asked for; each may hit a later statement than it was meant for. */
  cancellations = 0
  /** How many of them PostgreSQL has passed on, so that they hit nothing that is sent from then on. */
  cancellationsSettled = 0
  idleSince = performance.now()
  /** What a transaction is allowed beyond the limit of all statements. */
  longestStatementMs = 0

  private constructor(
    client: pg.Client,
    wire: Wire,
    limits: ConnectionLimits,
    onClosed: (connection: Connection) => void,
  ) {
    this.#client = client
    this.#wire = wire
    this.#limits = limits
    client.once("end", () => {
      this.#isOpen = false
      onClosed(this)
    })
  }

  /** Connects and logs in, within the deadline; fails with `pg`'s own error. */
  static async open(
    config: ConnectionConfig,
    limits: ConnectionLimits,
    onClosed: (connection: Connection) => void,
  ): Promise<Connection> {
    const client = new pg.Client({
      connectionString: withSessionOptions(config),
      stream: rereadingSocket,
      keepAlive: true,
      connectionTimeoutMillis: limits.connectDeadlineMs,
      statement_timeout: limits.statementTimeoutMs,
      ...(limits.lockTimeoutMs === undefined ? {} : { lock_timeout: limits.lockTimeoutMs }),
      idle_in_transaction_session_timeout: limits.idleInTransactionTimeoutMs,
      fallback_application_name: "archipel",
    })
    // What breaks is told by each statement's own failure and by the end of the connection.
    client.on("error", () => {})
    const wire = await Wire.open(client)
    return new Connection(client, wire, limits, onClosed)
  }

  get isOpen(): boolean {
    return this.#isOpen
  }

  get inFlight(): number {
    return this.#pending.size
  }

  get preparedCount(): number {
    return this.#prepared.size
  }

  /** Sends a statement behind those already on their way. Fails with `pg`'s own error. */
  run(
    statement: Statement,
    values: readonly EncodedValue[],
    shape: AnswerShape,
    signal?: StopSignal,
  ): Promise<WireQuery> {
    if (signal?.aborted) return Promise.reject(signal.reason as Error)
    return new Promise((resolve, reject) => {
      const onAbort = (): void => this.#abandon(pending)
      const pending = this.#pend({ statement, values, shape }, (error, query) => {
        signal?.removeEventListener("abort", onAbort)
        if (error === null) resolve(query)
        else reject(error)
      })
      signal?.addEventListener("abort", onAbort, { once: true })
      try {
        this.#wire.send(pending.query)
      } catch (error) {
        pending.query.settle(error as Error)
      }
    })
  }

  /**
   * Sends two statements or more as one transaction, behind those already on their way.
   *
   * @returns undefined if one of them failed and PostgreSQL said that all are undone. Fails with `pg`'s own error where that is not
   *   known, since the connection was lost.
   */
  runTogether(items: readonly Item[]): Promise<readonly WireQuery[] | undefined> {
    return new Promise((resolve, reject) => {
      let left = items.length
      let isUndone = false
      let failure: Error | null = null
      const told: OnSettled = (error) => {
        isUndone ||= error instanceof UndoneError
        failure ??= error
        if (--left > 0) return
        if (failure === null) resolve(queries)
        else if (isUndone) resolve(undefined)
        else reject(failure)
      }
      const queries = items.map((item) => this.#pend(item, told).query)
      this.#wire.send(...queries)
      this.#wire.flush()
    })
  }

  #pend({ statement, values, shape }: Item, onSettled: OnSettled): Pending {
    const { name } = statement
    const prepared = name === undefined ? undefined : this.#use(name)
    if (this.#pending.size === 0) this.#lastAnswerAt = performance.now()
    const query = new WireQuery(statement, values, shape, (error, query) => {
      this.#lastAnswerAt = performance.now()
      this.#remove(pending)
      if (name !== undefined && prepared !== undefined) this.#release(name, prepared, error)
      onSettled(error, query)
    })
    const pending: Pending = { query, isWanted: true }
    this.#pending.push(pending)
    return pending
  }

  /** Forgets prepared statements beyond the limit. Not within a transaction: a failed one refuses even this. */
  trimPrepared(): void {
    while (this.#isOpen && this.#prepared.size > this.#limits.maxPrepared) {
      const oldest = this.#leastRecentlyUsed()
      if (oldest === undefined) return
      this.forget(oldest)
    }
  }

  #leastRecentlyUsed(): string | undefined {
    let oldest: string | undefined
    let lastUse = Number.POSITIVE_INFINITY
    for (const [name, prepared] of this.#prepared) {
      if (prepared.inFlight > 0 || prepared.lastUse >= lastUse) continue
      oldest = name
      lastUse = prepared.lastUse
    }
    return oldest
  }

  /** Makes the next use of this name prepare anew. */
  forget(name: string): void {
    this.#prepared.delete(name)
    this.#wire.forget(name)
    this.run({ text: `deallocate ${pg.escapeIdentifier(name)}` }, [], "tag").catch(() => {
      // It was not there, which is what was wanted.
    })
  }

  /** Whether what is sent now waits behind a statement that takes its time. */
  get isStalled(): boolean {
    return this.#pending.size > 0 && performance.now() - this.#lastAnswerAt > STALL_MS
  }

  /** Whether the server has been silent for longer than any statement may take. */
  get isStuck(): boolean {
    const limit = Math.max(this.#limits.statementTimeoutMs, this.longestStatementMs) + SILENCE_GRACE_MS
    return this.#pending.size > 0 && performance.now() - this.#lastAnswerAt > limit
  }

  /** Breaks the connection; what is in flight fails. */
  destroy(): void {
    this.#isOpen = false
    this.#wire.destroy()
  }

  /** Closes after the answers that are still to come. */
  async close(): Promise<void> {
    this.#isOpen = false
    this.#wire.flush()
    await this.#client.end()
  }

  #use(name: string): Prepared {
    let prepared = this.#prepared.get(name)
    if (prepared === undefined) this.#prepared.set(name, (prepared = { inFlight: 0, lastUse: 0 }))
    prepared.inFlight++
    prepared.lastUse = ++this.#uses
    return prepared
  }

  #release(name: string, prepared: Prepared, error: Error | null): void {
    prepared.inFlight--
    const isGone = error !== null && prepared.inFlight === 0 && !this.#wire.hasPrepared(name)
    if (isGone && this.#prepared.get(name) === prepared) this.#prepared.delete(name)
  }

  #remove(pending: Pending): void {
    this.#pending.remove(pending)
    if (this.#pending.size === 0) this.idleSince = performance.now()
    const next = this.#pending.first
    if (next !== undefined && !next.isWanted) this.#cancelSoon(next)
  }

  #abandon(pending: Pending): void {
    pending.isWanted = false
    // Cancelling hits whatever the session is doing, so the statement's turn is awaited.
    if (this.#pending.first === pending) this.#cancelSoon(pending)
  }

  #cancelSoon(pending: Pending): void {
    setTimeout(() => {
      if (this.#isOpen && this.#pending.first === pending) this.#cancel(pending)
    }, CANCEL_AFTER_MS)
  }

  /** A cancellation travels on a connection of its own and is not answered (PostgreSQL, "Canceling Requests in Progress"). */
  #cancel(pending: Pending): void {
    const { processID, secretKey, host, port } = this.#client as unknown as {
      processID: number
      secretKey: number
      host: string
      port: number
    }
    const socket = host.startsWith("/") ? connectSocket(`${host}/.s.PGSQL.${port}`) : connectSocket(port, host)
    socket.setTimeout(CANCEL_DEADLINE_MS, () => socket.destroy())
    socket.on("error", () => socket.destroy())
    socket.once("connect", () => {
      if (this.#pending.first !== pending) {
        socket.destroy()
        return
      }
      this.cancellations++
      // PostgreSQL closes when it has passed the cancellation on.
      socket.once("close", () => this.cancellationsSettled++)
      socket.resume()
      const message = Buffer.alloc(16)
      message.writeInt32BE(16, 0)
      message.writeInt32BE(80877102, 4)
      message.writeInt32BE(processID, 8)
      message.writeInt32BE(secretKey, 12)
      socket.end(message)
    })
  }
}

/**
 * The printed forms of dates, times and intervals are part of what the framework promises, so that no server's or role's
 * default may change them.
 */
export function withSessionOptions({ connectionString, searchPath }: ConnectionConfig): string {
  const url = new URL(connectionString)
  const options = ["TimeZone=UTC", "DateStyle=ISO", "IntervalStyle=iso_8601", "client_encoding=UTF8"]
  if (searchPath !== undefined) options.push(`search_path=${pg.escapeIdentifier(searchPath)}`)
  const given = url.searchParams.get("options")
  const words = options.map((option) => `-c ${option.replaceAll(/[\\ ]/g, "\\$&")}`)
  url.searchParams.set("options", [...(given === null ? [] : [given]), ...words].join(" "))
  return url.href
}
