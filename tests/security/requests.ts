/**
 * Random requests to every generated address that are mostly right, so that they come far.
 *
 * @module
 */
import type { DataRecord, Dataset, FieldMember, Query, ResolvedModel, SelectEntry, StaticSight } from "@archipel/core"
import { type Conditions, randomGroupQuery, randomPageQuery } from "../../packages/data/test/read/random-query.ts"
import { pick, type Random, seldom, some, uuidFrom } from "../../packages/data/test/read/random.ts"
import { uniqueValue } from "./seed.ts"
import { type AskAs, pathOf } from "./world.ts"

export interface RandomRequest {
  readonly path: string
  readonly asking: Omit<AskAs, "as">
}

export interface RequestScope {
  readonly random: Random
  readonly models: readonly ResolvedModel[]
  readonly dataset: Dataset
  /** What whoever asks may see. */
  readonly sight: StaticSight
  /** What the system may see: the names that nobody should think of. */
  readonly unlimited: StaticSight
  /** Cursors of earlier answers, whoever got them. */
  readonly cursors: readonly string[]
}

const at = (path: string, asking: RandomRequest["asking"] = {}): RandomRequest => ({ path, asking })

function modelOf({ random, models, sight }: RequestScope): ResolvedModel {
  const visible = models.filter((model) => sight.model(model))
  return pick(random, visible.length === 0 || seldom(random, 6) ? models : visible)
}

const recordOf = ({ random, dataset }: RequestScope, model: ResolvedModel): DataRecord | undefined => {
  const rows = dataset.records(model.name)
  return rows.length === 0 ? undefined : pick(random, rows)
}
const idIn = (scope: RequestScope, model: ResolvedModel): string =>
  String(recordOf(scope, model)?.["id"] ?? uuidFrom(scope.random))

/** A condition on a value that some record has: it finds something, if it is allowed to. */
function withGuess(scope: RequestScope, model: ResolvedModel, query: Query): Query {
  const row = recordOf(scope, model)
  const field = pick(scope.random, model.columns)
  const value = row?.[field.name] ?? null
  if (value === null || typeof value === "object" || !seldom(scope.random, 3)) return query
  return { ...query, where: { ...query.where, [field.name]: value } }
}

/** Conditions go into other services, and ask for what is there. */
const conditionsOf = (scope: RequestScope): Conditions => ({
  elsewhere: true,
  value(member) {
    const value = recordOf(scope, member.model)?.[member.name] ?? undefined
    return typeof value === "object" || seldom(scope.random, 2) ? undefined : value
  },
})

const visibleOrNot = (scope: RequestScope): StaticSight => (seldom(scope.random, 6) ? scope.unlimited : scope.sight)

function pageQuery(scope: RequestScope, model: ResolvedModel): Query {
  const { random, cursors } = scope
  const query = withGuess(scope, model, randomPageQuery(random, model, visibleOrNot(scope), conditionsOf(scope)))
  return {
    ...query,
    limit: pick(random, [1, 2, 5, 100]),
    ...(seldom(random, 3) ? { count: pick(random, ["exact", "estimate"] as const) } : {}),
    ...(cursors.length > 0 && seldom(random, 4) ? { after: pick(random, cursors) } : {}),
  }
}

const isText = (entry: SelectEntry): entry is string => typeof entry === "string"

function paramsOf({ model: _, select, where, orderBy, ...rest }: Query): string {
  const params = new URLSearchParams()
  const paths = select?.filter(isText) ?? []
  if (paths.length > 0) params.set("select", paths.join(","))
  if (where) params.set("where", JSON.stringify(where))
  if (orderBy && orderBy.length > 0) params.set("orderBy", orderBy.join(","))
  for (const [name, value] of Object.entries(rest)) if (typeof value !== "object") params.set(name, String(value))
  return params.size === 0 ? "" : `?${params}`
}

const exported = ({ limit: _, count: _c, after: _a, ...query }: Query): Query => query
const bodyOf = ({ model: _, ...query }: Query): object => query

type Make = (scope: RequestScope, model: ResolvedModel) => RandomRequest

const reads: readonly Make[] = [
  (scope, model) => at(`${pathOf(model)}${paramsOf(pageQuery(scope, model))}`),
  (scope, model) => at(`${pathOf(model)}/$query`, { body: bodyOf(pageQuery(scope, model)) }),
  (scope, model) => at(`${pathOf(model)}/$query`, { body: bodyOf(pageQuery(scope, model)) }),
  (scope, model) =>
    at(`${pathOf(model)}/$query`, {
      body: bodyOf(
        withGuess(scope, model, randomGroupQuery(scope.random, model, visibleOrNot(scope), conditionsOf(scope))),
      ),
    }),
  (scope, model) => at(`${pathOf(model)}/${idIn(scope, model)}`),
  (scope, model) =>
    at(`${pathOf(model)}/${idIn(scope, model)}/${pick(scope.random, ["$history", "$comments", "$attachments"])}`),
  (_scope, model) => at(`${pathOf(model)}?can=true`),
  (scope, model) => {
    const { select } = randomPageQuery(scope.random, model, visibleOrNot(scope))
    const paths = select?.filter(isText) ?? []
    return at(`${pathOf(model)}/${idIn(scope, model)}${paths.length > 0 ? `?select=${paths.join(",")}` : ""}`)
  },
  (scope, model) => {
    const query = exported(pageQuery(scope, model))
    const params = paramsOf(query)
    const format = pick(scope.random, ["csv", "ndjson"])
    return at(`${pathOf(model)}/$export${params === "" ? "?" : `${params}&`}format=${format}`)
  },
  (scope, model) => at(`${pathOf(model)}/$export`, { body: bodyOf(exported(pageQuery(scope, model))) }),
  (scope, model) =>
    at(`${pathOf(model)}/$resolve`, {
      body: { ids: some(scope.random, scope.dataset.records(model.name), 1, 5).map(({ id }) => id) },
    }),
  (scope, model) =>
    at(
      pick(scope.random, [
        `${pathOf(model)}/$ui`,
        `/api/${model.service}/$ui`,
        "/api/$ui",
        `/api/${model.service}/openapi.json`,
        "/api/openapi.json",
      ]),
    ),
  (scope, model) => {
    const files = model.columns.filter((m) => m.kind === "field" && (m.type === "file" || m.type === "image"))
    const name = files.length > 0 ? pick(scope.random, files).name : "scan"
    return at(`${pathOf(model)}/${idIn(scope, model)}/${name}`)
  },
  (scope, model) => at(`${pathOf(model)}/$draft`, { body: { values: randomValues(scope, model) } }),
  (scope, model) =>
    at(`${pathOf(model)}/$draft`, { body: { id: idIn(scope, model), values: randomValues(scope, model) } }),
]

