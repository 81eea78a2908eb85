import { type ChildProcess, spawn } from "node:child_process"
import { closeSync, mkdirSync, openSync, readFileSync, statSync } from "node:fs"
import { connect, type Socket } from "node:net"
import { tmpdir, userInfo } from "node:os"
import { join } from "node:path"
import { setTimeout as delay } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import { ArchipelError } from "@archipel/core"
import { keeperNote, type KeeperNote } from "./keeper-note.ts"

/** The first run on a machine makes the cluster. */
const START_DEADLINE_MS = 150_000
const POLL_MS = 25
const WELCOME_DEADLINE_MS = 2_000

let shared: Promise<string> | undefined

/**
 * Address of the PostgreSQL of this process's tests: the one that `TEST_DATABASE_URL` or `DATABASE_URL` names, or one that all test
 * processes of this user share and that goes away some seconds after the last of them.
 *
 * @throws `postgres.start_failed`
 */
export function testServer(): Promise<string> {
  const named = process.env["TEST_DATABASE_URL"] || process.env["DATABASE_URL"]
  if (named) return Promise.resolve(named)
  shared ??= keptServer().catch((error: unknown) => {
    shared = undefined
    throw error
  })
  return shared
}

async function keptServer(): Promise<string> {
  const directory = join(tmpdir(), `archipel-tests-${userInfo().username.replaceAll(/\W/g, "_")}`)
  mkdirSync(directory, { recursive: true, mode: 0o711 })
  if (process.getuid !== undefined && statSync(directory).uid !== process.getuid())
    throw new ArchipelError("postgres.start_failed", { directory, reason: "the directory belongs to another user" })
  const deadline = Date.now() + START_DEADLINE_MS
  let keeper: ChildProcess | undefined
  while (Date.now() < deadline) {
    const note = readNote(directory)
    if (note !== undefined && (await holdsOn(note))) return note.url
    if (keeper?.exitCode)
      throw new ArchipelError("postgres.start_failed", {
        directory,
        reason: lastWords(directory),
        log: logOf(directory),
      })
    if (keeper === undefined || keeper.exitCode === 0) keeper = startKeeper(directory)
    await delay(POLL_MS)
  }
  const reason = `it was not ready after ${START_DEADLINE_MS / 1000} s`
  throw new ArchipelError("postgres.start_failed", { directory, reason, log: logOf(directory) })
}

const logOf = (directory: string): string => join(directory, "keeper.log")
const lastWords = (directory: string): string =>
  readFileSync(logOf(directory), "utf8").trim().split("\n").at(-1) || "its keeper ended without a word"

function startKeeper(directory: string): ChildProcess {
  const isSource = import.meta.url.endsWith(".ts")
  const script = fileURLToPath(new URL(isSource ? "keeper.ts" : "keeper.js", import.meta.url))
  const conditions = isSource ? ["--conditions=@archipel/source"] : []
  const log = openSync(logOf(directory), "w", 0o600)
  try {
    const keeper = spawn(process.execPath, [...conditions, script, directory], {
      detached: true,
      windowsHide: true,
      stdio: ["ignore", log, log],
      env: { ...process.env, NODE_OPTIONS: "" },
    })
    keeper.unref()
    return keeper
  } finally {
    closeSync(log)
  }
}

function readNote(directory: string): KeeperNote | undefined {
  try {
    return JSON.parse(readFileSync(keeperNote(directory), "utf8")) as KeeperNote
  } catch {
    return undefined
  }
}

/** Connects to the keeper for as long as this process lives. @returns whether it is alive and welcomes us. */
function holdsOn({ port, token }: KeeperNote): Promise<boolean> {
  return new Promise((resolve) => {
    const socket: Socket = connect(port, "127.0.0.1")
    const timer = setTimeout(() => done(false), WELCOME_DEADLINE_MS)
    const done = (welcome: boolean): void => {
      clearTimeout(timer)
      if (welcome) socket.unref()
      else socket.destroy()
      resolve(welcome)
    }
    socket.once("connect", () => socket.write(`${token}\n`))
    socket.once("data", (answer) => done(answer.toString() === "welcome\n"))
    socket.on("error", () => done(false))
    socket.once("close", () => done(false))
  })
}
