import { expect, test } from "vitest"
import { sortTerms } from "./sort-terms.ts"

test("a column goes up, down and out again", () => {
  expect(sortTerms(undefined, "total", false)).toBe("total")
  expect(sortTerms("total", "total", false)).toBe("-total")
  expect(sortTerms("-total", "total", false)).toBeUndefined()
})

test("another column takes the place of those before, unless it is added", () => {
  expect(sortTerms("total,-number", "status", false)).toBe("status")
  expect(sortTerms("total,-number", "status", true)).toBe("total,-number,status")
})

test("a column that is turned keeps its place among the others, and leaves them behind", () => {
  expect(sortTerms("total,number", "total", true)).toBe("-total,number")
  expect(sortTerms("-total,number", "total", true)).toBe("number")
})
