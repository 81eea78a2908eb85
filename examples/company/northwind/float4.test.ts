import { expect, test } from "vitest"
import { float4ToDecimal } from "./float4.ts"

test.each([
  ["14", "14"],
  ["0", "0"],
  ["9.80000019", "9.8"],
  ["34.7999992", "34.8"],
  ["0.150000006", "0.15"],
  ["1007.64001", "1007.64"],
  ["123.456787", "123.457"],
  ["263.5", "263.5"],
  ["-0.0500000007", "-0.05"],
  ["100000", "100000"],
])("%s as real is %s as numeric", (text, expected) => {
  expect(float4ToDecimal(text)).toBe(expected)
})

test.each(["", "x", "1e12", "0.0000000001", "NaN", "Infinity"])("%j is refused", (text) => {
  expect(() => float4ToDecimal(text)).toThrow(RangeError)
})
