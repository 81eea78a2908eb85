import type { ColumnMember, ResolvedModel } from "../catalog.ts"
import { ArchipelError } from "../errors.ts"
import { type Query, queryLimits } from "../query.ts"
import { invalidQuery, isOrderable } from "./bind-where.ts"
import { allOf, always, type Condition } from "./condition.ts"
import { type ReadScope, valuePath } from "./read-record.ts"
import type { AggregateNode, DatePeriod, GroupKey, GroupTree } from "./read-tree.ts"

export const PERIODS: ReadonlySet<string> = new Set(["day", "week", "month", "quarter", "year"])
const AGGREGATE = /^(count|sum|avg|min|max|countDistinct)(?:\(([A-Za-z0-9.]+)\))?$/
const NUMERIC: ReadonlySet<string> = new Set(["integer", "bigint", "decimal", "money"])
/** Types whose values have no least and no greatest. */
const NO_EXTREMES: ReadonlySet<string> = new Set(["bool", "one", "uuid"])
const MAX_NAME = 63
const NAME = /^[A-Za-z][A-Za-z0-9_]{0,50}$/

function groupKey(model: ResolvedModel, text: string, scope: ReadScope): GroupKey {
  // A result's name in PostgreSQL.
  if (text.length > MAX_NAME) throw invalidQuery("/group", `A key has at most ${MAX_NAME} characters.`)
  const [path, period, ...rest] = text.split(":")
  const value = valuePath(model, path as string, "group", scope)
  const { member } = value
  if (!isOrderable(member)) throw invalidQuery("/group", `${member.name} cannot be grouped.`)
  if (period !== undefined) {
    if (rest.length > 0 || !PERIODS.has(period)) throw invalidQuery("/group", `A period is ${[...PERIODS].join(", ")}.`)
    if (member.kind !== "field" || (member.type !== "date" && member.type !== "datetime")) {
      throw invalidQuery("/group", `${member.name} has no periods.`)
    }
    return { name: text, value, period: period as DatePeriod }
  }
  if (member.kind !== "one" || !member.local) return { name: text, value }
  const { target } = member
  const title = target.members.get(target.title) as ColumnMember
  const rights = scope.rights.of(target)
  const visible: Condition = target.publicTitle ? always : allOf([rights.read, rights.readable(title)])
  return { name: text, value, title: { member: title, visible } }
}

/** What can be aggregated of a column. */
export function aggregatesOf(member: ColumnMember): readonly AggregateNode["aggregate"][] {
  if (!isOrderable(member)) return []
  const type = member.kind === "one" ? "one" : member.type
  return [
    "count",
    "countDistinct",
    ...(NO_EXTREMES.has(type) ? [] : (["min", "max"] as const)),
    ...(NUMERIC.has(type) ? (["sum", "avg"] as const) : []),
  ]
}

function aggregateNode(model: ResolvedModel, name: string, text: string, scope: ReadScope): AggregateNode {
  const path = `/aggregates/${name}`
  if (!NAME.test(name)) throw invalidQuery(path, "A result's name is letters, digits and _.")
  const [, fn, of] = AGGREGATE.exec(text) ?? []
  if (fn === undefined)
    throw invalidQuery(path, `An aggregate is count, or sum, avg, min, max, countDistinct of a field: "sum(total)".`)
  const aggregate = fn as AggregateNode["aggregate"]
  if (of === undefined) {
    if (aggregate !== "count") throw invalidQuery(path, `${aggregate} needs a field: "${aggregate}(…)".`)
    return { name, aggregate }
  }
  const value = valuePath(model, of, "aggregates", scope)
  const type = value.member.kind === "one" ? "one" : value.member.type
  if ((aggregate === "sum" || aggregate === "avg") && !NUMERIC.has(type))
    throw invalidQuery(path, `${of} is not a number.`)
  if (!isOrderable(value.member)) throw invalidQuery(path, `${of} cannot be aggregated.`)
  if ((aggregate === "min" || aggregate === "max") && NO_EXTREMES.has(type)) {
    throw invalidQuery(path, `${of} has no ${aggregate}.`)
  }
  return { name, aggregate, value }
}

/** A grouped query's tree, apart from its condition. @throws as `authoriseQuery` */
export function groupTree(
  model: ResolvedModel,
  query: Query,
  where: Condition,
  search: GroupTree["search"],
  scope: ReadScope,
): GroupTree {
  for (const not of ["select", "after", "before", "last", "count", "can"] as const) {
    if (query[not] !== undefined) throw invalidQuery(`/${not}`, `${not} has no meaning with group.`)
  }
  const keyTexts = query.group ?? []
  const aggregateTexts = Object.entries(query.aggregates ?? { count: "count" })
  if (keyTexts.length > queryLimits.groupTerms)
    throw new ArchipelError("query.too_complex", { what: "group keys", limit: queryLimits.groupTerms })
  if (aggregateTexts.length > queryLimits.aggregates)
    throw new ArchipelError("query.too_complex", { what: "aggregates", limit: queryLimits.aggregates })
  if (new Set(keyTexts).size < keyTexts.length) throw invalidQuery("/group", "A key is given twice.")
  const keys = keyTexts.map((text) => groupKey(model, text, scope))
  const aggregates = aggregateTexts.map(([name, text]) => aggregateNode(model, name, text, scope))
  const names = new Set([...keys, ...aggregates].map((n) => n.name))
  if (names.size < keys.length + aggregates.length) throw invalidQuery("/aggregates", "A result has the name of a key.")
  const orderBy = (query.orderBy ?? []).map((text) => {
    const descending = text.startsWith("-")
    const name = descending ? text.slice(1) : text
    if (!names.has(name))
      throw invalidQuery("/orderBy", `Groups are ordered by their keys and results; "${name}" is none.`)
    return { name, descending }
  })
  for (const { name } of keys) if (!orderBy.some((o) => o.name === name)) orderBy.push({ name, descending: false })
  const limit = query.limit ?? queryLimits.page
  if (!Number.isSafeInteger(limit) || limit < 1 || limit > queryLimits.groups)
    throw invalidQuery("/limit", `limit is 1 to ${queryLimits.groups}.`)
  return {
    kind: "group",
    elsewhere: scope.asked,
    model,
    where,
    ...(search ? { search } : {}),
    keys,
    aggregates,
    orderBy,
    limit,
  }
}
