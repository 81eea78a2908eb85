import { randomUUID } from "node:crypto"

const traceParent = /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}/

/** The trace id of the caller's `traceparent` (W3C Trace Context, section 3.2), or a new one. 32 hex digits, never all zero. */
export function traceIdOf(header: string | null): string {
  if (header !== null && !header.startsWith("ff")) {
    const known = traceParent.exec(header)?.[1]
    if (known !== undefined && known !== "00000000000000000000000000000000") return known
  }
  return randomUUID().replaceAll("-", "")
}
