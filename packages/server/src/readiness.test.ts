import { expect, test } from "vitest"
import { lacksNow } from "./readiness.ts"

test("a service tells what it lacks without making anybody wait, and stops when it has it", async () => {
  let isReady = false
  let looks = 0
  const mirror = { model: "crm.Customer", asOf: null, lagSeconds: 1, error: null }
  const runtime = {
    async ready() {
      looks++
      return isReady
    },
    mirrors: () => (isReady ? [] : [mirror]),
  }
  expect(lacksNow(runtime)).toEqual([])
  expect(lacksNow(runtime)).toEqual([])
  expect(looks).toBe(1)
  await expect.poll(() => lacksNow(runtime)).toEqual(["database", "mirrors"])
  isReady = true
  await expect.poll(() => lacksNow(runtime), { timeout: 10_000 }).toEqual([])
})
