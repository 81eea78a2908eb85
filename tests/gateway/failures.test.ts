/**
 * Services that are away, slow or broken, come and go: the gateway answers in time, names the service, and the others work.
 *
 * @module
 */
import { createHash } from "node:crypto"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import type { Berth } from "./certified.ts"
import { type Fleet, startFleet } from "./fleet.ts"

const alice = { authorization: "Bearer dev:alice" }
const json = { ...alice, "content-type": "application/json" }
const REQUEST_MS = 1_500

const digestOf = (text: string): string => createHash("sha256").update(text).digest("hex")

let fleet: Fleet
beforeAll(async () => {
  // A service of its own deadline is not meant here: how long the gateway waits follows from it.
  fleet = await startFleet({ http: { limits: { requestMs: REQUEST_MS } } })
})
afterAll(() => fleet[Symbol.asyncDispose]())

const ask = (path: string, init: RequestInit = {}) => fetch(fleet.url + path, { headers: alice, ...init })

async function expectUnavailable(answer: Response, service: string): Promise<void> {
  expect(answer.status).toBe(503)
  expect(answer.headers.get("content-type")).toBe("application/problem+json")
  expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0)
  expect(await answer.json()).toMatchObject({ code: "service.unavailable", details: { service } })
}

async function during(service: string, berth: Berth, run: () => Promise<void>): Promise<void> {
  fleet.join(service, berth)
  try {
    await run()
  } finally {
    fleet.leave(service)
    await berth.close()
  }
}

describe("a service that is broken", () => {
  const answers: readonly (readonly [string, string])[] = [
    ["that is no HTTP", "nonsense\r\n\r\n"],
    ["with a head that is too large", `HTTP/1.1 200 OK\r\nx-large: ${"a".repeat(64 * 1024)}\r\n\r\n`],
    ["with a length that is none", "HTTP/1.1 200 OK\r\ncontent-length: many\r\n\r\n"],
    ["in another protocol", "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: other\r\n\r\n"],
    ["that ends before it begins", ""],
    ["with a status that is none", "HTTP/1.1 99999 Great\r\n\r\n"],
  ]
  test.each(answers)("an answer %s is a problem that names the service", async (_what, text) => {
    const berth = await fleet.certified.serveRaw("broken", (socket) => {
      socket.once("data", () => socket.end(text))
    })
    await during("broken", berth, async () => {
      await expectUnavailable(await ask("/api/broken/x"), "broken")
      await expectUnavailable(await ask("/api/broken/x", { method: "POST", body: "{}" }), "broken")
      expect((await ask("/api/north/letters")).status).toBe(200)
    })
  })

  test("an answer that never comes is given up, and the service is named", async () => {
    const berth = await fleet.certified.serveRaw("silent", (socket) => socket.resume())
    await during("silent", berth, async () => {
      await expectUnavailable(await ask("/api/silent/x"), "silent")
    })
  })

  test("an answer that ends in its midst is broken off, and not taken for a whole one", async () => {
    const berth = await fleet.certified.serveRaw("partial", (socket) => {
      socket.once("data", () => {
        socket.write("HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nthe beginning")
        setImmediate(() => socket.destroy())
      })
    })
    await during("partial", berth, async () => {
      await expect(ask("/api/partial/x").then((answer) => answer.text())).rejects.toThrow()
    })
  })

  test("a service with the certificate of another is not asked", async () => {
    let asked = 0
    const berth = await fleet.certified.serve("north", (incoming, outgoing) => {
      if (incoming.url !== "/livez") asked++
      outgoing.end()
    })
    await during("impostor", berth, async () => {
      await expectUnavailable(await ask("/api/impostor/x"), "impostor")
      expect(asked).toBe(0)
    })
  })
})

describe("replicas", () => {
  test("requests are spread over the replicas, and a service gets the request of one that is gone instead of it", async () => {
    const berths = await Promise.all([fleet.replica("north"), fleet.replica("north")])
    const [first, second] = berths
    fleet.certified.addresses.set("north", [first?.address ?? "", second?.address ?? ""])
    fleet.certified.moved()
    fleet.received()
    for (let n = 0; n < 10; n++) expect((await ask("/api/north/letters")).status).toBe(200)
    const counts = fleet.received().map(({ replica }) => replica)
    expect(counts.filter((replica) => replica === first?.address)).toHaveLength(5)
    expect(counts.filter((replica) => replica === second?.address)).toHaveLength(5)
    await first?.close()
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        n % 2 === 0
          ? ask("/api/north/letters")
          : ask("/api/north/letters", { method: "POST", headers: json, body: `{"title":"${n}"}` }),
      ),
    )
    expect(answers.map(({ status }) => status).toSorted()).toEqual([
      ...Array.from({ length: 10 }, () => 200),
      ...Array.from({ length: 10 }, () => 201),
    ])
  })

  test("a request, and be it a change, waits for a service whose only replica is about to be back", async () => {
    const before = await fleet.replica("north")
    fleet.certified.addresses.set("north", [before.address])
    fleet.certified.moved()
    expect((await ask("/api/north/letters")).status).toBe(200)
    const after = await fleet.replica("north")
    await before.close()
    const waiting = [
      ask("/api/north/letters"),
      ask("/api/north/letters", { method: "POST", headers: json, body: '{"title":"late"}' }),
    ]
    await expect.poll(() => fleet.gateway.metrics()).toContain("http_server_active_requests 2")
    fleet.certified.addresses.set("north", [after.address])
    fleet.certified.moved()
    expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual([200, 201])
  })

  test("a change whose connection broke while it was under way is not sent again", async () => {
    const seen: string[] = []
    const breaking = (name: string) =>
      fleet.certified.serve("fragile", (incoming, outgoing) => {
        if (incoming.url === "/livez") return void outgoing.end()
        seen.push(`${incoming.method} ${name}`)
        incoming.socket.destroy()
      })
    const [one, two] = await Promise.all([breaking("one"), breaking("two")])
    await during("fragile", one, async () => {
      fleet.certified.addresses.set("fragile", [one.address, two.address])
      fleet.certified.moved()
      await expectUnavailable(await ask("/api/fragile/x", { method: "POST", body: "{}" }), "fragile")
      expect(seen).toHaveLength(1)
      await expectUnavailable(await ask("/api/fragile/x"), "fragile")
      expect(seen).toHaveLength(3)
    })
    await two.close()
  })
})

