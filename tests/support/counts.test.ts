import { expect, test } from "vitest"
import { readSeed } from "./counts.ts"

test("a given seed is taken as it is, and a missing one comes from the clock", () => {
  expect(readSeed("42")).toBe(42)
  expect(readSeed(undefined, 0x7fff_ffff + 5)).toBe(5)
  expect(readSeed("", 7)).toBe(7)
})

test.each(["-1", "1.5", "abc", "2147483648"])("%s is not a seed", (text) => {
  expect(() => readSeed(text)).toThrow("ARCHIPEL_SEED must be an integer from 0 to 2147483647")
})
