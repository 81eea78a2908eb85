import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type Db, knownContracts, type Principal } from "@archipel/core"
import { developmentUsers, open, type Program } from "@archipel/server"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { testDatabase, type TestDatabase } from "../../tests/support/database.ts"
import { seedDemo } from "./demo/seed-demo.ts"
import { services } from "./services.ts"

const databases: TestDatabase[] = []
const folder = mkdtempSync(join(tmpdir(), "archipel-company-"))
let program: Program

async function databaseUrls(): Promise<Record<string, string>> {
  const env: Record<string, string> = {}
  for (const name of ["identity", ...services.map((service) => service.name)]) {
    const database = await testDatabase(`company ${name}`)
    databases.push(database)
    env[`DATABASE_URL_${name.toUpperCase()}`] = database.url
  }
  return env
}

beforeAll(async () => {
  program = await open(services, { demo: seedDemo, port: 0, dataDirectory: folder, env: await databaseUrls() })
})
afterAll(async () => {
  await program.close()
  await Promise.all(databases.map((database) => database.drop()))
  rmSync(folder, { recursive: true, force: true })
})

const idOf = (login: string): string => developmentUsers.find((user) => user.login === login)?.id ?? ""

/** A user of the demo with these roles of every service. */
function as(login: string, ...roles: readonly string[]): Db {
  const all = [...knownContracts().values()].flatMap((contract) =>
    contract.roles.map((role) => `${contract.name}.${role}`),
  )
  const own = all.filter((role) => roles.some((each) => role.endsWith(`.${each}`)))
  const principal: Principal = { kind: "user", id: idOf(login), roles: own, claims: {}, timeZone: "UTC" }
  return program.open.as(principal)
}
const clara = (): Db => as("clara", "user")
const martin = (): Db => as("martin", "user", "manager")
const refused = (code: string) => expect.objectContaining({ code })

test("the demo is the same every time: orders in every state, of customers and products that are there", async () => {
  const states = await martin()("sales.Order").group({
    group: ["status"],
    aggregates: { orders: "count", total: "sum(total)" },
    orderBy: ["status"],
  })
  expect(states).toEqual([
    { status: "cancelled", orders: 23, total: "15370.63" },
    { status: "confirmed", orders: 23, total: "21239.69" },
    { status: "draft", orders: 4, total: "5167.96" },
    { status: "shipped", orders: 350, total: "362821.70" },
  ])
  const orders = await martin()("sales.Order").find({
    select: ["number", "date", "customer.name", "lines.product.name"],
    where: { date: { gte: "2026-01-01" } },
    orderBy: ["number"],
    limit: 1_000,
  })
  expect(orders.length).toBeGreaterThan(50)
  expect(orders.filter((order) => order.customer.name === null || order.lines.length === 0)).toEqual([])
  expect(orders.map((order) => order.date)).toEqual(orders.map((order) => order.date).toSorted())
})

