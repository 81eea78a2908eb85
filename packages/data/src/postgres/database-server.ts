/**
 * Whole databases of a server, for tools: copies for tests and for trying things out.
 *
 * @module
 */
import { setTimeout as delay } from "node:timers/promises"
import { ArchipelError } from "@archipel/core"
import pg from "pg"
import { createDatabase, withDatabase } from "./service-databases.ts"
import { sqlState, translateFailure } from "./sql-state.ts"

const CONNECT_DEADLINE_MS = 10_000
/** Copying a large database takes its time. */
const STATEMENT_DEADLINE_MS = 600_000
/** Sessions of the original that come back between being ended and the copy. */
const MAX_COPY_TRIES = 20
const COPY_RETRY_MS = 50
const OBJECT_IN_USE = "55006"

export interface CopyOptions {
  /** Ends everybody's connections to the original first: nobody may be connected while it is copied. Default false. */
  readonly disconnect?: boolean
}

/** One administrative connection. Names are of databases of this server, at most 63 bytes. */
export interface DatabaseServer extends AsyncDisposable {
  /** Connection URL of one of its databases; with the password, so not for logs. */
  url(database: string): string
  /** Names that begin with `prefix`, sorted. */
  names(prefix: string): Promise<readonly string[]>
  /** An empty database, with the text handling of all others; nothing if it exists. @throws `database.unsuitable` if that is not allowed */
  create(name: string): Promise<void>
  /** @throws `database.busy` — somebody is connected to the original. */
  copy(original: string, name: string, options?: CopyOptions): Promise<void>
  rename(from: string, to: string): Promise<void>
  /** Ends everybody's connections to it and deletes it, if it exists. */
  drop(name: string): Promise<void>
  /** Runs `run` while nobody else, in any process, runs anything under this key. */
  exclusively<Result>(key: string, run: () => Promise<Result>): Promise<Result>
  close(): Promise<void>
}

/** @param connectionString Of any database of the server, whose user may create databases. @throws `database.unavailable` */
export async function openDatabaseServer(connectionString: string): Promise<DatabaseServer> {
  const client = new pg.Client({
    connectionString,
    connectionTimeoutMillis: CONNECT_DEADLINE_MS,
    query_timeout: STATEMENT_DEADLINE_MS,
  })
  client.on("error", () => {})
  const identifier = (name: string): string => pg.escapeIdentifier(name)
  const run = async <Row extends object>(text: string, values: readonly unknown[] = []): Promise<readonly Row[]> => {
    try {
      return (await client.query<Row>(text, [...values])).rows
    } catch (error) {
      throw translateFailure(error)
    }
  }
  try {
    await client.connect()
  } catch (error) {
    throw translateFailure(error)
  }

  const copy = async (original: string, name: string, { disconnect = false }: CopyOptions = {}): Promise<void> => {
    for (let attempt = 1; ; attempt++) {
      if (disconnect)
        await run(
          "select pg_terminate_backend(pid) from pg_stat_activity where datname = $1 and pid <> pg_backend_pid()",
          [original],
        )
      try {
        await client.query(`create database ${identifier(name)} template ${identifier(original)}`)
        return
      } catch (error) {
        if (sqlState(error) !== OBJECT_IN_USE) throw translateFailure(error)
        if (!disconnect || attempt === MAX_COPY_TRIES)
          throw new ArchipelError("database.busy", { retryAfterSeconds: 5 }, { cause: error })
        await delay(COPY_RETRY_MS)
      }
    }
  }
  const close = (): Promise<void> => client.end()
  return {
    url: (database) => withDatabase(connectionString, database),
    names: async (prefix) => {
      const rows = await run<{ datname: string }>(
        "select datname from pg_database where starts_with(datname, $1) order by datname",
        [prefix],
      )
      return rows.map(({ datname }) => datname)
    },
    create: async (name) => {
      if (!(await createDatabase(client, name)))
        throw new ArchipelError("database.unsuitable", { reason: "its user may not create databases" })
    },
    copy,
    rename: async (from, to) => {
      await run(`alter database ${identifier(from)} rename to ${identifier(to)}`)
    },
    drop: async (name) => {
      await run(`drop database if exists ${identifier(name)} with (force)`)
    },
    async exclusively(key, work) {
      await run("select pg_advisory_lock(hashtext($1))", [key])
      try {
        return await work()
      } finally {
        await run("select pg_advisory_unlock(hashtext($1))", [key])
      }
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}
