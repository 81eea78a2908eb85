import { identityService } from "@archipel/identity"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import type { Asking, Json } from "../support/asking.ts"
import { created, type OpenCompany, openCompany, seeded, users } from "../support/company.ts"

/**
 * What a clerk must not learn: others' orders, what products cost and orders earn, what others are paid and spend. Each probe is one
 * known way by which systems of this kind told it.
 */
let company: OpenCompany
const expenses = { martins: "0190aaaa-0010-7000-8000-000000000001", claras: "0190aaaa-0010-7000-8000-000000000002" }
beforeAll(async () => {
  company = await openCompany([identityService()])
  const [martin, clara] = seeded.employees
  for (const [id, employee, amount] of [
    [expenses.martins, martin, "543.21"],
    [expenses.claras, clara, "12.34"],
  ]) {
    await created(company.ask, "/api/people/expenses", {
      id,
      employee,
      amount,
      purpose: `Purpose ${amount}`,
      category: "travel",
    })
  }
  await company.ask(`/api/sales/orders/${MARTINS}`, { method: "PATCH", body: { note: "hush-hush" } })
})
afterAll(() => company?.[Symbol.asyncDispose]())

const [ALICES, MARTINS, CLARAS, NOBODYS] = seeded.orders as [string, string, string, string]
const [MARTIN, CLARA, IDA] = seeded.employees as [string, string, string]
/** Ids, trace ids and the seals of cursors are random: they may spell anything. */
const madeUp = /[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}|"(?:traceId|next|previous)":"[^"]*"/g

const asClara = async (path: string, asking: Asking = {}) => {
  const answer = await company.ask(path, { as: "clara", ...asking })
  // Costs, margins, salaries, spending and notes of the fixture.
  expect(answer.text.replaceAll(madeUp, "")).not.toMatch(/713\d|1419|2907|1869|4257|987654|876543|543\.21|hush/)
  return answer
}
const query = (path: string, body: object) => asClara(`${path}/$query`, { body })
const ids = (answer: { json: Json }): string[] => answer.json.data.map(({ id }: { id: string }) => id)
/** Alice's and martin's orders. */
const hiddenOrders = seeded.orders.filter((_, i) => i % 4 < 2)
const shownOrders = seeded.orders.filter((_, i) => i % 4 >= 2)
const unknown = [400, "query.unknown_field"]
const missing = [404, "record.not_found"]
const problem = ({ status, json }: { status: number; json: Json }) => [status, json?.code]

