/**
 * Values as JSON, made by PostgreSQL.
 *
 * JSON is put together as text from the start: PostgreSQL's own functions look up the type of every cell of every row, and
 * copy what is nested at every level, which costs more than all the rest of a page.
 *
 * @module
 */
import type { ColumnMember } from "@archipel/core"
import { isText, type JsonFunction, literal, valueType } from "../sql/statement-builder.ts"

/** JSON as it is known when the statement is made, or an expression of its text; NULL stands for `null` if it may be. */
export type JsonText =
  | { readonly kind: "constant"; readonly json: string }
  | { readonly kind: "sql"; readonly sql: string; readonly mayBeNull: boolean }

/** A named value of a JSON object. */
export interface JsonEntry {
  readonly name: string
  readonly value: JsonText
}

/**
 * The JSON of an instant in UTC without its end: `"2026-01-31T12:00:00.000`. PostgreSQL's JSON drops the zeros at the end of a
 * fraction, which a last digit of its own prevents; that costs half of what `to_char` does. NULL for infinity, which JSON has not.
 */
const openInstant = (expression: string): string =>
  `case when isfinite(${expression}) then left(to_json(${expression} at time zone 'UTC' + interval '1 microsecond')::text, 24) end`

export const constantJson = (json: string): JsonText => ({ kind: "constant", json })

/** @param sql An expression of type text, the JSON of a value or NULL. */
export const nullableJson = (sql: string): JsonText => ({ kind: "sql", sql, mayBeNull: true })

/** @param sql An expression of type text, never NULL. */
export const presentJson = (sql: string): JsonText => ({ kind: "sql", sql, mayBeNull: false })

/** A value that PostgreSQL prints without characters that JSON escapes, as a JSON string. */
export const quoted = (expression: string): string => `'"' || ${expression}::text || '"'`

/**
 * An expression of a type that PostgreSQL's JSON functions print as the wire has it: decimals and 64-bit integers as strings,
 * instants in UTC with milliseconds. Integers, truth values, days, ids and JSON are printed right by themselves.
 */
export function wireSql(member: ColumnMember, expression: string): string {
  if (member.kind === "one" || member.stored?.kind === "key")
    return valueType(member) === "bigint" ? `${expression}::text` : expression
  switch (member.type) {
    case "decimal":
    case "money":
    case "bigint":
      return `${expression}::text`
    case "datetime":
      return `substr(${openInstant(expression)}, 2) || 'Z'`
    default:
      return expression
  }
}

/** The text of a value's JSON as the wire has it; NULL where the value is. */
export function wireJson(member: ColumnMember, expression: string, jsonOf: JsonFunction = "to_json"): string {
  const ofText = `${jsonOf}(${expression})::text`
  if (member.kind === "one" || member.stored?.kind === "key") return isText(member) ? ofText : quoted(expression)
  switch (member.type) {
    case "uuid":
    case "decimal":
    case "money":
    case "bigint":
    case "date":
      return quoted(expression)
    case "datetime":
      return `${openInstant(expression)} || 'Z"'`
    case "integer":
    case "bool":
    case "json":
    case "file":
    case "image":
      return `${expression}::text`
    default:
      return ofText
  }
}

/** A value as text from which its parameter can be bound again. */
export const textSql = (member: ColumnMember, expression: string): string =>
  member.kind === "field" && member.type === "datetime" ? wireSql(member, expression) : `${expression}::text`

/** One JSON object, without spaces, as `JSON.stringify` prints it: a text, never NULL. */
export function objectText(entries: readonly JsonEntry[]): string {
  const parts: string[] = []
  let constant = "{"
  for (const [position, { name, value }] of entries.entries()) {
    constant += `${position === 0 ? "" : ","}${JSON.stringify(name)}:`
    if (value.kind === "constant") constant += value.json
    else if (value.mayBeNull) {
      parts.push(`coalesce(${literal(constant)} || ${value.sql}, ${literal(`${constant}null`)})`)
      constant = ""
    } else {
      parts.push(literal(constant), value.sql)
      constant = ""
    }
  }
  parts.push(`${literal(`${constant}}`)}::text`)
  return joined(parts)
}

/** `||` in pairs of pairs, since in a row it would copy the first part once for every other. */
function joined(parts: readonly string[]): string {
  if (parts.length === 1) return parts[0] as string
  const middle = parts.length >> 1
  return `(${joined(parts.slice(0, middle))} || ${joined(parts.slice(middle))})`
}

/**
 * The aggregate that makes a JSON array of rows' JSON texts, without spaces: a text, never NULL.
 *
 * @param options.order As in SQL, where the rows do not come in order.
 * @param options.filter Which of the rows are taken.
 */
export function arrayText(
  json: string,
  { order, filter }: { readonly order?: string; readonly filter?: string } = {},
): string {
  const rows = `string_agg(${json}, ','${order === undefined ? "" : ` order by ${order}`})`
  return `'[' || coalesce(${rows}${filter === undefined ? "" : ` filter (where ${filter})`}, '') || ']'`
}

/** No name of a contract has a dollar sign: a column of the same name would be meant in place of the row. */
const WHOLE_ROW = '"$row"'

/** The JSON of a row of `wholeRows`, by its names and types: a text. */
export const rowText = `row_to_json(${WHOLE_ROW})::text`

/** @param columns The select list that makes the row. @param from What follows it. */
export const wholeRows = (columns: string, from: string): string => `(select ${columns} ${from}) ${WHOLE_ROW}`
