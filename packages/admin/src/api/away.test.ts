import { expect, test } from "vitest"
import { noteAway, onBack } from "./away.ts"

test("who waits is told when a service is back, and not when another one goes", () => {
  let told = 0
  const stop = onBack(() => told++)
  noteAway(new Set(["people"]))
  noteAway(new Set(["people", "crm"]))
  expect(told).toBe(0)
  noteAway(new Set(["crm"]))
  expect(told).toBe(1)
  stop()
  noteAway(new Set())
  expect(told).toBe(1)
})
