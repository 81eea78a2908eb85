import type { Log } from "../log.ts"

/** Lines in the log about connections that were refused, in each minute. */
const LINES = 20
const MINUTE_MS = 60_000

/** Says in the log why connections were refused; of a flood of them, only the first and how many there were. */
export function refusals(log: Log): (reason: string, address: string | undefined) => void {
  let sinceMs = Date.now()
  let count = 0
  return (reason, address = "an unknown address") => {
    if (Date.now() - sinceMs >= MINUTE_MS) {
      if (count > LINES) log.info("more connections were refused than are said", { count })
      sinceMs = Date.now()
      count = 0
    }
    count++
    if (count <= LINES) log.info("a connection was refused", { reason, address })
  }
}
