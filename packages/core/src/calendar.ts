/**
 * Days as people count them: in a time zone, by period.
 *
 * @module
 */

/** The day (`YYYY-MM-DD`) of an instant in an IANA time zone, plus a number of days. */
export const dayIn = (instant: string, timeZone: string, offsetDays = 0): string =>
  Temporal.Instant.from(instant).toZonedDateTimeISO(timeZone).toPlainDate().add({ days: offsetDays }).toString()

/** The instant (`….000Z`) at which a day begins in a time zone; where the clock skips midnight, the first instant after it. */
export const dayStart = (day: string, timeZone: string): string =>
  Temporal.PlainDate.from(day).toZonedDateTime(timeZone).toInstant().toString({ fractionalSecondDigits: 3 })

/** The first day of the period that a day is in; weeks begin on Monday (ISO 8601). */
export function periodStart(day: string, period: "day" | "week" | "month" | "quarter" | "year"): string {
  const date = Temporal.PlainDate.from(day)
  switch (period) {
    case "day":
      return day
    case "week":
      return date.subtract({ days: date.dayOfWeek - 1 }).toString()
    case "month":
      return date.with({ day: 1 }).toString()
    case "quarter":
      return date.with({ month: Math.floor((date.month - 1) / 3) * 3 + 1, day: 1 }).toString()
    case "year":
      return date.with({ month: 1, day: 1 }).toString()
  }
}
