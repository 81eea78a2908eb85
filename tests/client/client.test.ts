import { createServer, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import { open, service } from "@archipel/server"
import { ApiError, type Client, createClient, isApiError } from "@archipel/client"
import { afterAll, beforeAll, describe, expect, expectTypeOf, test } from "vitest"
import { noLog } from "../../packages/server/src/log.ts"
import { testDatabase } from "../support/database.ts"
import { sourceDirectory } from "../reference/source-directory.ts"
import { kioskLogic } from "./kiosk.ts"

let url: string
const cleanup = new AsyncDisposableStack()
/** Requests so far: method and path. */
const sent: string[] = []
const as = (login: string, options: object = {}): Client =>
  createClient({
    url,
    token: `dev:${login}`,
    fetch: (at, init) => {
      sent.push(`${init.method} ${new URL(at).pathname}`)
      return fetch(at, init)
    },
    ...options,
  })

beforeAll(async () => {
  const identity = cleanup.use(await testDatabase("identity"))
  const own = cleanup.use(await testDatabase("kiosk"))
  const directory = cleanup.use(await sourceDirectory({}))
  const program = cleanup.use(
    await open([service("kiosk", { logic: kioskLogic as never })], {
      port: 0,
      host: "127.0.0.1",
      dataDirectory: directory.path,
      env: { DATABASE_URL_IDENTITY: identity.url, DATABASE_URL_KIOSK: own.url },
      log: noLog,
    }),
  )
  url = program.url
})
afterAll(() => cleanup.disposeAsync())

async function collected<T>(items: AsyncIterable<T>): Promise<readonly T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}

let made = 0
const newProduct = () =>
  as("alice")("kiosk.Product").create({ code: `P-${++made}`, name: `Product ${made}`, price: "2.50" })
const newOrder = async (customer: string, login = "alice") => {
  const product = await newProduct()
  return as(login)("kiosk.Order").create({ customer, lines: [{ product: product.id, quantity: 2 }] })
}

describe("the client reads", () => {
  test("a page, typed by the contract", async () => {
    const order = await newOrder("Acme")
    const page = await as("alice")("kiosk.Order").query({
      select: ["number", "lines.product.name", "owner.name"],
      where: { customer: "Acme", lines: { some: { quantity: { gte: 2 } } } },
      orderBy: ["-date"],
      count: "exact",
      can: true,
    })
    expect(page).toMatchObject({
      count: 1,
      next: null,
      data: [{ number: order.number, owner: { name: "Alice Arnaud" } }],
    })
    expect(page.data[0]?._can).toContain("confirm")
    const [first] = page.data
    expectTypeOf(first?.number).toEqualTypeOf<string | undefined>()
    expectTypeOf(first?.lines[0]?.product.name).toEqualTypeOf<string | undefined>()
    expectTypeOf(first?.owner).toExtend<{ readonly name: string } | null | undefined>()
    // @ts-expect-error: only what is selected is there
    expect(first?.total).toBeUndefined()
  })

  test("all records, page by page", async () => {
    for (let i = 0; i < 5; i++) await newOrder("Many")
    const before = sent.length
    const numbers: string[] = []
    for await (const { number } of as("alice")("kiosk.Order").list({
      select: ["number"],
      where: { customer: "Many" },
      limit: 2,
    }))
      numbers.push(number)
    expect(new Set(numbers).size).toBe(5)
    expect(sent.length - before).toBe(3)
  })

  test("a record, a count and groups", async () => {
    const orders = as("alice")("kiosk.Order")
    const { id } = await newOrder("One")
    expect(await orders.get(id, { select: ["customer", "total"] })).toMatchObject({ customer: "One", total: "5.00" })
    expect(await orders.get("01900000-0000-7000-8000-0000000fffff", { select: ["customer"] })).toBeNull()
    expect(await as("clara")("kiosk.Order").get(id, { select: ["customer"] })).toBeNull()
    expect(await orders.count({ customer: "One" })).toBe(1)
    const groups = await orders.group({
      group: ["status"],
      aggregates: { orders: "count" },
      where: { customer: "One" },
    })
    expect(groups).toEqual([{ status: "draft", orders: 1 }])
  })

  test("titles of one turn in one request", async () => {
    const products = as("alice")("kiosk.Product")
    const some = [await newProduct(), await newProduct()]
    const before = sent.length
    const titles = await Promise.all([...some, some[0]].map((product) => products.title(product?.id as string)))
    expect(titles).toEqual([some[0]?.name, some[1]?.name, some[0]?.name])
    expect(sent.slice(before)).toEqual(["POST /api/kiosk/products/$resolve"])
    expect(await products.title("01900000-0000-7000-8000-0000000fffff")).toBeNull()
  })

  test("models that it knows at run time only", async () => {
    const { id } = await newOrder("Anon")
    const orders = as("alice").at("/api/kiosk/orders")
    const record = await orders.get(id, { select: ["customer", { path: "lines", select: ["quantity"], limit: 1 }] })
    expect(record).toMatchObject({ customer: "Anon", lines: [{ quantity: 2 }] })
    expect(await as("alice").ask("/api/kiosk/orders/$ui")).toMatchObject({ name: "kiosk.Order" })
    expect(() => as("alice")("nosuch.Model" as never)).toThrow("import the contract")
  })
})

