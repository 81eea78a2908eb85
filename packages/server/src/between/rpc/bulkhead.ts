import type { StopSignal } from "@archipel/data"

/** Bounds what is under way to one service, so that a slow one takes no more than its share of this process. */
export interface Bulkhead {
  /**
   * Waits for its turn, then runs.
   *
   * @returns undefined if there is no room, no turn came in time, or nobody waits for it any more
   */
  enter<R>(run: () => Promise<R>, waiting: Waiting): Promise<{ readonly value: R } | undefined>
}

export interface Waiting {
  readonly waitMs: number
  readonly signal?: StopSignal | undefined
}

/** Under way at a time, to all replicas of a service. */
const MAX_CALLS = 100
/** Whoever comes when so many wait is told so at once. */
const MAX_WAITING = 400

export function createBulkhead(maxCalls = MAX_CALLS, maxWaiting = MAX_WAITING): Bulkhead {
  /** In the order in which they came. */
  const waiting = new Set<() => void>()
  let calls = 0
  /** @returns whether it came: then whoever left has handed its place over */
  const turn = ({ waitMs, signal }: Waiting): Promise<boolean> =>
    new Promise((resolve) => {
      const settle = (isTurn: boolean): void => {
        clearTimeout(timer)
        signal?.removeEventListener("abort", giveUp)
        waiting.delete(go)
        resolve(isTurn)
      }
      const go = (): void => settle(true)
      const giveUp = (): void => settle(false)
      const timer = setTimeout(giveUp, waitMs)
      signal?.addEventListener("abort", giveUp, { once: true })
      waiting.add(go)
    })
  return {
    async enter(run, how) {
      if (calls < maxCalls) calls++
      else if (waiting.size >= maxWaiting || !(await turn(how))) return undefined
      try {
        return { value: await run() }
      } finally {
        const [next] = waiting
        if (next) next()
        else calls--
      }
    },
  }
}
