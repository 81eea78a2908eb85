import { once } from "node:events"
import { createServer, type AddressInfo, type Socket } from "node:net"
import { createServer as createTlsServer } from "node:tls"
import { createServer as createHttp2Server, type ServerHttp2Stream } from "node:http2"
import { Metadata, status } from "@grpc/grpc-js"
import { ArchipelError } from "@archipel/core"
import { describe, expect, test, vi } from "vitest"
import { createBreaker } from "../../src/between/rpc/breaker.ts"
import { createBulkhead } from "../../src/between/rpc/bulkhead.ts"
import { metadataNames } from "../../src/between/rpc/data-definition.ts"
import { problemOf } from "../../src/between/rpc/problem-wire.ts"
import { createRetryBudget } from "../../src/between/rpc/retry-budget.ts"
import { credentialsOf } from "./fleet.ts"
import { type Answering, broken, type Call, crm, json, outcome, page, sales, silence } from "./rpc-crm.ts"

const AWAY = "service.unavailable crm"
/** Of who cannot tell what is wrong with an answer. */
const NAMED = /^service\.(unavailable|answer_too_large) crm$/
const wait = { timeout: 20_000, interval: 10 }

/** Something at an address that is no service of ours. */
async function listening(server: ReturnType<typeof createServer>) {
  const sockets = new Set<Socket>()
  server.on("connection", (socket: Socket) => {
    sockets.add(socket.on("error", () => {}))
  })
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      const closed = once(server, "close")
      server.close()
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}

describe("a service that does not answer", () => {
  test("the deadline travels, the caller is answered when it has passed, and the other side stops as well", async () => {
    const asked = Promise.withResolvers<Call>()
    await using far = await crm((call) => {
      asked.resolve(call)
      return silence()
    })
    await using near = await sales(far.address)
    const before = Date.now()
    const answer = outcome(near.mesh.describe("crm", { deadlineMs: 1_000 }))
    const call = await asked.promise
    const deadline = Number(call.getDeadline())
    expect(deadline).toBeGreaterThan(before)
    expect(deadline).toBeLessThanOrEqual(Date.now() + 1_000)
    expect(await answer).toBe(AWAY)
    await vi.waitFor(() => expect(call.cancelled).toBe(true), wait)
    expect(far.heard).toEqual(["describe"])
  })

  test("accepting connections and saying nothing, it holds nobody longer than the deadline", async () => {
    await using far = await listening(createServer())
    await using near = await sales(far.address)
    expect(await outcome(near.mesh.describe("crm", { deadlineMs: 500 }))).toBe(AWAY)
  })

  test("nowhere, it is named at once", async () => {
    await using far = await crm(async () => page())
    await using near = await sales(far.address)
    await near.place(0, undefined)
    await vi.waitFor(async () => expect(await outcome(near.ask())).toBe(AWAY), wait)
  })

  test("a caller that is gone ends the call at the other side", async () => {
    const asked = Promise.withResolvers<Call>()
    await using far = await crm((call) => {
      asked.resolve(call)
      return silence()
    })
    await using near = await sales(far.address)
    const gone = new AbortController()
    const answer = near.ask({ signal: gone.signal })
    const call = await asked.promise
    const cancelled = once(call, "cancelled")
    gone.abort(new Error("The client is gone."))
    await expect(answer).rejects.toThrow("The client is gone.")
    await cancelled
  })

  test("callers that give up do not make a service look away, nor back", async () => {
    await using far = await crm(silence)
    await using near = await sales(far.address)
    for (let n = 0; n < 10; n++) {
      const gone = new AbortController()
      const answer = near.ask({ signal: gone.signal })
      await vi.waitFor(() => expect(far.heard).toHaveLength(n + 1), wait)
      gone.abort(new Error("gone"))
      await expect(answer).rejects.toThrow("gone")
    }
    far.answer = async () => page()
    expect(await outcome(near.ask())).toBe("ok")
  })
})

