import { mkdtemp, rm } from "node:fs/promises"
import { request } from "node:http"
import { type AddressInfo, connect, createServer, type Socket } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import pg from "pg"
import { afterEach, describe, expect, test, vi } from "vitest"
import { authenticateDevelopmentUsers } from "../../src/auth/development-users.ts"
import { testDatabase } from "../../../../tests/support/database.ts"
import { type DepotServer, runDepot, startDepot } from "./depot-server.ts"
import { depotDefinition } from "./depot.ts"

const started: DepotServer[] = []
const start = async (...options: Parameters<typeof startDepot>): Promise<DepotServer> => {
  const depot = await startDepot(...options)
  started.push(depot)
  return depot
}
afterEach(async () => {
  vi.unstubAllEnvs()
  for (const depot of started.splice(0)) await depot.close()
})

/** Holds a lock on all products until it is released, so that writers wait. */
async function lockProducts(url: string) {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query("begin; lock table products in access exclusive mode")
  return async () => {
    await client.query("rollback")
    await client.end()
  }
}

/** A way to PostgreSQL that can be cut, and mended at the same address. */
async function wayTo(databaseUrl: string) {
  const { hostname, port } = new URL(databaseUrl)
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname)
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(from)
      from.on("error", () => to.destroy())
      from.on("close", () => {
        sockets.delete(from)
        to.destroy()
      })
      from.pipe(to)
    }
  })
  const listen = (at: number) => new Promise<void>((resolve) => server.listen(at, "127.0.0.1", resolve))
  await listen(0)
  const { port: own } = server.address() as AddressInfo
  return {
    through(url: string) {
      const changed = new URL(url)
      changed.hostname = "127.0.0.1"
      changed.port = String(own)
      return changed.href
    },
    async cut() {
      const closed = new Promise((resolve) => server.close(resolve))
      for (const socket of sockets) socket.destroy()
      await closed
    },
    mend: () => listen(own),
  }
}

