/**
 * The field that a column becomes.
 *
 * @module
 */
import type { FoundColumn, FoundValues } from "@archipel/data"
import type { ColumnRule } from "./checks.ts"
import { quoted } from "./quoted.ts"
import type { RemarkCode } from "./report.ts"

export interface ColumnField {
  /** The builder's name: "text". */
  readonly builder: string
  /** Its arguments as code: "{ maxLength: 40 }". */
  readonly given: string
  /** The column's own type, where the field has another. */
  readonly columnType?: string
  /** What the report says of it. */
  readonly remark?: { readonly code: RemarkCode; readonly says: string }
}

export interface Unsupported {
  readonly unsupported: string
}

const AS_TEXT = /^(?:time|interval|inet|cidr|macaddr|bit|point|line|lseg|box|path|polygon|circle|xml|ltree|hstore)/
const LONG_NAMES = /(?:desc|description|note|notes|comment|comments|remark|remarks|body|content|text|message|html)$/i
/** Digits after the point of a number whose type has no scale: at least as money, at most as anybody can read. */
const MIN_SCALE = 2
const MAX_SCALE = 10
const SHORT_TEXT = 500

const object = (members: Readonly<Record<string, string | number | undefined>>): string => {
  const parts = Object.entries(members).flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${value}`]))
  return parts.length === 0 ? "" : `{ ${parts.join(", ")} }`
}

const rangeOf = (rules: readonly ColumnRule[], quoted: boolean): Record<"min" | "max", string | undefined> => {
  const found = (side: "min" | "max"): string | undefined => {
    const value = rules.flatMap((rule) => (rule.kind === "range" ? (rule[side] ?? []) : []))[0]
    return value === undefined ? undefined : quoted ? JSON.stringify(value) : value
  }
  return { min: found("min"), max: found("max") }
}

/** @param options.isKey Whether its values are part of ids, which are short texts. */
export function fieldOf(
  column: FoundColumn,
  rules: readonly ColumnRule[],
  values: FoundValues,
  options: { readonly isKey: boolean },
): ColumnField | Unsupported {
  const { type, kind, name } = column
  if (kind === "c" || kind === "p") return { unsupported: `the type ${type} is a row of its own` }
  if (type.endsWith("[]"))
    return { builder: "json", given: "", columnType: type, remark: { code: "type.list", says: type } }
  if (column.values) {
    const listed = column.values.map(quoted).join(", ")
    return { builder: "choice", given: listed, columnType: type }
  }
  const listed = rules.find((rule) => rule.kind === "values")
  const choice = listed && listed.values.map(quoted).join(", ")
  const [, bound] = /^character(?: varying)?\((\d+)\)$/.exec(type) ?? []
  const length = rules.flatMap((rule) => (rule.kind === "length" ? rule.max : []))[0]
  if (type.startsWith("character(") || type === '"char"' || type === "citext" || type === "name") {
    const remark =
      type === "citext"
        ? { remark: { code: "type.text", says: "capital and small letters are told apart" } as const }
        : {}
    if (choice) return { builder: "choice", given: choice, columnType: type, ...remark }
    return { builder: "text", given: object({ maxLength: bound ?? length }), columnType: type, ...remark }
  }
  if (/^(?:text|character varying)/.test(type)) {
    if (choice) return { builder: "choice", given: choice }
    const maxLength = bound === undefined ? length : Number(bound)
    if (options.isKey) return { builder: "text", given: object({ maxLength }) }
    if (maxLength !== undefined) {
      return {
        builder: maxLength > SHORT_TEXT ? "longText" : "text",
        given: maxLength === SHORT_TEXT ? "" : object({ maxLength }),
      }
    }
    const isLong =
      values.longest === undefined
        ? LONG_NAMES.test(name)
        : values.longest > SHORT_TEXT / 2 || values.hasLineBreaks === true || LONG_NAMES.test(name)
    return { builder: isLong ? "longText" : "text", given: "" }
  }
  switch (type) {
    case "smallint":
    case "integer":
      return { builder: "integer", given: object(rangeOf(rules, false)) }
    case "bigint":
      return { builder: "bigint", given: "" }
    case "boolean":
      return { builder: "bool", given: "" }
    case "uuid":
    case "date":
      return { builder: type, given: "" }
    case "jsonb":
      return { builder: "json", given: "" }
    case "json":
      return { builder: "json", given: "", columnType: type }
    case "real":
    case "double precision":
    case "money":
    case "numeric": {
      const scale = Math.min(Math.max(values.scale ?? MIN_SCALE, MIN_SCALE), MAX_SCALE)
      const says = `${type} → decimal with ${scale} digits after the point${type === "numeric" ? ", as its values have" : ""}`
      return {
        builder: "decimal",
        given: object({ scale: scale === MIN_SCALE ? undefined : scale, ...rangeOf(rules, true) }),
        columnType: type,
        ...(type === "numeric" ? {} : { remark: { code: "type.approximate", says } }),
      }
    }
  }
  const [, precision, scale] = /^numeric\((\d+),(-?\d+)\)$/.exec(type) ?? []
  if (precision !== undefined && scale !== undefined) {
    if (Number(scale) > 0) return { builder: "decimal", given: object({ precision, scale, ...rangeOf(rules, true) }) }
    if (Number(precision) - Number(scale) <= 9) {
      return { builder: "integer", given: object(rangeOf(rules, false)), columnType: type }
    }
    return Number(precision) - Number(scale) <= 18
      ? { builder: "bigint", given: "", columnType: type }
      : { builder: "decimal", given: object({ precision, scale: 0 }), columnType: type }
  }
  if (/^timestamp(?:\(\d\))? with time zone$/.test(type))
    return { builder: "datetime", given: "", ...(type.startsWith("timestamp(3)") ? {} : { columnType: type }) }
  if (type.startsWith("timestamp"))
    return { builder: "datetime", given: "", columnType: type, remark: { code: "type.time_zone", says: type } }
  if (AS_TEXT.test(type) || kind === "r")
    return { builder: "text", given: "", columnType: type, remark: { code: "type.text", says: type } }
  if (type === "bytea") return { unsupported: "bytea: bytes belong into files" }
  return { unsupported: `the type ${type}` }
}

/** The default of a field as code, from the column's expression: a constant, "now", "today"; undefined for what only the database knows. */
export function defaultOf(expression: string, { builder }: ColumnField): string | undefined {
  if (
    builder === "datetime" &&
    /^(?:now\(\)|CURRENT_TIMESTAMP|LOCALTIMESTAMP|transaction_timestamp\(\))(?:::.*)?$/i.test(expression)
  )
    return '"now"'
  if (builder === "date" && /^(?:CURRENT_DATE|\(?now\(\)\)?::date)$/i.test(expression)) return '"today"'
  const text = /^'((?:[^']|'')*)'::[\w ".()]+$/.exec(expression)?.[1]?.replaceAll("''", "'")
  const number = /^\(?(-?\d+(?:\.\d+)?)\)?(?:::[\w ()]+)?$/.exec(expression)?.[1]
  switch (builder) {
    case "text":
    case "longText":
    case "choice":
      return text === undefined ? undefined : quoted(text)
    case "integer":
      return /^-?\d+$/.test(number ?? text ?? ".") ? (number ?? text) : undefined
    case "bigint":
    case "decimal":
      return /^-?\d+(?:\.\d+)?$/.test(number ?? text ?? ".") ? JSON.stringify(number ?? text) : undefined
    case "bool":
      return /^(?:true|false)$/.test(expression) ? expression : undefined
    default:
      return undefined
  }
}
