import { mkdtemp, readFile, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { testId, testService } from "@archipel/server/test"
import { describe, expect, test, vi } from "vitest"
import { crm } from "../../examples/company/crm/service.ts"
import { sales } from "../../examples/company/sales/service.ts"

const acme = {
  id: testId("acme"),
  name: "Acme",
  address: "Main Street 1",
  discount: "0.1000",
  contactCount: 3,
  country: null,
}
const tea = { id: testId("tea"), name: "Tea", price: "12.34", cost: "5.00", discontinued: false }
const fake = { "crm.Customer": [acme], "catalog.Product": [tea] } as const

test("a service is tested alone: its neighbours answer from fixtures", async () => {
  await using app = await testService(sales, { fake })
  const clerk = app.as("clerk")
  const lines = [{ product: testId<"catalog.Product">("tea"), quantity: 2 }]
  const { id } = await clerk("sales.Order").create({ customer: testId("acme"), lines })
  const order = await clerk("sales.Order").get(id, {
    select: [
      "shipName",
      "total",
      "customer.name",
      "lines.product.name",
      "lines.price",
      "lines.discount",
      "salesperson.name",
    ],
  })
  expect(order).toMatchObject({
    shipName: "Acme",
    // 2 × 12.34 less the customer's 10 %.
    total: "22.21",
    customer: { name: "Acme" },
    salesperson: { name: "Clara Lindqvist" },
    lines: [{ price: "12.34", discount: "0.1000", product: { name: "Tea" } }],
  })
  const found = await app.db("crm.Customer").find({ select: ["name"], where: { name: { startsWith: "Ac" } } })
  expect(found).toMatchObject([{ name: "Acme" }])
  await expect(app.db("people.Employee").count()).rejects.toMatchObject({ code: "service.unavailable" })
})

test("services are tested together when both are given", async () => {
  await using app = await testService([sales, crm], { fake: { "catalog.Product": [tea] } })
  const { id } = await app.as("manager")("crm.Customer").create({ name: "Globex", email: "info@globex.example" })
  const order = await app.as("clerk")("sales.Order").create({ customer: id })
  expect(
    await app
      .as("clerk")("sales.Order")
      .get(order.id, { select: ["customer.name"] }),
  ).toMatchObject({
    customer: { name: "Globex" },
  })
})

test("users have the rights of their part, or those that a test gives them", async () => {
  await using app = await testService(crm)
  await app.as("administrator")("crm.Country").create({ name: "France", code: "FR" })
  const select = ["name"] as const
  expect(await app.as("clara")("crm.Country").count()).toBe(1)
  expect(
    await app
      .as({ roles: ["crm.user"] })("crm.Country")
      .count(),
  ).toBe(1)
  await expect(app.as("clerk")("crm.Country").create({ name: "Spain", code: "ES" })).rejects.toMatchObject({
    code: "access.denied",
  })
  await expect(app.as("outsider")("crm.Country").find({ select })).rejects.toMatchObject({ code: "access.denied" })
  expect(() => app.as("nobody")).toThrow('There is no user "nobody"')
  expect(() => app.as({ roles: ["crm.usr"] })).toThrow('There is no role "crm.usr"')
})

test("the clock decides what is now and today, and moves when it is told to", async () => {
  await using app = await testService(sales, { fake, now: "2026-01-31T23:59:30Z" })
  const write = async () => {
    const { id } = await app
      .as("clerk")("sales.Order")
      .create({ customer: testId("acme") })
    return app
      .as("clerk")("sales.Order")
      .get(id, { select: ["number", "date", "createdAt"] })
  }
  expect(await write()).toMatchObject({
    number: "SO-2026-00001",
    date: "2026-01-31",
    createdAt: "2026-01-31T23:59:30.000Z",
  })
  app.clock.advance({ minutes: 1 })
  expect(await write()).toMatchObject({ date: "2026-02-01", createdAt: "2026-02-01T00:00:30.000Z" })
  app.clock.set("2027-01-01T01:00:00+01:00")
  expect(await write()).toMatchObject({ number: "SO-2027-00001", date: "2027-01-01" })
  expect(() => app.clock.set("2027-01-01")).toThrow("is no instant")
})

test("events and history tell what happened", async () => {
  await using app = await testService(crm, { now: "2026-05-01T08:00:00Z" })
  const { id } = await app.as("manager")("crm.Customer").create({ name: "Acme", phone: "1" })
  app.clock.advance({ hours: 1 })
  await app.as("alice")("crm.Customer").update(id, { name: "Acme Ltd" })
  expect((await app.events()).map(({ type, recordId }) => ({ type, recordId }))).toEqual([
    { type: "crm.Customer.created", recordId: id },
    { type: "crm.Customer.updated", recordId: id },
  ])
  expect(await app.events("crm.Country")).toEqual([])
  const history = await app.history("crm.Customer", id)
  expect(history).toMatchObject([
    { operation: "create", version: 1, actorId: app.userId("manager"), at: "2026-05-01T08:00:00.000Z" },
    { operation: "update", version: 2, actorId: app.userId("alice"), at: "2026-05-01T09:00:00.000Z" },
  ])
  expect(history[1]?.changes).toEqual({ name: { old: "Acme", new: "Acme Ltd" } })
})

test("the REST interface answers as it would over a network", async () => {
  await using app = await testService(crm)
  const fetch = app.http("manager")
  const created = await fetch("/api/crm/countries", { method: "POST", body: { name: "France", code: "FR" } })
  expect(created.status).toBe(201)
  const page = await app.http("clerk")("/api/crm/countries?select=name,code")
  expect(await page.json()).toMatchObject({ data: [{ name: "France", code: "FR" }] })
  const refused = await app.http("clerk")("/api/crm/countries", { method: "POST", body: { name: "Spain", code: "ES" } })
  expect(refused.status).toBe(403)
  expect((await app.http()("/api/crm/countries")).status).toBe(401)
})

test("tests at the same time do not see each other, and their databases are dropped", async () => {
  const apps = await Promise.all(Array.from({ length: 3 }, () => testService(crm)))
  await Promise.all(apps.map((app, i) => app.db("crm.Country").create({ name: `Country ${i}`, code: "XX" })))
  expect(await Promise.all(apps.map((app) => app.db("crm.Country").count()))).toEqual([1, 1, 1])
  await Promise.all(apps.map((app) => app.close()))
  await expect(apps[0]?.db("crm.Country").count()).rejects.toMatchObject({ code: "database.unavailable" })
})

test("fixtures of a contract that nobody knows are a mistake of the test", async () => {
  await expect(testService(crm, { fake: { "nobody.Thing": [] } as object })).rejects.toThrow(
    'There is no contract "nobody" to make fixtures of',
  )
})

describe("what a test sees a service ask of faked neighbours", () => {
  const order = (uses: URL) =>
    testService(sales, { fake, uses }).then(async (app) => {
      await app
        .as("clerk")("sales.Order")
        .create({ customer: testId("acme") })
      await app
        .as("clerk")("sales.Order")
        .find({ select: ["customer.city"] })
      return app
    })

  test("has to be in its file, and is added to it on demand", async () => {
    const folder = await mkdtemp(join(tmpdir(), "archipel-uses-"))
    const uses = pathToFileURL(join(folder, "uses.json"))
    const app = await order(uses)
    await expect(app.close()).rejects.toThrow(/sales uses what .*uses\.json does not say/)
    vi.stubEnv("UPDATE_USES", "1")
    await (await order(uses)).close()
    vi.unstubAllEnvs()
    const { recorded } = JSON.parse(await readFile(uses, "utf8")) as { recorded: object }
    expect(recorded).toEqual({
      "crm.Country": { reads: ["name"], writes: [], calls: [] },
      "crm.Customer": {
        reads: ["address", "city", "country", "name", "postalCode", "region"],
        writes: [],
        calls: [],
      },
    })
    await (await order(uses)).close()
    await rm(folder, { recursive: true })
  })

  test("is of one service", async () => {
    await expect(testService([sales, crm], { uses: new URL("file:///uses.json") })).rejects.toThrow("one service")
  })
})
