import { join } from "node:path"
import { startEmbeddedPostgres } from "@archipel/data"
import { expect, test } from "vitest"
import { counted } from "../support/counts.ts"
import { dataDirectory, startProgram } from "../support/program.ts"
import { expectWhole, orderOf, seedWares, writeOrders } from "./orders.ts"

const BACK_MS = 30_000
const ORDERS = counted(300, 1_000)

test("while PostgreSQL is away every request is a 503 that says when to come again, and all is well when it is back", async () => {
  await using data = await dataDirectory()
  const directory = join(data.path, "postgres")
  const server = await startEmbeddedPostgres({ directory, durable: false })
  await using program = await startProgram({ data: data.path, env: { DATABASE_URL: server.url("postgres") } })
  const wares = await seedWares(program.ask)
  const order = orderOf(wares, "order-1")
  const { id } = (await program.ask("/api/sales/orders", { body: order })).json

  await server.stop()
  const requests = [
    () => program.ask("/api/sales/orders"),
    () => program.ask(`/api/sales/orders/${id}?select=number,customer.name,lines.product.name`),
    () => program.ask("/api/sales/orders/$query", { body: { group: ["customer"], aggregates: { n: "count" } } }),
    () => program.ask("/api/sales/orders/$export"),
    () => program.ask("/api/sales/orders", { body: order }),
    () => program.ask(`/api/sales/orders/${id}`, { method: "PATCH", body: { note: "x" } }),
    () => program.ask(`/api/sales/orders/${id}/$confirm`, { method: "POST" }),
    () => program.ask(`/api/sales/orders/${id}`, { method: "DELETE" }),
    () => program.ask("/api/sales/orders/$draft", { body: { values: order } }),
    () => program.ask("/api/crm/countries/$upsert?key=code", { method: "PUT", body: { code: "FR", name: "France" } }),
    () => program.ask("/readyz"),
  ]
  for (const { status, json, headers } of await Promise.all(requests.map((request) => request()))) {
    expect([status, json.code]).toEqual([503, expect.stringMatching(/^(database|service)\.unavailable$/)])
    expect(headers.get("retry-after")).toMatch(/^[1-9]\d*$/)
    expect(json.retryable).toBe(true)
    expect(JSON.stringify(json)).not.toMatch(/ECONN|127\.0\.0\.1|5432|postgres:/)
  }
  const bulk = await program.ask("/api/crm/countries/$bulk", {
    body: { changes: [{ operation: "create", values: { code: "FR", name: "France" } }] },
  })
  expect(bulk.json.results?.[0]?.problem?.code ?? bulk.json.code).toBe("database.unavailable")
  expect((await program.ask("/livez")).status).toBe(200)

  await using back = await startEmbeddedPostgres({ directory, durable: false, port: server.port })
  await expect.poll(async () => (await program.ask("/readyz")).status, { timeout: BACK_MS }).toBe(200)
  expect((await program.ask(`/api/sales/orders/${id}?select=lines.product.name`)).json.lines).toHaveLength(3)
  expect((await program.ask("/api/sales/orders", { body: order })).status).toBe(201)
  expect(back.port).toBe(server.port)
  expect((await program.end("SIGTERM")).code).toBe(0)
})

test("the PostgreSQL that came with the program is started again when it dies, and nothing acknowledged is lost", async () => {
  await using data = await dataDirectory()
  await using program = await startProgram({ data: data.path })
  const wares = await seedWares(program.ask)
  const dead = data.serverPid()
  const told = await writeOrders(program.ask, wares, ORDERS, (n) => {
    if (n === Math.trunc(ORDERS / 3)) process.kill(dead, "SIGKILL")
  })
  expect(new Set(told.refused.map(({ status }) => status))).toEqual(new Set([503]))
  expect(told.unanswered).toBe(0)
  await expect.poll(async () => (await program.ask("/readyz")).status, { timeout: BACK_MS }).toBe(200)
  expect(data.serverPid()).not.toBe(dead)
  await expectWhole(data.databaseUrl("sales"), told)
  expect((await program.ask("/api/sales/orders", { body: orderOf(wares, "afterwards") })).status).toBe(201)
})
