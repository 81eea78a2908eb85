/**
 * What the gateway bounds itself, whatever services do about it: bodies, rates, memory; and what it lets end when it drains.
 *
 * @module
 */
import { type ClientRequest, type IncomingMessage, request, type RequestOptions } from "node:http"
import { afterAll, beforeAll, expect, test } from "vitest"
import { type Fleet, startFleet } from "./fleet.ts"

const alice = { authorization: "Bearer dev:alice" }
const FILE_BYTES = 1024 * 1024
const piece = Buffer.alloc(64 * 1024, 1)

let fleet: Fleet
beforeAll(async () => {
  fleet = await startFleet({ http: { limits: { fileBytes: FILE_BYTES } } })
})
afterAll(() => fleet[Symbol.asyncDispose]())

/** Begins a request; its sender writes the body. */
function begin(
  url: string,
  options: RequestOptions,
): { readonly asked: ClientRequest; readonly answer: Promise<IncomingMessage> } {
  const asked = request(url, { ...options, headers: { ...alice, ...options.headers } })
  const answer = new Promise<IncomingMessage>((resolve, reject) =>
    asked.once("response", resolve).once("error", reject),
  )
  asked.on("error", () => {})
  return { asked, answer }
}

async function textOf(answer: IncomingMessage): Promise<string> {
  let text = ""
  for await (const chunk of answer) text += String(chunk)
  return text
}

test("a body that is larger than any that services take is refused, whether its length is said or found out", async () => {
  const seen = { bytes: 0, isBroken: false }
  const berth = await fleet.certified.serve("taker", (incoming, outgoing) => {
    if (incoming.url === "/livez") return void outgoing.end()
    incoming.on("data", (chunk: Buffer) => (seen.bytes += chunk.byteLength))
    incoming.once("end", () => outgoing.end("all of it"))
    incoming.once("close", () => (seen.isBroken ||= !incoming.complete))
  })
  fleet.join("taker", berth)
  try {
    const said = begin(`${fleet.url}/api/taker/x`, { method: "POST", headers: { "content-length": FILE_BYTES + 1 } })
    said.asked.flushHeaders()
    const answer = await said.answer
    expect([answer.statusCode, JSON.parse(await textOf(answer)).code]).toEqual([413, "request.too_large"])
    expect(seen.bytes).toBe(0)
    said.asked.destroy()
    const found = begin(`${fleet.url}/api/taker/x`, { method: "POST", headers: { "transfer-encoding": "chunked" } })
    for (let sent = 0; sent < 2 * FILE_BYTES; sent += piece.length) found.asked.write(piece)
    const late = await found.answer
    expect([late.statusCode, JSON.parse(await textOf(late)).code]).toEqual([413, "request.too_large"])
    await expect.poll(() => seen.isBroken, { timeout: 10_000 }).toBe(true)
    found.asked.destroy()
    const small = begin(`${fleet.url}/api/taker/x`, { method: "POST", headers: { "content-length": piece.length } })
    small.asked.end(piece)
    expect(await textOf(await small.answer)).toBe("all of it")
  } finally {
    fleet.leave("taker")
    await berth.close()
  }
})

test("an upload goes no faster than its service reads it", async () => {
  await using large = await startFleet({ http: { limits: { fileBytes: 1024 * FILE_BYTES } } })
  let resume = (): void => {}
  let bytes = 0
  const berth = await large.certified.serve("reader", (incoming, outgoing) => {
    if (incoming.url === "/livez") return void outgoing.end()
    resume = () => void incoming.on("data", (chunk: Buffer) => (bytes += chunk.byteLength))
    incoming.once("end", () => outgoing.end())
  })
  large.join("reader", berth)
  try {
    const headers = { "transfer-encoding": "chunked" }
    const { asked, answer } = begin(`${large.url}/api/reader/x`, { method: "POST", headers })
    let sent = 0
    const more = (): void => {
      do sent += piece.length
      while (asked.write(piece))
    }
    asked.on("drain", more)
    more()
    let before = -1
    const isStill = (): boolean => {
      const still = sent === before
      before = sent
      return still
    }
    await expect.poll(isStill, { timeout: 20_000, interval: 500 }).toBe(true)
    expect(sent).toBeLessThan(64 * FILE_BYTES)
    asked.off("drain", more)
    asked.end()
    resume()
    expect((await answer).statusCode).toBe(200)
    expect(bytes).toBe(sent)
  } finally {
    await berth.close()
  }
})

test("requests of one network are limited at the gateway, before any service is asked", async () => {
  await using limited = await startFleet({ http: { limits: { networkPerSecond: 0.01, networkBurst: 3 } } })
  limited.received()
  const ask = () => fetch(`${limited.url}/api/north/letters`, { headers: { ...alice, "x-forwarded-for": "192.0.2.1" } })
  const statuses: number[] = []
  for (let n = 0; n < 5; n++) statuses.push((await ask()).status)
  expect(statuses).toEqual([200, 200, 200, 429, 429])
  expect(limited.received().filter(({ url }) => url.startsWith("/api/north"))).toHaveLength(3)
  const refused = await ask()
  expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0)
  expect(await refused.json()).toMatchObject({ code: "request.too_many" })
})

test("a gateway that drains lets a long download end", async () => {
  const PIECES = 800
  const berth = await fleet.certified.serve("archive", (incoming, outgoing) => {
    if (incoming.url === "/livez") return void outgoing.end()
    let left = PIECES
    const more = (): void => {
      while (left > 0 && left-- > 0 && outgoing.write(piece));
      if (left === 0) outgoing.end()
    }
    outgoing.on("drain", more)
    more()
  })
  fleet.join("archive", berth)
  try {
    const second = await fleet.secondGateway()
    const { asked, answer } = begin(`${second.url}/api/archive/x`, { method: "GET" })
    asked.end()
    const download = await answer
    let bytes = 0
    let closed: Promise<void> | undefined
    for await (const chunk of download) {
      bytes += (chunk as Buffer).byteLength
      // In its midst: far more is still to come than any buffer holds.
      closed ??= second.close(60_000)
    }
    expect(bytes).toBe(PIECES * piece.length)
    await closed
    await expect(fetch(`${second.url}/livez`)).rejects.toThrow()
  } finally {
    fleet.leave("archive")
    await berth.close()
  }
})
