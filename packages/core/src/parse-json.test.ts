import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { ArchipelError } from "./errors.ts"
import { parseJson } from "./parse-json.ts"

const codeOf = (text: string, depth?: number): string => {
  try {
    parseJson(text, depth === undefined ? undefined : { depth })
    return "none"
  } catch (error) {
    if (error instanceof ArchipelError) return error.code
    throw error
  }
}

describe("JSON from outside", () => {
  test("any JSON value comes out as it went in", () => {
    const value = fc.jsonValue({ maxDepth: 5 }).filter((v) => !/__proto__|\\u0000|\\ud[89a-f]/i.test(JSON.stringify(v)))
    fc.assert(
      fc.property(value, (v) => {
        expect(parseJson(JSON.stringify(v))).toEqual(JSON.parse(JSON.stringify(v)))
      }),
    )
  })

  test("any text is parsed or refused with a code, never anything else", () => {
    const hostile = fc.oneof(
      fc.string({ unit: "binary" }),
      fc
        .array(fc.constantFrom("{", "}", "[", "]", '"', "\\", ":", ",", "1", "a", "\\u0000", "null"))
        .map((a) => a.join("")),
    )
    fc.assert(
      fc.property(hostile, (text) => {
        expect(["none", "request.not_json", "request.invalid", "request.too_complex"]).toContain(codeOf(text))
      }),
    )
  })

  test.each([
    ['{"a":1,"a":2}', "request.invalid"],
    ['{"a":{"b":1,"c":{"b":1,"b":1}}}', "request.invalid"],
    ['{"a":"x:y","b":"\\":"}', "none"],
    ['{"a\\u0062":1,"ab":1}', "request.invalid"],
    ['{"__proto__":{"admin":true}}', "request.invalid"],
    ['[{"constructor":1}]', "none"],
    ["1e999", "request.invalid"],
    ['"\\u0000"', "request.invalid"],
    ['"\\ud800"', "request.invalid"],
    ['"\\ud83d\\ude00"', "none"],
    ["{", "request.not_json"],
    ["", "request.not_json"],
    ["NaN", "request.not_json"],
    ['"', "request.not_json"],
  ])("%s: %s", (text, code) => {
    expect(codeOf(text)).toBe(code)
  })

  test("depth is bounded before anything is built", () => {
    expect(codeOf("[".repeat(1_000_000))).toBe("request.too_complex")
    expect(codeOf(`${"[".repeat(32)}${"]".repeat(32)}`)).toBe("none")
    expect(codeOf(`${"[".repeat(33)}${"]".repeat(33)}`)).toBe("request.too_complex")
    expect(codeOf(`["${"[".repeat(100)}"]`)).toBe("none")
    expect(codeOf("[[1]]", 1)).toBe("request.too_complex")
  })

  test("all mistakes are named at once, by JSON Pointer", () => {
    try {
      parseJson('{"a":"\\u0000","b/c":[1,1e400],"~":"\\ud800"}')
      expect.unreachable()
    } catch (error) {
      const { details } = error as ArchipelError<"request.invalid">
      expect(details.errors.map((e) => e.path)).toEqual(["/a", "/b~1c/1", "/~0"])
    }
  })

  test("nothing parsed changes what other objects inherit", () => {
    expect(codeOf('{"a":{"__proto__":{"polluted":1}}}')).toBe("request.invalid")
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined()
  })
})
