import type { Language } from "../i18n/language.ts"
import type { UiField, UiInput, UiScalar } from "../metadata/model.ts"

/**
 * Values as a person reads them. Amounts stay the decimal strings that they are: their digits are grouped in the text and never pass
 * through a floating-point number.
 *
 * @module
 */

const groups: Readonly<Record<Language, string>> = { en: ",", fr: "\u202f" }
const points: Readonly<Record<Language, string>> = { en: ".", fr: "," }

/** "-1234567.5000" as "-1,234,567.50": zeros that end it are shown up to the second place. A text that is no decimal stays as it is. */
export function formatDecimal(value: string, language: Language): string {
  const [, sign, whole, rest] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(value) ?? []
  if (whole === undefined) return value
  const grouped = whole.replaceAll(/\B(?=(\d{3})+$)/g, groups[language])
  const places = rest?.replace(/^(\d\d\d*?)0+$/, "$1")
  return `${sign === "-" ? "\u2212" : ""}${grouped}${places === undefined ? "" : points[language] + places}`
}

/**
 * By the CLDR, the same in every language: of the currencies that are traded most. The first format that a page has of Intl takes tens
 * of milliseconds to make, which the first rows would wait for.
 */
export const commonSymbols: Readonly<Record<string, string>> = {
  AUD: "$",
  BRL: "R$",
  CAD: "$",
  CHF: "CHF",
  CNY: "¥",
  CZK: "Kč",
  DKK: "kr",
  EUR: "€",
  GBP: "£",
  HKD: "$",
  HUF: "Ft",
  IDR: "Rp",
  ILS: "₪",
  INR: "₹",
  JPY: "¥",
  KRW: "₩",
  MXN: "$",
  NOK: "kr",
  NZD: "$",
  PLN: "zł",
  SEK: "kr",
  SGD: "$",
  THB: "฿",
  TRY: "₺",
  USD: "$",
  ZAR: "R",
}

const symbols = new Map<string, string>()
export function symbolOf(currency: string, language: Language): string {
  const key = `${language} ${currency}`
  let symbol = commonSymbols[currency] ?? symbols.get(key)
  if (symbol === undefined) symbols.set(key, (symbol = intlSymbol(currency, language)))
  return symbol
}

export const intlSymbol = (currency: string, language: Language): string =>
  new Intl.NumberFormat(language, { style: "currency", currency, currencyDisplay: "narrowSymbol" })
    .formatToParts(0)
    .find(({ type }) => type === "currency")?.value ?? currency

export function formatMoney(value: string, currency: string | undefined, language: Language): string {
  const amount = formatDecimal(value, language)
  if (currency === undefined) return amount
  const symbol = symbolOf(currency, language)
  return language === "en" ? amount.replace(/^(\u2212?)/, `$1${symbol}`) : `${amount}\u00a0${symbol}`
}

const formats = new Map<string, Intl.DateTimeFormat>()
function dateFormat(language: Language, kind: "datetime" | "month" | "year"): Intl.DateTimeFormat {
  const key = `${language} ${kind}`
  let format = formats.get(key)
  if (format === undefined) {
    // Periods have no zone: their first day, read at midnight UTC, is shown as of UTC. Instants are shown as of here.
    const locale = language === "en" ? "en-GB" : "fr-FR"
    const options: Intl.DateTimeFormatOptions =
      kind === "datetime"
        ? { dateStyle: "medium", timeStyle: "short" }
        : kind === "month"
          ? { month: "long", year: "numeric", timeZone: "UTC" }
          : { year: "numeric", timeZone: "UTC" }
    formats.set(key, (format = new Intl.DateTimeFormat(locale, options)))
  }
  return format
}

/** By the CLDR, for the same reason. */
const months: Readonly<Record<Language, readonly string[]>> = {
  en: ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sept", "Oct", "Nov", "Dec"],
  fr: ["janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc."],
}

/** "2026-03-14" as "14 Mar 2026". A text that is no date stays as it is. */
export function formatDate(value: string, language: Language): string {
  const [, year, month, day] = /^(\d{4,})-(\d\d)-(\d\d)$/.exec(value) ?? []
  const name = months[language][Number(month) - 1]
  return name === undefined ? value : `${Number(day)} ${name} ${Number(year)}`
}

export const formatInstant = (value: string, language: Language): string => {
  const at = new Date(value)
  return Number.isNaN(at.getTime()) ? value : dateFormat(language, "datetime").format(at)
}

