import { type ChildProcess, fork } from "node:child_process"
import { setTimeout as delay } from "node:timers/promises"
import type { Log } from "../log.ts"
import { WorkerFailure } from "../workers.ts"
import { type ChildReady, isChildReady } from "./child.ts"
import { createRestarts } from "./restarts.ts"

export interface ServiceProcessOptions {
  readonly service: string
  readonly replica: number
  /** Settings besides those of this process; asked anew for each start, so that a restart keeps the address. */
  readonly env: (before: ChildReady | undefined) => Readonly<Record<string, string>>
  readonly log: Log
  /** Whenever it is ready: at the start and after each restart. */
  readonly onReady: (ready: ChildReady) => void
}

/** The process of one service, started again when it ends. */
export interface ServiceProcess {
  readonly service: string
  readonly replica: number
  readonly pid: number | undefined
  readonly ready: ChildReady
  /** Ends it and starts it again; answers when it is ready. */
  restart(): Promise<void>
  /** Lets its requests end. Bounded by 40 s, then it is killed. */
  close(): Promise<void>
}

const READY_DEADLINE_MS = 60_000
/** Longer than the grace that a process gives to its own requests and databases. */
const END_DEADLINE_MS = 40_000

/**
 * Starts a process with this one's main file and arguments and answers when it is ready. One that dies is started again: at once the
 * first time, and after growing pauses where it dies again before it has run for a while.
 *
 * @throws WorkerFailure if the first start fails; it has said why.
 */
export async function startServiceProcess(options: ServiceProcessOptions): Promise<ServiceProcess> {
  const { service, replica, log, onReady } = options
  const closing = new AbortController()
  /** Whose end is meant: nobody starts those again. */
  const leaving = new WeakSet<ChildProcess>()
  let child: ChildProcess
  let known: ChildReady | undefined
  const restarts = createRestarts()

  const begin = async (): Promise<ChildReady> => {
    const started = fork(process.argv[1] as string, process.argv.slice(2), {
      execArgv: process.execArgv,
      env: { ...process.env, ...options.env(known) },
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    })
    child = started
    const ready = await readiness(started, service)
    const readySince = performance.now()
    started.once("exit", (code, signal) => {
      if (!leaving.has(started) && !closing.signal.aborted) void again(code ?? signal, performance.now() - readySince)
    })
    known = ready
    onReady(ready)
    return ready
  }

  const again = async (ended: number | string | null, ranMs: number): Promise<void> => {
    log.error("a service's process ended and is started again", new Error(`${service} ended with ${ended}.`))
    for (let ran = ranMs; !closing.signal.aborted; ran = 0) {
      await delay(restarts.pauseMs(ran), undefined, { signal: closing.signal }).catch(() => {})
      if (closing.signal.aborted) return
      try {
        await begin()
        return
      } catch (error) {
        log.error("a service could not be started again", error)
      }
    }
  }

  await begin()
  return {
    service,
    replica,
    get pid() {
      return child.exitCode === null && child.signalCode === null ? child.pid : undefined
    },
    get ready() {
      return known as ChildReady
    },
    async restart() {
      leaving.add(child)
      await ended(child)
      await begin()
    },
    async close() {
      closing.abort()
      await ended(child)
    },
  }
}

function readiness(child: ChildProcess, service: string): Promise<ChildReady> {
  return new Promise((resolve, reject) => {
    const fail = (why: string): void => {
      clearTimeout(timer)
      child.kill("SIGKILL")
      reject(new WorkerFailure(why))
    }
    const timer = setTimeout(() => fail(`The process of ${service} was not ready in time.`), READY_DEADLINE_MS)
    child.once("exit", () => fail(`The process of ${service} did not start.`))
    child.once("error", () => fail(`The process of ${service} could not be started.`))
    child.on("message", (message) => {
      if (!isChildReady(message)) return
      clearTimeout(timer)
      child.removeAllListeners("exit")
      resolve(message)
    })
  })
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) {
      resolve()
      return
    }
    const timer = setTimeout(() => child.kill("SIGKILL"), END_DEADLINE_MS)
    child.once("exit", () => {
      clearTimeout(timer)
      resolve()
    })
    child.kill("SIGTERM")
  })
}