describe("the twelve leak probes", () => {
  test("reading directly", async () => {
    expect(problem(await asClara(`/api/sales/orders/${MARTINS}`))).toEqual(missing)
    expect(ids(await asClara("/api/sales/orders?select=id&orderBy=id"))).toEqual(shownOrders)
  })

  test("hidden records of a to-many relation", async () => {
    const { json } = await asClara("/api/people/employees?select=name,expenses.amount&orderBy=lastName")
    const spent = json.data.map((row: Json) => [row.name, row.expenses])
    expect(spent).toEqual([
      ["Martin Number0", []],
      ["Clara Number1", [{ id: expenses.claras, amount: "12.34" }]],
      ["Ida Number2", []],
    ])
  })

  test("hidden cells of a to-one relation", async () => {
    const { json } = await asClara("/api/people/employees?select=name,manager.name,manager.salary&orderBy=lastName")
    expect(json.data[1].manager).toMatchObject({ name: "Martin Number0", salary: null, _masked: ["salary"] })
    const orders = await asClara("/api/sales/orders?select=number,employee.name,employee.salary,employee.spent")
    expect(orders.status).toBe(200)
    expect(orders.json.data.some((row: Json) => row.employee?.id === MARTIN)).toBe(true)
  })

  test("navigation to what belongs to a hidden record", async () => {
    const all = await company.ask(`/api/sales/orders/${MARTINS}?select=lines`)
    const [line] = all.json.lines
    expect(problem(await asClara(`/api/sales/order-lines/${line.id}`))).toEqual(missing)
    const lines = await asClara("/api/sales/order-lines?select=order.id&limit=1000")
    const shown = new Set(lines.json.data.map((row: Json) => row.order.id))
    for (const hidden of hiddenOrders) expect(shown).not.toContain(hidden)
  })

  test("conditions on hidden rows of a to-many relation", async () => {
    const rich = await query("/api/people/employees", {
      select: ["id"],
      where: { expenses: { some: { amount: { gt: "500" } } } },
    })
    expect(ids(rich)).toEqual([])
    const none = await query("/api/people/employees", {
      select: ["id"],
      where: { expenses: { none: { amount: { gt: "500" } } } },
    })
    expect(ids(none)).toContain(IDA)
    const own = await query("/api/people/employees", {
      select: ["id"],
      where: { expenses: { some: { amount: { gt: "10" } } } },
    })
    expect(ids(own)).toEqual([CLARA])
  })

  test("conditions on hidden cells", async () => {
    expect(problem(await asClara("/api/sales/orders?margin[gte]=0"))).toEqual(unknown)
    expect(problem(await asClara("/api/catalog/products?cost[gte]=0"))).toEqual(unknown)
    expect(problem(await asClara("/api/sales/order-lines?unitCost[gte]=0"))).toEqual(unknown)
    expect(ids(await asClara("/api/people/employees?select=id&salary[gte]=0"))).toEqual([CLARA])
    expect(ids(await asClara("/api/people/employees?select=id&manager.salary[gte]=0"))).toEqual([])
    const others = await query("/api/people/employees", {
      select: ["id"],
      where: { not: { salary: { gte: "900000" } } },
      orderBy: ["id"],
    })
    const everyone = await query("/api/people/employees", {
      select: ["id"],
      where: { not: { salary: { gte: "1" } } },
      orderBy: ["id"],
    })
    expect(ids(others)).toEqual([MARTIN, CLARA, IDA])
    expect(ids(everyone)).toEqual([MARTIN, IDA])
  })

  test("order by hidden cells", async () => {
    expect(problem(await asClara("/api/sales/orders?orderBy=margin"))).toEqual(unknown)
    expect(problem(await asClara("/api/catalog/products?orderBy=-cost"))).toEqual(unknown)
    // Those that may not be read are alike, so their ids decide; by their salaries it would be the other way round.
    const up = ids(await asClara("/api/people/employees?select=id&orderBy=salary")).filter((id) => id !== CLARA)
    const down = ids(await asClara("/api/people/employees?select=id&orderBy=-salary")).filter((id) => id !== CLARA)
    expect([up, down]).toEqual([
      [MARTIN, IDA],
      [IDA, MARTIN],
    ])
  })

  test("groups of hidden cells", async () => {
    expect(problem(await query("/api/sales/orders", { group: ["margin"], aggregates: { n: "count" } }))).toEqual(
      unknown,
    )
    const salaries = await query("/api/people/employees", { group: ["salary"], aggregates: { n: "count" } })
    if (salaries.status === 200) {
      const known = salaries.json.data.map((row: Json) => row.salary).filter((value: unknown) => value !== null)
      expect(known).toEqual(["3000.00"])
    } else expect(problem(salaries)).toEqual(unknown)
  })

  test("aggregates over hidden rows and cells", async () => {
    expect(problem(await query("/api/sales/orders", { aggregates: { sum: "sum(margin)" } }))).toEqual(unknown)
    const counted = await query("/api/sales/orders", { aggregates: { n: "count", freight: "sum(freight)" } })
    const freight = seeded.orders.map((_, i) => (i % 4 >= 2 ? i * 100 + 10 : 0)).reduce((a, b) => a + b)
    expect(counted.json.data).toEqual([{ n: shownOrders.length, freight: (freight / 100).toFixed(2) }])
    const paid = await query("/api/people/employees", { aggregates: { max: "max(salary)", sum: "sum(salary)" } })
    expect(paid.json.data).toEqual([{ max: "3000.00", sum: "3000.00" }])
  })

  test("a model without any right", async () => {
    for (const path of ["sales/orders", "crm/customers", "catalog/products", "people/employees", "identity/clients"]) {
      const answer = await company.ask(`/api/${path}`, { as: "oscar" })
      expect([path, ...problem(answer)]).toEqual([path, 403, "access.denied"])
    }
    // Everybody is somebody: of the users they see themselves.
    expect(ids(await company.ask("/api/identity/users?select=id", { as: "oscar" }))).toEqual([users.oscar])
    // And of the groups those that they are in, without who else is.
    const isIn = encodeURIComponent(JSON.stringify({ members: { some: { id: users.oscar } } }))
    const own = ids(await company.ask(`/api/identity/groups?select=id&where=${isIn}`))
    expect(ids(await company.ask("/api/identity/groups?select=id", { as: "oscar" }))).toEqual(own)
    const others = await company.ask("/api/identity/groups?select=members.id", { as: "oscar" })
    expect(problem(others)).toEqual([400, "query.unknown_field"])
  })

  test("creating what would be out of sight", async () => {
    const before = await company.fingerprint()
    const body = { customer: seeded.customers[0], salesperson: users.martin }
    const answer = await asClara("/api/sales/orders", { body })
    expect(problem(answer)).toEqual([403, "access.denied"])
    expect(await company.fingerprint()).toBe(before)
  })

  test("giving a record away", async () => {
    const before = await company.fingerprint()
    const answer = await asClara(`/api/sales/orders/${CLARAS}`, {
      method: "PATCH",
      body: { salesperson: users.martin },
    })
    expect(problem(answer)).toEqual([403, "access.denied"])
    expect(await company.fingerprint()).toBe(before)
  })
})

