import {
  type ColumnMember,
  type DataRecord,
  type Dataset,
  evaluateQuery,
  type OneMember,
  type Query,
  type ResolvedModel,
  type StaticSight,
  systemPrincipal,
  type WhereJson,
  whereOperators,
} from "@archipel/core"
import type { ServiceRuntime } from "@archipel/server"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { pick, seededRandom, seldom } from "../../packages/data/test/read/random.ts"
import { randomWhere } from "../../packages/data/test/read/random-where.ts"
import { type Login, logins, personas } from "../security/personas.ts"
import { type BothTopologies, openBothTopologies, pathOf, type World } from "../security/world.ts"
import type { Answer, Json } from "../support/asking.ts"
import { counted, propertySeed } from "../support/counts.ts"

/**
 * Conditions on records of other services, asked at these: whoever asks whatever, the answer is that of all records in one place
 * with the rights of each service, in one process and apart.
 */
const QUERIES = counted(25, 400)
const CONTEXT = { traceId: "0".repeat(32) }

const random = seededRandom(propertySeed)
let both: BothTopologies
let dataset: Dataset
beforeAll(async () => {
  both = await openBothTopologies()
  dataset = await both.together.dataset()
}, 180_000)
afterAll(() => both?.[Symbol.asyncDispose]())

const worlds = (): readonly World[] => [both.together, both.apart]

/** Asks both, which must say the same. */
async function ask(login: Login | null, path: string, body?: object): Promise<Answer> {
  const asking = { as: login, ...(body === undefined ? {} : { body }) }
  const [one, other] = (await Promise.all(worlds().map((world) => world.ask(path, asking)))) as [Answer, Answer]
  const plain = ({ status, text, headers }: Answer): unknown => [
    status,
    text.replaceAll(headers.get("x-trace-id") ?? "-", "TRACE").replaceAll(/"(next|previous)":"[^"]{22}/g, '"$1":"SEAL'),
  ]
  expect(plain(other)).toEqual(plain(one))
  return one
}

const idsOf = ({ status, json, text }: Answer): readonly string[] => {
  expect([status, text.slice(0, 500)]).toEqual([200, text.slice(0, 500)])
  return json.data.map(({ id }: Json) => id)
}

const find = (login: Login | null, model: ResolvedModel, where: WhereJson): Promise<Answer> =>
  ask(login, `${pathOf(model)}/$query`, { select: ["id"], where, limit: 1000, archived: "any" })

/** The ids that a plain evaluation of all services' records finds. */
function expected(login: Login | null, model: ResolvedModel, where: WhereJson): readonly string[] {
  const query: Query = { model: model.name, select: ["id"], where, archived: "any" }
  return evaluateQuery(query, both.together.situation(login, dataset)).map(({ id }) => id as string)
}

const modelOf = (name: string): ResolvedModel => both.together.catalog.models.get(name) as ResolvedModel
const isObject = (value: unknown): value is WhereJson =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** How many conditions lead into another service. */
function leading(model: ResolvedModel, where: WhereJson): number {
  let count = 0
  for (const [name, value] of Object.entries(where)) {
    const parts = (Array.isArray(value) ? value : [value]).filter(isObject)
    const member = model.members.get(name)
    if (member === undefined) for (const part of parts) count += leading(model, part)
    else if (member.kind === "many" || member.kind === "manyToMany")
      for (const part of Object.values(value as WhereJson)) count += leading(member.target, part as WhereJson)
    else if (member.kind === "one" && isObject(value) && !Object.keys(value).every((key) => key.startsWith("$"))) {
      const isNested = Object.entries(value).some(([key, inner]) => !whereOperators.has(key) || isObject(inner))
      if (isNested) count += member.local ? leading(member.target, value) : 1
    }
  }
  return count
}

const valueIn = (member: ColumnMember): unknown => {
  const records = dataset.records(member.model.name)
  const value = records.length === 0 ? undefined : (pick(random, records)[member.name] ?? undefined)
  return typeof value === "object" || seldom(random, 8) ? undefined : value
}