describe("services that come and go", () => {
  const listed = async () => {
    const { services } = (await (await ask("/api/$ui")).json()) as { services: { service: string; away?: true }[] }
    return new Map(services.map(({ service, away }) => [service, away ?? false]))
  }

  test("one that joins is routed to and listed, and is not when it leaves; nothing is restarted", async () => {
    const berth = await fleet.certified.serve("visiting", (_incoming, outgoing) => outgoing.end("visited"))
    expect((await ask("/api/visiting/x")).status).toBe(404)
    fleet.join("visiting", berth, { routes: ["/visit", "/api/north", "/oidc/jwks", "/", "/auth", "/livez"] })
    await expect.poll(async () => (await ask("/visit/here")).status, { timeout: 10_000 }).toBe(200)
    expect(await (await ask("/api/visiting/x")).text()).toBe("visited")
    expect((await listed()).get("visiting")).toBe(false)
    // What a service says of itself does not give it the addresses of others.
    for (const path of ["/api/north/letters", "/oidc/jwks", "/", "/auth/session", "/livez"])
      expect(await (await ask(path)).text()).not.toBe("visited")
    fleet.leave("visiting")
    expect((await ask("/visit/here")).status).toBe(404)
    expect((await listed()).has("visiting")).toBe(false)
    await berth.close()
  })

  test("one that is away is marked, left out of the document of all, and back by itself", async () => {
    const before = await fleet.replica("south")
    fleet.join("south", before)
    await expect.poll(async () => (await listed()).get("south"), { timeout: 10_000 }).toBe(false)
    const document = async () => (await ask("/api/openapi.json")).text()
    const whole = digestOf(await document())
    const related = async () => ((await (await ask("/api/$ui")).json()) as { related: object }).related
    expect(await related()).toMatchObject({ "south.Person": [{ model: "north.Letter", field: "sender" }] })
    await before.close()
    // Whoever asks at once is told that it is not all, too.
    expect((await listed()).get("south")).toBe(true)
    expect(JSON.stringify(await related())).not.toMatch(/north|south/)
    await expectUnavailable(await ask("/api/south/persons"), "south")
    await expect.poll(async () => (await listed()).get("south"), { timeout: 10_000 }).toBe(true)
    const without = JSON.parse(await document()) as {
      readonly paths: object
      readonly "x-away": readonly string[]
    }
    expect(without["x-away"]).toEqual(["south"])
    expect(Object.keys(without.paths).filter((path) => path.startsWith("/api/south/"))).toEqual([])
    expect(Object.keys(without.paths)).toContain("/api/north/letters")
    expect(JSON.stringify(without)).not.toContain("x-elsewhere")
    const after = await fleet.replica("south")
    fleet.certified.addresses.set("south", [after.address])
    fleet.certified.moved()
    await expect.poll(async () => (await listed()).get("south"), { timeout: 10_000 }).toBe(false)
    expect(digestOf(await document())).toBe(whole)
    expect(Object.keys(await related())).toContain("south.Person")
  })
})

test("one line of the log says what became of a request, with the trace that its service saw", async () => {
  fleet.received()
  const traceId = "0123456789abcdef0123456789abcdef"
  const answer = await ask("/api/north/letters", {
    headers: { ...alice, traceparent: `00-${traceId}-0123456789abcdef-01`, tracestate: "a=b", baggage: "c=d" },
  })
  await answer.text()
  expect(answer.headers.get("x-trace-id")).toBe(traceId)
  const [received] = fleet.received()
  expect(received?.headers["traceparent"]).toMatch(new RegExp(`^00-${traceId}-(?!0123456789abcdef)[0-9a-f]{16}-01$`))
  expect(received?.headers["tracestate"]).toBeUndefined()
  const lines = () => fleet.gateway.lines.filter((line) => line.includes(traceId))
  await expect.poll(() => lines().length).toBe(1)
  expect(JSON.parse(lines()[0] ?? "")).toMatchObject({ method: "GET", route: "/api/north/*", status: 200 })
  expect(fleet.gateway.metrics()).toContain('route="/api/north/*",status="200"')
})

test("a gateway that drains ends what is under way, says that it is not ready, and closes connections after their answer", async () => {
  let end = (): void => {}
  const berth = await fleet.certified.serve("slow", (incoming, outgoing) => {
    if (incoming.url === "/livez") return void outgoing.end()
    outgoing.write("first ")
    end = () => void outgoing.end("last")
  })
  await during("slow", berth, async () => {
    const second = await fleet.secondGateway()
    const running = await fetch(`${second.url}/api/slow/x`, { headers: alice })
    const closed = second.close(20_000)
    await expect(fetch(`${second.url}/livez`)).rejects.toThrow()
    end()
    expect(await running.text()).toBe("first last")
    await closed
  })
})
