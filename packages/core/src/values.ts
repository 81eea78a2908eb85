/**
 * Values of fields: what may come in, and the one form in which they are bound, kept and shown.
 *
 * @module
 */
import type { ColumnMember, FieldMember, OneMember } from "./catalog.ts"
import { type KeyPart, keyWords, parseKey } from "./key.ts"
import { compareDecimals, isDecimal, round } from "./decimal.ts"

/** What is wrong with a value; `details` of a mistake may name the bound. */
export type ValueCode =
  | "value.type"
  | "value.character"
  | "value.too_long"
  | "value.too_small"
  | "value.too_large"
  | "value.format"
  | "value.choice"

/** A value in canonical form: equal values are equal texts, whatever way they came in. */
export type CanonicalValue = string | number | boolean | null | object

/** A value in canonical form, or what is wrong with it: `detail` continues a sentence that begins with the field's name. */
export type ParsedValue =
  | { readonly ok: true; readonly value: CanonicalValue }
  | { readonly ok: false; readonly code: ValueCode; readonly detail: string }

const accepted = (value: CanonicalValue): ParsedValue => ({ ok: true, value })
const refused = (code: ValueCode, detail: string): ParsedValue => ({ ok: false, code, detail })

/** Deepest nesting of a `json` value. */
const MAX_JSON_DEPTH = 100

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i
const DATE = /^(\d{4})-(\d{2})-(\d{2})$/
const DATETIME = /^(\d{4}-\d{2}-\d{2})[Tt](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?(?:[Zz]|([+-])(\d{2}):(\d{2}))$/
/** An instant as it is kept, on a day that every month has. Most instants come as this, and need no calendar. */
const CANONICAL_INSTANT =
  /^(?!0000)\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}Z$/
const PHONE = /^[0-9 +\-()./x]*[0-9][0-9 +\-()./x]*$/
const EMAIL = /^[^\s@]+@[^\s@]+$/
const MEDIA_TYPE = /^[a-z0-9][a-z0-9!#$&^_.+-]{0,126}\/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}(?:;.{1,200})?$/i
const INTEGER = /^-?\d{1,10}$/
const BIGINT = /^-?\d{1,19}$/

const MIN_INTEGER = -(2 ** 31)
const MAX_INTEGER = 2 ** 31 - 1
const MIN_BIGINT = -(2n ** 63n)
const MAX_BIGINT = 2n ** 63n - 1n

/** Whether a text is a UUID, in upper or lower case. */
export const isUuid = (text: string): boolean => UUID.test(text)

/** The number of characters as PostgreSQL counts them: code points, not UTF-16 units. */
export function characterCount(text: string): number {
  let count = text.length
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit >= 0xd800 && unit <= 0xdbff) count--
  }
  return count
}

function parseText(value: unknown): ParsedValue {
  if (typeof value !== "string") return refused("value.type", "must be a text.")
  if (value.includes("\0") || !value.isWellFormed()) {
    return refused("value.character", "contains a character that cannot be stored (NUL or half of a surrogate pair).")
  }
  return accepted(value)
}

function parseInteger(value: unknown): ParsedValue {
  if (typeof value !== "number" || !Number.isInteger(value)) return refused("value.type", "must be a whole number.")
  if (value < MIN_INTEGER) return refused("value.too_small", `must be at least ${MIN_INTEGER}.`)
  if (value > MAX_INTEGER) return refused("value.too_large", `must be at most ${MAX_INTEGER}.`)
  return accepted(value === 0 ? 0 : value)
}

function parseBigint(value: unknown): ParsedValue {
  const text = typeof value === "number" && Number.isSafeInteger(value) ? String(value) : value
  if (typeof text !== "string" || !BIGINT.test(text)) {
    return refused("value.type", "must be a whole number as a text of digits.")
  }
  const number = BigInt(text)
  if (number < MIN_BIGINT) return refused("value.too_small", `must be at least ${MIN_BIGINT}.`)
  if (number > MAX_BIGINT) return refused("value.too_large", `must be at most ${MAX_BIGINT}.`)
  return accepted(number.toString())
}

function parseDecimal(value: unknown): ParsedValue {
  if (typeof value === "number" && Number.isSafeInteger(value)) return accepted(String(value))
  if (typeof value !== "string" || !isDecimal(value)) {
    return refused("value.type", 'must be a decimal number as a text, such as "12.50".')
  }
  return accepted(value)
}

