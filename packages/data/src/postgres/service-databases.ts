/**
 * Where each service's database lives: on a server that the environment names, or on the one that comes with the program.
 *
 * @module
 */
import { availableParallelism } from "node:os"
import { join } from "node:path"
import { setTimeout as delay } from "node:timers/promises"
import { ArchipelError, snakeCase } from "@archipel/core"
import pg from "pg"
import type { DatabaseOptions } from "./database.ts"
import { type EmbeddedPostgres, startEmbeddedPostgres } from "./embedded.ts"
import { sqlState, translateFailure } from "./sql-state.ts"

export interface ServiceDatabasesOptions {
  /** Names of the services of this process. */
  readonly services: readonly string[]
  /**
   * `DATABASE_URL_<SERVICE>` (upper snake case) names one service's database, which must exist. `DATABASE_URL` names a
   * server for all others: each gets the database `<database of the URL>_<service>`, or `<service>` if the URL's is
   * `postgres`; where the user may not create databases, a schema of that database.
   */
  readonly env: Readonly<Record<string, string | undefined>>
  /** The embedded server lies in `postgres` below, and is started only if a service needs it. */
  readonly dataDirectory: string
  /** Processes like this one that share the servers. Default 1. */
  readonly processes?: number
  /** Default 30 s, for a server that is being started at the same time. */
  readonly connectDeadlineMs?: number
  /** For the embedded server; see there. */
  readonly durable?: boolean
  readonly log?: (line: string) => void
}

export interface ServiceDatabases extends AsyncDisposable {
  /** For `openDatabase`, by service name, with a share of the server's connections. */
  readonly databases: ReadonlyMap<string, DatabaseOptions>
  /** The embedded server, if one was needed. */
  readonly embedded: EmbeddedPostgres | undefined
  /** Stops the embedded server; close the databases before. */
  close(): Promise<void>
}

/** Older versions lack what the generated statements use. */
const MIN_VERSION = 140_000
/** Left to administrators, migrations and tools. */
const SPARE_CONNECTIONS = 10
const RETRY_MS = 250

/** Connections of one service in one process: as many as pay off, fewer where the server allows fewer. */
const FULL_SHARE = { sharedConnections: 4, writeConnections: 4, transactionConnections: 8, exportConnections: 2 }
const SMALL_SHARE = { sharedConnections: 1, writeConnections: 1, transactionConnections: 2, exportConnections: 1 }
type Share = typeof FULL_SHARE
const sizeOf = (share: Share): number => Object.values(share).reduce((sum, count) => sum + count, 0)

/**
 * Finds or makes the database of every service.
 *
 * @throws `database.unavailable` — a named server did not answer in time.
 * @throws `database.unsuitable` — it is too old, not UTF-8, or allows too few connections.
 * @throws `postgres.…` — the embedded server did not start.
 */
export async function resolveDatabases(options: ServiceDatabasesOptions): Promise<ServiceDatabases> {
  const { services, env, processes = 1 } = options
  const own = new Map<string, string>()
  const others: string[] = []
  for (const service of services) {
    const url = env[`DATABASE_URL_${snakeCase(service).toUpperCase()}`]
    if (url) own.set(service, url)
    else others.push(service)
  }
  const databases = new Map<string, DatabaseOptions>()
  for (const [service, connectionString] of own) {
    const sharing = [...own.values()].filter((url) => serverOf(url) === serverOf(connectionString)).length * processes
    databases.set(
      service,
      await onServer(connectionString, options, async (client) => ({
        connectionString,
        ...(await share(client, fullShare(connectionString), sharing)),
      })),
    )
  }
  let embedded: EmbeddedPostgres | undefined
  if (others.length > 0) {
    const users = others.length * processes
    let server = env["DATABASE_URL"]
    if (!server) {
      embedded = await startEmbeddedPostgres({
        directory: join(options.dataDirectory, "postgres"),
        maxConnections: Math.max(100, users * sizeOf(FULL_SHARE) + 2 * SPARE_CONNECTIONS),
        ...(options.durable === undefined ? {} : { durable: options.durable }),
        ...(options.log === undefined ? {} : { log: options.log }),
      })
      server = embedded.url("postgres")
    }
    try {
      const url = server
      await onServer(url, options, async (client) => {
        const connections = await share(client, fullShare(url), users)
        for (const service of others) databases.set(service, { ...(await place(client, url, service)), ...connections })
      })
    } catch (error) {
      await embedded?.stop()
      throw error
    }
  }
  const close = async (): Promise<void> => embedded?.stop()
  return { databases, embedded, close, [Symbol.asyncDispose]: close }
}

const serverOf = (connectionString: string): string => {
  const { host, searchParams } = new URL(connectionString)
  return searchParams.get("host") ?? host
}

const isHere = (connectionString: string): boolean =>
  /^(?:\/|localhost(?::|$)|127\.|\[::1\])/.test(serverOf(connectionString))

/**
 * Reads of more connections than the server has processors take turns on them and push each other out of the caches: on two, a sum
 * over some thousand rows costs a tenth more with four connections than with two. How many another machine has is not known.
 */
const fullShare = (connectionString: string): Share =>
  isHere(connectionString)
    ? { ...FULL_SHARE, sharedConnections: Math.min(FULL_SHARE.sharedConnections, Math.max(2, availableParallelism())) }
    : FULL_SHARE

