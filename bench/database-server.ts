/**
 * The one PostgreSQL that all subjects of a run share: started for the run, thrown away after it.
 *
 * @module
 */

import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { removeEmbeddedPostgres, startEmbeddedPostgres } from "@archipel/data"
import { Client } from "pg"

/** Enough for the data of all subjects, and no background work that would fall into one round and not into another. */
const settings = {
  shared_buffers: "512MB",
  max_connections: "200",
  jit: "off",
  max_wal_size: "4GB",
  checkpoint_timeout: "30min",
  autovacuum: "off",
}

export interface DatabaseServer extends AsyncDisposable {
  readonly port: number
  readonly pid: number
  readonly version: string
  /** Connection URL of one database; the server trusts everybody on this machine. */
  url(database: string): string
  /** Runs statements in one database, as its owner. */
  run(database: string, sql: string): Promise<void>
  create(database: string): Promise<void>
  /** Makes `database` a copy of `template`, with the template's pages in memory; what it held before is gone. */
  copy(template: string, database: string): Promise<void>
}

export async function startDatabaseServer(log: (line: string) => void): Promise<DatabaseServer> {
  await using resources = new AsyncDisposableStack()
  const directory = await mkdtemp(join(tmpdir(), "archipel-bench-"))
  resources.defer(() => rm(directory, { recursive: true, force: true }))
  // Started by root, PostgreSQL runs under another user, who has to get here.
  await chmod(directory, 0o711)
  // Logging in is no part of any work, and a hand-written client need not know how to prove a password.
  const trust = join(directory, "trust.conf")
  await writeFile(trust, "host all all 127.0.0.1/32 trust\n", { mode: 0o644 })
  const cluster = join(directory, "postgres")
  resources.defer(() => removeEmbeddedPostgres(cluster))
  const server = resources.use(
    await startEmbeddedPostgres({ directory: cluster, settings: { ...settings, hba_file: trust }, log }),
  )
  const url = (database: string): string => `postgresql://postgres@127.0.0.1:${server.port}/${database}`

  const connected = async <T>(database: string, use: (client: Client) => Promise<T>): Promise<T> => {
    const client = new Client({ connectionString: url(database), connectionTimeoutMillis: 10_000 })
    await client.connect()
    try {
      return await use(client)
    } finally {
      await client.end()
    }
  }
  const run = (database: string, sql: string): Promise<void> =>
    connected(database, async (client) => void (await client.query(sql)))

  const version = await connected("postgres", async (client) => {
    const { rows } = await client.query<{ server_version: string }>("show server_version")
    return rows[0]?.server_version ?? "unknown"
  })

  const kept = resources.move()
  return {
    port: server.port,
    pid: server.pid,
    version,
    url,
    run,
    create: async (database) => {
      await run("postgres", `drop database if exists ${database} with (force)`)
      await run("postgres", `create database ${database}`)
    },
    copy: async (template, database) => {
      await run("postgres", `drop database if exists ${database} with (force)`)
      await run("postgres", `create database ${database} template ${template} strategy file_copy`)
      await run(database, loadIntoMemory)
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}

const loadIntoMemory = `
  create extension if not exists pg_prewarm;
  select pg_prewarm(oid::regclass) from pg_class where relkind in ('r', 'i') and relpersistence = 'p'`
