/**
 * One program as several processes behind one port. The first process owns the embedded PostgreSQL and the workers; it serves nothing
 * itself.
 *
 * @module
 */
import cluster, { type Worker } from "node:cluster"
import { setTimeout as delay } from "node:timers/promises"
import type { Log } from "./log.ts"
import { answerForAll } from "./workers-metrics.ts"

/** What a worker is told by the first process. */
export interface WorkerPlace {
  /** The one that all workers share. */
  readonly port: number
  /** Address of the embedded PostgreSQL, if that is used. */
  readonly databaseUrl: string | undefined
}

const PORT = "ARCHIPEL_WORKER_PORT"
const DATABASE = "ARCHIPEL_WORKER_DATABASE_URL"

/** This process's place among the workers; undefined if it is none. */
export function workerPlace(): WorkerPlace | undefined {
  if (!cluster.isWorker) return undefined
  return { port: Number(process.env[PORT]), databaseUrl: process.env[DATABASE] }
}

interface Ready {
  readonly archipel: "ready"
  readonly url: string
}

/** Tells the first process that this worker takes requests. */
export const sayReady = (url: string): void => {
  process.send?.({ archipel: "ready", url } satisfies Ready)
}

const isReady = (message: unknown): message is Ready =>
  typeof message === "object" && message !== null && "archipel" in message && message.archipel === "ready"

const READY_DEADLINE_MS = 60_000
/** Of a worker that was told to end: longer than the grace it gives to its own requests and databases. */
const END_DEADLINE_MS = 40_000
/** A worker that lived so long was healthy: the next one starts at once. */
const HEALTHY_MS = 10_000
const MIN_PAUSE_MS = 100
const MAX_PAUSE_MS = 10_000

export interface WorkersOptions extends WorkerPlace {
  readonly count: number
  readonly log: Log
}

export interface Workers {
  readonly url: string
  /** Process ids of those alive. */
  readonly pids: readonly number[]
  /** Lets every worker end its requests. Bounded by 40 s, then they are killed. */
  close(): Promise<void>
}

/**
 * Starts workers, each running the same main file, and answers when all take requests. One that dies is replaced: at once if it was
 * healthy, else after a pause that doubles from 0.1 s to 10 s as long as workers die young.
 *
 * @throws Error if one of the first cannot start; it has said why.
 */
export async function startWorkers({ count, port, databaseUrl, log }: WorkersOptions): Promise<Workers> {
  const alive = new Set<Worker>()
  const closing = new AbortController()
  let pause = MIN_PAUSE_MS

  const fork = (): Worker => {
    const worker = cluster.fork({
      [PORT]: String(port),
      ...(databaseUrl === undefined ? {} : { [DATABASE]: databaseUrl }),
    })
    const began = performance.now()
    alive.add(worker)
    answerForAll(worker, alive)
    worker.once("exit", (code, signal) => {
      alive.delete(worker)
      if (!closing.signal.aborted && hasStarted) void replace(code ?? signal, performance.now() - began)
    })
    return worker
  }

  const replace = async (ended: number | string, lived: number): Promise<void> => {
    log.error("a worker ended and is replaced", new Error(`It ended with ${ended} after ${Math.round(lived)} ms.`))
    if (lived >= HEALTHY_MS) pause = MIN_PAUSE_MS
    else {
      try {
        await delay(pause, undefined, { signal: closing.signal })
      } catch {
        return
      }
      pause = Math.min(MAX_PAUSE_MS, pause * 2)
    }
    fork()
  }

  const close = async (): Promise<void> => {
    closing.abort()
    await Promise.all([...alive].map(ended))
  }

  let hasStarted = false
  let url: string
  try {
    const urls = await Promise.all(Array.from({ length: count }, () => ready(fork())))
    url = urls[0] as string
    hasStarted = true
  } catch (error) {
    await close()
    throw error
  }
  return {
    url,
    get pids() {
      return [...alive].flatMap(({ process: { pid } }) => pid ?? [])
    },
    close,
  }
}

function ready(worker: Worker): Promise<string> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new WorkerFailure("A worker was not ready in time.")), READY_DEADLINE_MS)
    worker.once("exit", () => {
      clearTimeout(timer)
      reject(new WorkerFailure("A worker did not start."))
    })
    worker.on("message", (message) => {
      if (!isReady(message)) return
      clearTimeout(timer)
      resolve(message.url)
    })
  })
}

/** The workers did not start; each has said why. */
export class WorkerFailure extends Error {
  override readonly name = "WorkerFailure"
}

function ended(worker: Worker): Promise<void> {
  return new Promise((resolve) => {
    if (worker.isDead()) {
      resolve()
      return
    }
    const timer = setTimeout(() => worker.process.kill("SIGKILL"), END_DEADLINE_MS)
    worker.once("exit", () => {
      clearTimeout(timer)
      resolve()
    })
    worker.process.kill("SIGTERM")
  })
}