const daysInMonth = (year: number, month: number): number =>
  month === 2
    ? year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
      ? 29
      : 28
    : [4, 6, 9, 11].includes(month)
      ? 30
      : 31

function isCalendarDay(text: string): boolean {
  const [, year, month, day] = (DATE.exec(text) ?? []).map(Number)
  if (year === undefined || month === undefined || day === undefined) return false
  return year >= 1 && month >= 1 && month <= 12 && day >= 1 && day <= daysInMonth(year, month)
}

function parseDate(value: unknown): ParsedValue {
  if (typeof value !== "string") return refused("value.type", "must be a day as a text, YYYY-MM-DD.")
  return isCalendarDay(value) ? accepted(value) : refused("value.format", "must be an existing day, YYYY-MM-DD.")
}

function parseDatetime(value: unknown): ParsedValue {
  if (typeof value !== "string") return refused("value.type", "must be an instant as a text (RFC 3339).")
  if (CANONICAL_INSTANT.test(value)) return accepted(value)
  const wrong = refused("value.format", "must be an instant with its offset, such as 2026-01-31T12:00:00Z.")
  const [, day, hour, minute, second = "0", fraction = "", sign, offsetHour = "0", offsetMinute = "0"] =
    DATETIME.exec(value) ?? []
  if (day === undefined || !isCalendarDay(day)) return wrong
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return wrong
  if (Number(offsetHour) > 23 || Number(offsetMinute) > 59) return wrong
  const offset = (Number(offsetHour) * 60 + Number(offsetMinute)) * (sign === "-" ? -1 : 1)
  const local = Date.parse(
    `${day}T${hour}:${minute}:${second.padStart(2, "0")}.${fraction.slice(0, 3).padEnd(3, "0")}Z`,
  )
  const instant = new Date(local - offset * 60_000).toISOString()
  return /^(?!0000)\d{4}-/.test(instant) ? accepted(instant) : wrong
}

function parseUuid(value: unknown): ParsedValue {
  if (typeof value !== "string") return refused("value.type", "must be a UUID as a text.")
  return isUuid(value) ? accepted(value.toLowerCase()) : refused("value.format", "must be a UUID.")
}

function parseId(key: readonly KeyPart[], value: unknown): ParsedValue {
  const id = parseKey(key, value)
  if (id !== undefined) return accepted(id)
  return refused(typeof value === "string" ? "value.format" : "value.type", `must be ${keyWords(key)}.`)
}

/** The id of what is referred to. */
const parseReference = (member: OneMember, value: unknown): ParsedValue =>
  member.stored?.kind === "key" ? parseId(member.target.key, value) : parseUuid(value)

function jsonMistake(value: unknown, depth: number): ParsedValue | undefined {
  if (depth > MAX_JSON_DEPTH) return refused("value.too_large", `must be nested at most ${MAX_JSON_DEPTH} deep.`)
  if (typeof value === "string") {
    const parsed = parseText(value)
    return parsed.ok ? undefined : parsed
  }
  if (value === null || typeof value === "boolean") return undefined
  if (typeof value === "number") return Number.isFinite(value) ? undefined : refused("value.type", "must be JSON.")
  if (typeof value !== "object") return refused("value.type", "must be JSON.")
  const parts = Array.isArray(value) ? value : Object.entries(value).flat()
  for (const part of parts) {
    const mistake = jsonMistake(part, depth + 1)
    if (mistake) return mistake
  }
  return undefined
}

function parseFile(value: unknown): ParsedValue {
  const wrong = refused("value.type", "must be a file's reference: { id, name, type, sizeBytes }.")
  if (typeof value !== "object" || value === null || Array.isArray(value)) return wrong
  const { id, name, type, sizeBytes, ...rest } = value as Record<string, unknown>
  if (Object.keys(rest).length > 0) return wrong
  if (typeof id !== "string" || !isUuid(id)) return wrong
  if (typeof name !== "string" || name === "" || characterCount(name) > 255 || !parseText(name).ok) return wrong
  if (typeof type !== "string" || !MEDIA_TYPE.test(type)) return wrong
  if (typeof sizeBytes !== "number" || !Number.isSafeInteger(sizeBytes) || sizeBytes < 0) return wrong
  return accepted({ id: id.toLowerCase(), name, type, sizeBytes })
}