describe("the client writes", () => {
  test("records with their lines, with versions", async () => {
    const orders = as("alice")("kiosk.Order")
    const order = await newOrder("Write")
    expect(order).toMatchObject({ customer: "Write", status: "draft", version: 1 })
    const changed = await orders.update(order.id, { note: "soon" }, { version: 1 })
    expect(changed).toMatchObject({ note: "soon", version: 2 })
    await expect(orders.update(order.id, { note: "late" }, { version: 1 })).rejects.toMatchObject({
      code: "record.precondition_failed",
      status: 412,
    })
    const confirmed = await orders.transition("confirm", order.id, { note: "done" })
    expect(confirmed).toMatchObject({ status: "confirmed", note: "done" })
    expect(await orders.action("double", order.id, { by: 2 })).toMatchObject({
      output: { lines: 1 },
      data: { id: order.id },
    })
    const history = await collected(orders.history(order.id))
    expect(history.map(({ operation }) => operation)).toEqual(["update", "update", "create"])
    await orders.delete(order.id)
    expect(await orders.get(order.id, { select: ["number"] })).toBeNull()
    // @ts-expect-error: there is no transition "burn"
    await expect(orders.transition("burn", order.id)).rejects.toBeInstanceOf(ApiError)
  })

  test("keys, archives, drafts and several at once", async () => {
    const products = as("alice")("kiosk.Product")
    const one = await newProduct()
    const upserted = await products.upsert(
      { code: one.code as string, name: "Other", price: "1.00" },
      { key: ["code"] },
    )
    expect(upserted).toMatchObject({ id: one.id, name: "Other" })
    expect((await products.archive(one.id)).archivedAt).toEqual(expect.any(String))
    expect((await products.restore(one.id)).archivedAt).toBeNull()
    const draft = await as("alice")("kiosk.Order").draft({ values: { lines: [{ product: one.id, quantity: 3 }] } })
    expect(draft.errors.map(({ path }) => path)).toContain("/customer")
    const results = await products.bulk([
      { operation: "update", id: one.id, values: { name: "Third" } },
      { operation: "update", id: one.id, values: { price: "-1" } },
    ])
    expect(results[0]).toMatchObject({ ok: true, data: { name: "Third" } })
    const [, second] = results
    expect(second?.ok === false && isApiError(second.error, "record.invalid")).toBe(true)
  })

  test("comments and attachments", async () => {
    const orders = as("alice")("kiosk.Order")
    const { id } = await newOrder("Talk")
    await orders.comment(id, { text: "Hello" })
    expect((await collected(orders.comments(id))).map(({ text }) => text)).toEqual(["Hello"])
    await orders.attach(id, { name: "plan.txt", type: "text/plain", content: "a plan" })
    expect(await collected(orders.attachments(id))).toMatchObject([{ file: { name: "plan.txt", sizeBytes: 6 } }])
  })

  test("and is told what is wrong, all of it, as an error with a code", async () => {
    const error: unknown = await as("alice")("kiosk.Product")
      .create({ code: "", price: "-1" } as never)
      .catch((thrown: unknown) => thrown)
    if (!isApiError(error, "record.invalid")) throw error
    expect(error.status).toBe(422)
    expect(error.errors.map(({ path }) => path)).toEqual(expect.arrayContaining(["/price", "/name"]))
    expect(error.traceId).toMatch(/^[0-9a-f]{32}$/)
    await expect(as("oscar")("kiosk.Product").count()).rejects.toMatchObject({ code: "access.denied" })
    const { id } = await as("alice")("kiosk.Order").create({ customer: "Empty" })
    await expect(as("alice")("kiosk.Order").transition("confirm", id)).rejects.toMatchObject({ code: "order.empty" })
  })
})

