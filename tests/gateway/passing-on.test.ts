/**
 * Requests through the gateway to services that run apart: the same answers as in one process, and nothing kept on the way.
 *
 * @module
 */
import { randomBytes } from "node:crypto"
import { type IncomingMessage, request } from "node:http"
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest"
import { type Fleet, startFleet } from "./fleet.ts"

const alice = { authorization: "Bearer dev:alice" }
const json = { ...alice, "content-type": "application/json" }

let fleet: Fleet
let letter: string
beforeAll(async () => {
  fleet = await startFleet()
  const person = await fetch(`${fleet.url}/api/south/persons`, {
    method: "POST",
    headers: json,
    body: '{"name":"Ada"}',
  })
  expect(person.status).toBe(201)
  const { id: sender } = (await person.json()) as { id: string }
  const made = await fetch(`${fleet.url}/api/north/letters`, {
    method: "POST",
    headers: json,
    body: JSON.stringify({ title: "One", sender }),
  })
  expect(made.status).toBe(201)
  letter = ((await made.json()) as { id: string }).id
})
afterAll(() => fleet[Symbol.asyncDispose]())
beforeEach(() => void fleet.received())

/** What does not differ between one answer and the next of the same. */
const lasting = (headers: Headers): Record<string, string> =>
  Object.fromEntries(
    [...headers].filter(([name]) => !["date", "x-trace-id", "connection", "keep-alive"].includes(name)),
  )

async function both(path: string, init: RequestInit = {}) {
  const [apart, whole] = await Promise.all([fetch(fleet.url + path, init), fetch(fleet.whole.url + path, init)])
  const text = (answer: Response) => answer.text().then((each) => each.replaceAll(/"traceId":"[0-9a-f]{32}"/g, ""))
  return {
    apart: { status: apart.status, headers: lasting(apart.headers), text: await text(apart) },
    whole: { status: whole.status, headers: lasting(whole.headers), text: await text(whole) },
  }
}

describe("the same answer as in one process", () => {
  test.each([
    ["a list", "/api/north/letters?select=title,sender", { headers: alice }],
    ["a query", "/api/north/letters/$query", { method: "POST", headers: json, body: '{"select":["title"]}' }],
    ["an export", "/api/north/letters/$export", { headers: alice }],
    ["an export as CSV", "/api/north/letters/$export", { headers: { ...alice, accept: "text/csv" } }],
    ["what a service publishes", "/api/north/$ui", { headers: alice }],
    ["the document of a service", "/api/north/openapi.json", { headers: alice }],
    ["a mistake", "/api/north/letters?select=nothing", { headers: alice }],
    ["a body that is none", "/api/north/letters", { method: "POST", headers: json, body: "{" }],
    ["a body that is too large", "/api/north/letters", { method: "POST", headers: json, body: "x".repeat(2 ** 21) }],
    ["an address that is not there", "/api/north/nothing", { headers: alice }],
    ["a service that is not there", "/api/nobody/letters", { headers: alice }],
    ["a service that is not there, to nobody", "/api/nobody/letters", {}],
    ["an address beside the API that is not there", "/nothing", {}],
    ["an address that is too long", `/api/north/letters?select=${"a".repeat(9_000)}`, { headers: alice }],
    ["a method that is not allowed", "/api/north/letters", { method: "DELETE", headers: alice }],
    ["what is allowed", "/api/north/letters", { method: "OPTIONS" }],
    ["a head", "/api/north/letters", { method: "HEAD", headers: alice }],
    ["nobody's request", "/api/north/letters", {}],
    ["a token that is none", "/api/north/letters", { headers: { authorization: "Bearer nonsense" } }],
    ["a request for the public", "/api/south/persons", {}],
    ["who may nothing", "/api/north/letters", { headers: { authorization: "Bearer dev:oscar" } }],
    ["the services", "/api/$ui", { headers: alice }],
    ["the services for an outsider", "/api/$ui", { headers: { authorization: "Bearer dev:oscar" } }],
    ["the services, to nobody", "/api/$ui", {}],
    ["the document of all", "/api/openapi.json", { headers: alice }],
    ["the document of all for a clerk", "/api/openapi.json", { headers: { authorization: "Bearer dev:clara" } }],
    ["the document of all for an outsider", "/api/openapi.json", { headers: { authorization: "Bearer dev:oscar" } }],
    ["the document of all, to nobody", "/api/openapi.json", {}],
    ["the page of the API", "/docs", {}],
    ["the page of errors", "/errors", {}],
    ["the issuer's keys", "/oidc/jwks", {}],
    ["a page of identity that is not there", "/account/nothing", {}],
  ] satisfies readonly (readonly [string, string, RequestInit])[])("%s", async (_what, path, init) => {
    const { apart, whole } = await both(path, init)
    expect(apart).toEqual(whole)
  })

  test("compressed once, by the service", async () => {
    const asked = { headers: { ...alice, "accept-encoding": "gzip" } }
    const { apart, whole } = await both("/api/openapi.json", asked)
    expect(apart).toEqual(whole)
    const export_ = await both("/api/north/letters/$export", asked)
    expect(export_.apart).toEqual(export_.whole)
    expect(export_.apart.headers["content-encoding"]).toBe("gzip")
  })

  test("an entity tag of the document of all is good for a 304", async () => {
    const first = await fetch(`${fleet.url}/api/openapi.json`, { headers: alice })
    await first.text()
    const again = await fetch(`${fleet.url}/api/openapi.json`, {
      headers: { ...alice, "if-none-match": first.headers.get("etag") ?? "" },
    })
    expect(again.status).toBe(304)
  })
})

