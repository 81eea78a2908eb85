import type { Page } from "./frame.ts"

const units: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
]

/** An instant as people say it: "5 minutes ago", after a week its day, in the reader's language and time zone. */
export function since({ language, timeZone }: Pick<Page, "language" | "timeZone">, instant: string, now: Date): string {
  const seconds = (now.getTime() - Date.parse(instant)) / 1_000
  if (seconds > 7 * 86_400) {
    return new Intl.DateTimeFormat(language, { dateStyle: "long", timeZone }).format(new Date(instant))
  }
  const format = new Intl.RelativeTimeFormat(language, { numeric: "auto" })
  const unit = units.find(([, length]) => seconds >= length)
  return unit ? format.format(-Math.floor(seconds / unit[1]), unit[0]) : format.format(0, "second")
}
