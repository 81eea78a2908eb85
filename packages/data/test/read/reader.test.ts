import {
  authoriseQuery,
  contract,
  datetime,
  decimal,
  identity,
  integer,
  many,
  model,
  one,
  type Principal,
  type Query,
  resolveCatalog,
  resolveService,
  rightsOf,
  text,
} from "@archipel/core"
import { applyAdditive, createReader, type Database, openDatabase, type Reader } from "@archipel/data"
import { afterAll, beforeAll, expect, test } from "vitest"
import { type TestDatabase, testDatabase } from "../../../../tests/support/database.ts"

const { definition } = contract("reading", {
  roles: ["clerk", "boss", "porter"],
  models: {
    Customer: model({ name: text(), rating: integer() }, { publicTitle: true }),
    Order: model({
      number: integer(),
      customer: one("reading.Customer"),
      total: decimal(),
      margin: decimal(),
      at: datetime().optional(),
      lines: many("reading.Line", "order").owned(),
    }),
    Line: model({ order: one("reading.Order", { onDelete: "cascade" }), quantity: integer() }),
  },
})
const catalog = resolveCatalog([definition, identity.definition])
const grant = (role: string, where: unknown, more: object = {}) =>
  ({ kind: "grant", role: `reading.${role}`, operations: ["read"], where, ...more }) as never
const service = resolveService(
  definition,
  [
    {
      model: "reading.Order",
      statements: [
        grant("clerk", "all", { fields: { except: ["margin"] } }),
        grant("clerk", { number: 1 }),
        grant("boss", "all"),
      ],
    },
    {
      model: "reading.Customer",
      statements: [
        grant("clerk", { name: "Seen" }),
        grant("boss", "all"),
        grant("porter", "all", { fields: ["rating"] }),
        grant("porter", { name: "Seen" }),
      ],
    },
  ],
  catalog,
)
const id = (kind: number, n: number) => `0199a1b2-000${kind}-7000-8000-${String(n).padStart(12, "0")}`
const principal = (role: string, user = 1): Principal => ({
  kind: "user",
  id: id(9, user),
  roles: [`reading.${role}`],
  claims: {},
  timeZone: "UTC",
})
const clerk = principal("clerk")
const boss = principal("boss")

let made: TestDatabase
let database: Database
let reader: Reader
beforeAll(async () => {
  made = await testDatabase("reading")
  database = openDatabase({ connectionString: made.url })
  await applyAdditive(database, catalog, "reading")
  await database.query({
    text: `insert into customers (id, name, rating) values ('${id(1, 1)}', 'Seen', 1), ('${id(1, 2)}', 'Hidden', 2)`,
  })
  await database.query({
    text: `insert into orders (id, number, customer_id, total, margin, at)
      select ('0199a1b2-0002-7000-8000-' || lpad(i::text, 12, '0'))::uuid, i,
        case when i % 2 = 1 then '${id(1, 1)}' else '${id(1, 2)}' end::uuid, i + 0.5, i, '2026-01-31 12:00:00+02'
      from generate_series(1, 5) i`,
  })
  await database.query({
    text: `insert into lines (id, order_id, quantity) values ('${id(3, 1)}', '${id(2, 1)}', 7), ('${id(3, 2)}', '${id(2, 1)}', 8)`,
  })
  reader = createReader({ database, secret: "a secret of the service" })
})
afterAll(async () => {
  await database?.close()
  await made?.drop()
})

const read = (who: Principal, query: Partial<Query>, options?: Parameters<Reader["page"]>[1]) =>
  reader.page(authoriseQuery(rightsOf(service, who), who, { model: "reading.Order", ...query }), options)
const rows = async (who: Principal, query: Partial<Query>) => JSON.parse((await read(who, query)).data) as unknown

test("aggregates have any name, also one that the statement uses itself", async () => {
  const names = ["s", "g", "r", "a0", "k0", "row", "data"]
  const [all] = (await rows(boss, { aggregates: Object.fromEntries(names.map((name) => [name, "count"])) })) as Record<
    string,
    unknown
  >[]
  expect(Object.keys(all ?? {})).toEqual(names)
  expect(new Set(Object.values(all ?? {})).size).toBe(1)
})

test("a page is JSON in the form of the wire, with its keys in the order of the selection", async () => {
  const { data, next, previous } = await read(boss, {
    select: ["total", "lines.quantity", "customer.name", "at", "number"],
    where: { number: 1 },
  })
  expect(JSON.stringify(JSON.parse(data))).toBe(
    `[{"id":"${id(2, 1)}","total":"1.50","lines":[{"id":"${id(3, 1)}","quantity":7},{"id":"${id(3, 2)}","quantity":8}],` +
      `"customer":{"id":"${id(1, 1)}","name":"Seen"},"at":"2026-01-31T10:00:00.000Z","number":1}]`,
  )
  expect([next, previous]).toEqual([null, null])
})

test("a search without a word finds everything, also where texts are masked", async () => {
  const porter = principal("porter")
  const found = (search: string) => rows(porter, { model: "reading.Customer", select: ["rating"], search })
  expect(await found("  ")).toHaveLength(2)
  expect(await found("seen")).toEqual([{ id: id(1, 1), rating: 1 }])
  expect(await found("hidden")).toEqual([])
})

