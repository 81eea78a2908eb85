/**
 * Values as JSON, made by PostgreSQL.
 *
 * @module
 */
import type { ColumnMember } from "@archipel/core"
import { identifier } from "../sql/statement-builder.ts"

/** A named value of a JSON object. */
export interface JsonEntry {
  readonly name: string
  readonly sql: string
}

const INSTANT = `'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'`

/**
 * An expression of a type that PostgreSQL's JSON functions print as the wire has it: decimals and 64-bit integers as strings,
 * instants in UTC with milliseconds. Integers, truth values, days, ids and JSON are printed right by themselves.
 */
export function wireSql(member: ColumnMember, expression: string): string {
  if (member.kind === "one") return expression
  switch (member.type) {
    case "decimal":
    case "money":
    case "bigint":
      return `${expression}::text`
    case "datetime":
      return `to_char(${expression} at time zone 'UTC', ${INSTANT})`
    default:
      return expression
  }
}

/** A value as text from which its parameter can be bound again. */
export const textSql = (member: ColumnMember, expression: string): string =>
  member.kind === "field" && member.type === "datetime" ? wireSql(member, expression) : `${expression}::text`

/** The select list that makes one row of these entries. */
export const selectList = (entries: readonly JsonEntry[]): string =>
  entries.map(({ name, sql }) => `${sql} as ${identifier(name)}`).join(", ")

/** One JSON object, without spaces, as `JSON.stringify` prints it. */
export const objectSql = (entries: readonly JsonEntry[]): string =>
  `(select row_to_json(o) from (select ${selectList(entries)}) o)`

/** The aggregate that makes an array of rows, without spaces; `order` as in SQL. */
export const arrayAggregate = (row: string, order?: string): string =>
  `coalesce(array_to_json(array_agg(row_to_json(${row})${order ? ` order by ${order}` : ""})), '[]')`

/** The text of the same array, where nothing is put around it: joining texts costs less than making an array of them. */
export const arrayText = (row: string): string => `concat('[', string_agg(row_to_json(${row})::text, ','), ']')`

/** A JSON array of the rows of a select, in its order. */
export const arraySql = (select: string): string => `(select ${arrayAggregate("r")} from (${select}) r)`
