/**
 * Days and instants as people of a locale and a time zone write them. Days are "YYYY-MM-DD", instants UTC with milliseconds, as on the wire.
 *
 * @module
 */

type Part = "day" | "month" | "year"

const orders = new Map<string, readonly Part[]>()

/** In which order a locale writes a day's parts. */
function orderOf(locale: string): readonly Part[] {
  let order = orders.get(locale)
  if (order === undefined) {
    const parts = new Intl.DateTimeFormat(locale, { year: "numeric", month: "2-digit", day: "2-digit" }).formatToParts(
      0,
    )
    order = parts.map(({ type }) => type).filter((type): type is Part => ["day", "month", "year"].includes(type))
    orders.set(locale, order)
  }
  return order
}

const pad = (value: number, length = 2): string => String(value).padStart(length, "0")
const dayText = (date: Date): string =>
  `${pad(date.getUTCFullYear(), 4)}-${pad(date.getUTCMonth() + 1)}-${pad(date.getUTCDate())}`

function dayOf(year: number, month: number, day: number): string | undefined {
  const date = new Date(Date.UTC(2000, month - 1, day))
  date.setUTCFullYear(year, month - 1, day)
  return year >= 1 && year <= 9999 && date.getUTCMonth() === month - 1 && date.getUTCDate() === day
    ? dayText(date)
    : undefined
}

export const addDays = (day: string, days: number): string =>
  dayText(new Date(Date.parse(`${day}T00:00:00Z`) + days * 86_400_000))

/** The day in a time zone. */
export function today(timeZone: string, now: number): string {
  return localOf(new Date(now).toISOString(), timeZone).slice(0, 10)
}

const words: ReadonlySet<string> = new Set(["today", "t", "now", "aujourd'hui", "auj", "a"])

/**
 * A day, from the locale's way of writing it with any separators ("31/1", "31.1.26"), ISO 8601, "today", or days from today ("+14").
 * Two digits of a year are of this century; without a year it is that of `today`.
 */
export function parseDayText(text: string, locale: string, today: string): string | undefined {
  const given = text.trim().toLowerCase()
  if (words.has(given)) return today
  const shift = /^[+-]\d{1,4}$/.exec(given)?.[0]
  if (shift !== undefined) return addDays(today, Number(shift))
  const iso = /^(\d{4})-(\d{1,2})-(\d{1,2})$/.exec(given)
  if (iso) return dayOf(Number(iso[1]), Number(iso[2]), Number(iso[3]))
  if (!/^\d[\d\s./,-]*$/.test(given)) return undefined
  const numbers = given.split(/\D+/).filter(Boolean)
  const order = orderOf(locale)
  const parts = numbers.length === 2 ? order.filter((part) => part !== "year") : order
  if (numbers.length < 2 || numbers.length > 3) return undefined
  const of = (part: Part): number | undefined => {
    const number = numbers[parts.indexOf(part)]
    if (number === undefined) return undefined
    return part === "year" && number.length <= 2 ? 2000 + Number(number) : Number(number)
  }
  return dayOf(of("year") ?? Number(today.slice(0, 4)), of("month") ?? 0, of("day") ?? 0)
}

const formats = new Map<string, Intl.DateTimeFormat>()

function formatOf(locale: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${locale} ${JSON.stringify(options)}`
  let format = formats.get(key)
  if (format === undefined) formats.set(key, (format = new Intl.DateTimeFormat(locale, options)))
  return format
}

/** As the locale writes it in digits. */
export const editableDay = (day: string, locale: string): string =>
  formatOf(locale, { year: "numeric", month: "2-digit", day: "2-digit", timeZone: "UTC" }).format(
    Date.parse(`${day}T00:00:00Z`),
  )

/** An instant as a clock in the zone shows it: "YYYY-MM-DDTHH:MM:SS". */
export function localOf(instant: string, timeZone: string): string {
  const parts = formatOf("en-CA", {
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
    timeZone,
  }).formatToParts(Date.parse(instant))
  const of = (type: string) => parts.find((part) => part.type === type)?.value ?? ""
  return `${of("year").padStart(4, "0")}-${of("month")}-${of("day")}T${of("hour")}:${of("minute")}:${of("second")}`
}

/** The instant at which a clock in the zone shows the time. One that is skipped in spring is an hour later, one that comes twice the first. */
export function instantOf(local: string, timeZone: string): string {
  const shown = Date.parse(`${local}Z`)
  const offsetAt = (at: number): number =>
    Date.parse(`${localOf(new Date(at).toISOString(), timeZone)}Z`) - Math.floor(at / 1000) * 1000
  const before = shown - offsetAt(shown - 86_400_000)
  const after = shown - offsetAt(shown + 86_400_000)
  const fits = [before, after].filter((at) => at + offsetAt(at) === shown)
  return new Date(fits.length > 0 ? Math.min(...fits) : before).toISOString()
}

/** As it is edited: the day as the locale writes it, then hours and minutes. */
export function editableInstant(instant: string, locale: string, timeZone: string): string {
  const local = localOf(instant, timeZone)
  return `${editableDay(local.slice(0, 10), locale)} ${local.slice(11, 16)}`
}

const time = /(?:^|[\sT,]+)(\d{1,2})(?:[:h.](\d{2})?)(?::(\d{2}))?\s*(am|pm)?$/i

/** A day and a time of it ("31/1 14:30", "today 9h"); midnight without one. */
export function parseInstantText(
  text: string,
  locale: string,
  zone: { readonly timeZone: string; readonly now: number },
) {
  const given = text.trim()
  const current = today(zone.timeZone, zone.now)
  if (given.toLowerCase() === "now") return new Date(zone.now).toISOString()
  const dayAlone = parseDayText(given, locale, current)
  if (dayAlone !== undefined) return instantOf(`${dayAlone}T00:00:00`, zone.timeZone)
  const found = time.exec(given)
  if (!found) return undefined
  const [whole, hours = "", minutes = "00", seconds = "00", half] = found
  const rest = given.slice(0, given.length - whole.length)
  const day = rest.trim() === "" ? current : parseDayText(rest, locale, current)
  const hour = half === undefined ? Number(hours) : (Number(hours) % 12) + (half.toLowerCase() === "pm" ? 12 : 0)
  if (day === undefined || hour > 23 || Number(minutes) > 59 || Number(seconds) > 59) return undefined
  return instantOf(`${day}T${pad(hour)}:${minutes}:${seconds}`, zone.timeZone)
}