describe("further ways", () => {
  test("search, counts and pages", async () => {
    expect(ids(await query("/api/sales/orders", { select: ["id"], search: "hush-hush" }))).toEqual([])
    const hiddenNumber = (await company.ask(`/api/sales/orders/${MARTINS}`)).json.number
    expect(ids(await query("/api/sales/orders", { select: ["id"], search: hiddenNumber }))).toEqual([])
    const counted = await asClara("/api/sales/orders?select=id&count=exact&limit=1")
    expect(counted.json.count).toBe(shownOrders.length)
    expect((await asClara("/api/sales/orders?count=estimate&limit=1")).status).toBe(200)
  })

  test("titles and exports", async () => {
    const { json } = await asClara("/api/sales/orders/$resolve", { body: { ids: [...seeded.orders] } })
    expect(Object.keys(json.titles).sort()).toEqual(shownOrders)
    const exported = await asClara("/api/sales/orders/$export?select=id")
    expect(exported.status).toBe(200)
    for (const hidden of hiddenOrders) expect(exported.text).not.toContain(hidden)
    expect(problem(await asClara("/api/sales/orders/$export?select=margin"))).toEqual(unknown)
  })

  test("descriptions", async () => {
    for (const path of ["/api/sales/openapi.json", "/api/sales/orders/$ui", "/api/sales/order-lines/$ui"]) {
      const clerk = await asClara(path)
      expect([path, clerk.status]).toEqual([path, 200])
      expect(clerk.text).not.toMatch(/"(margin|unitCost)"/)
      expect((await company.ask(path, { as: "martin" })).text).toMatch(/"(margin|unitCost)"/)
    }
  })

  test("related lists", async () => {
    const related = async (as: string) => (await company.ask("/api/$ui", { as })).json.related
    const alices = await related("alice")
    expect(alices["crm.Customer"].map(({ model, field }: Json) => `${model}.${field}`)).toEqual([
      "crm.Customer.parent",
      "crm.Contact.customer",
      "sales.Order.customer",
    ])
    const orders = alices["crm.Customer"].at(-1)
    expect(orders).toEqual({
      service: "sales",
      model: "sales.Order",
      collection: "/api/sales/orders",
      field: "customer",
      label: "Customer",
      title: "Order",
      plural: "Orders",
    })
    const [customer] = seeded.customers
    const all = await company.ask(`${orders.collection}?select=${orders.field}`, { as: "alice" })
    const ofOne = await company.ask(`${orders.collection}?${orders.field}=${customer}&select=id`, { as: "alice" })
    expect(ids(ofOne)).toEqual(all.json.data.filter((row: Json) => row.customer === customer).map(({ id }: Json) => id))
    expect(ids(ofOne).length).toBeGreaterThan(0)
    // Himself and his own logins are all that an outsider knows of.
    expect(JSON.stringify(await related("oscar"))).not.toMatch(/crm|sales|people|catalog/)
  })

  test("writing into hidden records", async () => {
    const all = await company.ask(`/api/sales/orders/${MARTINS}?select=lines`)
    const [line] = all.json.lines
    const before = await company.fingerprint()
    const change = { method: "PATCH", body: { note: "x" } }
    expect(problem(await asClara(`/api/sales/orders/${MARTINS}`, change))).toEqual(missing)
    const lines = { method: "PATCH", body: { lines: [{ product: seeded.products[0] }] } }
    expect(problem(await asClara(`/api/sales/orders/${ALICES}`, lines))).toEqual(missing)
    expect(problem(await asClara(`/api/sales/orders/${MARTINS}/$confirm`, { method: "POST" }))).toEqual(missing)
    expect(problem(await asClara(`/api/sales/orders/${MARTINS}`, { method: "DELETE" }))).toEqual(missing)
    // A line of another's order, named as if it were of one's own.
    const stolen = await asClara(`/api/sales/orders/${CLARAS}`, {
      method: "PATCH",
      body: { lines: [{ id: line.id, quantity: 99 }] },
    })
    expect(stolen.status).toBeGreaterThanOrEqual(400)
    expect(stolen.status).toBeLessThan(500)
    const direct = await asClara(`/api/sales/order-lines/${line.id}`, { method: "PATCH", body: { quantity: 99 } })
    expect(direct.status).toBeGreaterThanOrEqual(400)
    const bulk = await asClara("/api/sales/orders/$bulk", {
      body: {
        atomic: true,
        changes: [
          { operation: "update", id: CLARAS, values: { note: "y" } },
          { operation: "update", id: MARTINS, values: { note: "x" } },
        ],
      },
    })
    expect(problem(bulk)).toEqual(missing)
    const draft = await asClara("/api/sales/orders/$draft", { body: { id: MARTINS, values: { note: "x" } } })
    expect(problem(draft)).toEqual(missing)
    expect(await company.fingerprint()).toBe(before)
  })

  test("a child's own right: expenses of others", async () => {
    expect(problem(await asClara(`/api/people/expenses/${expenses.martins}`))).toEqual(missing)
    const before = await company.fingerprint()
    const body = { employee: MARTIN, purpose: "x", category: "travel", amount: "1" }
    expect((await asClara("/api/people/expenses", { body })).status).toBeGreaterThanOrEqual(400)
    expect(await company.fingerprint()).toBe(before)
  })

  test("suggestions use what the clerk may not read, and do not show it", async () => {
    const body = { customer: seeded.customers[0], lines: [{ product: seeded.products[0], quantity: 2 }] }
    const { id } = (await asClara("/api/sales/orders", { body })).json
    const drafted = await asClara("/api/sales/orders/$draft", { body: { values: body } })
    expect(drafted.status).toBe(200)
    expect(drafted.text).not.toMatch(/"(margin|unitCost|cost)"/)
    const seen = await company.ask(`/api/sales/orders/${id}?select=cost,margin`)
    expect(seen.json).toMatchObject({ cost: "14262.34", margin: "3738.66" })
  })

  test("cells of another service that may not be read", async () => {
    const answer = await asClara("/api/sales/orders?select=lines.product.cost")
    expect(problem(answer)).toEqual(unknown)
    const never = await asClara("/api/sales/orders?select=lines.product.nosuch")
    expect(never.json.detail.replace("nosuch", "cost")).toBe(answer.json.detail)
    expect(NOBODYS).toBe(shownOrders[1])
  })
})
