import { expect, test } from "vitest"
import { dataDirectory, startProgram } from "../support/program.ts"
import { orderOf, seedWares } from "../failure/orders.ts"

const others = ["identity", "crm", "catalog", "people"]

test("two processes, each with a PostgreSQL of its own: together they are one, and one's death is the other's 503 until it is back", async () => {
  await using otherData = await dataDirectory()
  await using salesData = await dataDirectory()
  const first = await startProgram({ data: otherData.path, args: ["--only", others.join()] })
  const neighbours = others.flatMap((name) => ["--neighbour", `${name}=${first.url}`])
  await using sales = await startProgram({ data: salesData.path, args: ["--only", "sales", ...neighbours] })
  const wares = await seedWares(first.ask)

  const made = await sales.ask("/api/sales/orders", {
    as: "clara",
    body: { ...orderOf(wares, "one"), salesperson: null },
  })
  expect([made.status, made.json.total]).toEqual([201, "993.14"])
  const path = "/api/sales/orders?select=reference,customer.name,lines.product.name&reference=one"
  const seen = await sales.ask(path, { as: "clara" })
  expect(seen.json.data).toMatchObject([
    { reference: "one", customer: { name: "Customer" }, lines: [{ product: { name: "At 1.10" } }, {}, {}] },
  ])
  expect((await sales.ask("/api/crm/customers")).status).toBe(404)

  await first.end("SIGKILL")
  const away = await sales.ask(path, { as: "clara" })
  expect([away.status, away.json.code]).toEqual([503, "service.unavailable"])
  expect(others).toContain(away.json.details.service)
  expect((await sales.ask("/api/sales/orders?select=reference", { as: "clara" })).status).toBe(200)

  const { port } = new URL(first.url)
  await using _back = await startProgram({ data: otherData.path, args: ["--only", others.join(), "--port", port] })
  expect((await sales.ask(path, { as: "clara" })).json).toEqual(seen.json)
})
