/**
 * PostgreSQL's first process: launching it, finding one that was left behind, ending it.
 *
 * @module
 */
import { type ChildProcess, spawn } from "node:child_process"
import { closeSync, openSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs"
import { createServer } from "node:net"
import { join } from "node:path"
import { setTimeout as delay } from "node:timers/promises"
import { ArchipelError } from "@archipel/core"
import pg from "pg"
import { type PostgresPrograms, preparePrograms } from "./binaries.ts"
import { type Cluster, readIfThere, SUPERUSER, serverProcess, writeWhole } from "./cluster.ts"
import { isSameProcess, processIdentity } from "./process-identity.ts"

/** Long, because a start after a crash replays the log that was not yet written out. */
const START_DEADLINE_MS = 120_000
const FAST_STOP_DEADLINE_MS = 30_000
const IMMEDIATE_STOP_DEADLINE_MS = 10_000
/** Sessions of a killed server end by themselves as soon as they notice. */
const SESSIONS_DEADLINE_MS = 30_000
const POLL_MS = 10
/** A port that was free a moment ago may be taken when the server asks for it. */
const MAX_PORT_TRIES = 5
/** The log of earlier runs is kept once; a file that grew past this starts anew. */
const MAX_LOG_BYTES = 10 * 1024 * 1024

export interface ServerWish {
  readonly directory: string
  readonly cluster: Cluster
  readonly port: number | undefined
  /** `undefined`: whatever it was started with. */
  readonly settings: Readonly<Record<string, string>> | undefined
}

export interface RunningServer {
  readonly pid: number
  readonly identity: string
  readonly port: number
  /** PostgreSQL's own data directory. */
  readonly data: string
}

interface Launched extends RunningServer {
  readonly settings: Readonly<Record<string, string>>
}

const stateFile = (directory: string): string => join(directory, "server.json")
const logFile = (directory: string): string => join(directory, "server.log")

/**
 * The server that an earlier owner of the directory left running, if it is alive and was started as now wished;
 * one that was started otherwise is stopped. The caller holds the directory's lock, so nobody else owns it.
 */
export async function adoptServer(wish: ServerWish, log: (line: string) => void): Promise<RunningServer | undefined> {
  const last = readState(wish.directory)
  const postmaster = readPostmasterFile(wish.cluster.data)
  if (postmaster === undefined) return undefined
  const identity = processIdentity(postmaster.pid)
  if (identity === undefined || (last?.pid === postmaster.pid && last.identity !== identity)) {
    discardProcessId(wish.cluster.data)
    return undefined
  }
  const server: RunningServer = { pid: postmaster.pid, identity, port: postmaster.port, data: wish.cluster.data }
  const isKnown = last?.pid === server.pid
  const isAsWished =
    wish.settings === undefined ||
    (isKnown && isSameRecord(last.settings, wish.settings) && (wish.port === undefined || wish.port === server.port))
  const answers =
    (!isKnown || isAsWished) &&
    (await becomesReady(server, wish.cluster.data)) &&
    (await answersForCluster(server.port, wish.cluster))
  if (answers && isAsWished) return server
  // Neither ours by our own record nor by its password: then it is not ours to stop.
  if (!isKnown && !answers) return undefined
  await stopServer(server, log)
  // It removed the file itself, unless it died while being looked at.
  discardProcessId(wish.cluster.data)
  return undefined
}

/** Starts the server and waits until it accepts connections. */
export async function launchServer(
  wish: ServerWish & { readonly settings: Readonly<Record<string, string>> },
  programs: PostgresPrograms,
): Promise<RunningServer> {
  const { directory, cluster, settings } = wish
  rotateLog(logFile(directory))
  const sessionsDeadline = Date.now() + SESSIONS_DEADLINE_MS
  for (let attempt = 1; ; attempt++) {
    const preferred = wish.port ?? (attempt === 1 ? readState(directory)?.port : undefined)
    const port = await choosePort(preferred, wish.port !== undefined)
    const logStart = statSync(logFile(directory), { throwIfNoEntry: false })?.size ?? 0
    const launched = await launchOn(port, directory, cluster, programs, settings)
    if (launched !== undefined) return launched
    const words = lastLines(logFile(directory), logStart)
    if (/pre-existing shared memory block/.test(words) && Date.now() < sessionsDeadline) {
      attempt--
      await delay(100)
      continue
    }
    const portWasTaken = /could not (bind|create any TCP\/IP sockets)|Address already in use/i.test(words)
    if (!portWasTaken || wish.port !== undefined || attempt === MAX_PORT_TRIES) {
      const reason = portWasTaken ? `port ${port} is taken` : words || "it ended without a word"
      throw new ArchipelError("postgres.start_failed", { directory, reason, log: logFile(directory) })
    }
  }
}

/**
 * For glibc, bytes: what a session has used and freed it keeps up to here, instead of giving it back to the system after each
 * statement and having it emptied anew for the next. A sum over some thousand rows spends a fifth to two fifths of its time on that otherwise.
 */
const keptMemory = { MALLOC_TRIM_THRESHOLD_: String(4 * 2 ** 20), MALLOC_MMAP_THRESHOLD_: String(4 * 2 ** 20) }

async function launchOn(
  port: number,
  directory: string,
  cluster: Cluster,
  programs: PostgresPrograms,
  settings: Readonly<Record<string, string>>,
): Promise<RunningServer | undefined> {
  const parameters = Object.entries({ ...settings, port: String(port) }).flatMap(([name, value]) => [
    "-c",
    `${name}=${value}`,
  ])
  const output = openSync(logFile(directory), "a", 0o600)
  let child: ChildProcess
  try {
    child =
      process.platform === "win32"
        ? // As an administrator PostgreSQL runs with fewer rights only; pg_ctl knows how to give them up.
          spawn(programs.pgCtl, ["start", "-W", "-D", cluster.data, "-o", parameters.map((p) => `"${p}"`).join(" ")], {
            stdio: ["ignore", output, output],
            windowsHide: true,
          })
        : spawn(programs.postgres, ["-D", cluster.data, ...parameters], {
            ...serverProcess(),
            env: { ...keptMemory, ...process.env },
            detached: true,
            stdio: ["ignore", output, output],
          })
  } finally {
    closeSync(output)
  }
  let failure: string | undefined
  child.once("error", (error) => {
    failure = error.message
  })
  child.once("exit", (code, signal) => {
    if (process.platform !== "win32" || code !== 0) failure ??= `it ended with ${code ?? signal}`
  })
  child.unref()
  if (process.platform !== "win32" && child.pid !== undefined)
    remember(directory, { pid: child.pid, port, data: cluster.data, settings })

  const deadline = Date.now() + START_DEADLINE_MS
  while (failure === undefined) {
    const postmaster = readPostmasterFile(cluster.data)
    if (postmaster?.ready && (process.platform === "win32" || postmaster.pid === child.pid)) {
      return remember(directory, { pid: postmaster.pid, port, data: cluster.data, settings })
    }
    if (Date.now() > deadline) {
      if (child.pid !== undefined) process.kill(child.pid, "SIGQUIT")
      throw new ArchipelError("postgres.start_failed", {
        directory,
        reason: `it was not ready after ${START_DEADLINE_MS / 1000} s`,
        log: logFile(directory),
      })
    }
    await delay(POLL_MS)
  }
  return undefined
}

/** Ends the server: first letting it write everything out, then at once (the next start recovers), then not at all. */
export async function stopServer(server: RunningServer, log: (line: string) => void): Promise<void> {
  if (await endsAfter(server, "fast", FAST_STOP_DEADLINE_MS)) return
  log(`PostgreSQL (process ${server.pid}) did not stop within ${FAST_STOP_DEADLINE_MS / 1000} s: stopping it at once`)
  if (await endsAfter(server, "immediate", IMMEDIATE_STOP_DEADLINE_MS)) return
  throw new ArchipelError("postgres.stop_failed", { pid: server.pid })
}

async function endsAfter(server: RunningServer, mode: "fast" | "immediate", deadlineMs: number): Promise<boolean> {
  if (!isSameProcess(server.pid, server.identity)) return true
  askToStop(server, mode)
  const deadline = Date.now() + deadlineMs
  while (Date.now() < deadline) {
    await delay(POLL_MS)
    if (!isSameProcess(server.pid, server.identity)) return true
  }
  return false
}

function askToStop({ pid, data }: RunningServer, mode: "fast" | "immediate"): void {
  if (process.platform === "win32") {
    // Windows knows no signals: killing would be a crash.
    spawn(preparePrograms().pgCtl, ["stop", "-W", "-D", data, "-m", mode], {
      stdio: "ignore",
      windowsHide: true,
    }).unref()
    return
  }
  try {
    process.kill(pid, mode === "fast" ? "SIGINT" : "SIGQUIT")
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error
  }
}

async function becomesReady(server: RunningServer, data: string): Promise<boolean> {
  const deadline = Date.now() + START_DEADLINE_MS
  while (Date.now() < deadline) {
    const postmaster = readPostmasterFile(data)
    if (postmaster === undefined || postmaster.stopping) return false
    if (postmaster.ready) return true
    if (!isSameProcess(server.pid, server.identity)) return false
    await delay(POLL_MS)
  }
  return false
}

/** Whether what listens on `port` is the server of this cluster: nobody else's accepts its password and names its directory. */
async function answersForCluster(port: number, cluster: Cluster): Promise<boolean> {
  const client = new pg.Client({
    host: "127.0.0.1",
    port,
    user: SUPERUSER,
    password: cluster.password,
    database: "postgres",
    connectionTimeoutMillis: 5_000,
    query_timeout: 5_000,
  })
  client.on("error", () => {})
  try {
    await client.connect()
    const { rows } = await client.query<{ data_directory: string }>("show data_directory")
    return rows[0]?.data_directory === cluster.data
  } catch {
    return false
  } finally {
    await client.end().catch(() => {})
  }
}

interface PostmasterFile {
  readonly pid: number
  readonly port: number
  readonly ready: boolean
  readonly stopping: boolean
}

/** Lines of postmaster.pid: 1 process id, 4 port, 8 status (since PostgreSQL 10); it is written line by line. */
function readPostmasterFile(data: string): PostmasterFile | undefined {
  const lines = readIfThere(join(data, "postmaster.pid"))?.split("\n")
  const pid = Number(lines?.[0])
  if (lines === undefined || !Number.isSafeInteger(pid) || pid <= 0) return undefined
  const status = lines[7]?.trim()
  return { pid, port: Number(lines[3] ?? 0), ready: status === "ready", stopping: status === "stopping" }
}

/**
 * Keeps PostgreSQL from taking fright at an id that now belongs to another program or to an unreaped rest of the dead
 * server. The file itself must stay: it leads to the memory by which PostgreSQL finds sessions that still write. The id
 * of its own parent is one that PostgreSQL knows to be no server.
 */
function discardProcessId(data: string): void {
  const path = join(data, "postmaster.pid")
  const [first, ...rest] = readIfThere(path)?.split("\n") ?? []
  if (first !== undefined) writeFileSync(path, [process.pid, ...rest].join("\n"))
}

function remember(directory: string, { pid, port, data, settings }: Omit<Launched, "identity">): Launched {
  const state: Launched = { pid, identity: processIdentity(pid) ?? "", port, data, settings }
  writeWhole(stateFile(directory), JSON.stringify(state))
  return state
}

function readState(directory: string): Launched | undefined {
  const text = readIfThere(stateFile(directory))
  try {
    return text === undefined ? undefined : (JSON.parse(text) as Launched)
  } catch {
    return undefined
  }
}

function choosePort(preferred: number | undefined, fixed: boolean): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once("error", (error) => {
      if (fixed && preferred !== undefined) {
        reject(new ArchipelError("postgres.start_failed", { reason: `port ${preferred} is taken` }, { cause: error }))
      } else if (preferred === undefined) reject(error)
      else choosePort(undefined, false).then(resolve, reject)
    })
    probe.listen(preferred ?? 0, "127.0.0.1", () => {
      const address = probe.address()
      const port = typeof address === "object" && address !== null ? address.port : 0
      probe.close(() => resolve(port))
    })
  })
}

function rotateLog(path: string): void {
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0
  if (size > MAX_LOG_BYTES) renameSync(path, `${path}.1`)
}

function lastLines(path: string, start: number): string {
  return readFileSync(path).subarray(start).toString().trim().split("\n").slice(-4).join(" ")
}

function isSameRecord(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean {
  const names = Object.keys(a)
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name])
}
