import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { developmentUsers } from "../../src/auth/development-users.ts"
import { type DepotServer, startDepot } from "./depot-server.ts"

let depot: DepotServer
beforeAll(async () => {
  depot = await startDepot()
})
afterAll(() => depot.close())

let made = 0
const productValues = (extra: object = {}) => ({
  code: `P-${++made}`,
  name: `Product ${made}`,
  price: "12.50",
  ...extra,
})
const newProduct = async (extra: object = {}) =>
  (await depot.ask("/api/depot/products", { body: productValues(extra) })).json
const newOrder = async (extra: object = {}, as = "alice") => {
  const product = await newProduct()
  const body = { customer: "Acme", lines: [{ product: product.id, quantity: 2 }], ...extra }
  return (await depot.ask("/api/depot/orders", { body, as })).json
}
const nowhere = "01900000-0000-7000-8000-0000000fffff"

describe("records over HTTP", () => {
  test("a record with lines is created, read, changed and deleted", async () => {
    const product = await newProduct()
    const created = await depot.ask("/api/depot/orders", {
      body: {
        customer: "Acme",
        lines: [
          { product: product.id, quantity: 3 },
          { product: product.id, price: "1.00" },
        ],
      },
    })
    expect(created.status).toBe(201)
    expect(created.json).toMatchObject({ customer: "Acme", status: "draft", total: "38.50", version: 1 })
    expect(created.headers.get("etag")).toBe('"1"')
    expect(created.headers.get("content-type")).toBe("application/json")
    const address = created.headers.get("location") as string
    expect(address).toBe(`/api/depot/orders/${created.json.id}`)

    const read = await depot.ask(`${address}?select=customer,version,lines.quantity,lines.product.name`)
    expect(read.status).toBe(200)
    expect(read.headers.get("etag")).toBe('"1"')
    expect(read.json.lines.map((l: { quantity: number }) => l.quantity).toSorted()).toEqual([1, 3])
    expect(read.json.lines[0].product.name).toBe(product.name)

    const changed = await depot.ask(address, {
      method: "PATCH",
      body: { note: "soon" },
      headers: { "if-match": '"1"' },
    })
    expect(changed.status).toBe(200)
    expect(changed.json).toMatchObject({ note: "soon", customer: "Acme", version: 2 })
    expect(changed.headers.get("etag")).toBe('"2"')

    const deleted = await depot.ask(address, { method: "DELETE", headers: { "if-match": '"2"' } })
    expect(deleted.status).toBe(204)
    expect(deleted.text).toBe("")
    expect((await depot.ask(address)).status).toBe(404)
  })

  test("lists have pages, counts, conditions and links", async () => {
    const note = `page-${++made}`
    for (let i = 0; i < 5; i++) await newOrder({ customer: `C${i}`, note })
    const first = await depot.ask(`/api/depot/orders?note=${note}&orderBy=customer&limit=2&count=exact&select=customer`)
    expect(first.json.count).toBe(5)
    expect(first.json.data.map((o: { customer: string }) => o.customer)).toEqual(["C0", "C1"])
    const link = /<([^>]+)>; rel="next"/.exec(first.headers.get("link") ?? "")?.[1] as string
    const second = await depot.ask(link)
    expect(second.json.data.map((o: { customer: string }) => o.customer)).toEqual(["C2", "C3"])
    expect(second.headers.get("link")).toContain('rel="prev"')
    const third = await depot.ask(
      `/api/depot/orders?note=${note}&orderBy=customer&limit=2&select=customer&after=${encodeURIComponent(second.json.next)}`,
    )
    expect(third.json).toMatchObject({ data: [{ customer: "C4" }], next: null })
    const conditions = await depot.ask(
      `/api/depot/orders?note=${note}&customer[in]=C1,C2&total[gte]=1&select=customer&orderBy=-customer`,
    )
    expect(conditions.json.data.map((o: { customer: string }) => o.customer)).toEqual(["C2", "C1"])
    const asJson = await depot.ask("/api/depot/orders/$query", {
      body: {
        where: { note, lines: { some: { quantity: 2 } } },
        group: ["status"],
        aggregates: { orders: "count", sum: "sum(total)" },
      },
    })
    expect(asJson.json.data).toEqual([{ status: "draft", orders: 5, sum: "125.00" }])
  })

  test("transitions, actions, archive and upsert have addresses of their own", async () => {
    const order = await newOrder()
    const confirmed = await depot.ask(`/api/depot/orders/${order.id}/$confirm`, { method: "POST" })
    expect([confirmed.status, confirmed.json.status]).toEqual([200, "confirmed"])
    const again = await depot.ask(`/api/depot/orders/${order.id}/$confirm`, { method: "POST" })
    expect([again.status, again.json.code]).toEqual([409, "record.transition_refused"])
    const empty = await newOrder({ lines: [] })
    const refused = await depot.ask(`/api/depot/orders/${empty.id}/$confirm`, { method: "POST" })
    expect([refused.status, refused.json.code]).toEqual([422, "order.empty"])

    const product = await newProduct({ stock: 5 })
    const restocked = await depot.ask(`/api/depot/products/${product.id}/$restock`, { body: { quantity: 7 } })
    expect(restocked.json).toMatchObject({ output: { stock: 12 }, data: { stock: 12, id: product.id } })
    const archived = await depot.ask(`/api/depot/products/${product.id}/$archive`, { method: "POST" })
    expect(archived.json.archivedAt).toEqual(expect.any(String))
    expect((await depot.ask(`/api/depot/products?code=${product.code}`)).json.data).toEqual([])
    expect((await depot.ask(`/api/depot/products?code=${product.code}&archived=only`)).json.data).toHaveLength(1)
    const restored = await depot.ask(`/api/depot/products/${product.id}/$restore`, { method: "POST" })
    expect(restored.json.archivedAt).toBeNull()

    const upserted = await depot.ask("/api/depot/products/$upsert?key=code", {
      method: "PUT",
      body: { code: product.code, name: "Other", price: "1.00" },
    })
    expect(upserted.json).toMatchObject({ id: product.id, name: "Other" })
    expect((await depot.ask(`/api/depot/orders/${order.id}/$nosuch`, { method: "POST" })).json.code).toBe(
      "request.no_such_route",
    )
  })

  test("bulk: each for itself, or all or nothing", async () => {
    const [good, bad] = [productValues(), { ...productValues(), price: "free" }]
    const changes = [good, bad].map((values) => ({ operation: "create", values }))
    const each = await depot.ask("/api/depot/products/$bulk", { body: { changes } })
    expect(each.status).toBe(200)
    expect(each.json.results.map((r: { ok: boolean }) => r.ok)).toEqual([true, false])
    expect(each.json.results[1].problem).toMatchObject({ status: 422, code: "record.invalid" })
    const other = productValues()
    const atomic = await depot.ask("/api/depot/products/$bulk", {
      body: {
        atomic: true,
        changes: [
          { operation: "create", values: other },
          { operation: "create", values: bad },
        ],
      },
    })
    expect(
      atomic.status === 200 ? atomic.json.results.every((r: { ok: boolean }) => !r.ok) : atomic.status === 422,
    ).toBe(true)
    expect((await depot.ask(`/api/depot/products?code=${other.code}`)).json.data).toEqual([])
  })

  test("a draft shows what would become, and writes nothing", async () => {
    const product = await newProduct({ price: "3.00" })
    const before = (await depot.ask("/api/depot/orders?count=exact&limit=1")).json.count
    const draft = await depot.ask("/api/depot/orders/$draft", {
      body: { values: { customer: "x", lines: [{ $tmp: "a", product: product.id, quantity: 2 }] } },
    })
    expect(draft.status).toBe(200)
    expect(draft.json.patch).toMatchObject({ total: "6.00" })
    expect((await depot.ask("/api/depot/orders?count=exact&limit=1")).json.count).toBe(before)
  })

  test("a key makes a create safe to repeat", async () => {
    const body = productValues()
    const headers = { "idempotency-key": `k-${body.code}` }
    const first = await depot.ask("/api/depot/products", { body, headers })
    const second = await depot.ask("/api/depot/products", { body, headers })
    expect([second.status, second.json.id]).toEqual([201, first.json.id])
    const other = await depot.ask("/api/depot/products", { body: { ...body, name: "else" }, headers })
    expect([other.status, other.json.code]).toEqual([422, "request.key_reused"])
    const bad = await depot.ask("/api/depot/products", { body, headers: { "idempotency-key": "a b" } })
    expect([bad.status, bad.json.code]).toEqual([400, "request.invalid"])
  })

  test("a key makes several changes safe to repeat", async () => {
    const values = productValues()
    const changes = [values, { ...values }, productValues()].map((each) => ({ operation: "create", values: each }))
    const headers = { "idempotency-key": `k-${values.code}` }
    const first = await depot.ask("/api/depot/products/$bulk", { body: { changes }, headers })
    expect(first.json.results.map((r: { ok: boolean }) => r.ok)).toEqual([true, false, true])
    const second = await depot.ask("/api/depot/products/$bulk", { body: { changes }, headers })
    const known = (r: { id?: string; version?: number; problem?: { code: string; detail: string } }) => [
      r.id,
      r.version,
      r.problem?.code,
      r.problem?.detail,
    ]
    expect(second.json.results.map(known)).toEqual(first.json.results.map(known))
    const other = await depot.ask("/api/depot/products/$bulk", { body: { changes, atomic: true }, headers })
    expect([other.status, other.json.code]).toEqual([422, "request.key_reused"])
  })

  test("titles are resolved by id", async () => {
    const product = await newProduct()
    const answer = await depot.ask("/api/depot/products/$resolve", { body: { ids: [product.id, nowhere] } })
    expect(answer.json).toEqual({ titles: { [product.id]: product.name } })
    expect((await depot.ask("/api/depot/products/$resolve", { body: { ids: ["x"] } })).status).toBe(400)
  })
})

