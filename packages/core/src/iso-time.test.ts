import fc from "fast-check"
import { expect, test } from "vitest"
import { isoTime } from "./iso-time.ts"

test("instants are written as toISOString writes them, whatever came before", () => {
  const instant = fc.oneof(
    fc.integer({ min: -8.64e15, max: 8.64e15 }),
    fc.integer({ min: 1_790_000_000_000, max: 1_790_000_003_000 }),
    fc.constantFrom(-1, 0, 999, 1_000, -62_198_755_200_000, 253_402_300_800_000),
  )
  fc.assert(fc.property(instant, (ms) => isoTime(ms) === new Date(ms).toISOString()))
})

test("what is no instant is refused, and the next one is written", () => {
  expect(() => isoTime(Number.NaN)).toThrow(RangeError)
  expect(() => isoTime(8.64e15 + 1_000)).toThrow(RangeError)
  expect(isoTime(1_790_000_000_007)).toBe("2026-09-21T14:13:20.007Z")
})
