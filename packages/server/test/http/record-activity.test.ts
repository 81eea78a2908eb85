import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { developmentUsers } from "../../src/auth/development-users.ts"
import { type DepotServer, startDepot } from "./depot-server.ts"

let depot: DepotServer
beforeAll(async () => {
  depot = await startDepot()
})
afterAll(() => depot.close())

const idOf = (login: string) => developmentUsers.find((user) => user.login === login)?.id
let made = 0
async function newProduct() {
  const body = { code: `A-${++made}`, name: `Product ${made}`, price: "12.50" }
  return (await depot.ask("/api/depot/products", { body })).json
}
/** Clara is a clerk: she has the orders that she owns, without their secret. */
async function newOrder(as: string, extra: object = {}) {
  const product = await newProduct()
  const body = { customer: "Acme", lines: [{ product: product.id, quantity: 2 }], ...extra }
  const order = (await depot.ask("/api/depot/orders", { body, as })).json
  return { ...order, address: `/api/depot/orders/${order.id}` }
}
const nowhere = "01900000-0000-7000-8000-0000000fffff"

describe("what may be done with a record", () => {
  test("says what starts in its state, for who asks", async () => {
    const order = await newOrder("clara")
    const can = async (as: string) => (await depot.ask(`${order.address}?select=number&can=true`, { as })).json
    expect(await can("clara")).toMatchObject({ number: order.number, _can: ["update", "$attachments", "confirm"] })
    expect((await can("alice"))._can).toEqual(["update", "delete", "$attachments", "confirm", "cancel"])
    await depot.ask(`${order.address}/$confirm`, { method: "POST", as: "clara" })
    expect((await can("clara"))._can).toEqual(["update", "$attachments"])
    await depot.ask(`${order.address}/$cancel`, { method: "POST" })
    expect((await can("alice"))._can).toEqual(["$attachments"])
  })

  test("is told of each record of a page, in the page's one statement, and only where it is asked for", async () => {
    const customer = `can-${++made}`
    await newOrder("clara", { customer })
    const second = await newOrder("clara", { customer })
    await depot.ask(`${second.address}/$confirm`, { method: "POST", as: "clara" })
    const page = await depot.ask(`/api/depot/orders?customer=${customer}&can=true&orderBy=number`, { as: "clara" })
    expect(page.json.data.map((row: { _can: string[] }) => row._can)).toEqual([
      ["update", "$attachments", "confirm"],
      ["update", "$attachments"],
    ])
    const queried = await depot.ask("/api/depot/orders/$query", {
      body: { where: { customer }, can: true, select: ["number"] },
    })
    expect(queried.json.data[0]._can).toEqual(["update", "delete", "$attachments", "confirm", "cancel"])
    expect((await depot.ask(`/api/depot/orders?customer=${customer}`)).json.data[0]._can).toBeUndefined()
    const product = await newProduct()
    const archived = await depot.ask(`/api/depot/products/${product.id}/$archive`, { method: "POST" })
    expect(archived.status).toBe(200)
    const shown = await depot.ask(`/api/depot/products/${product.id}?can=true`)
    expect(shown.json._can).toEqual(["update", "delete", "restore", "$attachments", "restock"])
    const reader = await depot.ask(`/api/depot/products/${product.id}?select=name&can=true`, { as: "clara" })
    expect(reader.json._can).toEqual([])
  })

  test("has no meaning in groups, and is true or nothing", async () => {
    expect((await depot.ask("/api/depot/orders?group=status&can=true")).json.code).toBe("query.invalid")
    expect((await depot.ask("/api/depot/orders?can=yes")).json.code).toBe("query.invalid")
  })
})