describe("streams", () => {
  test("a file goes up and comes down as it was, in whole and in part", async () => {
    const bytes = randomBytes(3 * 2 ** 20)
    const up = await fetch(`${fleet.url}/api/north/$files?name=a.bin`, {
      method: "POST",
      headers: { ...alice, "content-type": "application/x-thing" },
      body: new ReadableStream({
        start(controller) {
          for (let at = 0; at < bytes.length; at += 2 ** 16) controller.enqueue(bytes.subarray(at, at + 2 ** 16))
          controller.close()
        },
      }),
      duplex: "half",
    } as RequestInit)
    expect(up.status).toBe(201)
    const scan = (await up.json()) as object
    const changed = await fetch(`${fleet.url}/api/north/letters/${letter}`, {
      method: "PATCH",
      headers: json,
      body: JSON.stringify({ scan }),
    })
    expect(changed.status).toBe(200)
    const down = await fetch(`${fleet.url}/api/north/letters/${letter}/scan`, { headers: alice })
    expect(Buffer.from(await down.arrayBuffer()).equals(bytes)).toBe(true)
    expect(down.headers.get("content-length")).toBe(String(bytes.length))
    const part = await fetch(`${fleet.url}/api/north/letters/${letter}/scan`, {
      headers: { ...alice, range: "bytes=100-199" },
    })
    expect(part.status).toBe(206)
    expect(Buffer.from(await part.arrayBuffer()).equals(bytes.subarray(100, 200))).toBe(true)
  })

  test("what a service sends arrives piece by piece, no faster than it is read, and ends with its reader", async () => {
    const state = { written: 0, isOver: false }
    const piece = Buffer.alloc(2 ** 16, 1)
    const berth = await fleet.certified.serve("flood", (_incoming, outgoing) => {
      const more = (): void => {
        do state.written += piece.length
        while (!outgoing.destroyed && outgoing.write(piece))
      }
      outgoing.on("drain", more)
      outgoing.once("close", () => {
        state.isOver = true
      })
      if (_incoming.url === "/livez") outgoing.end()
      else more()
    })
    fleet.join("flood", berth)
    try {
      const answer = await new Promise<IncomingMessage>((resolve, reject) => {
        const asked = request(`${fleet.url}/api/flood/x`, resolve)
        asked.once("error", reject)
        asked.end()
      })
      answer.once("error", () => {})
      // Nobody reads: what is under way fills the buffers of a few sockets, and then nothing more is written.
      let before = -1
      await expect
        .poll(
          () => {
            const still = state.written === before
            before = state.written
            return still
          },
          { timeout: 20_000, interval: 500 },
        )
        .toBe(true)
      expect(state.written).toBeLessThan(64 * 2 ** 20)
      state.isOver = false
      answer.destroy()
      await expect.poll(() => state.isOver, { timeout: 10_000 }).toBe(true)
    } finally {
      fleet.leave("flood")
      await berth.close()
    }
  })

  test("an upload that its sender breaks off is broken off at the service, and leaves nothing waiting", async () => {
    const state = { ended: "" }
    const berth = await fleet.certified.serve("sink", (incoming, outgoing) => {
      if (incoming.url === "/livez") return void outgoing.end()
      incoming.on("data", () => {
        state.ended = "begun"
      })
      incoming.once("error", () => {})
      incoming.once("close", () => {
        state.ended = incoming.complete ? "complete" : "broken off"
      })
    })
    fleet.join("sink", berth)
    try {
      const asked = request(`${fleet.url}/api/sink/x`, { method: "POST", headers: { "content-length": "100000" } })
      asked.once("error", () => {})
      asked.write("a beginning")
      await expect.poll(() => state.ended, { timeout: 10_000 }).toBe("begun")
      asked.destroy()
      await expect.poll(() => state.ended, { timeout: 10_000 }).toBe("broken off")
    } finally {
      fleet.leave("sink")
      await berth.close()
    }
  })
})