test("a masked cell is null and named; of a hidden target the id and the public title are shown", async () => {
  expect(await rows(clerk, { select: ["number", "margin", "customer.name", "customer.rating"], limit: 2 })).toEqual([
    {
      id: id(2, 1),
      number: 1,
      margin: "1.00",
      customer: { id: id(1, 1), name: "Seen", rating: 1, _masked: [] },
      _masked: [],
    },
    {
      id: id(2, 2),
      number: 2,
      margin: null,
      customer: { id: id(1, 2), name: "Hidden", rating: null, _masked: ["rating"] },
      _masked: ["margin"],
    },
  ])
  expect(await rows(boss, { select: ["margin"], limit: 1 })).toEqual([{ id: id(2, 1), margin: "1.00" }])
})

test("a masked cell orders, filters and adds up as an empty one", async () => {
  const ordered = await rows(clerk, { select: ["number"], orderBy: ["-margin", "number"], limit: 2 })
  expect(ordered).toMatchObject([{ number: 2 }, { number: 3 }])
  expect(await rows(clerk, { select: ["number"], where: { margin: { gte: "2" } } })).toEqual([])
  expect(
    await rows(clerk, { aggregates: { rows: "count", seen: "count(margin)", sum: "sum(margin)", avg: "avg(total)" } }),
  ).toEqual([{ rows: 5, seen: 1, sum: "1.00", avg: "3.500000" }])
})

test("a cursor is of one user and one query, and cannot be made up", async () => {
  const query = { orderBy: ["total"], limit: 2 }
  const { next } = await read(clerk, query)
  const after = next as string
  const cursor = (await read(clerk, { ...query, after })).previous as string
  expect(await rows(clerk, { ...query, after, select: ["number"] })).toMatchObject([{ number: 3 }, { number: 4 }])
  expect(await rows(clerk, { ...query, before: cursor, select: ["number"] })).toMatchObject([
    { number: 1 },
    { number: 2 },
  ])
  const middle = Math.floor(after.length / 2)
  const forged = after.slice(0, middle) + (after[middle] === "A" ? "B" : "A") + after.slice(middle + 1)
  const refused: Promise<unknown>[] = [
    read(principal("clerk", 2), { ...query, after }),
    read(clerk, { ...query, orderBy: ["-total"], after }),
    read(clerk, { ...query, where: { number: 1 }, after }),
    read(clerk, { ...query, after: forged }),
    read(clerk, { ...query, after: "" }),
    read(clerk, { ...query, after: 5 as never }),
    createReader({ database, secret: "another secret, 16 bytes" }).page(
      authoriseQuery(rightsOf(service, clerk), clerk, { model: "reading.Order", ...query, after }),
    ),
  ]
  for (const error of await Promise.allSettled(refused)) {
    expect(error).toMatchObject({ status: "rejected", reason: { code: "query.bad_cursor" } })
  }
  await expect(read(clerk, { ...query, after, before: after })).rejects.toMatchObject({ code: "query.invalid" })
})

test("a value that does not fit is refused, also where the plan is known already", async () => {
  for (const value of [1, 2, 3]) await read(boss, { where: { number: value } })
  await expect(read(boss, { where: { number: "x" } })).rejects.toMatchObject({
    code: "query.invalid",
    details: { errors: [{ path: "/where/number", code: "value.type" }] },
  })
  expect(() => createReader({ database, secret: "short" })).toThrow(RangeError)
})

test("a read in a transaction sees its writes", async () => {
  const seen = await database
    .transaction(async (tx) => {
      await tx.query({ text: "update orders set number = 99 where number = 5" })
      const page = await read(boss, { where: { number: 99 }, select: ["number"] }, { queryable: tx })
      throw new Error("undone", { cause: page.data })
    })
    .catch((error: unknown) => (error as Error).cause)
  expect(JSON.parse(String(seen))).toEqual([{ id: id(2, 5), number: 99 }])
  expect(await rows(boss, { where: { number: 99 } })).toEqual([])
})

test("an instant has three digits behind its second, by itself and in a page, and infinity is empty", async () => {
  const instants = [
    "2026-01-31T10:00:00.000Z",
    "1999-12-31T23:59:59.999Z",
    "0001-01-01T00:00:00.500Z",
    "9999-12-31T23:59:59.010Z",
  ]
  const shown = await database
    .transaction(async (tx) => {
      const seen: unknown[] = []
      for (const at of [...instants, "infinity"]) {
        await tx.query({ text: "update orders set at = $1 where number = 5" }, [at])
        for (const where of [{ number: 5 }, { id: id(2, 5) }]) {
          const { data } = await read(boss, { where, select: ["at"], orderBy: ["-at"] }, { queryable: tx })
          seen.push((JSON.parse(data) as { at: unknown }[])[0]?.at)
        }
      }
      throw new Error("undone", { cause: seen })
    })
    .catch((error: unknown) => (error as Error).cause)
  expect(shown).toEqual([...instants, null].flatMap((at) => [at, at]))
})

test("an estimated count is exact up to 10,000 and the planner's guess above", async () => {
  expect((await read(boss, { count: "estimate" })).count).toBe(5)
  await database.query({
    text: `insert into customers (id, name, rating) select gen_random_uuid(), 'Many', 3 from generate_series(1, 12000)`,
  })
  await database.query({ text: "analyze customers" })
  const many = { model: "reading.Customer", limit: 1, where: { rating: 3 } } as const
  const estimate = (await read(boss, { ...many, count: "estimate" })).count
  expect(estimate).toBeGreaterThan(10_000)
  expect(estimate).toBeLessThan(14_000)
  expect((await read(boss, { ...many, count: "exact" })).count).toBe(12_000)
})
