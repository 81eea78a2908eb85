import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { type Ask, type Asking, asksOf, type Json } from "../support/asking.ts"
import { idOf, seeded, users } from "../support/company.ts"
import { type CompaniesInBothTopologies, openCompanies } from "./companies.ts"

let companies: CompaniesInBothTopologies
let together: Ask
let apart: Ask

beforeAll(async () => {
  companies = await openCompanies()
  together = asksOf(companies.together.url)
  apart = asksOf(companies.apart.url)
}, 180_000)
afterAll(() => companies?.[Symbol.asyncDispose]())

const volatile = ["date", "x-trace-id", "connection", "keep-alive", "content-length", "transfer-encoding"]
/** Everything of an answer but what differs by nature: instants of writing, traces, ids made for lines. */
function comparable({ status, headers, text }: Awaited<ReturnType<Ask>>, masked: boolean): object {
  const kept = [...headers].filter(([name]) => !volatile.includes(name))
  const trace = headers.get("x-trace-id") ?? "-"
  // A cursor begins with a seal of its database.
  const same = text.replaceAll(trace, "TRACE").replaceAll(/"(next|previous)":"[^"]{22}/g, '"$1":"SEAL')
  return {
    status,
    headers: Object.fromEntries(
      kept.map(([name, value]) => [name, value.replaceAll(/(after|before)=[^>]{22}/g, "$1=SEAL")]),
    ),
    text: masked
      ? same
          .replaceAll(/"(createdAt|updatedAt)":"[^"]+"/g, '"$1":"INSTANT"')
          .replaceAll(/"id":"01(?!90)[^"]+"/g, '"id":"MADE"')
      : same,
  }
}

/** Asks both and expects the same bytes. */
async function same(path: string, asking: Asking = {}, masked = false): Promise<Json> {
  const [one, other] = await Promise.all([together(path, asking), apart(path, asking)])
  expect(comparable(other, masked)).toEqual(comparable(one, masked))
  return one
}

const everybody = ["alice", "martin", "clara", "oscar"] as const

