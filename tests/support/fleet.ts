/**
 * The company apart, as `--apart` starts it: a process for each service. Linux tells which process is which.
 *
 * @module
 */
import { readFileSync } from "node:fs"
import { setTimeout as delay } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import { dataDirectory, type DataDirectory, type ProgramProcess, startProgram } from "./program.ts"

const loginMain = fileURLToPath(new URL("login-main.ts", import.meta.url))

/** A fleet in processes, and a way to reach each of them. */
export interface RunningFleet extends AsyncDisposable {
  readonly program: ProgramProcess
  readonly data: DataDirectory
  /** Process ids of a service's replicas. */
  pids(service: string): readonly number[]
}

/** Direct children of a process. */
function children(pid: number): readonly number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8")
  return text.split(" ").filter(Boolean).map(Number)
}

function serviceOf(pid: number): string | undefined {
  try {
    const environment = readFileSync(`/proc/${pid}/environ`, "utf8").split("\0")
    return environment.find((line) => line.startsWith("ARCHIPEL_SERVICE="))?.slice("ARCHIPEL_SERVICE=".length)
  } catch {
    // It ended while it was looked at.
    return undefined
  }
}

export async function startFleetOfCompany(args: readonly string[] = []): Promise<RunningFleet> {
  const data = await dataDirectory()
  try {
    const program = await startProgram({ main: loginMain, data: data.path, args: ["--apart", ...args] })
    return {
      program,
      data,
      pids: (service) => children(program.pid).filter((pid) => serviceOf(pid) === service),
      async [Symbol.asyncDispose]() {
        await program[Symbol.asyncDispose]()
        await data[Symbol.asyncDispose]()
      },
    }
  } catch (error) {
    await data[Symbol.asyncDispose]()
    throw error
  }
}

/** What a process holds in memory, in MB; pages that it shares with others are counted as its own. */
export function residentMb(pid: number): number {
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? []
  return Number(kilobytes) / 1_024
}

const POLL_MS = 25

/** Waits until something holds. @throws Error with `what` after the deadline */
export async function until(holds: () => boolean | Promise<boolean>, what: string, deadlineMs = 30_000): Promise<void> {
  const deadline = Date.now() + deadlineMs
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`${what} did not come about.`)
    await delay(POLL_MS)
  }
}
