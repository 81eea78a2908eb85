import { afterAll, beforeAll, describe, expect, test } from "vitest"
import type { Asking } from "../support/asking.ts"
import { created, idOf, type OpenCompany, openCompany, seeded, users } from "../support/company.ts"

let company: OpenCompany
beforeAll(async () => {
  company = await openCompany()
})
afterAll(() => company?.[Symbol.asyncDispose]())

const nowhere = idOf(99, 1)
const [FRANCE] = seeded.countries as [string]
const [CUSTOMER] = seeded.customers as [string]
const [PRODUCT] = seeded.products as [string]
/** Alice's and martin's have no lines and one line, clara's two. */
const [, MARTINS, CLARAS, NOBODYS] = seeded.orders as [string, string, string, string]
const order = (rest: object = {}) => ({ customer: CUSTOMER, lines: [{ product: PRODUCT }], ...rest })
const nested = (depth: number): object => (depth === 0 ? { number: "x" } : { not: nested(depth - 1) })
const json = { "content-type": "application/json" }

type Case = readonly [string, Asking & { readonly path: string }, number, string]

const reading: readonly Case[] = [
  ["no token", { path: "/api/sales/orders", as: null }, 401, "auth.required"],
  ["a token of nobody", { path: "/api/sales/orders", as: "mallory" }, 401, "auth.invalid"],
  ["no role at all", { path: "/api/sales/orders", as: "oscar" }, 403, "access.denied"],
  ["an unknown service", { path: "/api/nothing/orders" }, 404, "request.no_such_route"],
  ["an unknown collection", { path: "/api/sales/nothing" }, 404, "request.no_such_route"],
  ["a verb that is none", { path: "/api/sales/orders/$nothing", body: {} }, 404, "request.no_such_route"],
  ["a page that is none", { path: "/nothing" }, 404, "request.no_such_route"],
  ["an id that is none", { path: "/api/sales/orders/17" }, 404, "record.not_found"],
  ["an id with a quote", { path: "/api/sales/orders/'%20or%201=1" }, 404, "record.not_found"],
  ["a record that is not there", { path: `/api/sales/orders/${nowhere}` }, 404, "record.not_found"],
  ["a record that may not be seen", { path: `/api/sales/orders/${MARTINS}`, as: "clara" }, 404, "record.not_found"],
  ["an unknown field as parameter", { path: "/api/sales/orders?nosuch=1" }, 400, "query.unknown_field"],
  ["an unknown field in select", { path: "/api/sales/orders?select=nosuch" }, 400, "query.unknown_field"],
  ["an unknown field of another service", { path: "/api/sales/orders?select=customer.nosuch" }, 400, "query.unknown_field"],
  ["an unknown field in orderBy", { path: "/api/sales/orders?orderBy=nosuch" }, 400, "query.unknown_field"],
  ["an unknown field in where", { path: '/api/sales/orders?where={"nosuch":1}' }, 400, "query.unknown_field"],
  ["an unknown field in group", { path: "/api/sales/orders/$query", body: { group: ["nosuch"], aggregates: { n: "count" } } }, 400, "query.unknown_field"],
  ["an unknown field in an aggregate", { path: "/api/sales/orders/$query", body: { aggregates: { n: "sum(nosuch)" } } }, 400, "query.unknown_field"],
  ["a name of Object's", { path: "/api/sales/orders?select=__proto__" }, 400, "query.unknown_field"],
  ["a field that may not be read", { path: "/api/sales/orders?margin[gte]=0", as: "clara" }, 400, "query.unknown_field"],
  ["an unknown word of a query", { path: "/api/sales/orders/$query", body: { include: ["lines"] } }, 400, "query.invalid"],
  ["an unknown operator", { path: "/api/sales/orders?total[like]=1" }, 400, "query.invalid"],
  ["an operator of another type", { path: "/api/sales/orders?total[contains]=1" }, 400, "query.invalid"],
  ["a wrong type in a condition", { path: "/api/catalog/products?stock=many" }, 400, "query.invalid"],
  ["a day that is none", { path: "/api/sales/orders?date=2026-02-30" }, 400, "query.invalid"],
  ["where that is not JSON", { path: "/api/sales/orders?where={" }, 400, "query.invalid"],
  ["a remote condition", { path: "/api/sales/orders?customer.name=x" }, 400, "query.remote_path"],
  ["a remote order", { path: "/api/sales/orders?orderBy=customer.name" }, 400, "query.remote_path"],
  ["a remote group", { path: "/api/sales/orders/$query", body: { group: ["customer.city"], aggregates: { n: "count" } } }, 400, "query.remote_path"],
  ["a bad cursor", { path: "/api/sales/orders?after=xyz" }, 400, "query.bad_cursor"],
  ["a bad limit", { path: "/api/sales/orders?limit=100000" }, 400, "query.invalid"],
  ["a limit of nothing", { path: "/api/sales/orders?limit=0" }, 400, "query.invalid"],
  ["a parameter twice", { path: "/api/sales/orders?status=draft&status=draft" }, 400, "query.invalid"],
  ["a null byte", { path: "/api/sales/orders?note=%00" }, 400, "query.invalid"],
  ["a percent sign alone", { path: "/api/sales/orders?note=%E0%A4%A" }, 400, "query.invalid"],
  ["a path that is too deep", { path: "/api/crm/customers?select=parent.parent.parent.parent.parent.parent.parent.parent.parent.name" }, 400, "query.too_complex"],
  ["conditions that are too deep", { path: "/api/sales/orders/$query", body: { where: nested(31) } }, 400, "request.too_complex"],
  ["too many conditions", { path: "/api/sales/orders/$query", body: { where: { or: Array.from({ length: 300 }, () => ({ number: "x" })) } } }, 400, "query.too_complex"],
  ["too many ids", { path: "/api/sales/orders/$resolve", body: { ids: Array.from({ length: 1_001 }, () => nowhere) } }, 400, "request.too_complex"],
  ["ids that are none", { path: "/api/sales/orders/$resolve", body: { ids: ["'"] } }, 400, "request.invalid"],
  ["an address that is too long", { path: `/api/sales/orders?note=${"x".repeat(9_000)}` }, 414, "request.url_too_long"],
]

