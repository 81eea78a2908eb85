/**
 * Statements that write adopted tables: their columns need not be the members, nor have their types.
 *
 * @module
 */
import { type ColumnMember, isDerived, type ResolvedModel, type WorkRow } from "@archipel/core"
import { hasId, hasIdIn, idType, keyPartsOf, tableOf, valuesOfId } from "../sql/key-sql.ts"
import { toStored } from "../sql/stored-value.ts"
import { identifier, isPlainColumn, valueType } from "../sql/statement-builder.ts"
import type { BoundStatement } from "./change-record.ts"
import { boundValue } from "./row-values.ts"
import { statementOf } from "./named-statement.ts"

/** Whether the rows of a model are written by these statements. */
export const isStoredOtherwise = (model: ResolvedModel): boolean => model.adopted || !model.columns.every(isPlainColumn)

/** Whether a member's columns are ever written. */
const isWritten = (member: ColumnMember): boolean =>
  !isDerived(member) && !(member.kind === "field" && member.generated === "always")

/** The columns that a member's value goes into, each with its expression. A column that another field has alone is written by that one. */
function assignments(member: ColumnMember, value: string): { readonly column: string; readonly sql: string }[] {
  if (member.stored?.kind === "key") {
    const parts = keyPartsOf(member)
    const values = valuesOfId(parts, value)
    return parts.flatMap(({ column, sharedWith }, index) =>
      sharedWith === undefined ? [{ column: identifier(column), sql: values[index] as string }] : [],
    )
  }
  const column = identifier(member.columnName)
  const sql =
    member.kind === "field" && member.stored?.kind === "type" ? toStored(member, member.stored.type, value) : value
  return [{ column, sql }]
}

const given = (columns: readonly ColumnMember[]): string =>
  `unnest(${columns.map((member, i) => `$${i + 1}::${valueType(member)}[]`).join(", ")}) as u(${columns.map((_, i) => `v${i}`).join(", ")})`

const arrays = (columns: readonly ColumnMember[], rows: readonly WorkRow[]): unknown[] =>
  columns.map((member) => rows.map((row) => boundValue(member, row.values[member.name])))

export function adoptedInsert(model: ResolvedModel, rows: readonly WorkRow[]): BoundStatement {
  const columns = model.columns.filter(isWritten)
  const set = columns.flatMap((member, index) => assignments(member, `u.v${index}`))
  const names = set.map(({ column }) => column).join(", ")
  // Keys are known before, also those that an identity column gave.
  const text = `insert into ${tableOf(model)} (${names}) overriding system value select ${set.map(({ sql }) => sql).join(", ")} from ${given(columns)}`
  return { statement: statementOf(text), values: arrays(columns, rows) }
}

/** An assignment that changes nothing; not of an identity column, which PostgreSQL refuses even then. */
function unchanged(model: ResolvedModel): { readonly column: string; readonly sql: string } {
  const plain = model.columns.filter((member) => isWritten(member) && member.stored?.kind !== "key")
  const keys = new Set(model.key.map(({ column }) => column))
  const name =
    plain.find((member) => !keys.has(member.columnName) && !(member.kind === "field" && member.generated))
      ?.columnName ??
    model.columns.flatMap(keyPartsOf).find(({ column }) => !column.startsWith("$") && !keys.has(column))?.column ??
    (model.key[0]?.column as string)
  return { column: identifier(name), sql: `t.${identifier(name)}` }
}

export function adoptedUpdate(
  model: ResolvedModel,
  changed: readonly ColumnMember[],
  rows: readonly WorkRow[],
): BoundStatement {
  const id = model.members.get("id") as ColumnMember
  const columns = [id, ...changed.filter(isWritten)]
  const sets = columns.slice(1).flatMap((member, index) => assignments(member, `u.v${index + 1}`))
  // A row none of whose columns changes, as when its lines do, gets its new version all the same.
  if (sets.length === 0) sets.push(unchanged(model))
  const text = `update ${tableOf(model)} t set ${sets.map(({ column, sql }) => `${column} = ${sql}`).join(", ")} from ${given(columns)} where ${hasId("t", model.key, "u.v0")}`
  return { statement: statementOf(text), values: arrays(columns, rows) }
}

export const deleteRows = (model: ResolvedModel, ids: readonly string[]): BoundStatement => ({
  statement: statementOf(
    `delete from ${tableOf(model)} t where ${hasIdIn("t", model.key, `$1::${idType(model.key)}[]`)}`,
  ),
  values: [ids],
})