/** Values for some fields, references to whatever there is. */
function randomValues(scope: RequestScope, model: ResolvedModel): Record<string, unknown> {
  const { random } = scope
  const values: Record<string, unknown> = {}
  const mine = model.columns.filter((m) => m.writtenBy === "client" || m.writtenBy === "suggestion")
  const required = mine.filter((m) => m.writtenBy === "client" && !m.optional && m.default === undefined)
  for (const member of new Set([
    ...required,
    ...some(random, mine, 0, 3),
    ...(seldom(random, 8) ? [pick(random, model.columns)] : []),
  ])) {
    if (member.kind === "one") values[member.name] = seldom(random, 5) ? null : idIn(scope, member.target)
    else values[member.name] = plainValue(member, random)
  }
  for (const list of model.lists) {
    if (!seldom(random, 4)) continue
    if (list.kind === "manyToMany") values[list.name] = [idIn(scope, list.target)]
    else if (list.owned)
      values[list.name] = seldom(random, 3)
        ? [{ id: idIn(scope, list.target), ...randomValues(scope, list.target) }]
        : [randomValues(scope, list.target)]
  }
  return values
}

/** Of a kind that the field takes, and of which there are so many that it tells nothing. */
function plainValue(member: FieldMember, random: Random): unknown {
  const value = uniqueValue(member, random)
  if (typeof value !== "string" || member.type === "date" || member.type === "datetime" || member.type === "choice")
    return value
  if (member.type === "money" || member.type === "decimal") return pick(random, ["0", "0.5", "1", "7.25", "120"])
  return pick(random, ["a", "Some words", "x@example.com", "+33 1 2345", "https://example.com/"])
}

const writes: readonly Make[] = [
  (scope, model) => at(pathOf(model), { body: randomValues(scope, model) }),
  (scope, model) => at(`${pathOf(model)}/${idIn(scope, model)}`, { method: "PATCH", body: randomValues(scope, model) }),
  (scope, model) => at(`${pathOf(model)}/${idIn(scope, model)}`, { method: "PATCH", body: randomValues(scope, model) }),
  (scope, model) => at(`${pathOf(model)}/${idIn(scope, model)}`, { method: "DELETE" }),
  (scope, model) => {
    const states = model.columns.flatMap((m) => (m.kind === "field" ? Object.keys(m.transitions ?? {}) : []))
    const verb = pick(scope.random, [...states, ...model.actions.keys(), "archive", "restore"])
    const input = model.actions.has(verb) ? { quantity: 1, mark: "m" } : {}
    return at(`${pathOf(model)}/${idIn(scope, model)}/$${verb}`, { body: seldom(scope.random, 2) ? input : {} })
  },
  (scope, model) =>
    at(`${pathOf(model)}/$bulk`, {
      body: {
        atomic: seldom(scope.random, 2),
        changes: Array.from({ length: scope.random.integer(1, 4) }, () =>
          seldom(scope.random, 3)
            ? { operation: "create", values: randomValues(scope, model) }
            : { operation: "update", id: idIn(scope, model), values: randomValues(scope, model) },
        ),
      },
    }),
  (scope, model) => at(`${pathOf(model)}/${idIn(scope, model)}/$comments`, { body: { text: "Some words" } }),
  (scope, model) => {
    const values = randomValues(scope, model)
    const columns = Object.keys(values).filter((name) => typeof values[name] === "string")
    const row = columns.map((name) => String(values[name]))
    return at(`${pathOf(model)}/$import`, { body: { columns, rows: [row], dryRun: seldom(scope.random, 2) } })
  },
  (scope, model) => {
    const key = pick(scope.random, model.unique.length > 0 ? model.unique : [["id"]])
    const row = recordOf(scope, model)
    const own = Object.fromEntries(key.map((name) => [name, row?.[name] ?? "x"]))
    return at(`${pathOf(model)}/$upsert?key=${key.join(",")}`, {
      method: "PUT",
      body: { ...randomValues(scope, model), ...own },
    })
  },
]

export const randomRead = (scope: RequestScope): RandomRequest => pick(scope.random, reads)(scope, modelOf(scope))
export const randomWrite = (scope: RequestScope): RandomRequest => pick(scope.random, writes)(scope, modelOf(scope))
