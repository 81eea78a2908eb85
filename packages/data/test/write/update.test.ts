import { eventsSql } from "@archipel/data"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { alice, bob, guest, intern, manager, nail, openShop, refusal, screw, type Shop, stranger } from "./shop.ts"

let shop: Shop
let customer: string
let codes = 0
const code = (): string => `U${++codes}`
const order = async (lines: object[] = [{ price: "10", quantity: 1 }], extra: object = {}) => {
  const made = await shop.create(alice, "shop.Order", { customer, lines, ...extra })
  return { id: made.id, lines: (await shop.lines(made.id)).map((line) => String(line["id"])) }
}
const history = (id: string) =>
  shop.sql("select operation, version, changes, action from archipel.history where record_id = $1 order by id", [id])

beforeAll(async () => {
  shop = await openShop()
  customer = (await shop.create(alice, "shop.Customer", { name: "Ada", code: code() })).id
})
afterAll(() => shop[Symbol.asyncDispose]())

describe("an update", () => {
  it("changes what it names, raises the version by one and records old and new values", async () => {
    const { id } = await order()
    const answer = await shop.change(alice, {
      operation: "update",
      model: "shop.Order",
      id,
      version: 1,
      values: { note: "quick" },
    })
    expect(answer).toMatchObject({ version: 2, record: { note: "quick", version: 2, updatedBy: alice.id } })
    expect((await history(id)).map((h) => [h["operation"], h["version"], h["changes"]])).toEqual([
      ["create", "1", expect.any(String)],
      ["update", "2", '{"note": {"new": "quick", "old": null}}'],
    ])
  })

  it("that changes nothing writes nothing", async () => {
    const { id } = await order([], { note: "same" })
    const answer = await shop.change(alice, { operation: "update", model: "shop.Order", id, values: { note: "same" } })
    expect(answer.version).toBe(1)
    expect(await history(id)).toHaveLength(1)
  })

  it("of a version that is no longer there is refused", async () => {
    const { id } = await order()
    await shop.update(alice, "shop.Order", id, { note: "a" })
    expect(
      await refusal(
        shop.change(alice, { operation: "update", model: "shop.Order", id, version: 1, values: { note: "b" } }),
      ),
    ).toMatchObject({
      code: "record.version_conflict",
      details: { expected: 1, actual: 2 },
    })
  })

  it("of a record that may not be read is refused as if it were not there", async () => {
    const { id } = await order()
    const hidden = await refusal(shop.update(bob, "shop.Order", id, { note: "x" }))
    const missing = await refusal(shop.update(bob, "shop.Order", "00000000-0000-7000-8000-000000000999", { note: "x" }))
    expect([hidden.code, missing.code]).toEqual(["record.not_found", "record.not_found"])
    expect(await refusal(shop.update(bob, "shop.Order", "nonsense", { note: "x" }))).toMatchObject({
      code: "record.not_found",
    })
  })

  it("without a grant for it is refused before anything is looked at", async () => {
    expect(
      await refusal(shop.update(stranger, "shop.Order", "00000000-0000-7000-8000-000000000999", {})),
    ).toMatchObject({ code: "access.denied" })
    expect(await refusal(shop.update(guest, "shop.Customer", customer, { name: "x" }))).toMatchObject({
      code: "access.denied",
    })
  })

  it("of a readable record that the grant does not cover is refused as not allowed", async () => {
    const { id } = await order()
    await shop.change(alice, { operation: "invoke", model: "shop.Order", id, action: "confirm" })
    expect(await refusal(shop.update(intern, "shop.Order", id, { note: "x" }))).toMatchObject({ code: "access.denied" })
  })

  it("must satisfy the grant's check afterwards", async () => {
    const { id } = await order()
    expect(await refusal(shop.update(intern, "shop.Order", id, { note: "forbidden" }))).toMatchObject({
      code: "access.denied",
    })
    expect((await shop.order(id))["note"]).toBe(null)
    expect(await shop.update(intern, "shop.Order", id, { note: "fine" })).toMatchObject({ note: "fine" })
  })

  it("may not move a record out of every restriction, nor out of the grant", async () => {
    const { id } = await order()
    expect(await refusal(shop.update(manager, "shop.Order", id, { note: "hidden" }))).toMatchObject({
      code: "access.denied",
    })
    const bobs = await shop.create(bob, "shop.Customer", { name: "Bob", code: code() })
    expect(await refusal(shop.update(alice, "shop.Customer", customer, { owner: bob.id }))).toMatchObject({
      code: "access.denied",
    })
    expect(await refusal(shop.update(alice, "shop.Order", id, { customer: bobs.id }))).toMatchObject({
      code: "record.invalid",
    })
  })

  it("names a field that the grant does not cover: refused, not dropped", async () => {
    const { id } = await order()
    expect(
      await refusal(shop.update(intern, "shop.Order", id, { note: "x", carrier: "y", date: "2026-01-01" })),
    ).toMatchObject({
      code: "access.field_denied",
      details: { fields: ["carrier", "date"] },
    })
  })

  it("takes each field and list from a single grant that covers it and matches the row", async () => {
    const both = { ...alice, roles: ["shop.clerk", "shop.intern"] }
    const theirs = await shop.create(bob, "shop.Customer", { name: "Bob", code: code() })
    const { id } = await shop.create(bob, "shop.Order", { customer: theirs.id, lines: [{ price: "1" }] })
    expect(await shop.update(both, "shop.Order", id, { note: "seen" })).toMatchObject({ note: "seen" })
    for (const values of [{ note: "x", carrier: "y" }, { lines: [{ price: "1" }] }, { tags: [] }]) {
      expect(await refusal(shop.update(both, "shop.Order", id, values))).toMatchObject({
        code: "access.field_denied",
        details: { fields: [Object.keys(values).at(-1)] },
      })
    }
    const { id: own } = await order()
    expect(await shop.update(both, "shop.Order", own, { carrier: "y", lines: [{ price: "1" }] })).toMatchObject({
      carrier: "y",
      lineCount: 2,
    })
  })

  it.each([
    ["total", "1"],
    ["status", "confirmed"],
    ["version", 7],
    ["createdBy", null],
    ["number", "SO-1"],
    ["id", "x"],
  ])("never writes %s", async (field, value) => {
    const { id } = await order()
    expect(await refusal(shop.update(manager, "shop.Order", id, { [field]: value }))).toMatchObject({
      code: "access.field_denied",
      details: { fields: [field] },
    })
  })

  it("says the same of a field that is not there and of one that is neither readable nor writable", async () => {
    const nothing = await refusal(shop.update(alice, "shop.Customer", customer, { nothing: 1 }))
    const secret = await refusal(shop.update(alice, "shop.Customer", customer, { secret: 1 }))
    expect(nothing).toEqual({
      code: "query.unknown_field",
      details: { model: "shop.Customer", field: "nothing", path: "/nothing" },
    })
    expect(secret).toEqual({
      code: "query.unknown_field",
      details: { model: "shop.Customer", field: "secret", path: "/secret" },
    })
  })

  it("tells all wrong values at once, where they are", async () => {
    const { id, lines } = await order()
    const refused = await refusal(
      shop.update(alice, "shop.Order", id, {
        date: "2026-02-30",
        customer: null,
        lines: [{ id: lines[0], quantity: "two" }, { price: 0.5 }, 7],
      }),
    )
    expect(refused.code).toBe("record.invalid")
    expect((refused.details["errors"] as { path: string; code: string }[]).map((e) => [e.path, e.code])).toEqual([
      ["/date", "value.format"],
      ["/customer", "value.required"],
      ["/lines/0/quantity", "value.type"],
      ["/lines/1/price", "value.type"],
      ["/lines/2", "value.type"],
    ])
  })

  it("says the same of a reference to nothing and to a record that may not be read", async () => {
    const bobs = await shop.create(bob, "shop.Customer", { name: "Bob", code: code() })
    const { id } = await order()
    const there = await refusal(shop.update(alice, "shop.Order", id, { customer: bobs.id }))
    const nothing = await refusal(
      shop.update(alice, "shop.Order", id, { customer: "00000000-0000-7000-8000-000000000999" }),
    )
    expect(there).toEqual(nothing)
    expect(there.details["errors"]).toMatchObject([{ path: "/customer", code: "reference.missing" }])
  })

  it("refers to another service's record only if it is there, and its owner answers", async () => {
    const { id, lines } = await order()
    const unknown = "00000000-0000-7000-8000-0000000000ff"
    const change = () => shop.update(alice, "shop.Order", id, { lines: [{ id: lines[0], product: unknown }] })
    expect((await refusal(change())).details["errors"]).toMatchObject([
      { path: "/lines/0/product", code: "reference.missing" },
    ])
    shop.neighbour = "away"
    try {
      await change()
    } finally {
      shop.neighbour = "there"
    }
    expect((await shop.lines(id))[0]).toMatchObject({ product_id: unknown, price: "10.00" })
  })
})

