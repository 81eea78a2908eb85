import { readFileSync } from "node:fs"
import { join } from "node:path"
import pg from "pg"
import { afterAll, beforeAll, expect, test } from "vitest"
import { archipel, type Said } from "../cli/command-line.ts"
import { type TestDatabase, testDatabase } from "../support/database.ts"
import { optionalPath } from "../support/optional.ts"
import { type AdoptedProject, adoptedProject, type AdoptedService } from "./adopted.ts"

optionalPath("NORTHWIND_SQL").describe("Northwind, adopted in place", (path) => {
  let database: TestDatabase
  let project: AdoptedProject
  let said: Said
  let northwind: AdoptedService

  beforeAll(async () => {
    database = await testDatabase("northwind")
    const client = new pg.Client({ connectionString: database.url })
    await client.connect()
    await client.query(readFileSync(path, "utf8"))
    // A figure that no column has is a view, and groups like any other.
    await client.query(`create view public.line_revenues as select d.order_id, d.product_id, o.ship_country as country,
      d.unit_price::numeric * d.quantity * (1 - d.discount::numeric) as revenue
      from public.order_details d join public.orders o using (order_id)`)
    await client.end()
    project = adoptedProject()
    said = archipel(project.path, ["adopt", database.url, "--service", "northwind"])
    if (said.code !== 0) throw new Error(said.err)
    northwind = await project.start("northwind", database.url)
  })

  afterAll(async () => {
    await northwind?.[Symbol.asyncDispose]()
    project?.[Symbol.dispose]()
    await database?.drop()
  })

  const file = (name: string): string => readFileSync(join(project.path, name), "utf8")

  test("the command says what it made and what to do next", () => {
    expect(said.out).toMatch(/^Made services\/northwind: 13 models of 15 tables and views; /)
    expect(said.out).toContain("DATABASE_URL_NORTHWIND=")
    expect(file("main.ts")).toContain("await start([northwind])")
  })

  test("the service type-checks and is formatted", () => {
    expect(project.typeErrors()).toBe("")
    expect(project.misformatted()).toBe("")
  })

  test("the report says what became of approximate numbers and bytes", () => {
    const report = file("services/northwind/adopt-report.md")
    expect(report).toContain("- `order_details.unit_price`: real → decimal with 2 digits after the point")
    expect(report).toContain("- `employees.photo`: bytea")
    expect(report).toContain("| `order_details` | OrderDetail | lines of Order |")
    expect(report).toContain("| `employee_territories` |  | links Employee and Territory |")
  })

  test("orders come with lines, customer, employee and shipper in one request", async () => {
    const select =
      "shipName,freight,customer.companyName,employee.lastName,shipVia.companyName,orderDetails.product.productName,orderDetails.unitPrice,orderDetails.quantity"
    const { body } = await northwind.ask(`orders?limit=1&select=${select}`)
    expect(body.data).toEqual([
      {
        id: "10248",
        shipName: "Vins et alcools Chevalier",
        freight: "32.38",
        customer: { id: "VINET", companyName: "Vins et alcools Chevalier" },
        employee: { id: "5", lastName: "Buchanan" },
        shipVia: { id: "3", companyName: "Federal Shipping" },
        orderDetails: [
          { id: "10248,11", product: { id: "11", productName: "Queso Cabrales" }, unitPrice: "14.00", quantity: 12 },
          expect.objectContaining({ id: "10248,42", unitPrice: "9.80" }),
          expect.objectContaining({ id: "10248,72", unitPrice: "34.80" }),
        ],
      },
    ])
  })

  test("an order is created with lines, whose keys the caller gives", async () => {
    const lines = [
      { product: "11", quantity: 2, unitPrice: "14", discount: "0.05" },
      { product: "42", quantity: 1, unitPrice: "9.8", discount: "0" },
    ]
    const order = {
      orderId: 20_000,
      customer: "ALFKI",
      employee: "1",
      shipVia: "2",
      freight: "7.25",
      orderDate: "1998-05-07",
    }
    const created = await northwind.ask("orders", { method: "POST", body: { ...order, orderDetails: lines } })
    expect(created).toMatchObject({ status: 201, body: { id: "20000", orderId: 20_000, freight: "7.25" } })
    const again = await northwind.ask("orders", { method: "POST", body: order })
    expect(again.body).toMatchObject({ code: "record.duplicate", details: { fields: ["orderId"] } })
    const changed = await northwind.ask("orders/20000", {
      method: "PATCH",
      body: { version: created.body.version, orderDetails: [{ id: "20000,42", $delete: true }] },
    })
    expect(changed.status).toBe(200)
    const { body } = await northwind.ask("orders/20000?select=orderDetails.id")
    expect(body.orderDetails).toEqual([{ id: "20000,11" }])
    expect((await northwind.ask("orders/20000", { method: "DELETE" })).status).toBe(204)
    const history = await northwind.app.history("northwind.Order" as never, "20000")
    expect(history.map(({ operation }) => operation)).toEqual(["create", "update", "delete"])
  })

  test("revenue is grouped by country on the original tables", async () => {
    const query = {
      group: ["country"],
      aggregates: { revenue: "sum(revenue)", lines: "count" },
      orderBy: ["-revenue"],
      limit: 2,
    }
    const { body } = await northwind.ask("line-revenues/$query", { method: "POST", body: query })
    expect(body.data).toEqual([
      { country: "USA", revenue: "245584.6105", lines: 352 },
      { country: "Germany", revenue: "230284.6335", lines: 328 },
    ])
    const through = {
      group: ["order.customer.country"],
      aggregates: { units: "sum(quantity)" },
      orderBy: ["-units"],
      limit: 1,
    }
    const grouped = await northwind.ask("order-details/$query", { method: "POST", body: through })
    expect(grouped.body.data).toEqual([{ "order.customer.country": "USA", units: "9330" }])
  })

  test("keys are told apart from numbers, so that nobody adds them up", async () => {
    const { fields } = (await northwind.ask("orders/$ui")).body
    expect(fields.orderId).toMatchObject({ type: "integer", semantic: "identifier" })
    expect(fields.freight.semantic).toBeUndefined()
  })

  test("a check finds no difference, until somebody changes a table", async () => {
    const check = () => archipel(project.path, ["migrate", "check"], { env: { DATABASE_URL_NORTHWIND: database.url } })
    expect(check()).toMatchObject({ code: 0, err: "", out: expect.stringContaining("northwind: no difference") })
    const client = new pg.Client({ connectionString: database.url })
    await client.connect()
    await client.query("alter table shippers rename column phone to telephone")
    const found = check()
    await client.query("alter table shippers rename column telephone to phone")
    await client.end()
    expect(found).toMatchObject({ code: 1, out: expect.stringContaining("northwind: the database differs") })
    expect(found.err).toMatch(/northwind\.Shipper.*phone/)
  })

  test("nobody but an administrator sees anything", async () => {
    const answer = await northwind.app.http({ roles: [] })("/api/northwind/orders")
    expect(answer.status).toBe(403)
  })
})
