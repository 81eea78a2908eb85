/**
 * Between what a field holds and what is typed into it, by the field's type and bounds.
 *
 * @module
 */
import { type ColumnMember, parseValue, round } from "@archipel/core"
import { valueLabel } from "../fields/format.ts"
import { editableDay, editableInstant, parseDayText, parseInstantText, today } from "./date-text.ts"
import type { FieldUi } from "./field-ui.ts"
import { editableNumber, parseDecimalText, parseIntegerText } from "./number-text.ts"

/** How somebody reads and writes. */
export interface Reader {
  readonly locale: string
  readonly timeZone: string
  readonly now: number
}

/** What is wrong with a value: a code of the API's, and in words that continue a sentence after the field's name. */
export interface ValueMistake {
  readonly code: string
  readonly detail: string
}

/** `undefined` as a value: nothing is named, so that the service suggests or says what is missing. */
export type TypedValue = { readonly ok: true; readonly value: unknown } | ({ readonly ok: false } & ValueMistake)

export const isNumeric = ({ type }: FieldUi): boolean => ["integer", "bigint", "decimal", "money"].includes(type)

const accepted = (value: unknown): TypedValue => ({ ok: true, value })
const refused = (code: string, detail: string): TypedValue => ({ ok: false, code, detail })

/** The checks of the service, by its own code. */
function checked(field: FieldUi, value: unknown): TypedValue {
  const member = { ...field, kind: field.type === "one" ? "one" : "field" } as unknown as ColumnMember
  const parsed = parseValue(member, value)
  return parsed.ok ? accepted(parsed.value) : refused(parsed.code, parsed.detail)
}

/** What an emptied field is: empty if it may be, else not named. */
export const emptied = (field: FieldUi): unknown => (field.optional ? null : undefined)

/** From a typed text. */
export function valueOfText(field: FieldUi, text: string, reader: Reader): TypedValue {
  const given = field.type === "longText" || field.type === "html" ? text : text.trim()
  if (given === "") return accepted(emptied(field))
  switch (field.type) {
    case "integer":
    case "bigint": {
      const digits = parseIntegerText(given, reader.locale)
      if (digits === undefined) return refused("value.type", "must be a whole number.")
      return checked(field, field.type === "integer" ? Number(digits) : digits)
    }
    case "decimal":
    case "money": {
      const digits = parseDecimalText(given, reader.locale)
      if (digits === undefined) return refused("value.type", "must be a number.")
      const typed = checked(field, digits)
      return typed.ok ? accepted(round(typed.value as string, field.scale ?? 2)) : typed
    }
    case "date": {
      const day = parseDayText(given, reader.locale, today(reader.timeZone, reader.now))
      return day === undefined ? refused("value.format", "must be an existing day.") : checked(field, day)
    }
    case "datetime": {
      const instant = parseInstantText(given, reader.locale, reader)
      return instant === undefined ? refused("value.format", "must be a day and a time.") : checked(field, instant)
    }
    case "json":
      return jsonOfText(field, given)
    case "choice":
    case "states":
      return checked(field, valueOfLabel(field, given))
    case "bool":
      return yes.has(given.toLowerCase())
        ? accepted(true)
        : no.has(given.toLowerCase())
          ? accepted(false)
          : refused("value.type", "must be yes or no.")
    case "url":
      return checked(field, /^[a-z][a-z0-9+.-]*:/i.test(given) ? given : `https://${given}`)
    default:
      return checked(field, given)
  }
}

const yes: ReadonlySet<string> = new Set(["yes", "oui", "true", "vrai", "1"])
const no: ReadonlySet<string> = new Set(["no", "non", "false", "faux", "0"])

/** A choice by what it is called, as its service or everybody calls it; anything else is taken as it is. */
function valueOfLabel(field: FieldUi, text: string): string {
  const named = field.values?.find((value) => valueLabel(field, value).toLowerCase() === text.toLowerCase())
  return named ?? text
}

function jsonOfText(field: FieldUi, text: string): TypedValue {
  try {
    return checked(field, JSON.parse(text))
  } catch {
    return refused("value.type", "must be JSON.")
  }
}

const hasValue = (value: unknown): boolean => value !== null && value !== undefined

/** As it is edited. */
export function editableText(field: FieldUi, value: unknown, { locale, timeZone }: Reader): string {
  if (!hasValue(value)) return ""
  if (isNumeric(field)) return editableNumber(value as string | number, locale)
  if (field.type === "date") return editableDay(value as string, locale)
  if (field.type === "datetime") return editableInstant(value as string, locale, timeZone)
  if (field.type === "json") return JSON.stringify(value, undefined, 2)
  return String(value)
}
