import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { type KeyPart, keyText, keyValues, parseKey } from "./key.ts"

const parts = (...types: KeyPart["type"][]): KeyPart[] => types.map((type, index) => ({ column: `c${index}`, type }))

describe("an id of a key", () => {
  test("has one form, whatever form it comes in", () => {
    expect(parseKey(parts("bigint"), "007")).toBe("7")
    expect(parseKey(parts("bigint", "text"), "01,a%2cb%25")).toBe("1,a%2Cb%25")
    expect(parseKey(parts("uuid"), "01900000-0000-7000-8000-0000000000AB")).toBe("01900000-0000-7000-8000-0000000000ab")
    expect(parseKey(parts("text"), "B,C%")).toBe("B,C%")
  })

  test.each([
    [parts("bigint"), "1,2"],
    [parts("bigint"), "9223372036854775808"],
    [parts("bigint"), 7],
    [parts("bigint", "bigint"), "1"],
    [parts("uuid"), "x"],
    [parts("date"), "2026-1-1"],
    [parts("text"), "a\0"],
  ])("of %j is not %j", (key, value) => {
    expect(parseKey(key, value)).toBeUndefined()
  })

  test("gives back the values that it was made of", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: "binary" }), { minLength: 1, maxLength: 4 }), (values) => {
        expect(keyValues(keyText(values), values.length)).toEqual(values)
      }),
    )
  })
})
