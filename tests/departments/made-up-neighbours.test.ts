/** A service is developed alone: its neighbours are made up from their contracts. */
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { open, type Program } from "@archipel/server"
import { afterAll, beforeAll, expect, test } from "vitest"
import { sales } from "../../examples/company/sales/service.ts"
import { noLog } from "../../packages/server/src/log.ts"
import { type Ask, asksOf } from "../support/asking.ts"
import { created } from "../support/company.ts"
import { type TestDatabase, testDatabase } from "../support/database.ts"

let databases: readonly TestDatabase[] = []
let dataDirectory: string
let program: Program
let ask: Ask

const environment = async (): Promise<Record<string, string>> => {
  const made = { IDENTITY: await testDatabase("made_up_identity"), SALES: await testDatabase("made_up_sales") }
  databases = [...databases, ...Object.values(made)]
  return Object.fromEntries(Object.entries(made).map(([name, { url }]) => [`DATABASE_URL_${name}`, url]))
}
const start = (env: Readonly<Record<string, string>>): Promise<Program> =>
  open([sales], { port: 0, host: "127.0.0.1", dataDirectory, env, log: noLog })

beforeAll(async () => {
  dataDirectory = await mkdtemp(join(tmpdir(), "archipel-made-up-"))
  program = await start({ ...(await environment()), ARCHIPEL_FAKE: "crm, catalog,people" })
  ask = asksOf(program.url)
})
afterAll(async () => {
  await program.close()
  for (const database of databases) await database.drop()
  await rm(dataDirectory, { recursive: true, force: true })
})

test("its neighbours' records are plausible, can be filtered and sorted, and lead to each other", async () => {
  const { json } = await ask(
    "/api/crm/customers?select=name,city,country.code,contacts.email&orderBy=name&limit=3&count=exact",
  )
  expect(json.count).toBe(24)
  expect(json.data.map(({ name }: { name: string }) => name)).toEqual(["Alpenblick 1", "Alpenblick 17", "Alpenblick 9"])
  for (const { contacts } of json.data as { contacts: { email: string | null }[] }[])
    for (const { email } of contacts) if (email !== null) expect(email).toMatch(/^[a-z.]+\.\d+@example\.com$/)
  const found = await ask("/api/crm/customers?name[startsWith]=Nord&select=name")
  expect(found.json.data.length).toBe(3)
  const grouped = await ask("/api/crm/customers/$query", { body: { group: ["country"], orderBy: ["-count"] } })
  expect(grouped.json.data.reduce((sum: number, { count }: { count: number }) => sum + count, 0)).toBe(24)
})

test("the service works with them as with real ones", async () => {
  const [customer] = (await ask("/api/crm/customers?select=name,discount&limit=1")).json.data
  const [product] = (await ask("/api/catalog/products?select=price&limit=1")).json.data
  const order = await created(ask, "/api/sales/orders", {
    customer: customer.id,
    lines: [{ product: product.id, quantity: 1 }],
  })
  expect(order.shipName).toBe(customer.name)
  const path = `/api/sales/orders/${order.id}?select=customer.name,lines.product.name,lines.price,lines.discount`
  expect((await ask(path)).json).toMatchObject({
    customer: { name: customer.name },
    lines: [{ price: product.price, discount: customer.discount }],
  })
})

test("they are the same in every process", async () => {
  const path = "/api/crm/customers?limit=24"
  const before = (await ask(path)).text
  await using again = await start({ ...(await environment()), ARCHIPEL_FAKE: "crm" })
  expect((await asksOf(again.url)(path)).text).toBe(before)
})

test("they are not changed", async () => {
  const answer = await ask("/api/crm/customers", { body: { name: "New" } })
  expect(answer).toMatchObject({ status: 403, json: { code: "access.denied" } })
})

test.each([
  [{ ARCHIPEL_FAKE: "sales" }, "ARCHIPEL_FAKE names sales, which runs here."],
  [{ ARCHIPEL_FAKE: "crn" }, "ARCHIPEL_FAKE names crn, whose contract is not known; known are "],
  [{ ARCHIPEL_FAKE: "crm", NODE_ENV: "production" }, "ARCHIPEL_FAKE is refused in production"],
])("%j is refused in words", async (env, says) => {
  await expect(start(env)).rejects.toMatchObject({ code: "program.misconfigured" })
  await expect(start(env)).rejects.toThrow(says)
})
