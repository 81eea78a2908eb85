import { expect, test } from "vitest"
import {
  commonSymbols,
  formatDate,
  formatDecimal,
  formatMoney,
  formatPeriod,
  formatValue,
  humanise,
  intlSymbol,
} from "./format.ts"

test("amounts keep every digit that they came with", () => {
  expect(formatDecimal("-12345678901234567890.10", "en")).toBe("\u221212,345,678,901,234,567,890.10")
  expect(formatDecimal("1234.5", "fr")).toBe("1\u202f234,5")
  expect(formatMoney("8551.43", "EUR", "en")).toBe("€8,551.43")
  expect(formatMoney("-3.00", "EUR", "en")).toBe("\u2212€3.00")
  expect(formatMoney("8551.43", "EUR", "fr")).toBe("8\u202f551,43\u00a0€")
})

test("zeros that say no more than how many places a field has are left out", () => {
  expect(["0.0000", "0.0500", "0.1250", "12.5", "12.50", "-3.1000"].map((text) => formatDecimal(text, "en"))).toEqual([
    "0.00",
    "0.05",
    "0.125",
    "12.5",
    "12.50",
    "\u22123.10",
  ])
})

test("an identifier is not grouped like an amount", () => {
  const field = { type: "integer", label: "Order", read: true, create: true, update: false } as const
  expect(formatValue(field, 10248, "en")).toBe("10,248")
  expect(formatValue({ ...field, semantic: "identifier" }, 10248, "en")).toBe("10248")
})

test("periods are named as people say them", () => {
  expect(formatPeriod("2026-04-01", "quarter", "en")).toBe("Q2 2026")
  expect(formatPeriod("2026-04-01", "quarter", "fr")).toBe("T2 2026")
  expect(formatPeriod("2026-01-01", "month", "fr")).toBe("janvier 2026")
})

test("common currencies have the symbol that Intl gives them in every language", () => {
  for (const [currency, symbol] of Object.entries(commonSymbols)) {
    expect([currency, intlSymbol(currency, "en"), intlSymbol(currency, "fr")]).toEqual([currency, symbol, symbol])
  }
})

test("dates are written as their language writes them", () => {
  const days = Array.from({ length: 12 }, (_, month) => `2026-${String(month + 1).padStart(2, "0")}-01`)
  for (const [language, locale] of [
    ["en", "en-GB"],
    ["fr", "fr-FR"],
  ] as const) {
    const { format } = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeZone: "UTC" })
    expect(days.map((day) => formatDate(day, language))).toEqual(days.map((day) => format(new Date(day))))
  }
  expect(formatDate("infinity", "en")).toBe("infinity")
})

test("names of values are words", () => {
  expect(humanise("inProgress")).toBe("In progress")
  expect(humanise("not_yet")).toBe("Not yet")
})