describe("refusals over HTTP", () => {
  const cases: readonly (readonly [
    string,
    Parameters<DepotServer["ask"]>[1] & { readonly path: string },
    number,
    string,
  ])[] = [
    ["no token", { path: "/api/depot/orders", as: null }, 401, "auth.required"],
    ["a wrong token", { path: "/api/depot/orders", as: "mallory" }, 401, "auth.invalid"],
    ["no role", { path: "/api/depot/orders", as: "oscar" }, 403, "access.denied"],
    ["an unknown service", { path: "/api/nothing/orders" }, 404, "request.no_such_route"],
    ["an unknown collection", { path: "/api/depot/nothing" }, 404, "request.no_such_route"],
    ["a path that is too long", { path: "/api/depot/orders/x/y/z/1/2/3/4" }, 404, "request.no_such_route"],
    ["an id that is none", { path: "/api/depot/orders/17" }, 404, "record.not_found"],
    ["a record that is not there", { path: `/api/depot/orders/${nowhere}` }, 404, "record.not_found"],
    ["an unknown field in a condition", { path: "/api/depot/orders?nosuch=1" }, 400, "query.unknown_field"],
    ["an unknown field in select", { path: "/api/depot/orders?select=nosuch" }, 400, "query.unknown_field"],
    ["an unreadable field", { path: "/api/depot/orders?secret=1", as: "clara" }, 400, "query.unknown_field"],
    ["a remote order", { path: "/api/depot/orders?orderBy=owner.name" }, 400, "query.remote_path"],
    ["a wrong type in a condition", { path: "/api/depot/products?stock=many" }, 400, "query.invalid"],
    ["a bad cursor", { path: "/api/depot/orders?after=xyz" }, 400, "query.bad_cursor"],
    ["a bad limit", { path: "/api/depot/orders?limit=100000" }, 400, "query.invalid"],
    ["a method", { path: "/api/depot/orders", method: "PUT", body: {} }, 405, "request.method_not_allowed"],
    ["a method of a page", { path: "/livez", method: "POST" }, 405, "request.method_not_allowed"],
    [
      "a body that is not JSON",
      { path: "/api/depot/orders", body: "{", headers: { "content-type": "application/json" } },
      400,
      "request.not_json",
    ],
    [
      "a body that is not UTF-8",
      {
        path: "/api/depot/orders",
        body: new Uint8Array([0x22, 0xff, 0x22]),
        headers: { "content-type": "application/json" },
      },
      400,
      "request.not_json",
    ],
    [
      "another type",
      { path: "/api/depot/orders", body: "a=1", headers: { "content-type": "text/plain" } },
      415,
      "request.unsupported_type",
    ],
    [
      "an answer that is no JSON",
      { path: "/api/depot/orders", headers: { accept: "image/png, application/json;q=0" } },
      406,
      "request.not_acceptable",
    ],
    ["a list as body", { path: "/api/depot/orders", body: [] }, 400, "request.invalid"],
    [
      "an unknown field in the body",
      { path: "/api/depot/orders", body: { customer: "x", nosuch: 1 } },
      400,
      "query.unknown_field",
    ],
    [
      "a wrong type in the body",
      { path: "/api/depot/products", body: { code: 5, name: "x", price: "x" } },
      422,
      "record.invalid",
    ],
    [
      "a missing reference",
      { path: "/api/depot/orders", body: { customer: "x", lines: [{ product: nowhere }] } },
      422,
      "record.invalid",
    ],
    [
      "a computed field",
      { path: "/api/depot/orders", body: { customer: "x", total: "5" } },
      403,
      "access.field_denied",
    ],
    [
      "an address that is too long",
      { path: `/api/depot/orders?note=${"x".repeat(9_000)}` },
      414,
      "request.url_too_long",
    ],
    [
      "a body that is too large",
      { path: "/api/depot/orders", body: { customer: "x".repeat(1_100_000) } },
      413,
      "request.too_large",
    ],
    [
      "a body that is too deep",
      {
        path: "/api/depot/orders",
        body: `${"[".repeat(500)}${"]".repeat(500)}`,
        headers: { "content-type": "application/json" },
      },
      400,
      "request.too_complex",
    ],
    [
      "an If-Match that can be no version",
      { path: `/api/depot/orders/${nowhere}`, method: "PATCH", body: {}, headers: { "if-match": 'W/"1"' } },
      412,
      "record.precondition_failed",
    ],
    ["a parameter twice", { path: "/api/depot/orders?status=draft&status=draft" }, 400, "query.invalid"],
    ["a null byte", { path: "/api/depot/orders?note=%00" }, 400, "query.invalid"],
  ]
  test.each(cases)("%s", async (_, { path, ...asking }, status, code) => {
    const answer = await depot.ask(path, asking)
    expect([answer.status, answer.json?.code]).toEqual([status, code])
    expect(answer.headers.get("content-type")).toBe("application/problem+json")
    expect(answer.json).toMatchObject({ status, type: `/errors/${code}`, traceId: answer.headers.get("x-trace-id") })
    expect(answer.text).not.toMatch(/\b(select|insert|update) .* (from|into|set)\b|pg_|syntax error|node_modules/i)
    if (status === 401) expect(answer.headers.get("www-authenticate")).toMatch(/^Bearer/)
    if (status === 405) expect(answer.headers.get("allow")).toMatch(/GET|POST/)
  })

  test("stale versions are 412 by header and 409 by body, and change nothing", async () => {
    const order = await newOrder()
    const path = `/api/depot/orders/${order.id}`
    await depot.ask(path, { method: "PATCH", body: { note: "first" } })
    const byHeader = await depot.ask(path, { method: "PATCH", body: { note: "x" }, headers: { "if-match": '"1"' } })
    expect([byHeader.status, byHeader.json.code]).toEqual([412, "record.precondition_failed"])
    const byBody = await depot.ask(path, { method: "PATCH", body: { note: "x", version: 1 } })
    expect([byBody.status, byBody.json.code]).toEqual([409, "record.version_conflict"])
    const deleted = await depot.ask(path, { method: "DELETE", headers: { "if-match": '"1"' } })
    expect(deleted.status).toBe(412)
    expect((await depot.ask(path)).json.note).toBe("first")
  })

  test("duplicates name the fields, several mistakes come at once", async () => {
    const product = await newProduct()
    const twice = await depot.ask("/api/depot/products", { body: { ...productValues(), code: product.code } })
    expect([twice.status, twice.json.code, twice.json.details.fields]).toEqual([409, "record.duplicate", ["code"]])
    const wrong = await depot.ask("/api/depot/products", { body: { name: 5, price: "x", stock: -1 } })
    expect(wrong.status).toBe(422)
    expect(wrong.json.details.errors.map((e: { path: string }) => e.path)).toEqual(
      expect.arrayContaining(["/code", "/name", "/price", "/stock"]),
    )
  })

  test("a clerk sees own orders only: others are not there", async () => {
    const [own, foreign] = [await newOrder({}, "clara"), await newOrder()]
    expect((await depot.ask(`/api/depot/orders/${own.id}`, { as: "clara" })).status).toBe(200)
    expect(own.secret).toBeUndefined()
    for (const asking of [{}, { method: "PATCH", body: { note: "x" } }, { method: "POST" }]) {
      const path = `/api/depot/orders/${foreign.id}${asking.method === "POST" ? "/$confirm" : ""}`
      const answer = await depot.ask(path, { as: "clara", ...asking })
      expect([answer.status, answer.json.code]).toEqual([404, "record.not_found"])
    }
    const refused = await depot.ask(`/api/depot/orders/${own.id}`, { as: "clara", method: "DELETE" })
    expect([refused.status, refused.json.code]).toEqual([403, "access.denied"])
    const cancelled = await depot.ask(`/api/depot/orders/${own.id}/$cancel`, { as: "clara", method: "POST" })
    expect(cancelled.status).toBe(403)
  })
})

