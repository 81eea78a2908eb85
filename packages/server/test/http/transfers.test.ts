import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { type DepotServer, startDepot } from "./depot-server.ts"

let depot: DepotServer
beforeAll(async () => {
  depot = await startDepot({ limits: { fileBytes: 200_000 } })
})
afterAll(() => depot.close())

const png = Buffer.concat([Buffer.from("89504e470d0a1a0a0000000d49484452", "hex"), Buffer.alloc(1_000, 7)])
let made = 0
const product = (extra: object = {}) => ({ code: `T-${++made}`, name: `Product ${made}`, price: "1.00", ...extra })
const create = (values: object, as = "alice") => depot.ask("/api/depot/products", { body: values, as })
const upload = (body: Uint8Array, name: string, type: string, as = "alice") =>
  depot.ask(`/api/depot/$files?name=${encodeURIComponent(name)}`, { body, headers: { "content-type": type }, as })

describe("files", () => {
  test("a picture is uploaded, referred to and downloaded by those who may read the record", async () => {
    const uploaded = await upload(png, "fotó.png", "image/png")
    expect([uploaded.status, uploaded.json]).toEqual([
      201,
      { id: expect.any(String), name: "fotó.png", type: "image/png", sizeBytes: png.byteLength },
    ])
    const record = await create(product({ photo: { id: uploaded.json.id, name: "forged.html", type: "text/html" } }))
    expect(record.json.photo).toEqual(uploaded.json)
    const address = `/api/depot/products/${record.json.id}/photo`
    const whole = await fetch(depot.url + address, { headers: { authorization: "Bearer dev:clara" } })
    expect(whole.status).toBe(200)
    expect(Buffer.from(await whole.arrayBuffer()).equals(png)).toBe(true)
    expect(whole.headers.get("content-type")).toBe("image/png")
    expect(whole.headers.get("content-disposition")).toBe(
      "attachment; filename=\"fot_.png\"; filename*=UTF-8''fot%C3%B3.png",
    )
    expect(whole.headers.get("x-content-type-options")).toBe("nosniff")
    const part = await depot.ask(address, { headers: { range: "bytes=1-3" } })
    expect([part.status, part.text, part.headers.get("content-range")]).toEqual([
      206,
      "PNG",
      `bytes 1-3/${png.byteLength}`,
    ])
    const outside = await depot.ask(address, { headers: { range: "bytes=99999-" } })
    expect([outside.status, outside.json.code]).toEqual([416, "request.range_not_satisfiable"])
    const known = await depot.ask(address, { headers: { "if-none-match": whole.headers.get("etag") as string } })
    expect(known.status).toBe(304)
    expect((await depot.ask(address, { as: "oscar" })).status).toBe(403)
    expect((await depot.ask(address, { as: null })).status).toBe(401)
    expect((await depot.ask(`/api/depot/products/${record.json.id}/manual`)).status).toBe(404)
  })

  test("what is no picture, unknown, too large or uploaded by nobody's leave is refused", async () => {
    const text = await upload(Buffer.from("<svg onload=alert(1)>"), "x.png", "image/png")
    expect(text.json.type).toBe("application/octet-stream")
    const asPhoto = await create(product({ photo: { id: text.json.id } }))
    expect([asPhoto.status, asPhoto.json.details.errors[0]]).toMatchObject([
      422,
      { path: "/photo", code: "file.not_image" },
    ])
    const unknown = await create(product({ manual: { id: "00000000-0000-4000-8000-000000000000" } }))
    expect([unknown.status, unknown.json.details.errors[0].code]).toEqual([422, "file.unknown"])
    const large = await upload(Buffer.alloc(200_001), "x", "application/pdf")
    expect([large.status, large.json.code]).toEqual([413, "request.too_large"])
    const denied = await upload(png, "x.png", "image/png", "oscar")
    expect([denied.status, denied.json.code]).toEqual([403, "access.denied"])
  })

  test("a body in chunks is bounded as it comes", async () => {
    const chunk = new Uint8Array(50_000)
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        controller.enqueue(chunk)
      },
    })
    const sent = fetch(`${depot.url}/api/depot/$files`, {
      method: "POST",
      headers: { authorization: "Bearer dev:alice", "content-type": "application/pdf" },
      body,
      duplex: "half",
    } as RequestInit)
    const outcome = await sent.then(
      (response) => response.status,
      () => "closed",
    )
    expect([413, "closed"]).toContain(outcome)
  })
})

describe("exports", () => {
  test("NDJSON and CSV hold all that the list holds, over many batches", async () => {
    const changes = (n: number) =>
      Array.from({ length: n }, (_, i) => ({
        operation: "create",
        values: product({ name: `=cmd|${i}`, kind: "service", stock: i }),
      }))
    for (let i = 0; i < 3; i++) await depot.ask("/api/depot/products/$bulk", { body: { changes: changes(500) } })
    const lines = await depot.ask("/api/depot/products/$export?kind=service&select=code,stock&orderBy=code")
    expect(lines.headers.get("content-type")).toBe("application/x-ndjson")
    expect(lines.headers.get("content-disposition")).toBe('attachment; filename="products.ndjson"')
    const records = lines.text
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as { code: string; stock: number })
    expect(records).toHaveLength(1_500)
    expect(new Set(records.map((r) => r.code)).size).toBe(1_500)

    const csv = await depot.ask("/api/depot/products/$export?format=csv", {
      body: { where: { kind: "service", stock: 7 }, select: ["name", "stock"], orderBy: ["name"] },
    })
    expect(csv.headers.get("content-type")).toContain("text/csv")
    expect(csv.text).toBe(`name,stock\r\n${"'=cmd|7,7\r\n".repeat(3)}`)

    const zipped = await depot.ask("/api/depot/products/$export?kind=service&select=code,stock&orderBy=code", {
      headers: { "accept-encoding": "gzip" },
    })
    expect(zipped.headers.get("content-encoding")).toBe("gzip")
    expect(zipped.text).toBe(lines.text)
  })

  test("without a selection, a clerk's columns are those that may be read", async () => {
    await create(product({ cost: "0.50" }))
    const header = (text: string) => text.slice(0, text.indexOf("\r\n")).split(",")
    const own = await depot.ask("/api/depot/products/$export?format=csv", { as: "clara" })
    expect(header(own.text)).not.toContain("cost")
    expect(header((await depot.ask("/api/depot/products/$export?format=csv")).text)).toContain("cost")
  })

  test.each([
    ["?format=xml", 400, "query.invalid"],
    ["?limit=5", 400, "query.invalid"],
    ["?nosuch=5", 400, "query.unknown_field"],
  ])("%s is refused with a status, before anything is sent", async (search, status, code) => {
    const answer = await depot.ask(`/api/depot/products/$export${search}`)
    expect([answer.status, answer.json.code]).toEqual([status, code])
  })

  test("whoever stops reading stops the work", async () => {
    const stop = new AbortController()
    const response = await fetch(`${depot.url}/api/depot/products/$export`, {
      headers: { authorization: "Bearer dev:alice" },
      signal: stop.signal,
    })
    expect(response.status).toBe(200)
    stop.abort()
    const active = async () =>
      /^http_server_active_requests (\d+)$/m.exec((await depot.ask("/metrics", { as: null })).text)?.[1]
    // The request for the metrics itself is the one.
    await expect.poll(active).toBe("1")
  })
})