describe("a service that fails again and again", () => {
  test("is left alone, asked now and then, and asked as ever once it answers", async () => {
    const unavailable: Answering = () => Promise.reject(broken(status.INTERNAL))
    await using far = await crm(unavailable)
    await using near = await sales(far.address)
    for (let n = 0; n < 5; n++) expect(await outcome(near.ask())).toBe(AWAY)
    expect(far.heard).toHaveLength(5)
    // Open: refused here.
    expect(await outcome(near.ask())).toBe(AWAY)
    expect(far.heard).toHaveLength(5)
    far.answer = async () => page()
    await vi.waitFor(async () => expect(await outcome(near.ask())).toBe("ok"), { timeout: 5_000, interval: 50 })
    for (let n = 0; n < 20; n++) expect(await outcome(near.ask())).toBe("ok")
  })

  test("half open, one call looks, and its failure makes the pause longer up to 2 s", () => {
    let now = 0
    const breaker = createBreaker(() => now)
    for (let n = 0; n < 5; n++) {
      expect(breaker.mayCall()).toBe(true)
      breaker.failed()
    }
    let longest = 0
    for (let n = 0; n < 10; n++) {
      const failedAt = now
      while (!breaker.mayCall()) now += 10
      expect([breaker.mayCall(), breaker.mayCall()]).toEqual([false, false])
      longest = Math.max(longest, now - failedAt)
      breaker.failed()
    }
    expect(longest).toBe(2_000)
    while (!breaker.mayCall()) now += 10
    breaker.answered()
    expect([breaker.mayCall(), breaker.mayCall()]).toEqual([true, true])
  })

  test("refusals and defects of its own are answers: they keep nobody from asking", async () => {
    await using far = await crm(() => Promise.reject(broken(status.UNKNOWN)))
    await using near = await sales(far.address)
    for (let n = 0; n < 12; n++) expect(await outcome(near.ask())).toBe(AWAY)
    expect(far.heard).toHaveLength(12)
  })
})

describe("more calls than a slow service gets", () => {
  test("wait for their turn in a bounded queue, and what finds it full is refused at once, by the service's name", async () => {
    const held = Promise.withResolvers<void>()
    await using far = await crm(async () => {
      await held.promise
      return page()
    })
    await using near = await sales(far.address)
    const calls = Array.from({ length: 600 }, () => outcome(near.ask()))
    // Nobody has been answered, so that these were refused without asking.
    const refused = await Promise.all(calls.slice(500))
    expect(new Set(refused)).toEqual(new Set([AWAY]))
    await vi.waitFor(() => expect(far.heard).toHaveLength(100), wait)
    held.resolve()
    expect(new Set(await Promise.all(calls.slice(0, 500)))).toEqual(new Set(["ok"]))
    expect(far.heard).toHaveLength(500)
  })

  test("whoever gives up while it waits leaves its place in the queue", async () => {
    const bulkhead = createBulkhead(1, 1)
    const first = Promise.withResolvers<void>()
    const running = bulkhead.enter(() => first.promise, { waitMs: 60_000 })
    const gone = new AbortController()
    const waiting = bulkhead.enter(async () => {}, { waitMs: 60_000, signal: gone.signal })
    expect(await bulkhead.enter(async () => {}, { waitMs: 60_000 })).toBeUndefined()
    gone.abort()
    expect(await waiting).toBeUndefined()
    const next = bulkhead.enter(async () => "next", { waitMs: 60_000 })
    first.resolve()
    await running
    expect(await next).toEqual({ value: "next" })
  })

  test("a place is free again after a failure, and after a wait that was too long", async () => {
    const bulkhead = createBulkhead(1, 1)
    await expect(bulkhead.enter(() => Promise.reject(new Error("no")), { waitMs: 1 })).rejects.toThrow("no")
    const held = Promise.withResolvers<void>()
    const running = bulkhead.enter(() => held.promise, { waitMs: 1 })
    expect(await bulkhead.enter(async () => {}, { waitMs: 1 })).toBeUndefined()
    held.resolve()
    await running
    expect(await bulkhead.enter(async () => 1, { waitMs: 1 })).toEqual({ value: 1 })
  })
})