/** A service that answers as it is told, one after another; the last answer stays. */
async function answering(...answers: readonly { status: number; headers?: Record<string, string>; body?: string }[]) {
  const keys: (string | undefined)[] = []
  let at = 0
  const server: Server = createServer((request, response) => {
    keys.push(request.headers["idempotency-key"] as string | undefined)
    const answer = answers[Math.min(at++, answers.length - 1)]
    if (!answer || answer.status === 0) return void request.socket.destroy()
    if (answer.status === -1) return
    response
      .writeHead(answer.status, { "content-type": "application/json", ...answer.headers })
      .end(answer.body ?? "{}")
  })
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done))
  const close = () => {
    server.closeAllConnections()
    return new Promise<void>((done) => server.close(() => done()))
  }
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, keys, [Symbol.asyncDispose]: close }
}

const page = { status: 200, body: '{"data":[],"next":null}' }
const away = {
  status: 503,
  headers: { "retry-after": "0" },
  body: '{"code":"service.unavailable","retryable":true,"title":"Away"}',
}

describe("the client goes on", () => {
  test("when a service is away for a moment, a connection breaks or a proxy answers", async () => {
    await using server = await answering(
      away,
      { status: 0 },
      { status: 502, headers: { "retry-after": "0" }, body: "<html>" },
      page,
    )
    const { data } = await as("alice", { url: server.url, retries: 3 })("kiosk.Order").query({ select: ["number"] })
    expect([data, server.keys.length]).toEqual([[], 4])
  })

  test("with writes under one key, so that they are done once", async () => {
    await using server = await answering({ status: 0 }, away, { status: 201, body: '{"id":"x"}' })
    await as("alice", { url: server.url })("kiosk.Order").create({ customer: "Once" })
    expect(server.keys).toHaveLength(3)
    expect(new Set(server.keys).size).toBe(1)
    expect(server.keys[0]).toMatch(/^\S+$/)
  })

  test("not with what is refused, what may not be sent twice, or for longer than it may", async () => {
    await using refusing = await answering({ status: 403, body: '{"code":"access.denied","retryable":false}' })
    await expect(as("alice", { url: refusing.url })("kiosk.Order").count()).rejects.toMatchObject({
      code: "access.denied",
    })
    expect(refusing.keys).toHaveLength(1)
    await using failing = await answering(away)
    await expect(as("alice", { url: failing.url }).ask("/api/x", { json: {} })).rejects.toMatchObject({
      code: "service.unavailable",
    })
    expect(failing.keys).toHaveLength(1)
    await expect(as("alice", { url: failing.url, retries: 2 })("kiosk.Order").count()).rejects.toMatchObject({
      status: 503,
    })
    expect(failing.keys).toHaveLength(4)
    await using slow = await answering({ ...away, headers: { "retry-after": "3600" } })
    await expect(as("alice", { url: slow.url })("kiosk.Order").count()).rejects.toMatchObject({ status: 503 })
    expect(slow.keys).toHaveLength(1)
  })

  test("until its deadline, or until the caller has enough", async () => {
    await using silent = await answering({ status: -1 })
    const orders = as("alice", { url: silent.url, timeoutMs: 60 })("kiosk.Order")
    await expect(orders.count()).rejects.toMatchObject({ code: "client.deadline", status: 0 })
    const controller = new AbortController()
    const asked = orders.count(undefined, { signal: controller.signal, timeoutMs: 60_000 })
    controller.abort(new Error("Enough."))
    await expect(asked).rejects.toThrow("Enough.")
  })

  test("and tells of services that an answer lacks", async () => {
    await using server = await answering({ ...page, headers: { "archipel-partial": "crm, people" } })
    const missing: string[] = []
    const client = as("alice", {
      url: server.url,
      onPartial: (services: readonly string[]) => missing.push(...services),
    })
    await client("kiosk.Order").query({ select: ["number"] })
    expect(missing).toEqual(["crm", "people"])
  })
})
