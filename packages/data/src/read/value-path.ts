/**
 * Columns reached through to-one references.
 *
 * @module
 */
import type { OrderTerm, ValuePath } from "@archipel/core"
import { isNullable } from "../schema/column-schema.ts"
import { conditionSql, maskedSql } from "../sql/condition-sql.ts"
import { partColumns, refersTo, tableOf } from "../sql/key-sql.ts"
import { columnOf, isText, type StatementBuilder } from "../sql/statement-builder.ts"

/** The joins of one `from`, each made once. */
export interface PathJoins {
  /** The value of a path, empty where a step is empty or may not be seen. */
  value(path: ValuePath): string
  /** What orders the rows as the path does: one expression, or the columns of an adopted row's id, which its index orders. */
  columns(path: ValuePath): readonly string[]
  /** What follows the table in `from`. */
  sql(): string
}

/** @param base The alias of the row that paths begin at. */
export function pathJoins(builder: StatementBuilder, base: string): PathJoins {
  const joins = new Map<string, { readonly alias: string; readonly sql: string }>()
  return {
    columns(path) {
      const { member } = path
      const isOwnId = path.steps.length === 0 && member.name === "id" && member.model.adopted
      return isOwnId ? partColumns(base, member.model.key) : [ordered(path, this.value(path))]
    },
    value(path) {
      let alias = base
      let key = ""
      for (const { member, readable, visible } of path.steps) {
        key += `.${member.name}`
        let join = joins.get(key)
        if (!join) {
          const target = builder.alias()
          const conditions = [refersTo(alias, member, member.target, target)]
          if (readable.kind !== "true") conditions.push(conditionSql(readable, alias, builder))
          if (visible.kind !== "true") conditions.push(conditionSql(visible, target, builder))
          const sql = `left join ${tableOf(member.target)} ${target} on ${conditions.join(" and ")}`
          joins.set(key, (join = { alias: target, sql }))
        }
        alias = join.alias
      }
      const value = maskedSql(path.readable, columnOf(alias, path.member), alias, builder)
      return path.readable.kind === "true" ? value : `(${value})`
    },
    sql: () => [...joins.values()].map(({ sql }) => ` ${sql}`).join(""),
  }
}

/** Whether the value of a path may be empty. */
export const mayBeEmpty = ({ steps, readable, member }: ValuePath): boolean =>
  steps.length > 0 || readable.kind !== "true" || isNullable(member)

/** Whether a path is a column of the row itself that everybody who sees the row sees. */
export const isOwnColumn = ({ steps, readable }: ValuePath): boolean => steps.length === 0 && readable.kind === "true"

/** A value as it is ordered: texts by code point. */
export const ordered = (path: ValuePath, expression: string): string =>
  isText(path.member) ? `${expression} collate "C"` : expression

/** `order by` without the words. Empty values come last ascending and first descending, as PostgreSQL has it by itself. */
export const orderSql = (terms: readonly OrderTerm[], joins: PathJoins, reversed = false): string =>
  terms
    .flatMap(({ value, descending }) =>
      joins.columns(value).map((column) => `${column}${descending === reversed ? "" : " desc"}`),
    )
    .join(", ")
