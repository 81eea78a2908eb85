/** Whether a service is asked at all: after several calls in a row that nobody answered, only now and then, to see whether it is back. */
export interface Breaker {
  /** Whether a call may be made now. Of those that ask while it is open, one after each pause may. */
  mayCall(): boolean
  /** Whether it is left alone for now: nobody answered several calls in a row. */
  readonly isOpen: boolean
  /** The call was answered, be it with a refusal; or whoever was away is connected again. */
  answered(): void
  /** Nobody answered. */
  failed(): void
}

const FAILURES = 5
const MIN_PAUSE_MS = 250
/** Whoever is back is asked again within this time. */
const MAX_PAUSE_MS = 2_000

export function createBreaker(now: () => number = () => performance.now()): Breaker {
  let failures = 0
  let pause = MIN_PAUSE_MS
  let closedUntil = 0
  return {
    get isOpen() {
      return failures >= FAILURES
    },
    mayCall() {
      if (failures < FAILURES) return true
      if (now() < closedUntil) return false
      closedUntil = now() + pause
      return true
    },
    answered() {
      failures = 0
      pause = MIN_PAUSE_MS
    },
    failed() {
      if (++failures < FAILURES) return
      closedUntil = now() + pause
      pause = Math.min(MAX_PAUSE_MS, pause * 2)
    },
  }
}
