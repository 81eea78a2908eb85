import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { Buckets } from "./rate-limits.ts"

describe("buckets", () => {
  test("give a burst, then one after the other", () => {
    const buckets = new Buckets(10, 3)
    expect([1, 2, 3].map(() => buckets.take("a", 1_000))).toEqual([0, 0, 0])
    expect(buckets.take("a", 1_000)).toBeCloseTo(100)
    expect(buckets.take("b", 1_000)).toBe(0)
    expect(buckets.take("a", 1_099)).toBeCloseTo(1)
    expect(buckets.take("a", 1_100)).toBe(0)
    expect(buckets.take("a", 1_100)).toBeGreaterThan(0)
  })

  test("never give more than the burst and what time refills, and whoever waits as long as was said gets one", () => {
    const steps = fc.array(fc.nat({ max: 300 }), { minLength: 1, maxLength: 100 })
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 50 }),
        fc.integer({ min: 1, max: 20 }),
        steps,
        (perSecond, burst, pauses) => {
          const buckets = new Buckets(perSecond, burst)
          let now = 5_000
          let taken = 0
          for (const pause of pauses) {
            now += pause
            const wait = buckets.take("a", now)
            if (wait === 0) taken++
            else {
              now += wait
              if (buckets.take("a", now) !== 0) return false
              taken++
            }
            if (taken > burst + ((now - 5_000) / 1_000) * perSecond + 1e-3) return false
          }
          return true
        },
      ),
    )
  })

  test("are not more than there is room for, however many ask", () => {
    const buckets = new Buckets(1, 1)
    for (let i = 0; i < 50_000; i++) buckets.take(`key ${i}`, 1_000)
    expect(buckets.size).toBeLessThanOrEqual(20_000)
    // Those that asked last are remembered.
    expect(buckets.take("key 49999", 1_000)).toBeGreaterThan(0)
  })

  test("are off where there is no limit", () => {
    const buckets = new Buckets(0, 0)
    for (let i = 0; i < 1_000; i++) expect(buckets.take("a", 1)).toBe(0)
    expect(buckets.size).toBe(0)
  })
})