describe("a server's life", () => {
  test("without its database it says 503 and when to come back, and is back by itself", async () => {
    const databases = [await testDatabase("away_depot"), await testDatabase("away_identity")] as const
    const directory = await mkdtemp(join(tmpdir(), "archipel-away-"))
    const way = await wayTo(databases[0].url)
    const urls = { depot: way.through(databases[0].url), identity: way.through(databases[1].url) }
    const depot = await runDepot(urls, directory)
    const ask = (path: string, body?: object) =>
      fetch(depot.url + path, {
        method: body ? "POST" : "GET",
        headers: { authorization: "Bearer dev:alice", "content-type": "application/json" },
        ...(body ? { body: JSON.stringify(body) } : {}),
      })
    expect((await ask("/api/depot/tags", { name: "before" })).status).toBe(201)
    await way.cut()
    for (const asked of [ask("/api/depot/tags"), ask("/api/depot/tags", { name: "lost" })]) {
      const answer = await asked
      expect(answer.status).toBe(503)
      expect(answer.headers.get("retry-after")).toMatch(/^[1-9]\d*$/)
      expect(await answer.json()).toMatchObject({ code: expect.stringMatching(/^database\./), retryable: true })
    }
    expect((await ask("/readyz")).status).toBe(503)
    expect((await ask("/livez")).status).toBe(200)
    await way.mend()
    await expect.poll(async () => (await ask("/readyz")).status, { timeout: 30_000 }).toBe(200)
    await expect.poll(async () => (await ask("/api/depot/tags")).status, { timeout: 30_000 }).toBe(200)
    const { data } = (await (await ask("/api/depot/tags?select=name")).json()) as { data: { name: string }[] }
    expect(data.map(({ name }) => name)).toEqual(["before"])
    await depot.close(1_000)
    await way.cut()
    for (const database of databases) await database.drop()
    await rm(directory, { recursive: true, force: true })
  })

  test("development users are refused in production", () => {
    vi.stubEnv("NODE_ENV", "production")
    expect(() => authenticateDevelopmentUsers({ catalog: depotDefinition().catalog })).toThrow("auth.development_only")
  })

  test("a request that takes too long is stopped, in the database too, and says so", async () => {
    const depot = await start({ limits: { requestMs: 300 } })
    const release = await lockProducts(depot.databaseUrl)
    const answer = await depot.ask("/api/depot/products")
    await release()
    expect([answer.status, answer.json.code]).toEqual([503, "deadline.exceeded"])
    expect(answer.headers.get("retry-after")).toMatch(/^\d+$/)
    expect((await depot.ask("/api/depot/products")).status).toBe(200)
  })

  test("stopping lets requests end, refuses new ones, and closes idle connections", async () => {
    const depot = await startDepot()
    const release = await lockProducts(depot.databaseUrl)
    const idle = await depot.ask("/livez")
    expect(idle.status).toBe(200)
    const busy = depot.ask("/api/depot/products")
    await expect
      .poll(async () => /^http_server_active_requests (\d+)$/m.exec((await depot.ask("/metrics")).text)?.[1])
      .toBe("2")
    const closed = depot.close(10_000)
    await expect
      .poll(() =>
        depot.ask("/livez").then(
          (a) => a.status,
          () => "refused",
        ),
      )
      .toBe("refused")
    await release()
    const answer = await busy
    expect(answer.status).toBe(200)
    expect(answer.headers.get("connection")).toBe("close")
    await closed
  })

  test("stopping does not wait for ever", async () => {
    const depot = await startDepot()
    const release = await lockProducts(depot.databaseUrl)
    const busy = depot.ask("/api/depot/products").then(
      () => "answered",
      () => "cut",
    )
    await expect
      .poll(async () => /^http_server_active_requests (\d+)$/m.exec((await depot.ask("/metrics")).text)?.[1])
      .toBe("2")
    const closed = depot.close(200)
    expect(await busy).toBe("cut")
    await release()
    await closed
  })

  test("other origins may read answers where the configuration says so", async () => {
    const depot = await start({ cors: { origins: ["https://app.example"] } })
    const origin = { origin: "https://app.example" }
    const answer = await depot.ask("/api/depot/tags", { headers: origin })
    expect(answer.headers.get("access-control-allow-origin")).toBe("https://app.example")
    expect(answer.headers.get("vary")).toContain("Origin")
    const foreign = await depot.ask("/api/depot/tags", { headers: { origin: "https://evil.example" } })
    expect(foreign.headers.get("access-control-allow-origin")).toBeNull()
    const preflight = await depot.ask("/api/depot/tags", {
      method: "OPTIONS",
      as: null,
      headers: { ...origin, "access-control-request-method": "POST" },
    })
    expect(preflight.status).toBe(204)
    expect(preflight.headers.get("access-control-allow-methods")).toContain("POST")
    expect(preflight.headers.get("access-control-allow-headers")).toContain("If-Match")
  })

  test("requests that are hardly HTTP are refused, and the server lives on", async () => {
    const depot = await start()
    const { port } = new URL(depot.url)
    const raw = (path: string, headers: Record<string, string>) =>
      new Promise<number | string>((resolve) => {
        const sent = request({ host: "127.0.0.1", port, path, headers, method: "GET" }, (response) => {
          response.resume()
          resolve(response.statusCode ?? 0)
        })
        sent.on("error", () => resolve("closed"))
        sent.end()
      })
    expect(await raw("/livez", { host: "a b c" })).toBe(400)
    expect(await raw("//evil.example/api", { host: "x" })).toBe(404)
    expect(await raw("/api/depot/%2e%2e/%2e%2e/etc/passwd", {})).toBeOneOf([401, 404])
    expect(await raw("/livez", { "x-large": "y".repeat(20_000) })).toBe(431)
    expect((await depot.ask("/livez")).status).toBe(200)
  })
})
