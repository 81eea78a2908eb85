import { randomFillSync } from "node:crypto"

const BYTES = 16
const pool = Buffer.alloc(BYTES * 256)
let used = pool.length
let lastMs = 0
let counter = 0

/**
 * A UUID v7 (RFC 9562, section 5.7): ids of one process ascend, also within a millisecond (12 bits of counter, method 1), so
 * records lie in their tables in the order in which they were made.
 */
export function newId(): string {
  if (used === pool.length) {
    randomFillSync(pool)
    used = 0
  }
  const bytes = pool.subarray(used, used + BYTES)
  used += BYTES
  const now = Date.now()
  if (now > lastMs) {
    lastMs = now
    counter = bytes.readUInt16BE(6) & 0x7ff
  } else if (++counter > 0xfff) {
    lastMs++
    counter = 0
  }
  bytes.writeUIntBE(lastMs, 0, 6)
  bytes.writeUInt16BE(0x7000 | counter, 6)
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f)
  const hex = bytes.toString("hex")
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}
