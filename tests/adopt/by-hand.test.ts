import { knownContracts, resolveCatalog } from "@archipel/core"
import { checkSchema, openDatabase } from "@archipel/data"
import pg from "pg"
import { type TestApp, testService } from "@archipel/server/test"
import { afterAll, beforeAll, expect, test } from "vitest"
import { type TestDatabase, testDatabase } from "../support/database.ts"
import { warehouseService, warehouseSql } from "./warehouse-contract.ts"

let database: TestDatabase
let app: TestApp
let client: pg.Client

beforeAll(async () => {
  database = await testDatabase("warehouse")
  client = new pg.Client({ connectionString: database.url })
  await client.connect()
  await client.query(warehouseSql)
  app = await testService(warehouseService, { databases: { warehouse: database.url } })
})

afterAll(async () => {
  await app?.close()
  await client?.end()
  await database?.drop()
})

const clerk = { roles: ["warehouse.clerk"] }
const guest = { roles: ["warehouse.guest"] }

// oxlint-disable-next-line typescript/no-explicit-any -- JSON as it comes
async function ask(path: string, init: object = {}, who: typeof clerk = clerk): Promise<{ status: number; body: any }> {
  const answer = await app.http(who)(`/api/warehouse/${path}`, init)
  const body = answer.status === 204 ? null : await answer.json()
  return { status: answer.status, body }
}
const send = (method: string, path: string, body: object) => ask(path, { method, body })
const rows = async (text: string): Promise<object[]> => (await client.query(text)).rows as object[]

test("an order with lines, customer and clerk comes from the original tables in one request", async () => {
  const { body } = await ask(
    "orders?select=id,state,freight,total,tags,customer.name,customer.since,clerk.name,clerk.boss.name,lines.product,lines.quantity,lines.unitPrice&orderBy=id",
  )
  expect(body.data).toEqual([
    {
      id: "1",
      state: "open",
      freight: "12.10",
      total: "24.20",
      tags: ["a", "b"],
      customer: { id: "ACME", name: "Acme Ltd", since: "2020-01-31T12:00:00.000Z" },
      clerk: { id: "2", name: "Bob", boss: { id: "1", name: "Ann" } },
      lines: [
        { id: "1,bolt", product: "bolt", quantity: 3, unitPrice: "1.10" },
        { id: "1,nut%2C big", product: "nut, big", quantity: 5, unitPrice: "0.25" },
      ],
    },
    expect.objectContaining({ id: "2", freight: null, total: "0.00", tags: null, lines: [] }),
  ])
})

test("records are found by their keys in the address, whatever letters these have", async () => {
  expect((await ask(`customers/${encodeURIComponent("B,C%")}`)).body).toMatchObject({ id: "B,C%", code: "B,C%" })
  expect((await ask("order-totals/1")).body).toEqual({ id: "1", orderNo: 1, total: "4.55" })
  expect((await ask(`shelves/${encodeURIComponent("7,1,B%2C%25")}`)).body).toMatchObject({ label: "B,%", capacity: 20 })
  expect((await ask("sites/7,2?select=title,parent.title,staff.name")).body).toEqual({
    id: "7,2",
    title: "Annex",
    parent: { id: "7,1", title: "Main" },
    staff: [{ id: "1", name: "Ann" }],
  })
  expect((await ask("sites/7")).status).toBe(404)
  expect((await ask("employees/ann")).status).toBe(404)
})

test("conditions, groups and orders go through references of every kind", async () => {
  const ids = async (path: string): Promise<string[]> => (await ask(path)).body.data.map((r: { id: string }) => r.id)
  expect(await ids("orders?customer=ACME")).toEqual(["1"])
  expect(await ids("orders?where=" + encodeURIComponent('{"customer":{"in":["B,C%"]}}'))).toEqual(["2"])
  expect(await ids("orders?clerk.boss=1&state=open")).toEqual(["1"])
  expect(await ids("shelves?site=7,1&orderBy=-capacity")).toEqual(["7,1,B%2C%25", "7,1,A1"])
  expect(await ids("sites?parent.title=Main")).toEqual(["7,2"])
  expect(await ids("employees?where=" + encodeURIComponent('{"sites":{"some":{"title":"Annex"}}}'))).toEqual(["1"])
  const grouped = await send("POST", "orders/$query", { group: ["customer"], aggregates: { freight: "sum(freight)" } })
  expect(grouped.body.data).toEqual(
    expect.arrayContaining([{ customer: { id: "ACME", title: "Acme Ltd" }, freight: "12.10" }]),
  )
})

