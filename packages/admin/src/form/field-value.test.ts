import { describe, expect, test } from "vitest"
import { editableText, valueOfText } from "./field-value.ts"
import type { FieldUi } from "./field-ui.ts"

const reader = { locale: "en-GB", timeZone: "Europe/Paris", now: Date.parse("2026-03-10T12:00:00Z") }
const field = (type: FieldUi["type"], more: Partial<FieldUi> = {}): FieldUi => ({
  type,
  label: "Field",
  read: true,
  create: true,
  update: true,
  ...more,
})
const typed = (of: FieldUi, text: string) => {
  const value = valueOfText(of, text, reader)
  return value.ok ? value.value : value.code
}

describe("typed values", () => {
  test("are exact, rounded as the service rounds", () => {
    expect(typed(field("money", { scale: 2 }), "1,234.565")).toBe("1234.57")
    expect(typed(field("money", { scale: 2 }), "0.1")).toBe("0.10")
    expect(typed(field("decimal", { scale: 4 }), "99999999999999.12345")).toBe("99999999999999.1235")
    expect(typed(field("bigint"), "9007199254740993")).toBe("9007199254740993")
    expect(typed(field("integer"), "1,200")).toBe(1200)
  })

  test("are checked by the rules of the service", () => {
    expect(typed(field("integer", { min: 1 }), "0")).toBe("value.too_small")
    expect(typed(field("decimal", { scale: 4, max: "1" }), "1.5")).toBe("value.too_large")
    expect(typed(field("integer"), "3000000000")).toBe("value.too_large")
    expect(typed(field("text", { maxLength: 3 }), "four")).toBe("value.too_long")
    expect(typed(field("email"), "nobody")).toBe("value.format")
    expect(typed(field("choice", { values: ["a"] }), "b")).toBe("value.choice")
    expect(typed(field("date"), "30/2/2026")).toBe("value.format")
    expect(typed(field("json"), "{")).toBe("value.type")
  })

  test("that are empty are null where a field may be empty, and else not named", () => {
    expect(typed(field("text", { optional: true }), "  ")).toBeNull()
    expect(typed(field("text"), "")).toBeUndefined()
    expect(typed(field("money"), "")).toBeUndefined()
  })

  test("are instants in the reader's time zone, and addresses with their scheme", () => {
    expect(typed(field("datetime"), "1/7/2026 10:00")).toBe("2026-07-01T08:00:00.000Z")
    expect(typed(field("url"), "example.com/a")).toBe("https://example.com/a")
  })
})

test("what is edited is read back as the same value", () => {
  const cases: readonly (readonly [FieldUi, unknown])[] = [
    [field("money", { scale: 2 }), "-1234567.80"],
    [field("integer"), 1200],
    [field("date"), "2026-01-31"],
    [field("datetime"), "2026-01-31T12:30:00.000Z"],
    [field("json"), { a: [1, null] }],
    [field("longText"), " a\nb "],
  ]
  for (const [of, value] of cases)
    expect(valueOfText(of, editableText(of, value, reader), reader)).toEqual({ ok: true, value })
})