describe("lines", () => {
  it("are patched, added and deleted in one write, and their parent gets one version more", async () => {
    const { id, lines } = await order([{ price: "1" }, { price: "2" }, { price: "3" }])
    const answer = await shop.change(alice, {
      operation: "update",
      model: "shop.Order",
      id,
      values: { lines: [{ id: lines[0], quantity: 5 }, { id: lines[1], $delete: true }, { price: "4" }] },
    })
    expect(answer).toMatchObject({ version: 2, record: { total: "12.00", lineCount: 3, biggest: "5.00" } })
    expect((await shop.lines(id)).map((l) => [l["price"], l["quantity"], l["version"]])).toEqual([
      ["1.00", "5", "2"],
      ["3.00", "1", "1"],
      ["4.00", "1", "1"],
    ])
    expect(await history(String(lines[1]))).toEqual([])
    const changes = JSON.parse(String((await history(id))[1]?.["changes"])) as { lines: Record<string, unknown>[] }
    const line = (operation: string, what: object, lineId: unknown = expect.any(String)) => ({
      id: lineId,
      operation,
      changes: what,
    })
    expect(changes).toMatchObject({ total: { old: "6.00", new: "12.00" } })
    expect(changes.lines).toEqual([
      line("update", { quantity: { old: 1, new: 5 }, subtotal: { old: "1.00", new: "5.00" } }, lines[0]),
      line("delete", expect.objectContaining({ price: { old: "2.00", new: null } }), lines[1]),
      line("create", expect.objectContaining({ price: { old: null, new: "4.00" } })),
    ])
    const payloads = await shop.sql(`select payload from ${eventsSql} e where record_id = $1 order by seq`, [id])
    expect(JSON.parse(String(payloads[1]?.["payload"]))).toMatchObject({ operation: "update", changes })
    expect(payloads).toHaveLength(2)
  })

  it("raise the parent's version also where none of its values follows", async () => {
    const { id, lines } = await order()
    expect(
      (
        await shop.change(alice, {
          operation: "update",
          model: "shop.Order",
          id,
          values: { lines: [{ id: lines[0], label: "x" }] },
        })
      ).version,
    ).toBe(2)
    expect(
      (
        await shop.change(alice, {
          operation: "update",
          model: "shop.Order",
          id,
          values: { lines: [{ id: lines[0], label: "x" }] },
        })
      ).version,
    ).toBe(2)
  })

  it("are replaced by $set", async () => {
    const { id, lines } = await order([{ price: "1" }, { price: "2" }])
    expect(
      await shop.update(alice, "shop.Order", id, { lines: { $set: [{ id: lines[1], quantity: 2 }, { price: "7" }] } }),
    ).toMatchObject({ total: "11.00" })
    expect((await shop.lines(id)).map((l) => l["price"])).toEqual(["2.00", "7.00"])
    expect(await shop.update(alice, "shop.Order", id, { lines: { $set: [] } })).toMatchObject({
      total: "0.00",
      lineCount: 0,
      biggest: null,
    })
  })

  it("of another parent are not there", async () => {
    const [first, second] = [await order(), await order()]
    expect(
      (await refusal(shop.update(alice, "shop.Order", first.id, { lines: [{ id: second.lines[0], $delete: true }] })))
        .details["errors"],
    ).toMatchObject([{ path: "/lines/0/id", code: "reference.missing" }])
  })

  it("are not written at their own address", async () => {
    const { lines } = await order()
    expect(await refusal(shop.update(manager, "shop.OrderLine", String(lines[0]), { quantity: 2 }))).toMatchObject({
      code: "access.denied",
    })
    expect(
      await refusal(shop.update(manager, "shop.Order", (await order()).id, { lines: [{ order: customer }] })),
    ).toMatchObject({ code: "access.field_denied" })
  })

  it("beyond the bounds are refused", async () => {
    const many = Array.from({ length: 1001 }, () => ({ price: "1" }))
    expect(await refusal(shop.create(alice, "shop.Order", { customer, lines: many }))).toMatchObject({
      code: "query.too_complex",
    })
  })
})