/** A period of a group, named by its first day. */
export function formatPeriod(day: string, period: string, language: Language): string {
  const at = new Date(`${day}T00:00:00Z`)
  if (Number.isNaN(at.getTime())) return day
  if (period === "year") return dateFormat(language, "year").format(at)
  if (period === "month") return dateFormat(language, "month").format(at)
  if (period === "quarter") {
    const quarter = Math.floor(at.getUTCMonth() / 3) + 1
    return `${language === "fr" ? "T" : "Q"}${quarter} ${at.getUTCFullYear()}`
  }
  return formatDate(day, language)
}

/** "in 3 days", "2 hours ago". */
export function formatAgo(value: string, language: Language, now = Date.now()): string {
  const seconds = (Date.parse(value) - now) / 1_000
  const units = [
    ["year", 31_536_000],
    ["month", 2_592_000],
    ["day", 86_400],
    ["hour", 3_600],
    ["minute", 60],
  ] as const
  const [unit, size] = units.find(([, each]) => Math.abs(seconds) >= each) ?? ["second", 1]
  return new Intl.RelativeTimeFormat(language, { numeric: "auto" }).format(Math.round(seconds / size), unit)
}

/** "inProgress" as "In progress". */
export function humanise(name: string): string {
  const words = name
    .replaceAll(/[_-]+/g, " ")
    .replaceAll(/([a-z\d])([A-Z])/g, (_, a: string, b: string) => `${a} ${b.toLowerCase()}`)
  return words.charAt(0).toUpperCase() + words.slice(1)
}

/** A reference as it comes: an id, or an object with it. */
export interface ReferenceValue {
  readonly id: string
  readonly title: string | undefined
  readonly unavailable: boolean
}

export function referenceOf(value: unknown, display: string | undefined): ReferenceValue | undefined {
  if (typeof value === "string") return { id: value, title: undefined, unavailable: false }
  if (typeof value !== "object" || value === null) return undefined
  const record = value as Readonly<Record<string, unknown>>
  const title = record["title"] ?? (display === undefined ? undefined : record[display])
  return {
    id: String(record["id"]),
    title: title === undefined || title === null ? undefined : String(title),
    unavailable: record["_unavailable"] === true,
  }
}

const numeric: ReadonlySet<string> = new Set(["integer", "bigint", "decimal", "money"])
/** Whether values line up at their end, and can be added up. */
export const isNumeric = (field: Pick<UiField, "type">): boolean => numeric.has(field.type)

/** What a value of a choice or of states is called: by its service, else by its name. */
export const valueLabel = (field: object | undefined, value: string): string =>
  (field as Pick<UiScalar, "options"> | undefined)?.options?.find((option) => option.value === value)?.label ??
  humanise(value)

/** Whether a field's values are names, though they may be made of digits. */
export const isIdentifier = (field: UiField | UiInput): boolean =>
  "semantic" in field && field.semantic === "identifier"

/** Any value in one line of text; "" where it is empty. What is shown in cells is cell.tsx's. */
export function formatValue(field: UiField | UiInput, value: unknown, language: Language): string {
  if (value === null || value === undefined) return ""
  if (isIdentifier(field)) return String(value)
  switch (field.type) {
    case "money":
      return formatMoney(String(value), field.currency, language)
    case "integer":
    case "bigint":
    case "decimal":
      return formatDecimal(String(value), language)
    case "date":
      return formatDate(String(value), language)
    case "datetime":
      return formatInstant(String(value), language)
    case "bool":
      return value === true ? (language === "fr" ? "Oui" : "Yes") : language === "fr" ? "Non" : "No"
    case "states":
    case "choice":
      return valueLabel(field, String(value))
    case "one":
      return referenceOf(value, field.display)?.title ?? ""
    case "many":
    case "manyToMany":
      return Array.isArray(value)
        ? value
            .map((each) => referenceOf(each, field.display)?.title ?? "")
            .filter(Boolean)
            .join(", ")
        : ""
    case "file":
    case "image":
      return String((value as { readonly name?: unknown }).name ?? "")
    case "json":
      return JSON.stringify(value)
    case "html":
      return String(value)
        .replaceAll(/<[^>]*>/g, " ")
        .replaceAll(/\s+/g, " ")
        .trim()
    default:
      return String(value)
  }
}