async function onServer<Result>(
  connectionString: string,
  { connectDeadlineMs = 30_000 }: ServiceDatabasesOptions,
  work: (client: pg.Client) => Promise<Result>,
): Promise<Result> {
  const deadline = Date.now() + connectDeadlineMs
  for (;;) {
    const client = new pg.Client({ connectionString, connectionTimeoutMillis: 5_000, query_timeout: 60_000 })
    client.on("error", () => {})
    try {
      await client.connect()
    } catch (error) {
      // A refused password or a missing database does not get better by waiting.
      const failure = translateFailure(error)
      const isTemporary = failure instanceof ArchipelError && failure.code === "database.unavailable"
      if (!isTemporary) {
        const reason = `it refuses the connection (SQLSTATE ${sqlState(error) ?? "unknown"})`
        throw new ArchipelError("database.unsuitable", { reason }, { cause: error })
      }
      if (Date.now() > deadline) throw failure
      await delay(RETRY_MS)
      continue
    }
    try {
      await assertSuitable(client)
      return await work(client)
    } catch (error) {
      throw translateFailure(error)
    } finally {
      await client.end()
    }
  }
}

async function assertSuitable(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ version: number; encoding: string }>(
    "select current_setting('server_version_num')::int as version, current_setting('server_encoding') as encoding",
  )
  const [{ version, encoding } = { version: 0, encoding: "" }] = rows
  if (version < MIN_VERSION) {
    const reason = `it is PostgreSQL ${Math.trunc(version / 10_000)}, and 14 or newer is needed`
    throw new ArchipelError("database.unsuitable", { reason })
  }
  if (encoding !== "UTF8")
    throw new ArchipelError("database.unsuitable", { reason: `its encoding is ${encoding}, not UTF8` })
}

/** As many connections for each of `users` services that all stay under the server's limit. */
async function share(client: pg.Client, full: Share, users: number): Promise<Share> {
  const { rows } = await client.query<{ free: number }>(
    `select current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int - ${SPARE_CONNECTIONS} as free`,
  )
  const each = Math.floor((rows[0]?.free ?? 0) / Math.max(1, users))
  if (each >= sizeOf(full)) return full
  if (each < sizeOf(SMALL_SHARE)) {
    const needed = users * sizeOf(SMALL_SHARE) + SPARE_CONNECTIONS
    throw new ArchipelError("database.unsuitable", {
      reason: `its max_connections is too small: ${users} services need at least ${needed} connections`,
    })
  }
  const sharedConnections = Math.min(full.sharedConnections, Math.max(1, Math.floor(each / 4)))
  const writeConnections = Math.min(full.writeConnections, Math.max(1, Math.floor(each / 3)))
  const exportConnections = 1
  const transactionConnections = each - sharedConnections - writeConnections - exportConnections
  return { sharedConnections, writeConnections, transactionConnections, exportConnections }
}

/** Tells a schema made here from one that happens to have a service's name. */
const SCHEMA_COMMENT = "The data of an Archipel service"

async function place(
  client: pg.Client,
  url: string,
  service: string,
): Promise<{ connectionString: string; searchPath?: string }> {
  const base = client.database ?? "postgres"
  const schema = snakeCase(service)
  const database = base === "postgres" ? schema : `${base}_${schema}`
  const inSchema = { connectionString: url, searchPath: schema }
  const inDatabase = { connectionString: withDatabase(url, database) }
  const { rows } = await client.query<{ has_database: boolean; has_schema: boolean; may_create: boolean }>(
    `select exists (select from pg_database where datname = $1) as has_database,
            exists (select from pg_namespace where nspname = $2 and obj_description(oid, 'pg_namespace') = $3) as has_schema,
            (select rolcreatedb or rolsuper from pg_roles where rolname = current_user) as may_create`,
    [database, schema, SCHEMA_COMMENT],
  )
  const found = rows[0]
  // First what is there: a right to create databases that came later must not lead away from the data.
  if (found?.has_schema) return inSchema
  if (found?.has_database) return inDatabase
  if (found?.may_create && (await createDatabase(client, database))) return inDatabase
  try {
    await client.query(`create schema if not exists ${pg.escapeIdentifier(schema)}`)
    await client.query(`comment on schema ${pg.escapeIdentifier(schema)} is ${pg.escapeLiteral(SCHEMA_COMMENT)}`)
  } catch (error) {
    if (sqlState(error) !== "42501") throw error
    const reason = `its user may create neither the database ${database} nor the schema ${schema}`
    throw new ArchipelError("database.unsuitable", { reason }, { cause: error })
  }
  return inSchema
}

/** The best text handling that the server's version and system offer, the plainest last. */
const DATABASE_LOCALES = [
  "template template0 encoding 'UTF8' locale_provider builtin builtin_locale 'C.UTF-8' locale 'C'",
  "template template0 encoding 'UTF8' locale 'C.UTF-8'",
  "template template0 encoding 'UTF8'",
]

/** Whether the database exists now; `false` if it may not be created after all. */
export async function createDatabase(client: pg.Client, database: string): Promise<boolean> {
  let failure: unknown
  for (const locale of DATABASE_LOCALES) {
    try {
      await client.query(`create database ${pg.escapeIdentifier(database)} ${locale}`)
      return true
    } catch (error) {
      const state = sqlState(error)
      // Another process was faster, which shows in one of two ways.
      if (state === "42P04" || state === "23505") return true
      if (state === "42501") return false
      failure = error
    }
  }
  throw failure
}

export function withDatabase(connectionString: string, database: string): string {
  const url = new URL(connectionString)
  url.pathname = `/${encodeURIComponent(database)}`
  return url.href
}