describe("reading gives the same bytes", () => {
  const reads: readonly string[] = [
    "/api/sales/orders",
    "/api/sales/orders?select=number,customer.name,salesperson.name,employee.name",
    "/api/sales/orders?select=number,customer.name,customer.country.name,customer.country.code,customer.accountManager.name",
    "/api/sales/orders?select=number,customer.parent.country.name,customer.contacts.name,customer.contactCount",
    "/api/sales/orders?select=number,lines.quantity,lines.price,lines.product.name,lines.product.category.name,lines.product.supplier.name",
    "/api/sales/orders?select=number,employee.name,employee.salary,employee.manager.name,employee.manager.salary,employee.manager.user.email,employee.user.name",
    "/api/sales/orders?select=number,customer.notes,lines.product.cost",
    "/api/sales/orders?select=number,customer.nosuch",
    "/api/sales/orders?select=number,lines.product.name&orderBy=-total,number&limit=3&count=exact",
    "/api/sales/orders?select=number,createdBy.name,updatedBy.email",
    "/api/sales/orders?status=draft&total[gte]=1&select=total,customer.name&orderBy=-total",
    "/api/sales/orders?customer=0190aaaa-0002-7000-8000-000000000001&select=customer.name",
    '/api/sales/orders?where={"lines":{"some":{"quantity":{"gte":2}}}}&select=id,lines.product.name',
    "/api/sales/orders?customer.city=x",
    "/api/sales/orders?orderBy=customer.city",
    `/api/sales/orders/${seeded.orders[2]}?select=number,customer.name,lines.product.name,lines.product.category.name`,
    `/api/sales/orders/${seeded.orders[1]}`,
    "/api/sales/order-lines?select=product.name,product.category.name,order.customer.name,order.customer.country.code",
    "/api/sales/orders/$export?select=number,customer.name,lines.product.name",
    "/api/sales/orders/$export?select=number,customer.name&format=csv",
    "/api/crm/customers?select=name,accountManager.name,country.name,parent.name",
    "/api/people/employees?select=name,user.name,manager.user.email,salary",
    "/api/catalog/products?select=name,cost,category.name",
  ]
  test.each(reads)("GET %s", async (path) => {
    for (const as of everybody) await same(path, { as })
  })

  const queries: readonly (readonly [string, object])[] = [
    ["orders", { group: ["customer"], aggregates: { n: "count", sum: "sum(total)" }, orderBy: ["-sum", "customer"] }],
    ["orders", { group: ["employee", "date:month"], aggregates: { n: "count", freight: "avg(freight)" } }],
    ["orders", { group: ["salesperson"], aggregates: { n: "count" } }],
    ["order-lines", { group: ["product"], aggregates: { n: "sum(quantity)" }, orderBy: ["-n"] }],
    ["orders", { group: ["customer.city"], aggregates: { n: "count" } }],
    [
      "orders",
      {
        select: [
          "number",
          { path: "lines", select: ["product.name", "product.price"], orderBy: ["-quantity"], limit: 1 },
        ],
      },
    ],
    [
      "orders",
      {
        select: ["number", "customer.name"],
        where: { or: [{ customer: { in: seeded.customers.slice(0, 2) } }, { employee: { isSet: false } }] },
      },
    ],
  ]
  test.each(queries)("%s %j", async (collection, body) => {
    for (const as of everybody) await same(`/api/sales/${collection}/$query`, { as, body })
  })

  test("what was really compared: records, titles and masks of several services", async () => {
    const { json } = await same(
      "/api/sales/orders?select=number,employee.name,employee.salary,lines.product.name&orderBy=id",
      { as: "clara" },
    )
    const [first, second] = json.data
    expect(first).toMatchObject({
      number: "SO-2026-00003",
      employee: null,
      lines: [{ product: { name: "Product 2" } }, { product: { name: "Product 3" } }],
    })
    expect(second.employee).toMatchObject({
      id: seeded.employees[0],
      name: "Martin Number0",
      salary: null,
      _masked: ["salary"],
    })
    const groups = await same("/api/sales/order-lines/$query", {
      body: { group: ["product"], aggregates: { n: "count" }, orderBy: ["product"] },
    })
    expect(groups.json.data[0]).toMatchObject({ product: { id: seeded.products[0], title: "Product 0" } })
  })

  test("a title is public where its contract says so, and hidden where not", async () => {
    // Nobody outside crm may see customers; products show their names.
    const body = { group: ["customer"], aggregates: { n: "count" } }
    const { json } = await same("/api/sales/orders/$query", { as: "alice", body })
    expect(json.data.every(({ customer }: Json) => customer.title !== null)).toBe(true)
    await same("/api/catalog/products/$resolve", { as: "oscar", body: { ids: [...seeded.products] } })
    await same("/api/crm/customers/$resolve", { as: "clara", body: { ids: [...seeded.customers, idOf(99, 1)] } })
  })

  test("pages go on from one another", async () => {
    const path = "/api/sales/orders?select=number,customer.name&orderBy=-date&limit=3"
    const pages = async (ask: Ask) => {
      const data: Json[] = []
      for (let after = ""; ; ) {
        const { status, json } = await ask(path + after)
        expect(status).toBe(200)
        data.push(json.data)
        if (json.next === null) return data
        after = `&after=${encodeURIComponent(json.next)}`
      }
    }
    const one = await pages(together)
    expect(one.flat()).toHaveLength(seeded.orders.length)
    expect(await pages(apart)).toEqual(one)
  })
})

describe("writing gives the same", () => {
  const [customer] = seeded.customers
  const lines = seeded.products.slice(0, 3).map((product, i) => ({ product, quantity: i + 1 }))

  test("an order whose values come from three services", async () => {
    const body = { id: idOf(50, 1), customer: seeded.customers[1], employee: seeded.employees[1], lines }
    const made = await same("/api/sales/orders", { as: "clara", body }, true)
    expect(made.status).toBe(201)
    expect(made.json).toMatchObject({
      shipName: "Bäckerei Ümlaut",
      shipCountry: "Österreich",
      lineCount: 3,
      total: "51310.46",
    })
    const seen = await same(
      `/api/sales/orders/${body.id}?select=cost,margin,lines.price,lines.unitCost,lines.discount,lines.product.name`,
      {},
      true,
    )
    expect(seen.json).toMatchObject({ cost: "42795.02", margin: "8515.44" })
    await same(`/api/sales/orders/${body.id}`, { method: "PATCH", body: { customer, version: 1 } }, true)
    const confirmed = await same(`/api/sales/orders/${body.id}/$confirm`, { method: "POST" }, true)
    expect(confirmed.json.status).toBe("confirmed")
    await same(`/api/sales/orders/${body.id}/$confirm`, { method: "POST" })
  })

  test("a draft", async () => {
    const body = {
      values: { customer: seeded.customers[2], lines: [{ $tmp: "a", product: seeded.products[4], quantity: 2 }] },
    }
    const { json } = await same("/api/sales/orders/$draft", { as: "clara", body })
    expect(json.patch).toMatchObject({ shipName: "Café « L'Étoile »" })
  })

  test("refusals", async () => {
    const refused = async (asking: Asking & { path?: string }, status: number) => {
      const { path = "/api/sales/orders", ...rest } = asking
      expect((await same(path, rest)).status).toBe(status)
    }
    await refused({ body: { customer: idOf(99, 1), lines } }, 422)
    await refused({ body: { customer, lines: [{ product: idOf(99, 1) }] } }, 422)
    await refused({ body: { customer, salesperson: users.martin }, as: "clara" }, 403)
    await refused({ body: { customer }, as: "oscar" }, 422)
    await refused({ path: "/api/crm/customers", body: { name: "x" }, as: "oscar" }, 403)
    await refused({ body: { customer, nosuch: 1 } }, 400)
    await refused(
      {
        path: "/api/sales/orders/$bulk",
        body: { atomic: true, changes: [{ operation: "create", values: { customer: idOf(99, 1) } }] },
      },
      422,
    )
  })
})