const writing: readonly Case[] = [
  ["a method", { path: "/api/sales/orders", method: "PUT", body: {} }, 405, "request.method_not_allowed"],
  ["a method of a page", { path: "/livez", method: "POST" }, 405, "request.method_not_allowed"],
  ["a method that nothing here has", { path: "/api/sales/orders", method: "PURGE" }, 405, "request.method_not_allowed"],
  ["a body that is not JSON", { path: "/api/sales/orders", body: "{", headers: json }, 400, "request.not_json"],
  ["an empty body", { path: "/api/sales/orders", body: "", method: "POST", headers: json }, 400, "request.not_json"],
  ["NaN in a body", { path: "/api/sales/orders", body: '{"freight":NaN}', headers: json }, 400, "request.not_json"],
  ["a name twice in a body", { path: "/api/crm/countries", body: '{"code":"XX","name":"a","name":"b"}', headers: json }, 400, "request.invalid"],
  ["another content type", { path: "/api/sales/orders", body: "a=1", headers: { "content-type": "application/x-www-form-urlencoded" } }, 415, "request.unsupported_type"],
  ["another charset", { path: "/api/sales/orders", body: "{}", headers: { "content-type": "application/json; charset=latin1" } }, 415, "request.unsupported_type"],
  ["a list as body", { path: "/api/sales/orders", body: [] }, 400, "request.invalid"],
  ["null as body", { path: "/api/sales/orders", body: "null", headers: json }, 400, "request.invalid"],
  ["a body that is too large", { path: "/api/sales/orders", body: { note: "x".repeat(1_100_000) } }, 413, "request.too_large"],
  ["a body that is too deep", { path: "/api/sales/orders", body: `${"[".repeat(500)}${"]".repeat(500)}`, headers: json }, 400, "request.too_complex"],
  ["too many lines", { path: "/api/sales/orders", body: order({ lines: Array.from({ length: 1_001 }, () => ({ product: PRODUCT })) }) }, 400, "query.too_complex"],
  ["an unknown field", { path: "/api/sales/orders", body: order({ nosuch: 1 }) }, 400, "query.unknown_field"],
  ["an unknown field of a line", { path: "/api/sales/orders", body: order({ lines: [{ product: PRODUCT, nosuch: 1 }] }) }, 400, "query.unknown_field"],
  ["__proto__ as a field", { path: "/api/sales/orders", body: '{"__proto__":{"a":1}}', headers: json }, 400, "request.invalid"],
  ["a field that may not be read", { path: "/api/sales/orders", as: "clara", body: order({ margin: "1" }) }, 400, "query.unknown_field"],
  ["a wrong type", { path: "/api/catalog/products", body: { name: 5, price: "1" } }, 422, "record.invalid"],
  ["a number that is none", { path: "/api/catalog/products", body: { name: "x", price: "1e400" } }, 422, "record.invalid"],
  ["a number out of range", { path: "/api/catalog/products", body: { name: "x", price: "1", stock: 2_147_483_648 } }, 422, "record.invalid"],
  ["below the minimum", { path: "/api/catalog/products", body: { name: "x", price: "-1" } }, 422, "record.invalid"],
  ["a choice that is none", { path: "/api/people/expenses", body: { employee: seeded.employees[0], purpose: "x", category: "bribes", amount: "1" } }, 422, "record.invalid"],
  ["a text that is too long", { path: "/api/crm/countries", body: { name: "x", code: "TOO LONG" } }, 422, "record.invalid"],
  ["a null byte in a text", { path: "/api/crm/countries", body: { name: "a\0b", code: "XX" } }, 400, "request.invalid"],
  ["half a character", { path: "/api/crm/countries", body: '{"name":"\\ud800","code":"XX"}', headers: json }, 400, "request.invalid"],
  ["a missing value", { path: "/api/crm/countries", body: { name: "x" } }, 422, "record.invalid"],
  ["null where a value is required", { path: `/api/crm/countries/${FRANCE}`, method: "PATCH", body: { name: null } }, 422, "record.invalid"],
  ["an id that is none", { path: "/api/crm/countries", body: { id: "17", name: "x", code: "XX" } }, 422, "record.invalid"],
  ["an id that is taken", { path: "/api/crm/countries", body: { id: FRANCE, name: "x", code: "XX" } }, 409, "record.duplicate"],
  ["a duplicate", { path: "/api/crm/countries", body: { name: "x", code: "FR" } }, 409, "record.duplicate"],
  ["a duplicate by update", { path: `/api/crm/countries/${FRANCE}`, method: "PATCH", body: { code: "AT" } }, 409, "record.duplicate"],
  ["a missing reference", { path: "/api/crm/customers", body: { name: "x", country: nowhere } }, 422, "record.invalid"],
  ["a missing reference of another service", { path: "/api/sales/orders", body: order({ customer: nowhere }) }, 422, "record.invalid"],
  ["a missing reference of a line", { path: "/api/sales/orders", body: order({ lines: [{ product: PRODUCT }, { product: nowhere }] }) }, 422, "record.invalid"],
  ["a reference that is no id", { path: "/api/sales/orders", body: order({ customer: "x" }) }, 422, "record.invalid"],
  ["a check that fails", { path: "/api/crm/countries", body: { name: "x", code: "x1" } }, 422, "record.invalid"],
  ["a check over a reference", { path: `/api/crm/customers/${CUSTOMER}`, method: "PATCH", body: { parent: CUSTOMER } }, 422, "record.invalid"],
  ["a check that fails in the database's words", { path: `/api/sales/orders/${NOBODYS}`, method: "PATCH", body: { requiredDate: "2000-01-01" } }, 422, "record.invalid"],
  ["a computed field", { path: "/api/sales/orders", body: order({ total: "5" }) }, 403, "access.field_denied"],
  ["a field of the framework", { path: "/api/sales/orders", body: order({ createdBy: users.clara }) }, 403, "access.field_denied"],
  ["a state without its transition", { path: `/api/sales/orders/${NOBODYS}`, method: "PATCH", body: { status: "shipped" } }, 403, "access.field_denied"],
  ["a state that cannot be left so", { path: `/api/sales/orders/${NOBODYS}/$ship`, body: {} }, 409, "record.transition_refused"],
  ["a refusal of the author", { path: `/api/sales/orders/${seeded.orders[0]}/$confirm`, method: "POST" }, 422, "order.empty"],
  ["an unknown input", { path: `/api/sales/orders/${NOBODYS}/$confirm`, body: { nosuch: 1 } }, 422, "record.invalid"],
  ["a wrong input", { path: `/api/catalog/products/${PRODUCT}/$reserve`, body: { quantity: 0 } }, 422, "record.invalid"],
  ["a transition that is not theirs", { path: `/api/sales/orders/${CLARAS}/$cancel`, as: "clara", method: "POST" }, 403, "access.denied"],
  ["a stale version in the body", { path: `/api/sales/orders/${CLARAS}`, method: "PATCH", body: { version: 77, note: "x" } }, 409, "record.version_conflict"],
  ["a stale version in If-Match", { path: `/api/sales/orders/${CLARAS}`, method: "PATCH", body: { note: "x" }, headers: { "if-match": '"77"' } }, 412, "record.precondition_failed"],
  ["a weak If-Match", { path: `/api/sales/orders/${CLARAS}`, method: "PATCH", body: { note: "x" }, headers: { "if-match": 'W/"1"' } }, 412, "record.precondition_failed"],
  ["a stale delete", { path: `/api/sales/orders/${CLARAS}`, method: "DELETE", headers: { "if-match": '"77"' } }, 412, "record.precondition_failed"],
  ["the delete of what is in use", { path: `/api/crm/countries/${FRANCE}`, method: "DELETE" }, 409, "record.reference"],
  ["an update of what is not there", { path: `/api/sales/orders/${nowhere}`, method: "PATCH", body: { note: "x" } }, 404, "record.not_found"],
  ["a key that is no key", { path: "/api/crm/countries/$upsert?key=id,nosuch", method: "PUT", body: { name: "x" } }, 400, "request.invalid"],
  ["a bulk of nothing known", { path: "/api/crm/countries/$bulk", body: { changes: [{ operation: "explode" }] } }, 400, "request.invalid"],
  ["one bad change of an atomic bulk", { path: "/api/crm/countries/$bulk", body: { atomic: true, changes: [{ operation: "create", values: { name: "y", code: "YY" } }, { operation: "create", values: { name: "z", code: "FR" } }] } }, 409, "record.duplicate"],
  ["an idempotency key that is none", { path: "/api/crm/countries", body: { name: "x", code: "XX" }, headers: { "idempotency-key": "ü" } }, 400, "request.invalid"],
]

