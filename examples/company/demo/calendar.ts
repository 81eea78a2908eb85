/** The day that the demo data was "made": it never depends on the clock. */
const lastDay = Temporal.PlainDate.from("2026-06-30")

/** The day this many days before the last day of the demo data, `YYYY-MM-DD`. */
export const dayBefore = (days: number): string => lastDay.subtract({ days }).toString()
