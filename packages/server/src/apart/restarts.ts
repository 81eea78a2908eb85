/** Who ran so long was healthy, and what came before does not count. */
const HEALTHY_MS = 10_000
const MIN_PAUSE_MS = 100
const MAX_PAUSE_MS = 10_000

/** When a process that ended is started again. */
export interface Restarts {
  /**
   * How long to wait before the next start: nothing the first time, then a pause that doubles from 0.1 s to 10 s until one runs for 10 s.
   *
   * @param ranMs How long the one that ended had been ready; 0 for one that never was.
   */
  pauseMs(ranMs: number): number
}

export function createRestarts(): Restarts {
  let next = 0
  return {
    pauseMs(ranMs) {
      const pause = ranMs >= HEALTHY_MS ? 0 : next
      next = pause === 0 ? MIN_PAUSE_MS : Math.min(MAX_PAUSE_MS, pause * 2)
      return pause
    },
  }
}