describe("the history of a record", () => {
  test("tells each write with its lines, newest first, page by page", async () => {
    const order = await newOrder("clara")
    await depot.ask(order.address, { method: "PATCH", body: { note: "soon" }, as: "clara" })
    await depot.ask(`${order.address}/$confirm`, { method: "POST", as: "clara" })
    const first = (await depot.ask(`${order.address}/$history?limit=2`, { as: "clara" })).json
    expect(first.data).toMatchObject([
      { operation: "update", action: "confirm", version: 3, changes: { status: { old: "draft", new: "confirmed" } } },
      {
        operation: "update",
        version: 2,
        actor: { kind: "user", id: idOf("clara") },
        changes: { note: { old: null, new: "soon" } },
      },
    ])
    const rest = (await depot.ask(`${order.address}/$history?limit=2&after=${first.next}`, { as: "clara" })).json
    expect(rest.next).toBeNull()
    expect(rest.data).toMatchObject([
      {
        operation: "create",
        version: 1,
        changes: { customer: { new: "Acme" }, lines: [{ operation: "create", changes: { quantity: { new: 2 } } }] },
      },
    ])
  })

  test("shows of fields and links what may be seen today, and is that of a readable record alone", async () => {
    const order = await newOrder("alice", { secret: "treasure", owner: idOf("clara") })
    const whole = await depot.ask(`${order.address}/$history`)
    expect(whole.text).toContain("treasure")
    const cut = await depot.ask(`${order.address}/$history`, { as: "clara" })
    expect(cut.json.data[0].changes.customer).toEqual({ old: null, new: "Acme" })
    expect(cut.text).not.toContain("treasure")
    expect(cut.text).not.toContain("secret")
    await depot.ask(order.address, { method: "PATCH", body: { owner: idOf("alice") } })
    const hidden = await depot.ask(`${order.address}/$history`, { as: "clara" })
    const missing = await depot.ask(`/api/depot/orders/${nowhere}/$history`, { as: "clara" })
    expect([hidden.status, hidden.json.code]).toEqual([404, "record.not_found"])
    expect([missing.status, missing.json.code, missing.json.title]).toEqual([404, hidden.json.code, hidden.json.title])
    expect((await depot.ask(`${order.address}/$history`, { as: "oscar" })).status).toBe(403)
  })

  test("refuses what is no cursor and no limit", async () => {
    const { address } = await newOrder("alice")
    expect((await depot.ask(`${address}/$history?after=nosuch`)).json.code).toBe("query.bad_cursor")
    expect((await depot.ask(`${address}/$history?limit=201`)).json.code).toBe("query.invalid")
    expect((await depot.ask(`${address}/$history?select=x`)).json.code).toBe("query.invalid")
  })
})

describe("comments", () => {
  test("are said by whoever may read the record, and removed by who said them or may delete it", async () => {
    const order = await newOrder("alice", { owner: idOf("clara") })
    const comments = `${order.address}/$comments`
    const said = await depot.ask(comments, {
      body: { text: "Call them first", mentions: [idOf("alice")] },
      as: "clara",
    })
    expect(said.status).toBe(201)
    expect(said.json).toMatchObject({
      author: idOf("clara"),
      text: "Call them first",
      mentions: [idOf("alice")],
      _can: ["delete"],
    })
    await depot.ask(comments, { body: { text: "Done" } })
    const seen = (await depot.ask(comments, { as: "clara" })).json
    expect(seen.data.map((c: { text: string; _can: string[] }) => [c.text, c._can])).toEqual([
      ["Done", []],
      ["Call them first", ["delete"]],
    ])
    const [mine] = (await depot.ask(`${comments}?limit=1`)).json.data
    expect((await depot.ask(`${comments}/${mine.id}`, { method: "DELETE", as: "clara" })).status).toBe(403)
    expect((await depot.ask(`${comments}/${said.json.id}`, { method: "DELETE" })).status).toBe(204)
    expect((await depot.ask(`${comments}/${said.json.id}`, { method: "DELETE" })).status).toBe(404)
    const history = (await depot.ask(`${order.address}/$history`)).json.data
    expect(history.map((entry: { operation: string }) => entry.operation)).toEqual([
      "uncommented",
      "commented",
      "commented",
      "create",
    ])
  })

  test("come page by page", async () => {
    const { address } = await newOrder("alice")
    for (const text of ["1", "2", "3"]) await depot.ask(`${address}/$comments`, { body: { text } })
    const first = (await depot.ask(`${address}/$comments?limit=2`)).json
    const second = (await depot.ask(`${address}/$comments?limit=2&after=${first.next}`)).json
    expect([...first.data, ...second.data].map((c: { text: string }) => c.text)).toEqual(["3", "2", "1"])
    expect(second.next).toBeNull()
  })

  test("are said once by an idempotent request", async () => {
    const { address } = await newOrder("alice")
    const again = { body: { text: "Once" }, headers: { "idempotency-key": `once-${made}` } }
    const [one, two] = [await depot.ask(`${address}/$comments`, again), await depot.ask(`${address}/$comments`, again)]
    expect(two.json).toEqual(one.json)
    expect((await depot.ask(`${address}/$comments`)).json.data).toHaveLength(1)
  })

  test("of a record that may not be read are as little there as those of one that is missing", async () => {
    const foreign = await newOrder("alice")
    await depot.ask(`${foreign.address}/$comments`, { body: { text: "Ours" } })
    const missing = `/api/depot/orders/${nowhere}`
    for (const [path, asking] of [
      ["$comments", {}],
      ["$comments", { body: { text: "Theirs" } }],
      ["$attachments", {}],
      [`$comments/${nowhere}`, { method: "DELETE" }],
      [`$attachments/${nowhere}`, {}],
    ] as const) {
      const [hidden, absent] = [
        await depot.ask(`${foreign.address}/${path}`, { ...asking, as: "clara" }),
        await depot.ask(`${missing}/${path}`, { ...asking, as: "clara" }),
      ]
      expect([hidden.status, hidden.json.code]).toEqual([404, "record.not_found"])
      expect([absent.status, absent.json.title]).toEqual([hidden.status, hidden.json.title])
    }
    expect((await depot.ask(`${foreign.address}/$comments`)).json.data).toHaveLength(1)
    expect((await depot.ask(`${foreign.address}/$comments`, { as: "oscar" })).status).toBe(403)
  })

  test("are checked", async () => {
    const { address } = await newOrder("alice")
    for (const body of [
      {},
      { text: " " },
      { text: "x".repeat(10_001) },
      { text: "x", mentions: ["nobody"] },
      { text: "x", author: "me" },
    ]) {
      expect((await depot.ask(`${address}/$comments`, { body })).json.code).toBe("request.invalid")
    }
    expect((await depot.ask(`${address}/$comments?after=x`)).json.code).toBe("query.bad_cursor")
    const line = (await depot.ask(`${address}?select=lines.id`)).json.lines[0]
    expect((await depot.ask(`/api/depot/order-lines/${line.id}/$comments`)).json.code).toBe("request.no_such_route")
  })

  test("go with their record", async () => {
    const { address, id } = await newOrder("alice")
    await depot.ask(`${address}/$comments`, { body: { text: "Soon gone" } })
    expect((await depot.ask(address, { method: "DELETE" })).status).toBe(204)
    const again = await depot.ask("/api/depot/orders", { body: { id, customer: "Acme" } })
    expect(again.status).toBe(201)
    expect((await depot.ask(`${address}/$comments`)).json.data).toEqual([])
  })
})