/** A condition that holds for a record, as far as this may be seen: through references where it has any. */
function holding(sight: StaticSight, model: ResolvedModel, record: DataRecord, depth: number): WhereJson {
  const known = model.columns.filter(({ name }) => (record[name] ?? null) !== null && sight.field(model, name))
  const ones = known.filter((member) => member.kind === "one" && sight.model(member.target))
  if (depth > 0 && ones.length > 0) {
    const { name, target } = pick(random, ones) as OneMember
    const next = dataset.records(target.name).find(({ id }) => id === record[name])
    if (next) return { [name]: holding(sight, target, next, depth - 1) }
  }
  const plain = known.filter(({ name }) => name !== "id" && typeof record[name] !== "object")
  const { name } = plain.length > 0 ? pick(random, plain) : { name: "version" }
  return { [name]: record[name] }
}

function randomCondition(sight: StaticSight, model: ResolvedModel): WhereJson {
  const any = randomWhere(random, {
    model,
    depth: 3,
    size: random.integer(1, 2),
    sight,
    elsewhere: true,
    value: valueIn,
  })
  const records = dataset.records(model.name)
  if (records.length === 0) return any
  const known = holding(sight, model, pick(random, records), 3)
  return pick(random, [any, known, { and: [known, { not: any }] }, { or: [any, known] }, { not: known }])
}

describe.each([...logins, null])("as %s", (login) => {
  test(`${QUERIES} random conditions on other services' records find what they say`, async () => {
    const sight = both.together.sight(login, dataset)
    const models = both.together.models.filter((model) => sight.model(model))
    let asked = 0
    let found = 0
    // Who sees nothing but public texts has nothing to ask other services for.
    for (let tried = 0; asked < QUERIES && tried < QUERIES * 20 && models.length > 0; tried++) {
      const model = pick(random, models)
      const where = randomCondition(sight, model)
      if (leading(model, where) === 0) continue
      asked++
      const answer = await find(login, model, where)
      if (answer.json.code === "query.too_complex") continue
      const what = `${login}: ${model.name} ${JSON.stringify(where)}`
      const ids = expected(login, model, where)
      expect(idsOf(answer), `${what}`).toEqual(ids)
      if (ids.length > 0) found++
      const counts = await ask(login, `${pathOf(model)}/$query`, {
        where,
        archived: "any",
        aggregates: { n: "count" },
      })
      expect(counts.json.data, `${what}`).toEqual([{ n: ids.length }])
    }
    if (login === "alice" || login === "clara") {
      expect(asked).toBe(QUERIES)
      expect(found).toBeGreaterThan(QUERIES / 5)
    }
  }, 600_000)
})

