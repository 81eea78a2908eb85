/** Bounds what waits for one service, so that a slow one takes no more than its share of this process. */
export interface Bulkhead {
  /** Waits for its turn, then runs. @returns undefined if there is no room, or no turn came in time */
  enter<R>(run: () => Promise<R>, waitMs: number): Promise<{ readonly value: R } | undefined>
}

const MAX_CALLS = 100
const MAX_WAITING = 400

export function createBulkhead(maxCalls = MAX_CALLS, maxWaiting = MAX_WAITING): Bulkhead {
  const waiting = new Set<() => void>()
  let calls = 0
  const turn = (waitMs: number): Promise<boolean> =>
    new Promise((resolve) => {
      const timer = setTimeout(() => {
        waiting.delete(go)
        resolve(false)
      }, waitMs)
      const go = (): void => {
        clearTimeout(timer)
        waiting.delete(go)
        resolve(true)
      }
      waiting.add(go)
    })
  return {
    async enter(run, waitMs) {
      if (calls < maxCalls) calls++
      // Whoever leaves hands its place over.
      else if (waiting.size >= maxWaiting || !(await turn(waitMs))) return undefined
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
