import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { startDepot, type DepotServer } from "../../packages/server/test/http/depot-server.ts"

/** T27: whoever sends too much waits, and nobody else does. */
// Refilled so slowly that no test sees it.
const limits = { principalPerSecond: 0.01, principalBurst: 20, networkPerSecond: 0.01, networkBurst: 100 }
const path = "/api/depot/tags"

describe("T27 requests of one user and of one network", () => {
  let depot: DepotServer
  beforeAll(async () => {
    depot = await startDepot({ limits, proxyHops: 1 })
  })
  afterAll(() => depot?.close())
  const from = (address: string, as: string | null = "clara", to = path) =>
    depot.ask(to, { as, headers: { "x-forwarded-for": address } })
  const many = async (count: number, ask: (i: number) => ReturnType<typeof from>): Promise<number[]> =>
    (await Promise.all(Array.from({ length: count }, (_, i) => ask(i)))).map(({ status }) => status)
  const refused = (statuses: readonly number[]) => statuses.filter((status) => status === 429).length

  test("a user is refused from wherever they ask, and others are not", async () => {
    const statuses = await many(30, (i) => from(`192.0.2.${i + 1}`))
    expect(refused(statuses)).toBeGreaterThanOrEqual(5)
    const answer = await from("192.0.2.99")
    expect([answer.status, answer.json.code, answer.json.retryable]).toEqual([429, "request.too_many", true])
    expect(Number(answer.headers.get("retry-after"))).toBeGreaterThanOrEqual(1)
    expect(answer.json.details.retryAfterSeconds).toBe(Number(answer.headers.get("retry-after")))
    expect(answer.headers.get("content-type")).toBe("application/problem+json")
    expect((await from("192.0.2.99", "martin")).status).toBe(200)
    expect(depot.logged.at(-2)).toMatchObject({ status: 429, code: "request.too_many", principal: expect.any(String) })
  })

  test("a network is refused whoever asks, with a wrong token and without one too; its neighbour is not", async () => {
    const statuses = await many(130, (i) => from("198.51.100.7", i % 2 ? "mallory" : null))
    expect(refused(statuses)).toBeGreaterThanOrEqual(20)
    expect((await from("198.51.100.7", "martin")).status).toBe(429)
    expect((await from("198.51.100.8", "martin")).status).toBe(200)
  })

  test("an IPv6 network is its first half, and an IPv4 address is the same in IPv6", async () => {
    const statuses = await many(130, (i) => from(`2001:db8:1:2::${i.toString(16)}`, null))
    expect(refused(statuses)).toBeGreaterThanOrEqual(20)
    expect((await from("2001:db8:1:3::1", "martin")).status).toBe(200)
    expect((await from("::ffff:198.51.100.7", "martin")).status).toBe(429)
  })

  test("what a sender writes before the proxy's entry counts for nothing", async () => {
    const statuses = await many(130, (i) => from(`203.0.113.${i}, 198.51.100.20`, null))
    expect(refused(statuses)).toBeGreaterThanOrEqual(20)
  })

  test("health and metrics are always answered", async () => {
    for (const open of ["/livez", "/readyz", "/metrics"])
      expect((await from("198.51.100.7", null, open)).status).toBe(200)
  })

  test("a refused request is not read, and changes nothing", async () => {
    const body = { name: "never" }
    const answer = await depot.ask(path, { as: "martin", body, headers: { "x-forwarded-for": "198.51.100.7" } })
    expect(answer.status).toBe(429)
    const found = await depot.ask(`${path}?name=never`, { as: "alice", headers: { "x-forwarded-for": "192.0.2.200" } })
    expect(found.json.data).toEqual([])
  })
})

describe("T27 without proxies", () => {
  test("a header changes nobody's address, and 0 is no limit", async () => {
    const depot = await startDepot({ limits: { ...limits, principalPerSecond: 0, networkBurst: 30 } })
    try {
      const statuses = await Promise.all(
        Array.from({ length: 50 }, (_, i) =>
          depot.ask(path, { as: "alice", headers: { "x-forwarded-for": `192.0.2.${i}` } }),
        ),
      )
      expect(statuses.filter(({ status }) => status === 429).length).toBeGreaterThanOrEqual(10)
      expect(statuses.filter(({ status }) => status === 200).length).toBeGreaterThanOrEqual(30)
    } finally {
      await depot.close()
    }
  })
})