describe("a condition on another service's record", () => {
  const order = () => modelOf("sales.Order")
  const orders = () => dataset.records("sales.Order")
  const record = (model: string, id: unknown): Json => dataset.records(model).find((each) => each["id"] === id)
  const customerOf = ({ customer }: Json): Json => record("crm.Customer", customer)
  const ids = (records: readonly Json[]): string[] => records.map(({ id }) => id as string)
  const system = systemPrincipal("a test")

  test("is written as one on a record of the same service, also in an address, at any depth", async () => {
    const countries = new Set(orders().map((each) => customerOf(each).country as string))
    const { code } = record("crm.Country", [...countries][0])
    const those = orders().filter((each) => record("crm.Country", customerOf(each).country).code === code)
    expect(those.length).toBeGreaterThan(0)
    expect(idsOf(await ask("alice", `/api/sales/orders?select=id&customer.country.code=${code}`))).toEqual(ids(those))
    expect(idsOf(await find("alice", order(), { customer: { country: { code } } }))).toEqual(ids(those))
    const exported = await ask("alice", `/api/sales/orders/$export?format=csv&select=id&customer.country.code=${code}`)
    expect(exported.text.trim().split("\r\n").slice(1).toSorted()).toEqual(ids(those).toSorted())
    // crm asks identity in turn.
    const manager = record("identity.User", customerOf(orders()[0]).accountManager)
    const managed = orders().filter((each) => customerOf(each).accountManager === manager.id)
    const path = `/api/sales/orders?select=id&customer.accountManager.name=${encodeURIComponent(manager.name)}`
    expect(idsOf(await ask("alice", path))).toEqual(ids(managed))
  })

  test("stands within and, or, not, and the lists of a record", async () => {
    const [first, second] = orders() as [Json, Json]
    const [one, other] = [customerOf(first).name, customerOf(second).name]
    const either = { or: [{ customer: { name: one } }, { customer: { name: other }, status: first.status }] }
    const neither = { not: either }
    const all = await find("alice", order(), {})
    const some = idsOf(await find("alice", order(), either))
    expect(some).toContain(first.id)
    expect([...some, ...idsOf(await find("alice", order(), neither))].toSorted()).toEqual(idsOf(all).toSorted())
    const line: Json = dataset.records("sales.OrderLine")[0]
    const { category } = record("catalog.Product", line.product)
    const { name } = record("catalog.Category", category)
    const where = { lines: { some: { product: { category: { name } } } } }
    expect(idsOf(await find("alice", order(), where))).toEqual(expected("alice", order(), where))
    expect(idsOf(await find("alice", order(), where))).toContain(line.order)
    const nested = await ask("alice", "/api/sales/orders/$query", {
      select: ["id", { path: "lines", select: ["id"], where: { product: { category: { name } } } }],
      where: { id: line.order },
    })
    expect(nested.json.data[0].lines.map(({ id }: Json) => id)).toContain(line.id)
  })

  test("finds nothing by what may not be seen, and its not finds just that", async () => {
    // Sells, but sees no customers.
    const denied = await ask("peter", "/api/sales/orders?customer.name=x")
    expect([denied.status, denied.json.code, denied.json.details]).toEqual([
      400,
      "query.unknown_field",
      { model: "crm.Customer", field: "name" },
    ])
    const mine = idsOf(await find("peter", order(), {}))
    expect(mine.length).toBeGreaterThan(0)
    expect(idsOf(await find("peter", order(), { customer: {} }))).toEqual([])
    expect(idsOf(await find("peter", order(), { not: { customer: {} } }))).toEqual(mine)
    // Sees salaries of a few.
    const paid = { employee: { salary: { gte: "0" } } }
    const seen = idsOf(await find("clara", order(), paid))
    expect(seen).toEqual(expected("clara", order(), paid))
    expect(seen.length).toBeLessThan(expected("alice", order(), paid).length)
    const rest = idsOf(await find("clara", order(), { not: paid }))
    expect([...seen, ...rest].toSorted()).toEqual(expected("clara", order(), {}).toSorted())
  })

  test("that is wrong is refused with the place in the query that was asked", async () => {
    const { json } = await find("alice", order(), { lines: { some: { product: { price: "dear" } } } })
    expect([json.code, json.details.errors[0].path]).toEqual(["query.invalid", "/where/lines/some/product/price"])
    const unknown = await ask("alice", "/api/sales/orders?customer.nosuch=1")
    expect([unknown.status, unknown.json.code]).toEqual([400, "query.unknown_field"])
    const deep = "customer.parent.parent.parent.parent.parent.parent.parent.parent.name=x"
    const tooDeep = await ask("alice", `/api/sales/orders?${deep}`)
    expect([tooDeep.status, tooDeep.json.code]).toEqual([400, "query.too_complex"])
    const many = { or: Array.from({ length: 21 }, (_, i) => ({ customer: { city: `${i}` } })) }
    expect((await find("alice", order(), many)).json.code).toBe("query.too_complex")
    for (const path of ["orderBy=customer.city", "group=customer.city"])
      expect((await ask("alice", `/api/sales/orders?${path}`)).json.code).toBe("query.remote_path")
  })

  test("is asked once where it stands twice, whatever the number of records", async () => {
    const { city } = customerOf(orders()[0])
    const { apart } = both
    const from = apart.logged.length
    const where = {
      or: [
        { customer: { city }, status: "draft" },
        { customer: { city }, employee: { name: "x" } },
      ],
    }
    const { headers } = await apart.ask("/api/sales/orders/$query", { as: "alice", body: { where, select: ["id"] } })
    const trace = headers.get("x-trace-id") as string
    const calls = apart.logged
      .slice(from)
      .map((line) => JSON.parse(line) as Json)
      .filter(({ traceId, method, route }) => traceId === trace && method === "CALL" && route.endsWith(" query"))
    expect(calls.map(({ route }) => route).toSorted()).toEqual([
      "sales crm.Customer query",
      "sales people.Employee query",
    ])
  })

  test("holds for code as well, also in a transaction", async () => {
    const { name } = customerOf(orders()[0])
    const those = ids(orders().filter((each) => customerOf(each).name === name))
    for (const { open } of worlds()) {
      const where = { customer: { name } }
      const found = await open
        .as(system)("sales.Order")
        .find({ select: ["id"], where, archived: "any", limit: 1000 })
      expect(found.map(({ id }) => id)).toEqual(those)
      expect(await open.as(system)("sales.Order").count(where)).toBe(those.length)
      const inside = await (open.services.get("sales") as ServiceRuntime).transaction(
        system,
        async (executor) => {
          const { data } = await executor.query({ model: "sales.Order", select: ["id"], where })
          return JSON.parse(data) as Json[]
        },
        CONTEXT,
      )
      expect(ids(inside)).toEqual(those)
    }
  })

  test("goes on from page to page while what it finds there changes", async () => {
    const { city } = customerOf(orders()[0])
    const where = { not: { customer: { city } } }
    const page = { select: ["id"], where, limit: 2 }
    const rest = idsOf(await find("alice", order(), where))
    expect(rest.length).toBeGreaterThan(4)
    for (const world of worlds()) {
      const query = (more: object): Promise<Answer> =>
        world.ask("/api/sales/orders/$query", { as: "alice", body: { ...page, ...more } })
      const first = await query({})
      expect(idsOf(first)).toEqual(rest.slice(0, 2))
      const { id } = customerOf(orders().find((each) => each["id"] === rest[3]))
      await world.sql("crm", "update customers set city = $2 where id = $1", [id, city])
      const second = await query({ after: first.json.next })
      const left = rest.slice(2).filter((each) => record("sales.Order", each).customer !== id)
      expect(idsOf(second)).toEqual(left.slice(0, 2))
      await world.sql("crm", "update customers set city = $2 where id = $1", [id, record("crm.Customer", id).city])
    }
  })
})

