import assert from "node:assert/strict"
import { readFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { DatabaseServer } from "./database-server.ts"
import { startSubject, type Call, type Subject } from "./subject.ts"
import type { WorkName } from "./works.ts"

const orders = "/api/bench/orders"

/** The manager among the development users, who may see the orders of all five companies. */
const token = "dev:martin"

/**
 * The product with everything on that it has: rights, record rules, validation, history, logs, sampled traces.
 *
 * @param bench The directory of the benchmark in the checkout whose code is to run.
 */
const productOf = (name: string, bench: string): Subject => ({
  name,
  language: "product",
  async seed(server, database) {
    await seedOrders(server, database, { orders: 100_000, linesPerOrder: 5 }, this)
  },
  program: [
    "--conditions=@archipel/source",
    join(bench, "product/serve.ts"),
    "--host",
    "127.0.0.1",
    "--data",
    join(tmpdir(), "archipel-bench-data"),
  ],
  // The users' own service is not measured; its database is the same for all copies.
  environment: (server, database) => ({
    DATABASE_URL_BENCH: server.url(database),
    DATABASE_URL: server.url("postgres"),
  }),
  readyPath: "/readyz",
  token,
  check: (work, call) => checks[work](call),
})

export const product = productOf("product", import.meta.dirname)

/** Another checkout of this repository, with dependencies of its own, beside which this one is measured. */
export const earlier = (checkout: string): Subject => productOf("earlier", join(checkout, "bench"))

export interface ProductData {
  readonly orders: number
  readonly linesPerOrder: number
}

/** Lets the product make its tables in an empty database, then fills them behind its back. */
export async function seedOrders(
  server: DatabaseServer,
  database: string,
  data: ProductData,
  maker: Subject = product,
): Promise<void> {
  await using _ = await startSubject(maker, server, database)
  const seed = await readFile(join(import.meta.dirname, "sql/product.sql"), "utf8")
  await server.run(
    database,
    `set bench.orders = ${data.orders}; set bench.lines_per_order = ${data.linesPerOrder}; ${seed}`,
  )
}

/**
 * Paths of pages of lists spread over all orders of each status.
 *
 * A page's cursor is known only to who has read the page before, so the lists are walked in the longest pages there are.
 */
export async function listPages(call: Call): Promise<string[]> {
  const pages: string[] = []
  for (const status of ["draft", "confirmed", "shipped", "invoiced", "cancelled"]) {
    const list = `${orders}?status=${status}&orderBy=-orderDate`
    const page = `${list}&select=number,status,orderDate,total,customer.name&limit=20`
    pages.push(page)
    let after: string | null = null
    do {
      const walked = (await call(
        "GET",
        `${list}&select=id&limit=1000${after === null ? "" : `&after=${encodeURIComponent(after)}`}`,
      )) as List
      after = walked.next
      if (after !== null) pages.push(`${page}&after=${encodeURIComponent(after)}`)
    } while (after !== null)
  }
  return pages
}

interface List {
  readonly data: readonly Order[]
  readonly next: string | null
}

interface Order {
  readonly id: string
  readonly number: string
  readonly status: string
  readonly orderDate: string
  readonly note: string | null
  readonly total: string
  readonly version: number
  readonly customer: { readonly name: string }
  readonly lines: readonly { readonly product: string; readonly quantity: number; readonly price: string }[]
}

/** The ids of sql/product.sql. */
const seededId = (kind: number, n: number): string =>
  `018cc251-f4${kind.toString(16).padStart(2, "0")}-7000-8000-${n.toString(16).padStart(12, "0")}`
const customerId = (n: number): string => seededId(1, n)
const orderId = (n: number): string => seededId(2, n)

const checks: Record<WorkName, (call: Call) => Promise<void>> = {
  W1: async (call) => {
    const order = (await call("GET", `${orders}/${orderId(15)}`)) as Order
    assert.equal(order.number, "SO0000015")
    assert.equal(order.version, 1)
  },
  W2: async (call) => {
    const select = "number,status,orderDate,note,total,version,customer.name,lines.product,lines.quantity,lines.price"
    const { data } = (await call(
      "GET",
      `${orders}?select=${select}&orderBy=-orderDate&limit=20&status=shipped`,
    )) as List
    assert.equal(data.length, 20)
    for (const order of data) {
      assert.equal(order.status, "shipped")
      assert.match(order.customer.name, /^Customer \d+$/)
      assert.equal(order.lines.length, 5)
    }
    const dates = data.map((order) => order.orderDate)
    assert.deepEqual(dates, dates.toSorted().reverse())
  },
  W3: async (call) => {
    const { id } = (await call("POST", orders, {
      number: "N1",
      customer: customerId(3),
      company: 1,
      note: "bench",
      lines: [
        { product: "Product 1", quantity: 2, price: "10.50" },
        { product: "Product 2", quantity: 1, price: "3.25" },
        { product: "Product 3", quantity: 7, price: "1.10" },
      ],
    })) as Order
    const created = (await call("GET", `${orders}/${id}?select=number,total,lines.product`)) as Order
    assert.equal(created.total, "31.95")
    assert.equal(created.lines.length, 3)
  },
  W4: async (call) => {
    const path = `${orders}/${orderId(16)}`
    await call("PATCH", path, { version: 1, note: "changed" })
    const changed = (await call("GET", path)) as Order
    assert.equal(changed.version, 2)
    assert.equal(changed.note, "changed")
    await assert.rejects(call("PATCH", path, { version: 1, note: "stale" }), /409/)
  },
  W5: async (call) => {
    const totals = "group=status&aggregates=orders:count,total:sum(total)"
    const month = "orderDate[gte]=2024-03-01T00:00:00.000Z&orderDate[lt]=2024-03-31T00:00:00.000Z"
    const { data } = (await call("GET", `${orders}?${totals}&${month}`)) as {
      data: { status: string; orders: number; total: string }[]
    }
    assert.deepEqual(data.map((row) => row.status).sort(), ["cancelled", "confirmed", "draft", "invoiced", "shipped"])
    for (const row of data) assert.ok(row.orders > 500 && Number(row.total) > 0)
  },
}
