import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type Db, sum, systemPrincipal } from "@archipel/core"
import { type OpenServices, openServices } from "@archipel/server"
import { afterAll, beforeAll, expect, test } from "vitest"
import { loadNorthwind } from "../../examples/company/northwind/load-northwind.ts"
import { services } from "../../examples/company/services.ts"
import { testDatabase, type TestDatabase } from "../support/database.ts"
import { optionalPath } from "../support/optional.ts"

optionalPath("NORTHWIND_SQL").describe("Northwind through the product", (path) => {
  const databases: TestDatabase[] = []
  const folder = mkdtempSync(join(tmpdir(), "archipel-northwind-"))
  let open: OpenServices
  let db: Db

  beforeAll(async () => {
    const env: Record<string, string> = {}
    for (const { name } of services) {
      const database = await testDatabase(`northwind ${name}`)
      databases.push(database)
      env[`DATABASE_URL_${name.toUpperCase()}`] = database.url
    }
    open = await openServices({ services, dataDirectory: folder, env })
    db = open.as(systemPrincipal("a test loads Northwind"))
    const loaded = await loadNorthwind(db, readFileSync(path, "utf8"))
    expect(loaded).toEqual({ customers: 91, products: 77, employees: 9, orders: 830, lines: 2155, shipped: 809 })
  })
  afterAll(async () => {
    await open.close()
    await Promise.all(databases.map((database) => database.drop()))
    rmSync(folder, { recursive: true, force: true })
  })

  test("all records are there", async () => {
    expect(await db("crm.Customer").count()).toBe(91)
    expect(await db("catalog.Product").count()).toBe(77)
    expect(await db("people.Employee").count()).toBe(9)
    expect(await db("people.Employee").count({ manager: { isSet: true } })).toBe(8)
    expect(await db("sales.Order").count()).toBe(830)
    expect(await db("sales.OrderLine").count()).toBe(2155)
  })

  test("orders are in the states that their dates say", async () => {
    const byStatus = await db("sales.Order").group({ group: ["status"], aggregates: { orders: "count" } })
    expect(Object.fromEntries(byStatus.map((row) => [row["status"], row["orders"]]))).toEqual({
      shipped: 809,
      confirmed: 21,
    })
    expect(await db("sales.Order").count({ status: "shipped", shippedDate: { isSet: false } })).toBe(0)
  })

  test("totals are exact, of the orders and of their lines", async () => {
    const [orders] = await db("sales.Order").group({ group: [], aggregates: { total: "sum(total)" } })
    const [lines] = await db("sales.OrderLine").group({ group: [], aggregates: { total: "sum(subtotal)" } })
    expect([orders?.["total"], lines?.["total"]]).toEqual(["1265793.29", "1265793.29"])
  })

  test("the best customer comes from one grouped query, with its name", async () => {
    const [best] = await db("sales.Order").group({
      group: ["customer"],
      aggregates: { total: "sum(total)" },
      orderBy: ["-total"],
      limit: 1,
    })
    expect(best).toEqual({ customer: { id: expect.any(String), title: "QUICK-Stop" }, total: "110277.32" })
  })

  test("an order is found by its old key, with what other services know of it", async () => {
    const [order] = await db("sales.Order").find({
      select: [
        "date",
        "status",
        "shippedDate",
        "customer.name",
        "customer.country.code",
        "employee.name",
        "shipper.name",
        "lineCount",
        "total",
        "lines.product.name",
        "lines.quantity",
        "lines.subtotal",
      ],
      where: { externalId: "10248" },
    })
    expect(order).toMatchObject({
      date: "1996-07-04",
      status: "shipped",
      shippedDate: "1996-07-16",
      customer: { name: "Vins et alcools Chevalier", country: { code: "FR" } },
      employee: { name: "Steven Buchanan" },
      shipper: { name: "Federal Shipping" },
      lineCount: 3,
      total: "440.00",
    })
    const lines = order?.lines ?? []
    expect(lines.map((line) => line.product.name).toSorted()).toEqual([
      "Mozzarella di Giovanni",
      "Queso Cabrales",
      "Singaporean Hokkien Fried Mee",
    ])
    expect(sum(lines.map((line) => line.subtotal))).toBe("440")
  })

  test("managers and territories are linked", async () => {
    const [employee] = await db("people.Employee").find({
      select: ["name", "manager.name", "territories.name", "territories.region.name"],
      where: { externalId: "6" },
    })
    expect(employee).toMatchObject({ name: "Michael Suyama", manager: { name: "Steven Buchanan" } })
    expect(employee?.territories).toHaveLength(5)
  })

  test("loading again is refused, and changes nothing", async () => {
    await expect(loadNorthwind(db, readFileSync(path, "utf8"))).rejects.toMatchObject({ code: "record.duplicate" })
    expect(await db("sales.Order").count()).toBe(830)
  })
})
