import { randomFillSync } from "node:crypto"

const traceParent = /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}/

const BYTES = 16
const DIGITS = 2 * BYTES
const pool = Buffer.alloc(BYTES * 256)
let digits = ""
let used = 0

/** Random digits are made for many ids at once, since every request needs one. */
function newTraceId(): string {
  if (used === digits.length) {
    digits = randomFillSync(pool).toString("hex")
    used = 0
  }
  used += DIGITS
  return digits.slice(used - DIGITS, used)
}

/** The trace id of the caller's `traceparent` (W3C Trace Context, section 3.2), or a new one. 32 hex digits, never all zero. */
export function traceIdOf(header: string | null): string {
  if (header !== null && !header.startsWith("ff")) {
    const known = traceParent.exec(header)?.[1]
    if (known !== undefined && known !== "00000000000000000000000000000000") return known
  }
  return newTraceId()
}

const SPAN_BYTES = 8

/** The `traceparent` of a request that is sent on in the same trace (W3C Trace Context, section 3.2): recorded, in a span of its own. */
export const spanOf = (traceId: string): string => `00-${traceId}-${newTraceId().slice(0, 2 * SPAN_BYTES)}-01`
