/**
 * A real PostgreSQL 18 that starts with the program and needs nothing installed beforehand.
 *
 * @module
 */
import { rmSync } from "node:fs"
import { resolve } from "node:path"
import { preparePrograms } from "./binaries.ts"
import { openCluster, prepareDirectory, readCluster, SUPERUSER } from "./cluster.ts"
import { type DirectoryLock, lockDirectory } from "./directory-lock.ts"
import { isRunning } from "./process-identity.ts"
import { adoptServer, launchServer, type RunningServer, type ServerWish, stopServer } from "./server-process.ts"

export interface EmbeddedOptions {
  /** Everything lies in here: the cluster, its password, the server's log. Made if missing. One process at a time. */
  readonly directory: string
  /** Left out: the port of the last time if it is free, otherwise any free one. */
  readonly port?: number
  /** Default 100: some services with 14 to 18 connections each, and a few for tools. */
  readonly maxConnections?: number
  /**
   * Default true: what was acknowledged survives a power failure. False is for tests only: a crash of the machine (not of
   * a process) may ruin the cluster.
   */
  readonly durable?: boolean
  /** Further parameters of postgresql.conf; they win over the defaults. */
  readonly settings?: Readonly<Record<string, string>>
  /** Told in one line each: made, started, adopted, stopped the hard way. Silent by default. */
  readonly log?: (line: string) => void
}

/** A running server, listening on 127.0.0.1 only and asking for a password that only this user can read. */
export interface EmbeddedPostgres extends AsyncDisposable {
  readonly host: "127.0.0.1"
  readonly port: number
  readonly user: string
  readonly password: string
  /** Process id of PostgreSQL's first process; another one after it died and was started again. */
  readonly pid: number
  /** Whether the server had been left running by a killed process and was taken over. */
  readonly reused: boolean
  /** Connection URL for one database, percent-encoded; with the password, so not for logs. */
  url(database: string): string
  /**
   * Ends connections, writes everything out and gives the directory back. The second call waits for the first.
   *
   * @throws `postgres.stop_failed` — neither a fast (30 s) nor an immediate shutdown (10 s) came to an end.
   */
  stop(): Promise<void>
}

/**
 * Starts PostgreSQL on `directory`, or takes over the server that a killed process left there.
 *
 * The server is a process group of its own: Ctrl-C in a terminal reaches this program first, which stops the server when
 * it has finished its work. If this process is killed the server goes on, with every acknowledged write, until the next
 * start on the same directory adopts it; nothing else stops it. If the server dies while this process lives, it is started
 * again on the same port within seconds. The first start takes some seconds, later ones 0.1–0.5 s.
 *
 * @throws `postgres.directory_in_use` — another living process started it.
 * @throws `postgres.start_failed` — with the reason, and the log where there is one.
 */
export async function startEmbeddedPostgres(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const directory = resolve(options.directory)
  const log = options.log ?? ((): void => {})
  prepareDirectory(directory)
  const lock = lockDirectory(directory)
  try {
    const programs = preparePrograms()
    const durable = options.durable ?? true
    if (readCluster(directory) === undefined) log(`creating a PostgreSQL cluster in ${directory}`)
    const cluster = await openCluster(directory, programs, durable)
    const wish = {
      directory,
      cluster,
      port: options.port,
      settings: { ...serverSettings(options.maxConnections ?? 100, durable), ...options.settings },
    } satisfies ServerWish
    const adopted = await adoptServer(wish, log)
    const server = adopted ?? (await launchServer(wish, programs))
    const again = async (): Promise<RunningServer> => {
      // The address is known to connections that will come back.
      const same = { ...wish, port: server.port }
      return (await adoptServer(same, log)) ?? launchServer(same, programs)
    }
    log(`PostgreSQL ${adopted === undefined ? "started" : "adopted"} on port ${server.port}, process ${server.pid}`)
    return handle(server, { password: cluster.password, reused: adopted !== undefined, lock, log, again })
  } catch (error) {
    lock.release()
    throw error
  }
}

/**
 * Deletes what `startEmbeddedPostgres` made in `directory`, stopping a server that a killed process left there.
 * Deleting the directory alone is not enough for root, whose clusters may lie elsewhere.
 *
 * @throws `postgres.directory_in_use` — a living process uses it; nothing was deleted.
 */
export async function removeEmbeddedPostgres(directory: string): Promise<void> {
  const path = resolve(directory)
  prepareDirectory(path)
  const lock = lockDirectory(path)
  try {
    const cluster = readCluster(path)
    if (cluster !== undefined) {
      const left = await adoptServer({ directory: path, cluster, port: undefined, settings: undefined }, () => {})
      if (left !== undefined) await stopServer(left, () => {})
      rmSync(cluster.data, { recursive: true, force: true })
    }
  } catch (error) {
    lock.release()
    throw error
  }
  rmSync(path, { recursive: true, force: true })
}

function serverSettings(maxConnections: number, durable: boolean): Record<string, string> {
  return {
    listen_addresses: "127.0.0.1",
    // No socket file: its directory would be one more place to protect, and Windows has none.
    unix_socket_directories: "",
    max_connections: String(maxConnections),
    shared_buffers: "256MB",
    jit: "off",
    max_wal_size: "2GB",
    // Statements that fail are the program's to report; in this file their values would lie about for ever.
    log_min_messages: "log",
    log_min_error_statement: "panic",
    log_checkpoints: "off",
    ...(durable ? {} : { fsync: "off", synchronous_commit: "off", full_page_writes: "off" }),
  }
}

interface Handling {
  readonly password: string
  readonly reused: boolean
  readonly lock: DirectoryLock
  readonly log: (line: string) => void
  /** Starts the server after it died. */
  readonly again: () => Promise<RunningServer>
}

const WATCH_MS = 500
/** Between attempts to start it again. */
const RETRY_MS = 5_000

function handle(first: RunningServer, { password, reused, lock, log, again }: Handling): EmbeddedPostgres {
  let server = first
  let starting: Promise<void> | undefined
  let notBefore = 0
  const watch = setInterval(() => {
    if (starting !== undefined || performance.now() < notBefore || isRunning(server.pid)) return
    log(`PostgreSQL (process ${server.pid}) died: starting it again`)
    starting = again()
      .then(
        (next) => {
          server = next
          log(`PostgreSQL started again on port ${next.port}, process ${next.pid}`)
        },
        (error: unknown) => {
          notBefore = performance.now() + RETRY_MS
          log(error instanceof Error ? error.message : String(error))
        },
      )
      .finally(() => {
        starting = undefined
      })
  }, WATCH_MS)
  watch.unref()

  const end = async (): Promise<void> => {
    clearInterval(watch)
    await starting
    await stopServer(server, log)
    lock.release()
  }
  let stopping: Promise<void> | undefined
  const stop = (): Promise<void> => {
    stopping ??= end()
    return stopping
  }
  return {
    host: "127.0.0.1",
    port: first.port,
    user: SUPERUSER,
    password,
    get pid() {
      return server.pid
    },
    reused,
    url: (database) => `postgresql://${SUPERUSER}:${password}@127.0.0.1:${first.port}/${encodeURIComponent(database)}`,
    stop,
    [Symbol.asyncDispose]: stop,
  }
}