describe("an order", () => {
  async function draft(db: Db, quantity = 3) {
    const [customer] = await db("crm.Customer").find({
      select: ["name", "city"],
      where: { discount: "0.05" },
      limit: 1,
    })
    const [product] = await db("catalog.Product").find({
      select: ["price"],
      where: { discontinued: false, stock: { gt: 20 } },
      limit: 1,
    })
    const [shipper] = await db("sales.Shipper").find({ select: ["name"], limit: 1 })
    if (!customer || !product || !shipper) throw new Error("The demo has no such customer, product or shipper.")
    const lines = [{ product: product.id, quantity }]
    const { id } = await db("sales.Order").create({ customer: customer.id, shipper: shipper.id, lines })
    return { id, customer, product }
  }

  test("takes price, discount, cost and address from its neighbours", async () => {
    const { id, customer, product } = await draft(clara())
    const select = ["salesperson.name", "shipName", "shipCity", "total", "cost", "margin"] as const
    const order = await martin()("sales.Order").get(id, {
      select: [...select, "lines.price", "lines.discount", "lines.cost"],
    })
    expect(order).toMatchObject({
      salesperson: { name: "Clara Lindqvist" },
      shipName: customer.name,
      shipCity: customer.city,
      lines: [{ price: product.price, discount: "0.0500" }],
    })
    expect(order?.cost).toBe(order?.lines[0]?.cost)
    expect(order?.cost).not.toBe("0.00")
  })

  test("is confirmed by its clerk, shipped today by a manager, and then closed", async () => {
    const { id } = await draft(clara())
    await clara()("sales.Order").do("confirm", id)
    await expect(clara()("sales.Order").do("ship", id)).rejects.toEqual(refused("access.denied"))
    await martin()("sales.Order").do("ship", id)
    const order = await martin()("sales.Order").get(id, { select: ["status", "shippedDate"] })
    expect(order).toMatchObject({ status: "shipped", shippedDate: new Date().toISOString().slice(0, 10) })
    await expect(martin()("sales.Order").update(id, { shipCity: "Ulm" })).rejects.toEqual(refused("record.locked"))
    await martin()("sales.Order").update(id, { note: "left at the door" })
  })

  test("without lines is not confirmed", async () => {
    const [customer] = await clara()("crm.Customer").find({ select: ["name"], limit: 1 })
    if (!customer) throw new Error("The demo has no customers.")
    const { id } = await clara()("sales.Order").create({ customer: customer.id })
    await expect(clara()("sales.Order").do("confirm", id)).rejects.toEqual(refused("order.empty"))
  })

  test("shows what the company earns to managers only", async () => {
    await martin()("sales.Order").find({ select: ["margin", "lines.unitCost"], limit: 1 })
    for (const path of ["margin", "cost", "lines.unitCost"] as const) {
      await expect(clara()("sales.Order").find({ select: [path] })).rejects.toEqual(refused("query.unknown_field"))
    }
    await expect(clara()("catalog.Product").find({ select: ["cost"] })).rejects.toEqual(refused("query.unknown_field"))
  })

  test("shows to who may read no customers only that it has one", async () => {
    const clerk = program.open.as({
      kind: "user",
      id: idOf("clara"),
      roles: ["sales.user"],
      claims: {},
      timeZone: "UTC",
    })
    const [order] = await clerk("sales.Order").find({ select: ["customer.name", "employee.name"], limit: 1 })
    expect(order).toMatchObject({
      customer: { id: expect.any(String), name: null },
      employee: { name: expect.any(String) },
    })
    const [group] = await clerk("sales.Order").group({ group: ["customer"], aggregates: { orders: "count" }, limit: 1 })
    expect(group).toMatchObject({ customer: { id: expect.any(String), title: null } })
  })

  test("is sorted by its customer's name and counted by its country, by whom sales lets", async () => {
    await program.open.mirrorsCaughtUp()
    const orders = await martin()("sales.Order").find({
      select: ["customer.name", "customer.country.code"],
      orderBy: ["customer.name", "number"],
      limit: 1_000,
    })
    const names = orders.map((order) => order.customer.name)
    // By code point, as everywhere.
    expect(names).toEqual(names.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))))
    const countries = await martin()("sales.Order").group({
      group: ["customer.country.code"],
      aggregates: { orders: "count" },
    })
    const counted = Map.groupBy(orders, (order) => order.customer.country?.code ?? null)
    expect(new Map(countries.map((group) => [group["customer.country.code"], group["orders"]]))).toEqual(
      new Map([...counted].map(([code, some]) => [code, some.length])),
    )
    await clara()("sales.Order").group({ group: ["customer.country.code"], aggregates: { orders: "count" } })
    await expect(clara()("sales.Order").find({ select: ["id"], orderBy: ["customer.name"] })).rejects.toEqual(
      refused("query.unknown_field"),
    )
  })

  test("of a colleague is not there for a clerk", async () => {
    const { id } = await draft(martin())
    expect(await clara()("sales.Order").get(id, { select: ["number"] })).toBeNull()
    await expect(clara()("sales.Order").update(id, { note: "x" })).rejects.toEqual(refused("record.not_found"))
    await expect(as("oscar")("sales.Order").count()).rejects.toEqual(refused("access.denied"))
  })
})

