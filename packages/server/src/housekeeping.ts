/**
 * What a running program throws away. History is kept: nothing says yet how long it is of use.
 *
 * @module
 */
import { type Database, purge, withHousekeepingLock } from "@archipel/data"
import type { FileStore } from "./files/file-store.ts"
import type { Log } from "./log.ts"

export interface HousekeepingOptions {
  /** Of the services in this process. */
  readonly databases: readonly Database[]
  readonly files?: FileStore
  readonly log: Pick<Log, "error">
  /** Default: the machine's clock. */
  readonly now?: () => Date
}

const KEY_LIFETIME_MS = 24 * 60 * 60_000
/** Keys of one statement, and statements of one pass and database: a million keys an hour. */
const BATCH = 5_000
const MAX_BATCHES = 200
/** Files of one pass. */
const MAX_FILES = 1_000

async function purgeKeys(database: Database, before: Date): Promise<void> {
  for (let batch = 0; batch < MAX_BATCHES; batch++) {
    const gone = await withHousekeepingLock(database, (tx) => purge(tx, "idempotency", before, BATCH))
    if (gone === undefined || gone < BATCH) return
  }
}

/**
 * One pass: deletes idempotency keys older than 24 hours, and uploads that no record took. Of several processes on the same
 * databases one does it; the others do nothing meanwhile. What fails is logged, and the rest goes on.
 */
export async function housekeep({ databases, files, log, now = () => new Date() }: HousekeepingOptions): Promise<void> {
  const before = new Date(now().getTime() - KEY_LIFETIME_MS)
  const tasks = databases.map((database) => () => purgeKeys(database, before))
  const [first] = databases
  if (first && files) tasks.push(async () => void (await withHousekeepingLock(first, () => files.purge(MAX_FILES))))
  for (const task of tasks) {
    try {
      await task()
    } catch (error) {
      log.error("housekeeping failed", error)
    }
  }
}

/** Between passes, give or take a quarter, so that processes that start together do not meet. */
const INTERVAL_MS = 60 * 60_000

export interface Housekeeping {
  /** No further pass begins; one that is under way is waited for. */
  stop(): Promise<void>
}

/** Runs passes for as long as the program lives, without keeping it alive: the first within 75 minutes. `run` never throws. */
export function startHousekeeping(run: () => Promise<void>, random: () => number = Math.random): Housekeeping {
  let timer: NodeJS.Timeout | undefined
  let current: Promise<void> = Promise.resolve()
  let isStopped = false
  const wait = (): void => {
    timer = setTimeout(pass, INTERVAL_MS * (0.75 + random() / 2)).unref()
  }
  const pass = (): void => {
    current = run().finally(() => {
      if (!isStopped) wait()
    })
  }
  wait()
  return {
    async stop() {
      isStopped = true
      clearTimeout(timer)
      await current
    },
  }
}
