import { describe, expect, test } from "vitest"
import { editableNumber, parseDecimalText, parseIntegerText } from "./number-text.ts"

describe("numbers as they are written", () => {
  test.each([
    ["en", "1,234.50", "1234.50"],
    ["en", "1,234,567", "1234567"],
    ["en", "12,34,567.5", "1234567.5"],
    ["en", "1234.5", "1234.5"],
    ["en", "-.5", "-0.5"],
    ["en", "(12.50)", "-12.50"],
    ["en", " 007 ", "7"],
    ["en", "−3", "-3"],
    ["en", "-0.00", "0.00"],
    ["fr", "1 234,50", "1234.50"],
    ["fr", "1\u202f234,5", "1234.5"],
    ["fr", "12.5", "12.5"],
    ["de", "1.234,50", "1234.50"],
    ["de", "1.234", "1234"],
    ["de-CH", "1’234.50", "1234.50"],
    ["en", "12345678901234567890.123456789", "12345678901234567890.123456789"],
  ])("in %s %j is %s", (locale, text, value) => expect(parseDecimalText(text, locale)).toBe(value))

  test.each([
    ["en", "1,5"],
    ["en", "1.2.3"],
    ["en", "12e3"],
    ["en", "abc"],
    ["en", ""],
    ["en", "-"],
    ["de", "1.5"],
    ["fr", "1,2,3"],
  ])("in %s %j is no number", (locale, text) => expect(parseDecimalText(text, locale)).toBeUndefined())

  test("a whole number may have an empty fraction, and no other", () => {
    expect(parseIntegerText("12.00", "en")).toBe("12")
    expect(parseIntegerText("1,200", "en")).toBe("1200")
    expect(parseIntegerText("12.5", "en")).toBeUndefined()
  })
})

test("a number as it is edited has the locale's point and no groups", () => {
  expect(editableNumber("1234.50", "fr")).toBe("1234,50")
  expect(editableNumber(1200, "en")).toBe("1200")
})
