import { randomFillSync } from "node:crypto"

const traceParent = /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}/

const BYTES = 16
const pool = Buffer.alloc(BYTES * 256)
let used = pool.length

/** Random bytes are fetched for many ids at once, since every request needs one. */
function newTraceId(): string {
  if (used === pool.length) {
    randomFillSync(pool)
    used = 0
  }
  used += BYTES
  return pool.toString("hex", used - BYTES, used)
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
