/**
 * A page as one statement.
 *
 * @module
 */
import type { Condition, PageTree } from "@archipel/core"
import {
  type JsonFunction,
  type ParameterSpec,
  type StatementBuilder,
  statementBuilder,
} from "../sql/statement-builder.ts"
import { arrayText, type JsonEntry, objectText, rowText, textSql, wholeRows } from "./json-value.ts"
import { keysetSql } from "./keyset.ts"
import { flatJson, namesThatHold, recordJson } from "./record-json.ts"
import { type RowScope, rowScope } from "./row-scope.ts"
import { type MatchedRows, matchedSql, type PlanVariant, tableSql, whereSql } from "./rows-sql.ts"
import { isOwnColumn, orderSql, pathJoins } from "./value-path.ts"

/** A statement and where its parameters come from. */
export interface CompiledSql {
  readonly text: string
  readonly parameters: readonly ParameterSpec[]
}

/** Counts up to here are exact also where an estimate would do. */
export const EXACT_COUNT = 10_000

const ROW = "r"

/**
 * - "record": one column, the JSON of at most one record, which has no pages around it.
 * - "page": in this order the columns `data` (JSON array), `edge` (order values of the last record if more follow, in the
 *   direction read), and where the tree needs them `start` (those of the first one, with a cursor) and `count`.
 */
export interface CompiledPage extends CompiledSql {
  readonly shape: "record" | "page"
}

/**
 * The rows of the page are cut out first, from one table and by one index if there is one; what belongs to them is fetched
 * for these alone. One row more is read, which says whether there is a next page.
 */
export function pageSql(tree: PageTree, variant: PlanVariant, jsonOf?: JsonFunction): CompiledPage {
  const builder = statementBuilder({ jsonOf })
  if (isById(tree.where) && !tree.cursor && !tree.search && !tree.count) return recordSql(tree, variant, builder)
  const isBackward = tree.last || tree.cursor?.direction === "before"
  const base = builder.alias()
  const row = rowScope(builder, ROW, base)
  const paths = pathJoins(builder, base)
  const entries = recordWithCan(tree, row, builder)
  const keys = tree.orderBy.map(({ value }, i) =>
    textSql(value.member, isOwnColumn(value) ? row.column(value.member) : row.take(`$k${i}`, paths.value(value))),
  )
  const order = orderSql(tree.orderBy, paths, isBackward)
  const rows = matchedRows(tree)
  const conditions = [...matchedSql(rows, base, variant, builder)]
  if (variant.cursor) conditions.push(keysetSql(tree.orderBy, variant.cursor, isBackward, paths, builder))
  const cut = `select ${row.selectList()} from ${tableSql(rows.model, base)}${paths.sql()}${whereSql(conditions)} order by ${order} limit ${tree.limit + 1}`
  const keyArray = `json_build_array(${keys.join(", ")})::text`
  const position = `${ROW}."$n"`
  const data = arrayText(objectText(entries), {
    ...(isBackward ? { order: `${position} desc` } : {}),
    filter: `${position} <= ${tree.limit}`,
  })
  const columns = [
    `${data} as data`,
    `case when count(*) > ${tree.limit} then max(${keyArray}) filter (where ${position} = ${tree.limit}) end as edge`,
  ]
  if (tree.cursor) columns.push(`max(${keyArray}) filter (where ${position} = 1) as start`)
  if (tree.count) columns.push(`(${countSql(tree, variant, builder)}) as count`)
  return {
    shape: "page",
    text: `select ${columns.join(", ")} from (select x.*, row_number() over () as "$n" from (${cut}) x) ${ROW}`,
    parameters: builder.parameters,
  }
}

/** All records of a query, one JSON text a row (column `data`), in the query's order and without its limit. */
export function exportSql(tree: PageTree, variant: PlanVariant, jsonOf?: JsonFunction): CompiledSql {
  const builder = statementBuilder({ jsonOf })
  const base = builder.alias()
  const row = rowScope(builder, ROW, base)
  const paths = pathJoins(builder, base)
  const joins: string[] = []
  const entries = recordWithCan(tree, row, builder, joins)
  const order = tree.orderBy.flatMap(({ value, descending }, i) =>
    paths.columns(value).map((column, part) => `${row.take(`$k${i}_${part}`, column)}${descending ? " desc" : ""}`),
  )
  const rows = matchedRows(tree)
  const conditions = matchedSql(rows, base, variant, builder)
  const all = `select ${row.selectList()} from ${tableSql(rows.model, base)}${paths.sql()}${whereSql(conditions)}`
  return {
    text: `select ${objectText(entries)} as data from (${all}) ${ROW} ${joins.join(" ")} order by ${order.join(", ")}`,
    parameters: builder.parameters,
  }
}

/** The planner's guess at how many records match, as `explain (format json)` tells it. */
export function estimateSql(tree: PageTree, variant: PlanVariant): CompiledSql {
  const builder = statementBuilder()
  const alias = builder.alias()
  const rows = matchedRows(tree)
  return {
    text: `explain (format json) select from ${tableSql(rows.model, alias)}${whereSql(matchedSql(rows, alias, variant, builder))}`,
    parameters: builder.parameters,
  }
}

/** The record, and what may be done with it if that is asked. */
function recordWithCan(
  { root, can }: PageTree,
  row: RowScope,
  builder: StatementBuilder,
  joins?: string[],
): readonly JsonEntry[] {
  const entries = recordJson(root, row, builder, { joins })
  return can ? [...entries, { name: "_can", value: namesThatHold(can, row) }] : entries
}

/** No limit: an id has one record at most. */
function recordSql(tree: PageTree, variant: PlanVariant, builder: StatementBuilder): CompiledPage {
  const base = builder.alias()
  const { root } = tree
  const isPlain = !root.maskable && !tree.can
  const isFlat = isPlain && root.ones.length === 0 && root.lists.length === 0
  const row = rowScope(builder, isPlain ? base : ROW, base)
  const flat = isFlat ? flatJson(root, row) : undefined
  const entries = flat === undefined ? recordWithCan(tree, row, builder) : []
  const rows = matchedRows(tree)
  const from = `from ${tableSql(rows.model, base)}${whereSql(matchedSql(rows, base, variant, builder))}`
  const text =
    flat !== undefined
      ? `select ${rowText} as data from ${wholeRows(flat, from)}`
      : isPlain
        ? `select ${objectText(entries)} as data ${from}`
        : `select ${objectText(entries)} as data from (select ${row.selectList()} ${from}) ${ROW}`
  return { shape: "record", text, parameters: builder.parameters }
}

function countSql(tree: PageTree, variant: PlanVariant, builder: StatementBuilder): string {
  const alias = builder.alias()
  const rows = matchedRows(tree)
  const from = `from ${tableSql(rows.model, alias)}${whereSql(matchedSql(rows, alias, variant, builder))}`
  return tree.count === "exact"
    ? `select count(*) ${from}`
    : `select count(*) from (select ${from} limit ${EXACT_COUNT + 1}) c`
}

const matchedRows = ({ root, where, search }: PageTree): MatchedRows => ({
  model: root.model,
  where,
  ...(search ? { search } : {}),
})

/** Whether a condition is satisfied by one record at most. */
function isById(where: Condition): boolean {
  if (where.kind === "and") return where.of.some(isById)
  return (
    where.kind === "compare" &&
    where.comparison === "eq" &&
    where.operand.kind === "value" &&
    where.member.kind === "field" &&
    where.member.name === "id"
  )
}