describe("stock", () => {
  test("is reserved down to nothing, not below", async () => {
    const [product] = await clara()("catalog.Product").find({
      select: ["stock"],
      where: { discontinued: false, stock: { gt: 0 } },
      limit: 1,
    })
    if (!product) throw new Error("The demo has no product in stock.")
    const products = clara()("catalog.Product")
    await expect(products.do("reserve", product.id, { quantity: product.stock + 1 })).rejects.toEqual(
      refused("product.out_of_stock"),
    )
    expect(await products.do("reserve", product.id, { quantity: product.stock })).toEqual({ stock: 0 })
    expect(await martin()("catalog.Product").do("receive", product.id, { quantity: 5 })).toEqual({ stock: 5 })
  })
})

describe("an expense", () => {
  async function submitted(login: string, db: Db, amount = "12.50") {
    const [employee] = await db("people.Employee").find({ select: ["name"], where: { user: idOf(login) }, limit: 1 })
    if (!employee) throw new Error(`${login} is no employee.`)
    const { id } = await db("people.Expense").create({
      employee: employee.id,
      purpose: "Lunch",
      category: "meals",
      amount,
      date: "2026-06-30",
    })
    await db("people.Expense").do("submit", id)
    return { id, employee }
  }

  test("is approved by somebody else, and counts for its employee", async () => {
    const { id, employee } = await submitted("clara", clara())
    await expect(clara()("people.Expense").do("approve", id)).rejects.toEqual(refused("access.denied"))
    const before = await martin()("people.Employee").get(employee.id, { select: ["spent"] })
    await martin()("people.Expense").do("approve", id)
    const after = await martin()("people.Employee").get(employee.id, { select: ["spent"] })
    expect(Number(after?.spent) - Number(before?.spent)).toBeCloseTo(12.5)
    const own = await submitted("martin", martin())
    await expect(martin()("people.Expense").do("approve", own.id)).rejects.toEqual(refused("access.denied"))
  })

  test("is rejected with a reason, and reopened by its employee", async () => {
    const { id } = await submitted("clara", clara())
    await martin()("people.Expense").do("reject", id, { rejectedBecause: "Whose lunch?" })
    expect(await clara()("people.Expense").get(id, { select: ["status", "rejectedBecause"] })).toMatchObject({
      status: "rejected",
      rejectedBecause: "Whose lunch?",
    })
    await clara()("people.Expense").do("reopen", id)
  })

  test("of much money needs a receipt", async () => {
    const { id } = await submitted("clara", clara(), "500.01")
    await expect(martin()("people.Expense").do("approve", id)).rejects.toMatchObject({
      code: "record.invalid",
      details: { errors: [{ code: "expense.receipt_missing" }] },
    })
  })
})

test("employees see their own salary, and that of who reports to them", async () => {
  const salaries = async (db: Db) => {
    const rows = await db("people.Employee").find({ select: ["name", "salary"], limit: 100 })
    return rows.filter((row) => row.salary !== null).map((row) => row.name)
  }
  expect(await salaries(clara())).toEqual(["Clara Lindqvist"])
  const sales = ["Clara Lindqvist", "Janne Holmgren", "Lucia Ferrante", "Martin Weiss", "Priya Raman"]
  expect((await salaries(as("martin", "user"))).toSorted()).toEqual(sales)
})

test("a clerk changes who a customer is, never what discount it has", async () => {
  const [customer] = await clara()("crm.Customer").find({
    select: ["name"],
    where: { accountManager: { isSet: false } },
  })
  if (!customer) throw new Error("The demo has no customers.")
  await clara()("crm.Customer").update(customer.id, { city: "Ulm" })
  await expect(clara()("crm.Customer").update(customer.id, { discount: "0.9" })).rejects.toEqual(
    refused("access.field_denied"),
  )
})