describe("matches of another service", () => {
  const many =
    "insert into customers (id, name, city, discount) select gen_random_uuid(), n, 'many ' || n, 0 from generate_series(1, $1::int) n"

  test("are compared up to 1,000, and more are refused instead of cut", async () => {
    for (const world of worlds()) await world.sql("crm", many, [1000])
    const where = { customer: { city: { startsWith: "many " } } }
    expect(idsOf(await find("alice", modelOf("sales.Order"), where))).toEqual([])
    for (const world of worlds()) await world.sql("crm", many, [1])
    const refused = await find("alice", modelOf("sales.Order"), { lines: { none: {} }, or: [where] })
    expect([refused.status, refused.json.code, refused.json.details]).toEqual([
      400,
      "query.too_many_matches",
      { path: "/where/or/0/customer", model: "crm.Customer", limit: 1000 },
    ])
    expect(idsOf(await find("alice", modelOf("sales.Order"), { customer: { city: "many 7" } }))).toEqual([])
    // Whom hidden records do not concern is not told that there are many.
    expect((await ask("peter", "/api/sales/orders?customer.city[startsWith]=many")).json.code).toBe(
      "query.unknown_field",
    )
  })

  test("are counted at every service on the way", async () => {
    for (const world of worlds())
      await world.sql(
        "identity",
        "insert into users (id, name, email) select gen_random_uuid(), 'crowd', 'crowd' || n || '@example.com' from generate_series(1, 1001) n",
      )
    const { json } = await ask("alice", "/api/sales/orders?customer.accountManager.name=crowd")
    expect([json.code, json.details]).toEqual([
      "query.too_many_matches",
      { path: "/where/customer/accountManager", model: "identity.User", limit: 1000 },
    ])
    expect(personas.alice.roles).toContain("identity.admin")
  })
})