describe("attachments", () => {
  const upload = (as = "alice") =>
    depot.ask("/api/depot/$files?name=plan.txt", {
      body: new TextEncoder().encode("a plan"),
      headers: { "content-type": "text/plain" },
      as,
    })

  test("are files that whoever may update the record attaches, and whoever may read it reads", async () => {
    const order = await newOrder("clara")
    const { json: file } = await upload("clara")
    const attached = await depot.ask(`${order.address}/$attachments`, { body: { file: { id: file.id } }, as: "clara" })
    expect(attached.status).toBe(201)
    expect(attached.json).toMatchObject({
      author: idOf("clara"),
      file: { name: "plan.txt", sizeBytes: 6 },
      _can: ["delete"],
    })
    const listed = (await depot.ask(`${order.address}/$attachments`)).json
    expect(listed.data).toMatchObject([{ id: attached.json.id, _can: ["delete"] }])
    const bytes = await depot.ask(`${order.address}/$attachments/${attached.json.id}`)
    expect([bytes.status, bytes.text, bytes.headers.get("content-disposition")]).toEqual([
      200,
      "a plan",
      expect.stringContaining("plan.txt"),
    ])
    const foreign = await newOrder("alice")
    expect((await depot.ask(`${foreign.address}/$attachments/${attached.json.id}`)).status).toBe(404)
    expect(
      (await depot.ask(`${order.address}/$attachments/${attached.json.id}`, { method: "DELETE", as: "clara" })).status,
    ).toBe(204)
    expect((await depot.ask(`${order.address}/$attachments`)).json.data).toEqual([])
  })

  test("are refused to those who only read, and for files that nobody uploaded", async () => {
    const product = await newProduct()
    const { json: file } = await upload()
    const attachments = `/api/depot/products/${product.id}/$attachments`
    expect((await depot.ask(attachments, { body: { file: { id: file.id } }, as: "clara" })).status).toBe(403)
    const unknown = await depot.ask(attachments, { body: { file: { id: nowhere } } })
    expect([unknown.status, unknown.json.details.errors[0]]).toMatchObject([
      422,
      { path: "/file", code: "file.unknown" },
    ])
    expect((await depot.ask(attachments, { body: { file: file.id } })).json.code).toBe("request.invalid")
  })
})
