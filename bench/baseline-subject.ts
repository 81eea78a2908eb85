import assert from "node:assert/strict"
import { readFile } from "node:fs/promises"
import { join } from "node:path"
import type { Call, Subject } from "./subject.ts"
import type { WorkName } from "./works.ts"

/** The limit of this repository: baseline/server.ts. */
export const baseline: Subject = {
  name: "baseline",
  seed: async (server, database) =>
    server.run(database, await readFile(join(import.meta.dirname, "sql/baseline.sql"), "utf8")),
  program: [join(import.meta.dirname, "baseline/server.ts")],
  environment: (server, database) => ({ DATABASE_URL: server.url(database) }),
  readyPath: "/orders/1",
  check: (work, call) => checks[work](call),
}

const checks: Record<WorkName, (call: Call) => Promise<void>> = {
  W1: async (call) => {
    const order = (await call("GET", "/orders/15")) as Order
    assert.equal(order.number, "SO0000015")
    assert.equal(order.version, 1)
  },
  W2: async (call) => {
    const orders = (await call("GET", "/orders?status=shipped")) as Order[]
    assert.equal(orders.length, 20)
    for (const order of orders) {
      assert.equal(order.status, "shipped")
      assert.match(order.customer.name, /^Customer \d+$/)
      assert.equal(order.lines.length, 5)
    }
    const dates = orders.map((order) => order.order_date)
    assert.deepEqual(dates, dates.toSorted().reverse())
  },
  W3: async (call) => {
    const created = (await call("POST", "/orders", {
      number: "N1",
      customer: 3,
      note: "bench",
      lines: [
        { product: "Product 1", quantity: 2, price: "10.50" },
        { product: "Product 2", quantity: 1, price: "3.25" },
        { product: "Product 3", quantity: 7, price: "1.10" },
      ],
    })) as Order
    assert.equal(created.total, 31.95)
    assert.equal(created.lines.length, 3)
    assert.deepEqual(await call("GET", `/orders/${created.id}`), omitLines(created))
  },
  W4: async (call) => {
    const changed = (await call("PATCH", "/orders/16", { version: 1, note: "changed" })) as Order
    assert.equal(changed.version, 2)
    assert.equal(changed.note, "changed")
    await assert.rejects(call("PATCH", "/orders/16", { version: 1, note: "stale" }), /409/)
  },
  W5: async (call) => {
    const totals = (await call("GET", "/orders?from=2024-03-01")) as { status: string; orders: number; total: number }[]
    assert.deepEqual(
      totals.map((row) => row.status),
      ["cancelled", "confirmed", "draft", "invoiced", "shipped"],
    )
    for (const row of totals) assert.ok(row.orders > 500 && row.total > 0)
  },
}

interface Order {
  readonly id: number
  readonly number: string
  readonly status: string
  readonly order_date: string
  readonly note: string | null
  readonly total: number
  readonly version: number
  readonly customer: { readonly name: string }
  readonly lines: readonly unknown[]
}

function omitLines({ lines: _, ...order }: Order): unknown {
  return order
}
