import { describe, expect, test } from "vitest"
import { editableDay, editableInstant, instantOf, localOf, parseDayText, parseInstantText } from "./date-text.ts"

const now = Date.parse("2026-03-10T12:00:00Z")

describe("days as they are written", () => {
  test.each([
    ["en-US", "1/31/2026", "2026-01-31"],
    ["en-GB", "31/1/26", "2026-01-31"],
    ["fr", "31.1", "2026-01-31"],
    ["de", "31-01-2026", "2026-01-31"],
    ["en-US", "2026-1-5", "2026-01-05"],
    ["en-US", "today", "2026-03-10"],
    ["en-US", "+30", "2026-04-09"],
    ["fr", "-10", "2026-02-28"],
    ["en-GB", "29/2/2028", "2028-02-29"],
  ])("in %s %j is %s", (locale, text, day) => expect(parseDayText(text, locale, "2026-03-10")).toBe(day))

  test.each([
    ["en-GB", "31/2/2026"],
    ["en-GB", "29/2/2026"],
    ["en-US", "13/13/2026"],
    ["en-US", "soon"],
    ["en-US", "5"],
    ["en-US", ""],
  ])("in %s %j is no day", (locale, text) => expect(parseDayText(text, locale, "2026-03-10")).toBeUndefined())

  test("what is shown can be typed", () => {
    for (const locale of ["en-US", "en-GB", "fr", "de", "sv", "ja"]) {
      expect(parseDayText(editableDay("2026-02-03", locale), locale, "2026-03-10")).toBe("2026-02-03")
    }
  })
})

describe("instants in a time zone", () => {
  test("are the same there and back, in summer and winter", () => {
    for (const instant of ["2026-01-15T08:30:00.000Z", "2026-07-15T08:30:00.000Z", "2026-10-25T00:30:00.000Z"]) {
      expect(instantOf(localOf(instant, "Europe/Paris"), "Europe/Paris")).toBe(instant)
    }
    expect(localOf("2026-07-15T08:30:00.000Z", "Europe/Paris")).toBe("2026-07-15T10:30:00")
    expect(localOf("2026-01-01T00:00:00.000Z", "America/New_York")).toBe("2025-12-31T19:00:00")
  })

  test("a time that is skipped is an hour later; one that comes twice is the first", () => {
    expect(instantOf("2026-03-29T02:30:00", "Europe/Paris")).toBe("2026-03-29T01:30:00.000Z")
    expect(instantOf("2026-10-25T02:30:00", "Europe/Paris")).toBe("2026-10-25T00:30:00.000Z")
  })

  test.each([
    ["31/1/2026 14:30", "2026-01-31T13:30:00.000Z"],
    ["31/1 9h", "2026-01-31T08:00:00.000Z"],
    ["31/1/2026 2:05 pm", "2026-01-31T13:05:00.000Z"],
    ["8:15", "2026-03-10T07:15:00.000Z"],
    ["31/1/2026", "2026-01-30T23:00:00.000Z"],
    ["now", "2026-03-10T12:00:00.000Z"],
  ])("%j in Paris is %s", (text, instant) =>
    expect(parseInstantText(text, "en-GB", { timeZone: "Europe/Paris", now })).toBe(instant),
  )

  test.each(["31/1/2026 25:00", "later", "31/2/2026 10:00"])("%j is none", (text) =>
    expect(parseInstantText(text, "en-GB", { timeZone: "Europe/Paris", now })).toBeUndefined(),
  )

  test("what is edited can be typed", () => {
    const zone = { timeZone: "Asia/Tokyo", now }
    const text = editableInstant("2026-03-10T12:34:00.000Z", "fr", zone.timeZone)
    expect(parseInstantText(text, "fr", zone)).toBe("2026-03-10T12:34:00.000Z")
  })
})
