import { type BulkChange, bulk, type BulkResult, MAX_BULK } from "./records.ts"

/**
 * Changes that can be taken back for a while because they are made only then. A page that is left meanwhile makes them at once.
 *
 * @module
 */

/** So long it can be taken back. */
const DELAY_MS = 10_000

interface Delayed {
  readonly collection: string
  readonly changes: readonly BulkChange[]
  readonly timer: ReturnType<typeof setTimeout>
}

const waiting = new Set<Delayed>()

/** @returns what takes it back; false once it is too late */
export function bulkLater(
  collection: string,
  changes: readonly BulkChange[],
  done: (outcome: Promise<readonly BulkResult[]>) => void,
): () => boolean {
  const timer = setTimeout(() => {
    waiting.delete(delayed)
    done(bulk(collection, changes))
  }, DELAY_MS)
  const delayed: Delayed = { collection, changes, timer }
  waiting.add(delayed)
  return () => {
    clearTimeout(timer)
    return waiting.delete(delayed)
  }
}

addEventListener("pagehide", () => {
  for (const { collection, changes, timer } of waiting) {
    clearTimeout(timer)
    for (let from = 0; from < changes.length; from += MAX_BULK) {
      void fetch(`${collection}/$bulk`, {
        method: "POST",
        keepalive: true,
        headers: { "content-type": "application/json", "x-archipel": "1" },
        body: JSON.stringify({ changes: changes.slice(from, from + MAX_BULK) }),
      })
    }
  }
  waiting.clear()
})