describe("around the records", () => {
  test("the caller's trace is kept, and led to from the log", async () => {
    const traceId = "0af7651916cd43dd8448eb211c80319c"
    const answer = await depot.ask("/api/depot/orders?limit=1", {
      headers: { traceparent: `00-${traceId}-b7ad6b7169203331-01` },
    })
    expect(answer.headers.get("x-trace-id")).toBe(traceId)
    await expect
      .poll(() => depot.logged.find((line) => line["traceId"] === traceId))
      .toMatchObject({
        level: "info",
        method: "GET",
        route: "/api/depot/orders",
        status: 200,
        principal: developmentUsers[0]?.id,
      })
    const bad = await depot.ask("/livez", {
      headers: { traceparent: "00-00000000000000000000000000000000-b7ad6b7169203331-01" },
    })
    expect(bad.headers.get("x-trace-id")).toMatch(/^(?!0{32})[0-9a-f]{32}$/)
  })

  test("logs contain no values and no tokens", async () => {
    const note = "confidential-note-xyz"
    await newOrder({ note })
    await depot.ask(`/api/depot/orders?note=${note}`)
    await depot.ask(`/api/depot/orders?nosuch=${note}`)
    const all = JSON.stringify(depot.logged)
    expect(all).not.toContain(note)
    expect(all).not.toContain("dev:alice")
  })

  test("HEAD has the headers without the body, OPTIONS says what is possible", async () => {
    const order = await newOrder()
    const head = await depot.ask(`/api/depot/orders/${order.id}`, { method: "HEAD" })
    expect([head.status, head.text, head.headers.get("etag")]).toEqual([200, "", '"1"'])
    const options = await depot.ask("/api/depot/orders", { method: "OPTIONS", as: null })
    expect([options.status, options.headers.get("allow")]).toEqual([204, "GET, POST, HEAD, OPTIONS"])
  })

  test("answers cannot run or be framed, and other origins get nothing by default", async () => {
    const answer = await depot.ask("/api/depot/orders?limit=1", { headers: { origin: "https://evil.example" } })
    expect(answer.headers.get("x-content-type-options")).toBe("nosniff")
    expect(answer.headers.get("content-security-policy")).toContain("frame-ancestors 'none'")
    expect(answer.headers.get("access-control-allow-origin")).toBeNull()
    const page = await depot.ask("/", { as: null })
    expect(page.headers.get("content-security-policy")).toContain("script-src 'self'")
    expect(page.text).not.toMatch(/<script(?![^>]* src=)|style=|onclick=/)
    for (const [, path] of page.text.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)) {
      expect((await depot.ask(path as string, { as: null })).status).toBe(200)
    }
  })

  test("large answers are compressed for those who accept it", async () => {
    await depot.ask("/api/depot/products/$bulk", {
      body: {
        changes: Array.from({ length: 60 }, () => ({
          operation: "create",
          values: productValues({ description: "x".repeat(1_000) }),
        })),
      },
    })
    const path = "/api/depot/products?select=description,name&limit=1000"
    const plain = await fetch(depot.url + path, {
      headers: { authorization: "Bearer dev:alice", "accept-encoding": "identity" },
    })
    expect(plain.headers.get("content-encoding")).toBeNull()
    const zipped = await fetch(depot.url + path, {
      headers: { authorization: "Bearer dev:alice", "accept-encoding": "br, gzip" },
    })
    expect(zipped.headers.get("content-encoding")).toBe("gzip")
    expect(zipped.headers.get("vary")).toContain("Accept-Encoding")
    expect(await zipped.text()).toBe(await plain.text())
  })

  test("health and metrics", async () => {
    expect((await depot.ask("/livez", { as: null })).json).toEqual({ status: "live" })
    expect((await depot.ask("/readyz", { as: null })).json).toEqual({ status: "ready" })
    const metrics = await depot.ask("/metrics", { as: null })
    expect(metrics.headers.get("content-type")).toContain("version=0.0.4")
    expect(metrics.text).toMatch(
      /http_server_request_duration_seconds_count\{method="GET",route="\/api\/depot\/orders\/\{id\}",status="200"\} \d+/,
    )
    expect(metrics.text).toMatch(/^process_resident_memory_bytes \d+$/m)
    expect(metrics.text).toMatch(/^archipel_database_connections\{service="depot",use="reads"\} [1-4]$/m)
    expect(metrics.text).toMatch(/^archipel_database_waiting\{service="depot",use="writes"\} 0$/m)
    expect(metrics.text).not.toMatch(/[0-9a-f]{8}-[0-9a-f]{4}-/)
  })

  test("metadata shows what the caller may see, no more", async () => {
    const index = await depot.ask("/api/depot/$ui", { as: "clara" })
    expect(index.json.models.map((m: { name: string }) => m.name)).toContain("depot.Order")
    const clerk = (await depot.ask("/api/depot/orders/$ui", { as: "clara" })).json
    expect(clerk.rights).toEqual({ read: true, create: true, update: true, delete: false })
    expect(clerk.fields["secret"]).toBeUndefined()
    expect(clerk.fields["total"]).toMatchObject({
      type: "money",
      currency: "EUR",
      create: false,
      update: false,
      writtenBy: "compute",
    })
    expect(clerk.fields["lines"]).toMatchObject({ type: "many", owned: true, to: "depot.OrderLine", create: true })
    expect(Object.keys(clerk.transitions)).toEqual(["confirm"])
    const answer = await depot.ask("/api/depot/orders/$ui")
    expect(answer.json.fields["secret"]).toMatchObject({ type: "text", optional: true })
    const again = await depot.ask("/api/depot/orders/$ui", {
      headers: { "if-none-match": answer.headers.get("etag") as string },
    })
    expect([again.status, again.text]).toEqual([304, ""])
    expect((await depot.ask("/api/depot/$ui", { as: "oscar" })).json.models).toEqual([])
    expect((await depot.ask("/api/depot/orders/$ui", { as: "oscar" })).status).toBe(403)
  })
})