test("pages over every kind of key give each record once, forwards and backwards", async () => {
  for (const path of ["sites", "shelves", "customers", "orders", "sites?orderBy=-title", "orders?orderBy=customer"]) {
    const whole = (await ask(path)).body.data.map((r: { id: string }) => r.id)
    const seen: string[] = []
    for (let after = "", more = true; more; ) {
      const page = (await ask(`${path}${path.includes("?") ? "&" : "?"}limit=1${after}`)).body
      seen.push(...page.data.map((r: { id: string }) => r.id))
      after = `&after=${page.next}`
      more = page.next !== null
    }
    expect({ path, seen }).toEqual({ path, seen: whole })
  }
})

test("an order is created, changed and deleted with its lines; the database gives its number", async () => {
  const created = await send("POST", "orders", {
    customer: "ACME",
    freight: "3.5",
    tags: ["x", "y,z"],
    lines: [{ product: "bolt", quantity: 1, unitPrice: "2" }],
  })
  expect(created).toMatchObject({ status: 201, body: { state: "open", freight: "3.50", total: "7.00" } })
  const { id, version } = created.body
  expect(created.body.placed).toMatch(/Z$/)
  expect(await rows(`select "CustomerCode", state, tags from "Orders" where "OrderNo" = ${id}`)).toEqual([
    { CustomerCode: "ACME", state: "open", tags: ["x", "y,z"] },
  ])
  const changed = await send("PATCH", `orders/${id}`, {
    version,
    state: "packed",
    lines: [
      { id: `${id},bolt`, quantity: 4 },
      { product: "nut", quantity: 2, unitPrice: "0.10" },
    ],
  })
  expect(changed.status).toBe(200)
  expect(changed.body.version).not.toBe(version)
  expect((await send("PATCH", `orders/${id}`, { version, state: "sent" })).body.code).toBe("record.version_conflict")
  // A change of a line alone is one of its order.
  const touched = await send("PATCH", `orders/${id}`, { lines: [{ id: `${id},nut`, $delete: true }] })
  expect(touched).toMatchObject({ status: 200 })
  expect(touched.body.version).not.toBe(changed.body.version)
  const read = await ask(`orders/${id}?select=version,state,lines.quantity`)
  expect(read.body).toEqual({
    id,
    version: touched.body.version,
    state: "packed",
    lines: [{ id: `${id},bolt`, quantity: 4 }],
  })
  const history = await app.history("warehouse.Order", id)
  expect(history.map(({ operation }) => operation)).toEqual(["create", "update", "update"])
  expect(history.at(-1)?.version).toBe(touched.body.version)
  const events = await app.events("warehouse.Order")
  expect(events.filter(({ recordId }) => recordId === id)).toHaveLength(3)
  expect((await ask(`orders/${id}`, { method: "DELETE" })).status).toBe(204)
  expect(await rows(`select from order_line where order_no = ${id}`)).toEqual([])
})