describe("what is asked again", () => {
  const failing = (times: number): Answering => {
    let left = times
    return async () => {
      if (left-- > 0) throw broken(status.UNAVAILABLE)
      return page()
    }
  }

  test("a read, up to three times", async () => {
    await using far = await crm(failing(2))
    await using near = await sales(far.address)
    expect(await outcome(near.ask())).toBe("ok")
    expect(far.heard).toHaveLength(3)
    far.answer = failing(3)
    expect(await outcome(near.ask())).toBe(AWAY)
    expect(far.heard).toHaveLength(6)
  })

  test("a write never: neither after a failure, nor of a server that died after it had written", async () => {
    let written = 0
    await using far = await crm(async (call) => {
      written++
      // The answer is lost with the process.
      setImmediate(() => void far[Symbol.asyncDispose]())
      await once(call, "cancelled")
      return page()
    })
    await using near = await sales(far.address)
    expect(await outcome(near.write())).toBe(AWAY)
    expect(written).toBe(1)
    await using back = await crm(failing(1))
    await near.place(0, back.address)
    await vi.waitFor(async () => expect(await outcome(near.ask())).toBe("ok"), wait)
    back.answer = failing(1)
    const before = back.heard.length
    expect(await outcome(near.write())).toBe(AWAY)
    expect(back.heard.slice(before)).toEqual(["change"])
  })

  test("a write with a key is: whoever takes it does it once", async () => {
    await using far = await crm(failing(1))
    await using near = await sales(far.address)
    expect(await outcome(near.write({ key: "k", fingerprint: "f" }))).toBe("ok")
    expect(far.heard).toEqual(["change", "change"])
  })

  test("no more than a tenth of all calls, and ten to begin with", () => {
    const budget = createRetryBudget()
    const spend = (): number => {
      let spent = 0
      while (budget.mayRetry()) spent++
      return spent
    }
    expect(spend()).toBe(10)
    for (let n = 0; n < 30; n++) budget.called()
    expect(spend()).toBe(3)
    for (let n = 0; n < 1_000; n++) budget.called()
    expect(spend()).toBe(10)
  })
})

