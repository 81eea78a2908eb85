/**
 * Which rows of a model a query is about.
 *
 * @module
 */
import type { Condition, PageTree, ResolvedModel } from "@archipel/core"
import { conditionSql } from "../sql/condition-sql.ts"
import { tableOf } from "../sql/key-sql.ts"
import type { StatementBuilder } from "../sql/statement-builder.ts"
import { searchSql } from "./search-sql.ts"

/** What is known of a query's values when its statement is made, and so is part of its plan. */
export interface PlanVariant {
  /** Which of the cursor's values are empty; undefined without a cursor. */
  readonly cursor: readonly boolean[] | undefined
  /** As `searchVariant` makes it. */
  readonly search: number
}

/** The rows of one model that satisfy a query's condition and search. */
export interface MatchedRows {
  readonly model: ResolvedModel
  readonly where: Condition
  readonly search?: PageTree["search"]
}

export const tableSql = (model: ResolvedModel, alias: string): string => `${tableOf(model)} ${alias}`

/** The conditions of `where`, without the word; none for all rows. */
export function matchedSql(
  rows: MatchedRows,
  alias: string,
  variant: PlanVariant,
  builder: StatementBuilder,
): readonly string[] {
  const conditions = rows.where.kind === "true" ? [] : [conditionSql(rows.where, alias, builder)]
  if (rows.search) conditions.push(searchSql(rows.model, rows.search, variant.search, alias, builder))
  return conditions
}

export const whereSql = (conditions: readonly string[]): string =>
  conditions.length === 0 ? "" : ` where ${conditions.join(" and ")}`
