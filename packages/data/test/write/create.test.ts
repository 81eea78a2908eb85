import { eventsSql } from "@archipel/data"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { alice, nail, openShop, screw, type Shop } from "./shop.ts"

let shop: Shop
beforeAll(async () => {
  shop = await openShop()
})
afterAll(() => shop[Symbol.asyncDispose]())

describe("a created record with its lines", () => {
  it("is complete: suggestions, computes, rollups, numbers, defaults, history, events and the answer", async () => {
    const customer = await shop.create(alice, "shop.Customer", { name: "Ada", code: "C1", discount: "0.1" })
    expect(customer).toMatchObject({
      version: 1,
      discount: "0.1000",
      revenue: "0.00",
      orderCount: 0,
      level: "small",
      owner: alice.id,
    })
    const answer = await shop.change(alice, {
      operation: "create",
      model: "shop.Order",
      values: {
        customer: customer.id,
        lines: [
          { product: nail, quantity: 3 },
          { product: screw, quantity: 2, discount: "0" },
          { label: "free", price: "0" },
        ],
      },
    })
    const day = new Date().toISOString().slice(0, 10)
    expect(answer).toMatchObject({ version: 1, warnings: [] })
    expect(answer.record).toMatchObject({
      number: `SO-${day.slice(0, 4)}-0001`,
      invoice: null,
      status: "draft",
      date: day,
      total: "27.70",
      taxed: "33.24",
      biggest: "27.00",
      lineCount: 3,
      createdBy: alice.id,
    })
    expect(await shop.lines(answer.id)).toMatchObject([
      { quantity: "3", price: "10.00", discount: "0.1000", subtotal: "27.00", version: "1" },
      { quantity: "2", price: "0.35", discount: "0.0000", subtotal: "0.70" },
      { quantity: "1", price: "0.00", subtotal: "0.00" },
    ])
    expect(await shop.sql("select order_count, version from customers where id = $1", [customer.id])).toMatchObject([
      { order_count: "1", version: "2" },
    ])
    const history = await shop.sql(
      "select model, operation, version, actor_id, changes from archipel.history where record_id = $1",
      [answer.id],
    )
    expect(history).toMatchObject([{ model: "shop.Order", operation: "create", version: "1", actor_id: alice.id }])
    expect(JSON.parse(String(history[0]?.["changes"]))).toMatchObject({
      total: { old: null, new: "27.70" },
      lines: [
        { operation: "create", changes: { subtotal: { old: null, new: "27.00" } } },
        { operation: "create", changes: { subtotal: { old: null, new: "0.70" } } },
        { operation: "create" },
      ],
    })
    const events = await shop.sql(`select type from ${eventsSql} e order by seq`)
    expect(events.map((e) => e["type"])).toEqual([
      "shop.Customer.created",
      "shop.Order.created",
      "shop.Customer.updated",
    ])
  })

  it("asks its neighbour once", async () => {
    const customer = await shop.create(alice, "shop.Customer", { name: "Bea", code: "C2" })
    shop.calls.length = 0
    await shop.create(alice, "shop.Order", {
      customer: customer.id,
      lines: [{ product: nail }, { product: screw }, { product: nail }],
    })
    expect(shop.calls).toEqual([{ model: "stock.Product", ids: [nail, screw], paths: ["price"] }])
  })
})
