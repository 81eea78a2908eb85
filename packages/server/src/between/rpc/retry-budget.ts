/** Repetitions are a share of calls: a service that is in trouble is not asked twice as often for it. */
export interface RetryBudget {
  /** A call was made. */
  called(): void
  /** Whether one may be repeated; takes it from the budget. */
  mayRetry(): boolean
}

/** Repetitions for each call. */
const SHARE = 0.1
/** Saved up at most, and given to begin with. */
const MAX_SAVED = 10

export function createRetryBudget(): RetryBudget {
  let saved = MAX_SAVED
  return {
    called() {
      saved = Math.min(MAX_SAVED, saved + SHARE)
    },
    mayRetry() {
      if (saved < 1) return false
      saved--
      return true
    },
  }
}