describe("a neighbour that answers nonsense", () => {
  const nonsense: Readonly<Record<string, Answering>> = {
    "no JSON": async () => ({ body: Buffer.from("<html>"), data: Buffer.from("[]") }),
    "records that are no JSON": async () => ({ ...page(), data: Buffer.from("[{") }),
    "records that are none": async () => ({ ...page(), data: json([null, 1]) }),
    "something else than a list": async () => ({ ...page(), data: json({}) }),
    "a page without cursors": async () => ({ body: json({}), data: json([]) }),
    nothing: async () => ({}),
    "bytes that are no text": async () => ({ body: Buffer.from([0xff, 0xfe]), data: Buffer.from([0xff]) }),
  }
  test.each(Object.keys(nonsense))("%s: the service is named, and the next answer is taken", async (what) => {
    await using far = await crm(nonsense[what] as Answering)
    await using near = await sales(far.address)
    expect(await outcome(near.ask())).toBe(AWAY)
    far.answer = async () => page([{ id: "1" }])
    expect(await near.ask()).toEqual({ data: '[{"id":"1"}]', rows: [{ id: "1" }], next: null, previous: null })
  })

  test("a problem that is none, of an unknown code, or with details that do not fit it", async () => {
    const problems = [
      "{",
      "[]",
      '{"code":"record.not_found"}',
      '{"code":"no.such","details":{}}',
      '{"code":"constructor","details":{}}',
    ]
    for (const problem of [...problems, '{"code":"request.invalid","details":{"errors":7}}']) {
      const metadata = new Metadata()
      metadata.set(metadataNames.problem, Buffer.from(problem))
      await using far = await crm(() => Promise.reject({ code: status.INVALID_ARGUMENT, details: "", metadata }))
      await using near = await sales(far.address)
      expect([AWAY, "request.invalid"]).toContain(await outcome(near.ask()))
    }
  })

  test("results of another number of changes than were asked for", async () => {
    for (const body of [json([]), json([null]), json([{ ok: true }]), json({})]) {
      await using far = await crm(async () => ({ body }))
      await using near = await sales(far.address)
      const changes = [{ model: "crm.Customer", operation: "delete", id: "1" }] as never
      const answer = near.crm.bulk(
        { kind: "service", id: "sales", roles: [], claims: {}, timeZone: "UTC" },
        changes,
        { atomic: true },
        { traceId: "0".repeat(32) },
      )
      expect(await outcome(answer)).toBe(AWAY)
    }
  })

  test("random bytes, HTTP in plain text, and another protocol behind the right certificate", async () => {
    const { key, certificate: cert, authorities: ca } = (await credentialsOf("crm")).current()
    const tls = { key, cert, ca, requestCert: true }
    const random = (socket: Socket): void => void socket.on("error", () => {}).write(Buffer.alloc(4_096, 0x5a))
    const plain = (socket: Socket): void =>
      void socket.on("error", () => {}).end("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi")
    const http2 = createHttp2Server()
    http2.on("stream", (stream: ServerHttp2Stream) => {
      stream.on("error", () => {})
      stream.respond({ ":status": 200, "content-type": "text/html" })
      stream.end("<html>")
    })
    const servers = [
      createServer(random),
      createServer(plain),
      createTlsServer({ ...tls, ALPNProtocols: ["h2"] }, random),
      createTlsServer({ ...tls, ALPNProtocols: ["http/1.1"] }, plain),
      createTlsServer({ ...tls, ALPNProtocols: ["h2"] }, (socket) => void http2.emit("connection", socket)),
    ]
    for (const server of servers) {
      await using far = await listening(server)
      await using near = await sales(far.address)
      // What begins like a message of gRPC says how long it is going to be.
      expect(await outcome(near.mesh.describe("crm", { deadlineMs: 1_000 }))).toMatch(NAMED)
    }
  })

  test("wrong frames and unknown compression", async () => {
    const { key, certificate: cert, authorities: ca } = (await credentialsOf("crm")).current()
    const frames = [
      Buffer.from([0, 0, 0, 0, 3, 1, 2, 3]),
      Buffer.from([1, 0, 0, 0, 1, 0]),
      Buffer.from([0, 0xff, 0xff, 0xff, 0xff, 1]),
    ]
    for (const frame of frames) {
      const http2 = createHttp2Server()
      http2.on("stream", (stream: ServerHttp2Stream) => {
        stream.on("error", () => {})
        stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }))
        stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true })
        stream.end(frame)
      })
      const server = createTlsServer(
        { key, cert, ca, requestCert: true, ALPNProtocols: ["h2"] },
        (socket) => void http2.emit("connection", socket),
      )
      await using far = await listening(server)
      await using near = await sales(far.address)
      expect(await outcome(near.mesh.describe("crm", { deadlineMs: 2_000 }))).toMatch(NAMED)
    }
  })

  test("an answer of 10 MB and more is refused as too large, wherever that is noticed", async () => {
    await using far = await crm(async () => ({ ...page(), data: json([{ id: "x".repeat(10 * 1024 * 1024) }]) }))
    await using near = await sales(far.address)
    expect(await outcome(near.ask())).toBe("service.answer_too_large crm")
    far.answer = async () => page()
    expect(await outcome(near.ask())).toBe("ok")
  })

  test("a service that is older says so, and which version it speaks", async () => {
    await using far = await crm(async () => {
      const metadata = new Metadata()
      const problem = problemOf(new ArchipelError("service.newer_protocol", { service: "crm", protocol: 2, known: 1 }))
      metadata.set(metadataNames.problem, json(problem))
      return Promise.reject({ code: status.UNAVAILABLE, details: "", metadata })
    })
    await using near = await sales(far.address)
    expect(await outcome(near.ask())).toBe("service.newer_protocol crm")
    expect(far.heard).toHaveLength(1)
  })
})