describe("suggestions", () => {
  it("follow when a dependency changes in this write, unless the field is named", async () => {
    const { id, lines } = await order([{ product: nail }, { product: nail, price: "7" }])
    await shop.update(alice, "shop.Order", id, {
      lines: [
        { id: lines[0], product: screw },
        { id: lines[1], quantity: 2 },
      ],
    })
    expect((await shop.lines(id)).map((l) => l["price"])).toEqual(["0.35", "7.00"])
    await shop.update(alice, "shop.Order", id, { lines: [{ id: lines[0], product: nail, price: "3" }] })
    expect((await shop.lines(id))[0]).toMatchObject({ price: "3.00" })
  })

  it("are skipped while the neighbour is away, but not where a value is required that nobody names", async () => {
    shop.neighbour = "away"
    try {
      const answer = await shop.change(alice, {
        operation: "create",
        model: "shop.Order",
        values: { customer, lines: [{ product: nail, price: "2" }] },
      })
      expect(answer.warnings).toEqual([])
      const refused = await refusal(shop.create(alice, "shop.Order", { customer, lines: [{ product: nail }] }))
      expect([refused.code, refused.details]).toMatchObject(["service.unavailable", { service: "stock" }])
    } finally {
      shop.neighbour = "there"
    }
  })

  it("that are sticky leave alone what somebody set, and follow otherwise", async () => {
    const [some, more] = await Promise.all(
      ["0.1", "0.2"].map((discount) => shop.create(alice, "shop.Customer", { name: "C", code: code(), discount })),
    )
    const made = await shop.create(alice, "shop.Order", {
      customer: some?.id,
      lines: [{ price: "100" }, { price: "100", discount: "0.5" }],
    })
    await shop.update(alice, "shop.Order", made.id, { customer: more?.id })
    expect((await shop.lines(made.id)).map((l) => l["discount"])).toEqual(["0.2000", "0.5000"])
    expect(await shop.order(made.id)).toMatchObject({ total: "130.00" })
  })
})

