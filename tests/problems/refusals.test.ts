import { errorCatalog } from "@archipel/core"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { created, type OpenCompany, openCompany, seeded } from "../support/company.ts"
import { MARTINS, nowhere, order, PRODUCT } from "./case.ts"
import { reading } from "./refused-reads.ts"
import { writing } from "./refused-writes.ts"

let company: OpenCompany
beforeAll(async () => {
  company = await openCompany()
})
afterAll(() => company?.[Symbol.asyncDispose]())

/** SQL, PostgreSQL's words, and names of this machine. */
const unspeakable =
  /\b(select|insert|update|delete)\b[^"]*\b(from|into|set|where)\b|pg_|syntax error|relation "|constraint "|node_modules|\.ts:|at Object\.|ECONN/i

describe.each([
  ["reading", reading],
  ["writing", writing],
])("bad input when %s", (_, cases) => {
  test.each(cases)("%s", async (_name, { path, ...asking }, status, code) => {
    const before = await company.fingerprint()
    const answer = await company.ask(path, asking)
    expect([answer.status, answer.json?.code]).toEqual([status, code])
    expect(answer.headers.get("content-type")).toBe("application/problem+json")
    expect(answer.json).toMatchObject({
      status,
      type: `/errors/${Object.hasOwn(errorCatalog, code) ? code : "record.refused"}`,
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
      body: {
        customer: 5,
        freight: "-1",
        date: "yesterday",
        lines: [{ quantity: 0 }, { product: PRODUCT, quantity: "x" }],
      },
    })
    expect(status).toBe(422)
    const paths = json.details.errors.map(({ path }: { path: string }) => path)
    expect(paths).toEqual(
      expect.arrayContaining(["/customer", "/freight", "/date", "/lines/0/quantity", "/lines/1/quantity"]),
    )
  })

  test("a cursor of another question", async () => {
    const page = await company.ask("/api/sales/orders?orderBy=date&limit=2")
    const other = await company.ask(
      `/api/sales/orders?orderBy=-total&limit=2&after=${encodeURIComponent(page.json.next)}`,
    )
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
