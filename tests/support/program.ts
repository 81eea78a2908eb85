/**
 * A program as a process of its own, as `npm start` runs it.
 *
 * @module
 */
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { readFileSync } from "node:fs"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { removeEmbeddedPostgres } from "@archipel/data"
import { type Ask, asksOf } from "./asking.ts"

/** The company without demo data. */
export const companyMain = fileURLToPath(new URL("company-main.ts", import.meta.url))
const root = fileURLToPath(new URL("../../", import.meta.url))

const READY_DEADLINE_MS = 100_000
const END_DEADLINE_MS = 60_000

export interface ProgramOptions {
  readonly main?: string
  readonly data: string
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

/** How a process ended. */
export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly out: string
  readonly err: string
}

export interface ProgramProcess extends AsyncDisposable {
  readonly url: string
  readonly pid: number
  readonly ask: Ask
  /** What it wrote so far. */
  readonly out: string
  readonly err: string
  /** Sends a signal and waits for the end. */
  end(signal: NodeJS.Signals): Promise<Ended>
}

function launch({ main = companyMain, data, args = [], env = {} }: ProgramOptions) {
  const child = spawn(
    process.execPath,
    ["--conditions=@archipel/source", main, "--port", "0", "--data", data, ...args],
    {
      cwd: root,
      // What the test runner sets for its own workers is not for programs.
      env: { PATH: process.env["PATH"], HOME: process.env["HOME"], NODE_ENV: "test", ...env },
      stdio: ["ignore", "pipe", "pipe"],
    },
  )
  const texts = { out: "", err: "" }
  child.stdout.on("data", (chunk: Buffer) => (texts.out += chunk.toString()))
  child.stderr.on("data", (chunk: Buffer) => (texts.err += chunk.toString()))
  const closed = once(child, "close") as Promise<[number | null, NodeJS.Signals | null]>
  const ended = async (deadlineMs: number): Promise<Ended> => {
    const [code, signal] = await within(closed, deadlineMs, () => {
      child.kill("SIGKILL")
      return `The program did not end.\n${texts.out}\n${texts.err}`
    })
    return { code, signal, ...texts }
  }
  return { child, texts, ended }
}

async function within<T>(promise: Promise<T>, ms: number, what: () => string): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(what())), ms)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}

/** Starts the program and waits for its line `ready http://…`. */
export async function startProgram(options: ProgramOptions): Promise<ProgramProcess> {
  const { child, texts, ended } = launch(options)
  const readyLine = new Promise<string>((resolve, reject) => {
    child.stdout.on("data", () => {
      const url = /^ready (http:\S+)$/m.exec(texts.out)?.[1]
      if (url) resolve(url)
    })
    child.once("close", (code) => reject(new Error(`The program ended with ${code}.\n${texts.out}\n${texts.err}`)))
  })
  const url = await within(readyLine, READY_DEADLINE_MS, () => {
    child.kill("SIGKILL")
    return `The program was not ready in time.\n${texts.out}\n${texts.err}`
  })
  return {
    url,
    pid: child.pid as number,
    ask: asksOf(url),
    get out() {
      return texts.out
    },
    get err() {
      return texts.err
    },
    end(signal) {
      child.kill(signal)
      return ended(END_DEADLINE_MS)
    },
    async [Symbol.asyncDispose]() {
      if (hasEnded(child)) return
      child.kill("SIGTERM")
      await ended(END_DEADLINE_MS)
    },
  }
}

const hasEnded = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null

/** Runs a program that is expected to end by itself. */
export function runProgram(options: ProgramOptions): Promise<Ended> {
  return launch(options).ended(END_DEADLINE_MS)
}

/** Whether a process runs; one that has ended and only waits for its parent's attention does not. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, "utf8"))
  } catch (error) {
    // Where there is no /proc, the signal alone tells.
    return (error as NodeJS.ErrnoException).code === "ENOENT" && process.platform !== "linux"
  }
}

/** A directory for a program's data, with its PostgreSQL removed in the end. */
export interface DataDirectory extends AsyncDisposable {
  readonly path: string
  /** Address of a database of the embedded server that was last started here. */
  databaseUrl(database: string): string
  /** PostgreSQL's first process. */
  serverPid(): number
}

const serverOf = (path: string): { readonly pid: number; readonly port: number } =>
  JSON.parse(readFileSync(join(path, "postgres", "server.json"), "utf8"))

/** @param kept A directory that stays, for the next run; otherwise one is made and removed. */
export async function dataDirectory(kept?: string): Promise<DataDirectory> {
  const path = kept ?? (await mkdtemp(join(tmpdir(), "archipel-data-")))
  return {
    path,
    databaseUrl(database) {
      const password = readFileSync(join(path, "postgres", "password"), "utf8")
      return `postgresql://postgres:${password}@127.0.0.1:${serverOf(path).port}/${database}`
    },
    serverPid: () => serverOf(path).pid,
    async [Symbol.asyncDispose]() {
      if (kept !== undefined) return
      await removeEmbeddedPostgres(join(path, "postgres"))
      await rm(path, { recursive: true, force: true })
    },
  }
}
