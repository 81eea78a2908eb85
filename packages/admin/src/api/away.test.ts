import { expect, test } from "vitest"
import { isAway, noteAway, onBack } from "./away.ts"

test("who waits is told when a service is back, and not when another one goes", () => {
  let told = 0
  const stop = onBack(() => told++)
  noteAway(new Set(["people"]))
  expect([isAway("/api/people/employees/$resolve"), isAway("/api/sales/orders"), isAway("/api/$ui")]).toEqual([
    true,
    false,
    false,
  ])
  noteAway(new Set(["people", "crm"]))
  expect(told).toBe(0)
  noteAway(new Set(["crm"]))
  expect([told, isAway("/api/people/$ui")]).toEqual([1, false])
  stop()
  noteAway(new Set())
  expect(told).toBe(1)
})
