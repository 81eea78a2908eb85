/** How many calls of each service are worked on, so that one caller leaves room for others. */
export interface CallerShares {
  /** Takes a place until it is disposed of. @returns undefined if the caller has all of its places */
  take(caller: string): Disposable | undefined
}

/** Of one service at a time; more of them are told to come back. */
const MAX_CALLS = 200

export function createCallerShares(maxCalls = MAX_CALLS): CallerShares {
  const underWay = new Map<string, number>()
  const leave = (caller: string): void => {
    const left = (underWay.get(caller) ?? 1) - 1
    if (left === 0) underWay.delete(caller)
    else underWay.set(caller, left)
  }
  return {
    take(caller) {
      const calls = underWay.get(caller) ?? 0
      if (calls >= maxCalls) return undefined
      underWay.set(caller, calls + 1)
      return { [Symbol.dispose]: () => leave(caller) }
    },
  }
}
