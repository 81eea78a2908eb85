/**
 * The company as processes, together or apart, with its demo data on the benchmark's PostgreSQL.
 *
 * @module
 */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtemp, rm } from "node:fs/promises"
import { readFileSync } from "node:fs"
import { connect } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as delay } from "node:timers/promises"

const READY_MS = 180_000
const END_MS = 60_000

export interface CompanyProgram extends AsyncDisposable {
  readonly url: string
  readonly pid: number
  /** From its start to its line "ready". */
  readonly readyMs: number
  /** Process ids by service, of a program apart. */
  pids(service: string): readonly number[]
  /** Waits until something listens at every address of a service of a program apart. */
  isServed(service: string): Promise<void>
}

/** All of them are on the same databases, each with a data directory of its own. */
const SECRET = "what the programs of the benchmark have in common"

/** Starts it on databases of this server; the first one fills them. */
export async function startCompany(args: readonly string[], databaseUrl: string): Promise<CompanyProgram> {
  const directory = await mkdtemp(join(tmpdir(), "archipel-bench-company-"))
  const began = performance.now()
  const child = spawn(
    process.execPath,
    [
      "--conditions=@archipel/source",
      join(import.meta.dirname, "company.ts"),
      "--port",
      "0",
      "--host",
      "127.0.0.1",
      "--data",
      directory,
      ...args,
    ],
    {
      env: { ...process.env, DATABASE_URL: databaseUrl, ARCHIPEL_SECRET: SECRET },
      stdio: ["ignore", "pipe", "inherit"],
    },
  )
  let out = ""
  const url = await new Promise<string>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("The company was not ready in time.")), READY_MS)
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      out += text
      const ready = /^ready (\S+)$/m.exec(out)?.[1]
      if (ready === undefined) return
      clearTimeout(timer)
      resolve(ready)
    })
    child.once("exit", (code) => reject(new Error(`The company ended with ${code}.`)))
  })
  const readyMs = performance.now() - began
  const end = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, "exit")
    child.kill("SIGTERM")
    const timer = setTimeout(() => child.kill("SIGKILL"), END_MS)
    await ended
    clearTimeout(timer)
  }
  const pid = child.pid as number
  return {
    url,
    pid,
    readyMs,
    pids: (service) => childrenOf(pid).filter((each) => serviceOf(each) === service),
    async isServed(service) {
      const file = readFileSync(join(directory, "fleet", "neighbours.json"), "utf8")
      const addresses = (JSON.parse(file) as Readonly<Record<string, readonly string[]>>)[service] ?? []
      const deadline = performance.now() + END_MS
      while (!(await Promise.all(addresses.map(listens))).every(Boolean)) {
        if (performance.now() > deadline) throw new Error(`${service} does not listen.`)
        await delay(20)
      }
    },
    async [Symbol.asyncDispose]() {
      await end()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

const listens = (address: string): Promise<boolean> => {
  const [host, port] = address.split(":")
  return new Promise((resolve) => {
    const socket = connect(Number(port), host)
    socket.once("error", () => resolve(false))
    socket.once("connect", () => {
      socket.destroy()
      resolve(true)
    })
  })
}

const childrenOf = (pid: number): readonly number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean).map(Number)

function serviceOf(pid: number): string | undefined {
  try {
    const lines = readFileSync(`/proc/${pid}/environ`, "utf8").split("\0")
    return lines.find((line) => line.startsWith("ARCHIPEL_SERVICE="))?.slice("ARCHIPEL_SERVICE=".length)
  } catch {
    // It ended while it was looked at.
    return undefined
  }
}
