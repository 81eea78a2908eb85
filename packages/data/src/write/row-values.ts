/**
 * Values between PostgreSQL's texts and their canonical form.
 *
 * @module
 */
import type { ColumnMember, ResolvedModel, RowValues } from "@archipel/core"
import type { TextRow } from "../postgres/statement.ts"
import { columnOf, identifier, valueType } from "../sql/statement-builder.ts"

function canonical(member: ColumnMember, text: string): unknown {
  if (member.kind === "one" || member.stored?.kind === "key") return text
  switch (member.type) {
    case "integer":
      return Number(text)
    case "bool":
      return text === "t"
    case "datetime":
      return instantOf(text)
    case "json":
    case "file":
    case "image":
      return JSON.parse(text) as unknown
    default:
      return text
  }
}

/** `2026-01-31 12:00:00.25+00` as ISO 8601 with milliseconds, of which PostgreSQL leaves out the zeros at the end. */
function instantOf(text: string): string {
  if (text.endsWith("+00")) {
    if (text.length === 26) return `${text.slice(0, 10)}T${text.slice(11, 23)}Z`
    if (text.length === 22) return `${text.slice(0, 10)}T${text.slice(11, 19)}.000Z`
  }
  return new Date(`${text.replace(" ", "T").replace(/\+00$/, "")}Z`).toISOString()
}

/** `t."number", t."customer_id"`, each under its column's name. */
export const selected = (columns: Iterable<ColumnMember>, alias: string): string =>
  [...columns]
    .map((member) =>
      member.stored === undefined
        ? columnOf(alias, member)
        : `${columnOf(alias, member)} as ${identifier(member.columnName)}`,
    )
    .join(", ")

/** A row as the settling has it, by member name. */
export function rowValues(columns: Iterable<ColumnMember>, row: TextRow): RowValues {
  const values: RowValues = {}
  for (const member of columns) {
    const text = row[member.columnName]
    values[member.name] = text === null || text === undefined ? null : canonical(member, text)
  }
  return values
}

/** A canonical value as it is bound; JSON as text, since an array of it is no array of PostgreSQL. */
export const boundValue = (member: ColumnMember, value: unknown): unknown =>
  value === null || value === undefined ? null : valueType(member) === "jsonb" ? JSON.stringify(value) : value

/** The `id` first, then these, without the id again. */
export function withId(model: ResolvedModel, columns: Iterable<ColumnMember>): ColumnMember[] {
  const id = model.members.get("id") as ColumnMember
  return [id, ...[...columns].filter((member) => member.name !== "id")]
}
