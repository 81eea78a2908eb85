import { expect, test } from "vitest"
import { dayIn, dayStart, periodStart } from "./calendar.ts"

test("a day begins and ends where the user is", () => {
  expect(dayIn("2026-01-31T23:30:00.000Z", "UTC")).toBe("2026-01-31")
  expect(dayIn("2026-01-31T23:30:00.000Z", "Europe/Paris")).toBe("2026-02-01")
  expect(dayIn("2026-01-31T23:30:00.000Z", "America/Lima", -31)).toBe("2025-12-31")
  expect(dayStart("2026-03-29", "Europe/Paris")).toBe("2026-03-28T23:00:00.000Z")
  // Brazil's clocks went from 23:59:59 to 01:00.
  expect(dayStart("2018-11-04", "America/Sao_Paulo")).toBe("2018-11-04T03:00:00.000Z")
})

test("a period begins with its first day, a week with its Monday", () => {
  expect(periodStart("2026-02-01", "day")).toBe("2026-02-01")
  expect(periodStart("2026-02-01", "week")).toBe("2026-01-26")
  expect(periodStart("2026-02-02", "week")).toBe("2026-02-02")
  expect(periodStart("2026-05-17", "month")).toBe("2026-05-01")
  expect(periodStart("2026-06-30", "quarter")).toBe("2026-04-01")
  expect(periodStart("2026-06-30", "year")).toBe("2026-01-01")
})