describe("checks and warnings", () => {
  it("run when a dependency changes, also through lines", async () => {
    const { id, lines } = await order()
    expect(
      (await refusal(shop.update(alice, "shop.Order", id, { lines: [{ id: lines[0], quantity: 0 }] }))).details[
        "errors"
      ],
    ).toMatchObject([{ path: "/lines/0", code: "line.quantity" }])
    expect(
      (await refusal(shop.update(alice, "shop.Order", id, { lines: [{ price: "100001" }] }))).details["errors"],
    ).toMatchObject([{ path: "", code: "order.not_too_big" }])
    expect(await shop.order(id)).toMatchObject({ version: "1", total: "10.00" })
  })

  it("that warn let the write through", async () => {
    const answer = await shop.change(alice, { operation: "create", model: "shop.Order", values: { customer } })
    expect(answer.warnings).toEqual([{ path: "", code: "order.empty" }])
  })

  it("of the contract hold in the database", async () => {
    expect(
      (await refusal(shop.update(alice, "shop.Customer", customer, { discount: "2" }))).details["errors"],
    ).toMatchObject([{ code: "customer.discount" }])
  })
})

describe("what follows in other records", () => {
  it("moves with an order: both customers are right afterwards", async () => {
    const [a, b] = await Promise.all([1, 2].map(() => shop.create(alice, "shop.Customer", { name: "C", code: code() })))
    const made = await shop.create(alice, "shop.Order", { customer: a?.id, lines: [{ price: "600", quantity: 2 }] })
    await shop.change(alice, { operation: "invoke", model: "shop.Order", id: made.id, action: "confirm" })
    const read = async () =>
      await shop.sql("select revenue, order_count, level from customers where id = any($1) order by id", [
        [a?.id, b?.id].sort(),
      ])
    expect(await read()).toMatchObject([
      { revenue: "1200.00", order_count: "1", level: "large" },
      { revenue: "0.00", order_count: "0", level: "small" },
    ])
    await shop.update(alice, "shop.Order", made.id, { customer: b?.id })
    expect(await read()).toMatchObject([
      { revenue: "0.00", order_count: "0", level: "small" },
      { revenue: "1200.00", order_count: "1", level: "large" },
    ])
    await shop.change(alice, { operation: "delete", model: "shop.Order", id: made.id })
    expect(await read()).toMatchObject([{ revenue: "0.00" }, { revenue: "0.00", order_count: "0", level: "small" }])
  })

  it("includes links, seen from both sides", async () => {
    const [red, blue] = await Promise.all(["red", "blue"].map((name) => shop.create(manager, "shop.Tag", { name })))
    const { id } = await order([], { tags: [red?.id, blue?.id] })
    const uses = async () => (await shop.sql("select uses from tags order by name")).map((t) => t["uses"])
    expect(await uses()).toEqual(["1", "1"])
    const answer = await shop.change(alice, {
      operation: "update",
      model: "shop.Order",
      id,
      values: { tags: { $remove: [red?.id] } },
    })
    expect(answer.version).toBe(2)
    expect(await uses()).toEqual(["1", "0"])
    await shop.update(alice, "shop.Order", id, { tags: [red?.id] })
    expect(await uses()).toEqual(["0", "1"])
    await shop.change(alice, { operation: "delete", model: "shop.Order", id })
    expect(await uses()).toEqual(["0", "0"])
    expect(
      (await refusal(shop.create(alice, "shop.Order", { customer, tags: ["00000000-0000-7000-8000-000000000999"] })))
        .details["errors"],
    ).toMatchObject([{ path: "/tags/0", code: "reference.missing" }])
  })
})