describe("references to what may not be seen", () => {
  const [, , , NOBODYS] = seeded.orders as [string, string, string, string]

  test("show their ids, and titles only where these are public", async () => {
    const { json } = await same(
      `/api/sales/orders/${seeded.orders[7]}?select=customer.name,employee.name,employee.jobTitle,lines.product.name,lines.product.price`,
      { as: "oscar" },
    )
    expect(json).toMatchObject({
      customer: { id: seeded.customers[3], name: null, _masked: ["name"] },
      employee: { id: seeded.employees[1], name: "Clara Number1", jobTitle: null, _masked: ["jobTitle"] },
      lines: [{ product: { name: "Product 2", price: "9002.50" } }],
    })
    const body = (group: string) => ({ group: [group], aggregates: { n: "count" } })
    const customers = await same("/api/sales/orders/$query", { as: "oscar", body: body("customer") })
    expect(customers.json.data[0].customer).toMatchObject({ id: seeded.customers[3], title: null })
    const employees = await same("/api/sales/orders/$query", { as: "oscar", body: body("employee") })
    expect(employees.json.data.map(({ employee }: Json) => employee?.title)).toContain("Clara Number1")
  })

  test("cannot be made, but those that are there count as they do for everybody", async () => {
    const path = `/api/sales/orders/${NOBODYS}`
    const moved = await same(path, { as: "oscar", method: "PATCH", body: { customer: seeded.customers[0] } })
    expect([moved.status, moved.json.details.errors[0]]).toMatchObject([
      422,
      { path: "/customer", code: "reference.missing" },
    ])
    // The customer's discount of 25 % is suggested, though oscar sees no customers.
    const body = { customer: seeded.customers[3], lines: [{ product: seeded.products[0], quantity: 2 }] }
    const { status, json } = await same(path, { as: "oscar", method: "PATCH", body }, true)
    expect([status, json.total]).toEqual([200, "13500.75"])
  })
})

describe("one question for each service and level", () => {
  const counted = async (path: string, asking: Asking = {}) => {
    companies.taken()
    expect((await apart(path, asking)).status).toBeLessThan(300)
    return companies.taken()
  }

  test("nothing is asked where ids are enough", async () => {
    expect(await counted("/api/sales/orders")).toEqual([])
    expect(await counted("/api/sales/orders?select=number,customer,lines.quantity")).toEqual([])
  })

  test("a page asks each service once, however many records it has", async () => {
    const select =
      "select=number,customer.name,customer.country.name,salesperson.name,employee.name,lines.product.name,lines.product.category.name"
    expect(await counted(`/api/sales/orders?${select}&limit=8`)).toEqual([
      "catalog.Product query",
      "crm.Customer query",
      "identity.User query",
      "people.Employee query",
    ])
  })

  test("a deeper level is asked by the service that knows it", async () => {
    expect(await counted("/api/sales/orders?select=customer.accountManager.name,employee.user.name")).toEqual([
      "crm.Customer query",
      "identity.User query",
      "identity.User query",
      "people.Employee query",
    ])
  })

  test("groups ask for their titles once", async () => {
    const body = { group: ["customer"], aggregates: { n: "count" } }
    expect(await counted("/api/sales/orders/$query", { body })).toEqual(["crm.Customer titles"])
  })

  test("a write asks each service once as its user, and once for what its logic needs", async () => {
    const body = { customer: seeded.customers[0], lines: seeded.products.map((product) => ({ product })) }
    const calls = await counted("/api/sales/orders", { body, as: "clara" })
    expect(calls.filter((path) => path.startsWith("catalog.")).length).toBeLessThanOrEqual(2)
    expect(calls.filter((path) => path.startsWith("crm.")).length).toBeLessThanOrEqual(2)
  })
})
