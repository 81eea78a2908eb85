import type { Principal } from "@archipel/core"
import type { Log } from "../../log.ts"

/** What becomes known of a call while it is answered. */
export interface NotedCall {
  readonly traceId: string
  /** Who calls; "?" until that is known. */
  caller: string
  route: string
  principal: Principal | undefined
  /** Writes its line. @param code Of the problem that it was refused with. */
  ended(status: number, code?: string): void
}

/** For the line that each call has in the log, like each request. */
export function noteCall(log: Log, traceId: string, route: string): NotedCall {
  const began = performance.now()
  return {
    traceId,
    caller: "?",
    route,
    principal: undefined,
    ended(status, code) {
      log.request({
        traceId,
        ...(this.principal === undefined ? {} : { principal: this.principal.id }),
        method: "CALL",
        route: `${this.caller} ${this.route}`,
        status,
        ms: Math.round((performance.now() - began) * 100) / 100,
        ...(code === undefined ? {} : { code }),
      })
    },
  }
}
