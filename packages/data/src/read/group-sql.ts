/**
 * Groups and their aggregates as one statement.
 *
 * @module
 */
import type { AggregateNode, GroupKey, GroupTree } from "@archipel/core"
import { MAX_IDENTIFIER_BYTES } from "../schema/constraint-name.ts"
import { conditionSql } from "../sql/condition-sql.ts"
import { hasId, tableOf } from "../sql/key-sql.ts"
import {
  columnOf,
  identifier,
  isText,
  type JsonFunction,
  literal,
  type StatementBuilder,
  statementBuilder,
} from "../sql/statement-builder.ts"
import {
  arrayText,
  type JsonEntry,
  type JsonText,
  nullableJson,
  objectText,
  presentJson,
  quoted,
  rowText,
  wholeRows,
  wireJson,
  wireSql,
} from "./json-value.ts"
import type { CompiledSql } from "./page-sql.ts"
import { matchedSql, type PlanVariant, tableSql, whereSql } from "./rows-sql.ts"
import { ordered, type PathJoins, pathJoins } from "./value-path.ts"

/** Digits after the point of an average. */
const AVERAGE_SCALE = 6
/** More digits than a quotient needs that is then rounded once more, whatever the number of rows. */
const DIVISION_SCALE = 30

/** One column `data`: a JSON array of groups. Without keys all rows are one group, also if there are none. */
export function groupSql(tree: GroupTree, variant: PlanVariant, jsonOf?: JsonFunction): CompiledSql {
  const builder = statementBuilder({ jsonOf })
  const base = builder.alias()
  const paths = pathJoins(builder, base)
  const keys = tree.keys.map((key) => keySql(key, paths, builder))
  const aggregates = tree.aggregates.map((node) => aggregateSql(node, paths))
  const columns = [...keys.map((sql, i) => `${sql} as k${i}`), ...aggregates.map((sql, i) => `${sql} as a${i}`)]
  const conditions = matchedSql(tree, base, variant, builder)
  const grouping = keys.length === 0 ? "" : ` group by ${keys.map((_, i) => i + 1).join(", ")}`
  const groups = `select ${columns.join(", ")} from ${tableSql(tree.model, base)}${paths.sql()}${whereSql(conditions)}${grouping}`

  const names = new Map([
    ...tree.keys.map((key, i) => [key.name, `g.k${i}`] as const),
    ...tree.aggregates.map((node, i) => [node.name, `g.a${i}`] as const),
  ])
  const order = tree.orderBy.map(({ name, descending }) => `${names.get(name) ?? "null"}${descending ? " desc" : ""}`)
  const cut = `select * from (${groups}) g${order.length === 0 ? "" : ` order by ${order.join(", ")}`} limit ${tree.limit}`
  const flat = flatGroups(tree)
  if (flat !== undefined) {
    const rows = wholeRows(flat, `from (${cut}) g`)
    return { text: `select ${arrayText(rowText)} as data from ${rows}`, parameters: builder.parameters }
  }
  const joins: string[] = []
  const entries = [
    ...tree.keys.map((key, i) => ({ name: key.name, value: shownKey(key, `g.k${i}`, joins, builder) })),
    ...tree.aggregates.map((node, i) => ({ name: node.name, value: shownAggregate(node, `g.a${i}`) })),
  ]
  const json = objectText(entries)
  // Only joins could take the groups out of their order.
  const text =
    joins.length === 0
      ? `select ${arrayText(json)} as data from (${cut}) g`
      : `select ${arrayText(json, { order: "g.n" })} as data from (select g.*, row_number() over () as n from (${cut}) g) g ${joins.join(" ")}`
  return { text, parameters: builder.parameters }
}

/**
 * The select list of which `row_to_json` makes the JSON of groups of values alone, byte for byte as text put together would be: groups are
 * few, and a short statement begins sooner. Undefined where a group shows a record, or has a name that PostgreSQL would cut.
 */
function flatGroups({ keys, aggregates }: GroupTree): string | undefined {
  const names = [...keys, ...aggregates].map(({ name }) => name)
  if (keys.some(({ value, period }) => period === undefined && value.member.kind !== "field")) return undefined
  if (names.some((name) => Buffer.byteLength(name) > MAX_IDENTIFIER_BYTES)) return undefined
  const values = [
    ...keys.map(({ value, period }, i) => (period === undefined ? wireSql(value.member, `g.k${i}`) : `g.k${i}`)),
    ...aggregates.map((node, i) => aggregateWire(node, `g.a${i}`)),
  ]
  return values.map((value, i) => `${value} as ${identifier(names[i] as string)}`).join(", ")
}

function keySql({ value, period }: GroupKey, paths: PathJoins, builder: StatementBuilder): string {
  const sql = paths.value(value)
  if (period === undefined) return ordered(value, sql)
  const isInstant = value.member.kind === "field" && value.member.type === "datetime"
  const local = isInstant
    ? `${sql} at time zone ${builder.parameter({ kind: "timeZone" }, "text")}`
    : `${sql}::timestamp`
  return `date_trunc(${literal(period)}, ${local})::date`
}

/** Titles are joined to the groups, not to their rows. */
function shownKey(key: GroupKey, column: string, joins: string[], builder: StatementBuilder): JsonText {
  const { member } = key.value
  if (key.period !== undefined) return nullableJson(quoted(column))
  if (member.kind === "field") return nullableJson(wireJson(member, column, builder.jsonOf))
  const entries: JsonEntry[] = [{ name: "id", value: presentJson(wireJson(member, column, builder.jsonOf)) }]
  if (key.title) {
    const target = builder.alias()
    joins.push(`left join ${tableOf(member.target)} ${target} on ${hasId(target, member.target.key, column)}`)
    const title = wireJson(key.title.member, columnOf(target, key.title.member), builder.jsonOf)
    const { visible } = key.title
    entries.push({
      name: "title",
      value: nullableJson(
        visible.kind === "true" ? title : `case when ${conditionSql(visible, target, builder)} then ${title} end`,
      ),
    })
  }
  return nullableJson(`case when ${column} is not null then ${objectText(entries)} end`)
}

function aggregateSql({ aggregate, value }: AggregateNode, paths: PathJoins): string {
  if (!value) return "count(*)"
  const sql = paths.value(value)
  switch (aggregate) {
    case "count":
      return `count(${sql})`
    case "countDistinct":
      return `count(distinct ${sql})`
    case "sum":
      return `sum(${sql})`
    case "avg":
      return `round(round(sum(${sql})::numeric, ${DIVISION_SCALE}) / nullif(count(${sql}), 0), ${AVERAGE_SCALE})`
    case "min":
    case "max":
      return `${aggregate}(${isText(value.member) ? `${sql} collate "C"` : sql})`
  }
}

const isCount = ({ aggregate, value }: AggregateNode): boolean =>
  !value || aggregate === "count" || aggregate === "countDistinct"

/** Sums and averages have more digits than a number of JSON is sure to keep. */
function aggregateWire(node: AggregateNode, column: string): string {
  if (isCount(node) || !node.value) return column
  const isOfItsType = node.aggregate === "min" || node.aggregate === "max"
  return isOfItsType ? wireSql(node.value.member, column) : `${column}::text`
}

function shownAggregate(node: AggregateNode, column: string): JsonText {
  if (isCount(node) || !node.value) return presentJson(`${column}::text`)
  const isOfItsType = node.aggregate === "min" || node.aggregate === "max"
  return nullableJson(isOfItsType ? wireJson(node.value.member, column) : quoted(column))
}
