import { expect, test } from "vitest"
import { createRestarts } from "./restarts.ts"

test("the first crash is followed by a start at once, also of a process that hardly lived", () => {
  expect(createRestarts().pauseMs(0)).toBe(0)
  expect(createRestarts().pauseMs(60_000)).toBe(0)
})

test("crash after crash the pause doubles up to 10 s", () => {
  const restarts = createRestarts()
  const pauses = Array.from({ length: 10 }, () => restarts.pauseMs(500))
  expect(pauses).toEqual([0, 100, 200, 400, 800, 1_600, 3_200, 6_400, 10_000, 10_000])
})

test("one that ran for a while is started at once again, whatever came before", () => {
  const restarts = createRestarts()
  for (let n = 0; n < 5; n++) restarts.pauseMs(0)
  expect([restarts.pauseMs(10_000), restarts.pauseMs(9_999), restarts.pauseMs(0)]).toEqual([0, 100, 200])
})
