/**
 * The one connection that changes a schema.
 *
 * @module
 */
import { setTimeout as delay } from "node:timers/promises"
import { ArchipelError } from "@archipel/core"
import pg from "pg"
import { type ConnectionConfig, withSessionOptions } from "../postgres/connection.ts"
import { isCollision, isLocked, sqlState, translateFailure } from "../postgres/sql-state.ts"

/** Shared with starting services, so that only one of all changes a database. */
const LOCK = "hashtext('archipel.schema')"
const CONNECT_DEADLINE_MS = 10_000
const POLL_MS = 200
/** Who waits for a table stops all who come after: so this long at most, then they go first. */
const LOCK_TIMEOUT_MS = 150
const LOCK_ATTEMPTS = 60
const PAUSE_MS = 100
const MAX_PAUSE_MS = 2_000
/** Of one statement: an index or a look at every row of a large table. */
const STATEMENT_DEADLINE_MS = 12 * 3_600_000
const IDLE_IN_TRANSACTION_MS = 60_000

/** A lock was not free in time, or two waited for each other: later it may be. */
export const isBusy = (error: unknown): boolean => isLocked(error) || isCollision(error)

export class MigrationSession implements AsyncDisposable {
  readonly #client: pg.Client
  readonly #lockAttempts: number

  private constructor(client: pg.Client, lockAttempts: number) {
    this.#client = client
    this.#lockAttempts = lockAttempts
  }

  /**
   * @param lockAttempts How often a transaction is tried whose locks others hold. Default 60, which is about a minute and a half.
   * @throws `database.unavailable`, `database.unsuitable`
   */
  static async open(target: ConnectionConfig, lockAttempts: number = LOCK_ATTEMPTS): Promise<MigrationSession> {
    const client = new pg.Client({
      connectionString: withSessionOptions(target),
      keepAlive: true,
      connectionTimeoutMillis: CONNECT_DEADLINE_MS,
      statement_timeout: STATEMENT_DEADLINE_MS,
      idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
      application_name: "archipel migrate",
    })
    // Each statement's own failure tells.
    client.on("error", () => {})
    try {
      await client.connect()
    } catch (error) {
      const failure = translateFailure(error)
      if (failure instanceof ArchipelError) throw failure
      const reason = `it refuses the connection (SQLSTATE ${sqlState(error) ?? "unknown"})`
      throw new ArchipelError("database.unsuitable", { reason }, { cause: error })
    }
    return new MigrationSession(client, lockAttempts)
  }

  async query<Row extends pg.QueryResultRow>(text: string, values: readonly unknown[] = []): Promise<readonly Row[]> {
    try {
      return (await this.#client.query<Row>(text, [...values])).rows
    } catch (error) {
      throw translateFailure(error)
    }
  }

  /** How many rows a statement changed. */
  async execute(text: string, values: readonly unknown[] = []): Promise<number> {
    try {
      return (await this.#client.query(text, [...values])).rowCount ?? 0
    } catch (error) {
      throw translateFailure(error)
    }
  }

  /**
   * Keeps everybody else from changing the schema until the session ends, also by `kill -9`. Asks again and again rather than wait
   * in the database: whoever builds an index there waits for those who wait.
   *
   * @throws `migration.running` when it was not free for so long
   */
  async lock(waitMs: number): Promise<void> {
    const deadline = Date.now() + waitMs
    for (;;) {
      const [row] = await this.query<{ mine: boolean }>(`select pg_try_advisory_lock(${LOCK}) as mine`)
      if (row?.mine) return
      if (Date.now() > deadline) {
        const holder = await this.#lockHolder()
        throw new ArchipelError("migration.running", {
          waitedSeconds: Math.round(waitMs / 1000),
          ...(holder === undefined ? {} : { holder }),
        })
      }
      await delay(POLL_MS)
    }
  }

  async #lockHolder(): Promise<string | undefined> {
    const [row] = await this.query<{ holder: string }>(
      `select format('process %s, %s, since %s', a.pid, a.application_name, a.backend_start::timestamptz(0)) as holder
       from pg_locks l join pg_stat_activity a using (pid)
       where l.locktype = 'advisory' and l.granted and l.database = (select oid from pg_database where datname = current_database())
       and l.objid::bigint = (${LOCK}::bigint & 4294967295) limit 1`,
    )
    return row?.holder
  }

  /**
   * A transaction that never waits long for a table: others pass, and it tries again.
   *
   * @param onBusy Told who is in the way, after each attempt.
   * @throws the last attempt's error
   */
  async transaction<Result>(run: () => Promise<Result>, onBusy: () => void = () => {}): Promise<Result> {
    for (let attempt = 1; ; attempt++) {
      try {
        await this.execute("begin")
        await this.execute(`set local lock_timeout = ${LOCK_TIMEOUT_MS}`)
        const result = await run()
        await this.execute("commit")
        return result
      } catch (error) {
        await this.execute("rollback").catch(() => {})
        if (!isBusy(error) || attempt >= this.#lockAttempts) throw error
        onBusy()
        await delay(Math.min(PAUSE_MS * attempt, MAX_PAUSE_MS) * (0.5 + Math.random()))
      }
    }
  }

  /** Who uses a table at this moment, in words. */
  async holdersOf(table: string): Promise<readonly string[]> {
    const rows = await this.query<{ holder: string }>(
      `select distinct format('process %s (%s), in a transaction since %s', a.pid, coalesce(nullif(a.application_name, ''), a.usename), a.xact_start::timestamptz(0)) as holder
       from pg_locks l join pg_stat_activity a using (pid)
       where l.relation = to_regclass($1) and l.granted and a.pid <> pg_backend_pid() limit 5`,
      [pg.escapeIdentifier(table)],
    ).catch(() => [])
    return rows.map(({ holder }) => holder)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client.end().catch(() => {})
  }
}
