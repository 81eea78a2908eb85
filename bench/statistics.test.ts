import { expect, test } from "vitest"
import { median } from "./statistics.ts"

test.each([
  [[3, 1, 2], 2],
  [[10, 9], 9.5],
  [[4], 4],
  [[100, 20, 3], 20],
])("the median of %j is %d", (values, expected) => {
  expect(median(values)).toBe(expected)
})

test("there is no median of nothing", () => {
  expect(median([])).toBeNaN()
})