test("keys without a default are given by the caller, and do not change", async () => {
  expect((await send("POST", "sites", { company: 9, no: 1, title: "New" })).body.id).toBe("9,1")
  expect((await send("POST", "sites", { company: 9, no: 1, title: "Again" })).body).toMatchObject({
    code: "record.duplicate",
    details: { fields: ["company", "no"] },
  })
  expect((await send("POST", "sites", { company: 9, title: "None" })).body.details.errors).toMatchObject([
    { path: "/no", code: "value.required" },
  ])
  expect((await send("PATCH", "sites/9,1", { no: 2 })).body.details.errors).toMatchObject([{ code: "value.fixed" }])
  const child = { company: 9, no: 2, title: "Part", shelves: [{ label: "Z", capacity: 1 }] }
  expect((await send("POST", "sites", { ...child, parent: "8,1" })).body.details.errors).toMatchObject([
    { code: "value.conflict" },
  ])
  expect((await send("POST", "sites", { ...child, parent: "9,1" })).status).toBe(201)
  expect((await send("PATCH", "sites/9,2", { parent: null, staff: undefined })).body.parent).toBeNull()
  expect((await send("PATCH", "employees/1", { sites: ["9,1"] })).status).toBe(200)
  expect(await rows("select company, site from employee_site")).toEqual([{ company: 9, site: 1 }])
  expect((await ask("sites/9,2", { method: "DELETE" })).status).toBe(204)
  expect((await ask("sites/9,1", { method: "DELETE" })).status).toBe(204)
  expect((await send("POST", "customers", { code: "LONGER-THAN-8", name: "x" })).body.details.errors).toMatchObject([
    { code: "value.too_long" },
  ])
  expect((await send("POST", "orders", { customer: "NONE" })).body.details.errors).toMatchObject([
    { path: "/customer" },
  ])
})

test("a key that the database would give may be given by the caller", async () => {
  expect((await send("POST", "employees", { id: "900", name: "Zoe", boss: "1" })).body).toMatchObject({ id: "900" })
  expect((await send("POST", "employees", { id: "x", name: "Zoe" })).body.details.errors).toMatchObject([
    { path: "/id" },
  ])
  expect((await send("POST", "sites", { id: "9,9", company: 9, no: 9, title: "x" })).status).toBe(403)
  expect((await ask("employees?search=zo")).body.data).toMatchObject([{ id: "900", boss: "1" }])
  expect((await ask("employees/900", { method: "DELETE" })).status).toBe(204)
})

test("the contract as a document has the keys that the tables have", async () => {
  const { body } = await ask("openapi.json")
  expect(JSON.stringify(body)).not.toContain("undefined")
  expect(body.paths["/api/warehouse/sites/{id}"].parameters).toEqual([
    { name: "id", in: "path", required: true, schema: { type: "string" } },
  ])
  expect(body.components.schemas.EmployeeCreate.properties.id).toMatchObject({ type: "string" })
})

test("rights hold on adopted tables as on any", async () => {
  expect((await ask("orders", {}, guest)).body.data.map((r: { id: string }) => r.id)).toEqual(["1"])
  expect((await ask("customers/ACME", { method: "DELETE" }, guest)).status).toBe(403)
  expect((await ask(`customers/${encodeURIComponent("B,C%")}`, {}, guest)).status).toBe(404)
  expect((await send("POST", "order-totals", { orderNo: 1 })).status).toBe(403)
})

test("a table that differs from the contract is told, and left as it is", async () => {
  const catalog = resolveCatalog(knownContracts().values())
  const own = openDatabase({ connectionString: database.url, sharedConnections: 1 })
  try {
    await client.query("alter table customer rename full_name to title")
    await client.query("alter table stock.shelf alter capacity type bigint")
    const { refused } = await checkSchema(own, catalog, "warehouse")
    expect(refused.map(({ what }) => what)).toEqual([
      'warehouse.Customer.name (column full_name of table "customer")',
      'warehouse.Shelf.capacity (column capacity of table "stock"."shelf")',
    ])
    await client.query("alter table customer rename title to full_name")
    await client.query("alter table stock.shelf alter capacity type integer")
    expect(await checkSchema(own, catalog, "warehouse")).toEqual({ missing: [], refused: [] })
  } finally {
    await own.close()
  }
})

test("nothing but the framework's own schema was added to the database", async () => {
  const tables = await rows(
    "select table_schema, table_name from information_schema.tables where table_schema in ('public', 'stock') order by 1, 2",
  )
  expect(tables).toHaveLength(8)
})
