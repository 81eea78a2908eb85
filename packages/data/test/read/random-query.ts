import type { ColumnMember, Query, ResolvedModel, SelectEntry, StaticSight } from "@archipel/core"
import { pick, type Random, seldom, some } from "./random.ts"
import { randomText } from "./random-value.ts"
import { randomWhere, type WhereOptions } from "./random-where.ts"

const OPAQUE: ReadonlySet<string> = new Set(["json", "file", "image"])
const NUMBERS: ReadonlySet<string> = new Set(["integer", "bigint", "decimal", "money"])

/** What is the same for all conditions of a query. */
export type Conditions = Pick<WhereOptions, "elsewhere" | "value">

const visibleColumns = (model: ResolvedModel, sight: StaticSight): ColumnMember[] =>
  model.columns.filter(({ name }) => (name === "id" ? sight.model(model) : sight.field(model, name)))

/** Paths to columns with an order, through at most `depth` references. */
function orderedPaths(
  model: ResolvedModel,
  sight: StaticSight,
  depth: number,
): { path: string; member: ColumnMember }[] {
  return visibleColumns(model, sight).flatMap((member) => {
    if (member.kind === "field") return OPAQUE.has(member.type) ? [] : [{ path: member.name, member }]
    const own = { path: member.name, member }
    if (!member.local || depth === 0) return [own]
    const inner = orderedPaths(member.target, sight, depth - 1)
    return [own, ...inner.map(({ path, member: end }) => ({ path: `${member.name}.${path}`, member: end }))]
  })
}

const UNBOUNDED: ReadonlySet<string> = new Set(["longText", "html"])

export function randomOrder(random: Random, model: ResolvedModel, sight: StaticSight, depth = 2): string[] {
  const paths = orderedPaths(model, sight, depth).filter(
    ({ member }) => member.kind === "one" || !UNBOUNDED.has(member.type),
  )
  return some(random, paths, 0, 3).map(({ path }) => (seldom(random, 2) ? `-${path}` : path))
}

function randomSelect(
  random: Random,
  model: ResolvedModel,
  sight: StaticSight,
  depth: number,
  conditions: Conditions,
): SelectEntry[] {
  const columns = visibleColumns(model, sight)
  const entries: SelectEntry[] = []
  for (const member of some(random, columns, 1, 5)) {
    if (member.kind === "field" || depth === 0 || !member.local || seldom(random, 4)) entries.push(member.name)
    else if (!sight.model(member.target)) entries.push(`${member.name}.id`)
    else if (seldom(random, 2))
      entries.push({ path: member.name, select: randomSelect(random, member.target, sight, depth - 1, conditions) })
    else
      for (const { name } of some(random, visibleColumns(member.target, sight), 1, 3))
        entries.push(`${member.name}.${name}`)
  }
  const lists = depth === 0 ? [] : model.lists.filter((list) => sight.list(list))
  for (const list of some(random, lists, 0, 2)) {
    const { target } = list
    entries.push({
      path: list.name,
      ...(seldom(random, 6) ? {} : { select: randomSelect(random, target, sight, depth - 1, conditions) }),
      ...(seldom(random, 2)
        ? { where: randomWhere(random, { ...conditions, model: target, sight, depth: 1, size: 2 }) }
        : {}),
      ...(seldom(random, 2) ? { orderBy: randomOrder(random, target, sight, 1) } : {}),
      ...(seldom(random, 2) ? { limit: random.integer(1, 3) } : {}),
    })
  }
  return entries
}

const restOf = (random: Random, model: ResolvedModel, sight: StaticSight, conditions: Conditions): Partial<Query> => ({
  ...(seldom(random, 2) ? { where: randomWhere(random, { ...conditions, model, sight, depth: 3, size: 3 }) } : {}),
  ...(seldom(random, 5) && model.search.some((m) => sight.field(model, m.name))
    ? { search: Array.from({ length: random.integer(1, 6) }, () => randomText(random)).join(" ") }
    : {}),
  ...(model.archive && seldom(random, 2) ? { archived: pick(random, ["any", "only", "exclude"] as const) } : {}),
})

export const randomPageQuery = (
  random: Random,
  model: ResolvedModel,
  sight: StaticSight,
  conditions: Conditions = {},
): Query => ({
  model: model.name,
  ...(seldom(random, 5) ? {} : { select: randomSelect(random, model, sight, random.integer(0, 3), conditions) }),
  orderBy: randomOrder(random, model, sight),
  ...restOf(random, model, sight, conditions),
})

export function randomGroupQuery(
  random: Random,
  model: ResolvedModel,
  sight: StaticSight,
  conditions: Conditions = {},
): Query {
  const paths = orderedPaths(model, sight, 2)
  const group = some(random, paths, 0, 2).map(({ path, member }) => {
    const hasPeriods = member.kind === "field" && (member.type === "date" || member.type === "datetime")
    return hasPeriods && !seldom(random, 3)
      ? `${path}:${pick(random, ["day", "week", "month", "quarter", "year"])}`
      : path
  })
  const aggregates: Record<string, string> = { rows: "count" }
  some(random, paths, 1, 4).forEach(({ path, member }, i) => {
    const type = member.kind === "one" ? "one" : member.type
    const fns = ["count", "countDistinct"]
    if (NUMBERS.has(type)) fns.push("sum", "avg", "min", "max")
    else if (!["bool", "one", "uuid"].includes(type)) fns.push("min", "max")
    aggregates[`r${i}`] = `${pick(random, fns)}(${path})`
  })
  const orderBy = some(random, [...group, ...Object.keys(aggregates)], 0, 2).map((name) =>
    seldom(random, 2) ? `-${name}` : name,
  )
  return { model: model.name, group, aggregates, orderBy, ...restOf(random, model, sight, conditions) }
}