/** The value of its type, whatever the field allows of it. */
function parseType(member: ColumnMember, value: unknown): ParsedValue {
  if (member.kind === "one") return parseReference(member, value)
  if (member.stored?.kind === "key") return parseId(member.stored.parts, value)
  switch (member.type) {
    case "uuid":
      return parseUuid(value)
    case "integer":
      return parseInteger(value)
    case "bigint":
      return parseBigint(value)
    case "decimal":
    case "money":
      return parseDecimal(value)
    case "bool":
      return typeof value === "boolean" ? accepted(value) : refused("value.type", "must be true or false.")
    case "date":
      return parseDate(value)
    case "datetime":
      return parseDatetime(value)
    case "json":
      return jsonMistake(value, 0) ?? accepted(value as CanonicalValue)
    case "file":
    case "image":
      return parseFile(value)
    default:
      return parseText(value)
  }
}

function parseChoice(member: FieldMember, text: string): ParsedValue {
  return member.values?.includes(text)
    ? accepted(text)
    : refused("value.choice", `must be one of ${(member.values ?? []).join(", ")}.`)
}

function limitText(member: FieldMember, text: string): ParsedValue {
  const { maxLength } = member
  if (maxLength !== undefined && text.length > maxLength && characterCount(text) > maxLength) {
    return refused("value.too_long", `must have at most ${maxLength} characters.`)
  }
  if (member.type === "email" && !EMAIL.test(text)) return refused("value.format", "must be an e-mail address.")
  if (member.type === "phone" && !PHONE.test(text)) return refused("value.format", "must be a telephone number.")
  if (member.type === "url" && !(/^https?:\/\//i.test(text) && URL.canParse(text))) {
    return refused("value.format", "must be an absolute http or https URL.")
  }
  return accepted(text)
}

function limitRange(member: FieldMember, value: string | number): ParsedValue {
  const { min, max } = member
  if (min !== undefined && compareDecimals(String(value), String(min)) < 0) {
    return refused("value.too_small", `must be at least ${min}.`)
  }
  if (max !== undefined && compareDecimals(String(value), String(max)) > 0) {
    return refused("value.too_large", `must be at most ${max}.`)
  }
  return accepted(value)
}

function limitDecimal(member: FieldMember, value: string): ParsedValue {
  const { scale = 2, precision = 20 } = member
  const rounded = round(value, scale)
  const whole = rounded.replace(/^-/, "").split(".")[0]?.replace(/^0+/, "") ?? ""
  if (whole.length > precision - scale) {
    const code = rounded.startsWith("-") ? "value.too_small" : "value.too_large"
    return refused(code, `must have at most ${precision - scale} digits before the point.`)
  }
  return limitRange(member, rounded)
}

/**
 * A value for a field, from JSON. Its canonical form is what is bound as a parameter and what the wire shows: decimals with
 * the field's scale, rounded half away from zero; instants in UTC with milliseconds, finer digits cut off; ids in lower case.
 *
 * `null` and `undefined` are the caller's to decide: here they are values of the wrong type (for `json`, JSON's null).
 * `detail` continues a sentence that begins with the field's name, and never repeats the value.
 */
export function parseValue(member: ColumnMember, value: unknown): ParsedValue {
  const parsed = parseType(member, value)
  if (!parsed.ok || member.kind === "one" || member.stored?.kind === "key") return parsed
  switch (member.type) {
    case "choice":
    case "states":
      return parseChoice(member, parsed.value as string)
    case "integer":
    case "bigint":
      return limitRange(member, parsed.value as string | number)
    case "decimal":
    case "money":
      return limitDecimal(member, parsed.value as string)
    case "text":
    case "longText":
    case "html":
    case "email":
    case "phone":
    case "url":
    case "sequence":
      return limitText(member, parsed.value as string)
    default:
      return parsed
  }
}

/**
 * A value that a field is compared with. Of the field's type, but not within its limits: to ask for prices below 0.005 is
 * no mistake, and it is not rounded. A choice that does not exist is one. Numbers and truth values may be texts, as a URL has them.
 */
export function parseOperand(member: ColumnMember, value: unknown): ParsedValue {
  if (member.kind === "field" && typeof value === "string") {
    if (member.type === "integer" && INTEGER.test(value)) return parseInteger(Number(value))
    if (member.type === "bool" && (value === "true" || value === "false")) return accepted(value === "true")
  }
  const parsed = parseType(member, value)
  if (!parsed.ok || member.kind === "one" || (member.type !== "choice" && member.type !== "states")) return parsed
  return parseChoice(member, parsed.value as string)
}