/** SQL, PostgreSQL's words, and names of this machine. */
const unspeakable = /\b(select|insert|update|delete)\b[^"]*\b(from|into|set|where)\b|pg_|syntax error|relation "|constraint "|node_modules|\.ts:|at Object\.|ECONN/i

describe.each([
  ["reading", reading],
  ["writing", writing],
])("bad input when %s", (_, cases) => {
  test.each(cases)("%s", async (_name, { path, ...asking }, status, code) => {
    const before = await company.fingerprint()
    const answer = await company.ask(path, asking)
    expect([answer.status, answer.json?.code], answer.text).toEqual([status, code])
    expect(answer.headers.get("content-type")).toBe("application/problem+json")
    expect(answer.json).toMatchObject({
      status,
      type: `/errors/${code}`,
      title: expect.stringMatching(/\S/),
      detail: expect.stringMatching(/\S/),
      instance: expect.stringMatching(/^\//),
      traceId: answer.headers.get("x-trace-id"),
      retryable: false,
    })
    expect(answer.text).not.toMatch(unspeakable)
    if (status === 401) expect(answer.headers.get("www-authenticate")).toMatch(/^Bearer/)
    if (status === 405) expect(answer.headers.get("allow")).toMatch(/GET|POST/)
    expect(await company.fingerprint()).toBe(before)
  })
})

describe("bad input of several requests", () => {
  test("a key that was used for another request", async () => {
    const headers = { "idempotency-key": "one" }
    const first = await company.ask("/api/crm/countries", { body: { name: "Peru", code: "PE" }, headers })
    expect(first.status).toBe(201)
    const before = await company.fingerprint()
    const again = await company.ask("/api/crm/countries", { body: { name: "Peru", code: "PE" }, headers })
    expect([again.status, again.text]).toEqual([201, first.text])
    const other = await company.ask("/api/crm/countries", { body: { name: "Chile", code: "CL" }, headers })
    expect([other.status, other.json.code]).toEqual([422, "request.key_reused"])
    expect(await company.fingerprint()).toBe(before)
  })

  test("all mistakes come at once, each with its place", async () => {
    const { status, json } = await company.ask("/api/sales/orders", {
      body: { customer: 5, freight: "-1", date: "yesterday", lines: [{ quantity: 0 }, { product: PRODUCT, quantity: "x" }] },
    })
    expect(status).toBe(422)
    const paths = json.details.errors.map(({ path }: { path: string }) => path)
    expect(paths).toEqual(
      expect.arrayContaining(["/customer", "/freight", "/date", "/lines/0/quantity", "/lines/1/quantity"]),
    )
  })

  test("a cursor of another question", async () => {
    const page = await company.ask("/api/sales/orders?orderBy=date&limit=2")
    const other = await company.ask(`/api/sales/orders?orderBy=-total&limit=2&after=${encodeURIComponent(page.json.next)}`)
    expect([other.status, other.json.code]).toEqual([400, "query.bad_cursor"])
  })

  test("a closed record", async () => {
    const { id } = await created(company.ask, "/api/sales/orders", order({ shipper: seeded.shippers[0] }))
    await company.ask(`/api/sales/orders/${id}/$cancel`, { method: "POST" })
    const before = await company.fingerprint()
    const answer = await company.ask(`/api/sales/orders/${id}`, { method: "PATCH", body: { freight: "1" } })
    expect([answer.status, answer.json.code]).toEqual([409, "record.locked"])
    expect(await company.fingerprint()).toBe(before)
  })

  test("what may not be seen and what is not there answer the same", async () => {
    const say = async (id: string) => {
      const { status, text, headers } = await company.ask(`/api/sales/orders/${id}`, { as: "clara" })
      const trace = headers.get("x-trace-id") as string
      return [status, text.replaceAll(id, "ID").replaceAll(trace, "TRACE")]
    }
    expect(await say(MARTINS)).toEqual(await say(nowhere))
  })
})
