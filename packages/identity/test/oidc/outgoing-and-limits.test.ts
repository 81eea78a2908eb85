import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest"
import { clientAddress } from "../../src/oidc/client-address.ts"
import { secretHash } from "../../src/oidc/clients.ts"
import { guardedFetch, isSpecialAddress } from "../../src/oidc/guarded-fetch.ts"
import { tokenLimits } from "../../src/oidc/throttle.ts"
import {
  ALICE,
  Browser,
  logIn,
  PARTNER_SECRET,
  type ProtocolProgram,
  protocolProgram,
  tokenRequest,
} from "./protocol-program.ts"

const opened: Server[] = []
/** A server of nobody's business, and what it was asked. */
async function inner(
  answer: (incoming: IncomingMessage, outgoing: ServerResponse) => void = (_incoming, outgoing) =>
    outgoing.end("secret"),
): Promise<{ port: number; asked: string[] }> {
  const asked: string[] = []
  const server = createServer((incoming, outgoing) => {
    asked.push(`${incoming.method} ${incoming.url}`)
    answer(incoming, outgoing)
  })
  opened.push(server)
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  return { port: (server.address() as AddressInfo).port, asked }
}
afterEach(() => {
  for (const server of opened.splice(0)) {
    server.close()
    server.closeAllConnections()
  }
})

describe("requests to addresses that others chose", () => {
  test("never reach anything special-use, however its address is written", async () => {
    const { port, asked } = await inner()
    const guarded = guardedFetch({ isTrusted: () => false })
    const hosts = [
      "127.0.0.1",
      "127.1",
      "2130706433",
      "0x7f000001",
      "0177.0.0.1",
      "0.0.0.0",
      "localhost",
      "[::1]",
      "[::]",
      "[::ffff:127.0.0.1]",
      "[::ffff:7f00:1]",
      "[::127.0.0.1]",
      "[64:ff9b::7f00:1]",
      "[2002:7f00:1::]",
      "[fe80::1]",
      "[fc00::1]",
      "10.0.0.1",
      "172.16.0.1",
      "192.168.0.1",
      "169.254.169.254",
      "100.64.0.1",
      "224.0.0.1",
      "255.255.255.255",
    ]
    for (const host of hosts)
      await expect(guarded(`http://${host}:${port}/latest/meta-data`)).rejects.toThrow(/not one of the Internet/)
    expect(asked).toEqual([])
  })

  test("a name that leads inwards is refused when it is connected to, and not only when it was registered", async () => {
    // `localhost` is such a name on every machine; nothing is asked of it.
    const { port, asked } = await inner()
    await expect(guardedFetch({ isTrusted: () => false })(`http://localhost:${port}/`)).rejects.toThrow(
      /not one of the Internet/,
    )
    expect(asked).toEqual([])
  })

  test("use http and https alone, without a password in the address", async () => {
    const guarded = guardedFetch({ isTrusted: () => true })
    for (const url of [
      "file:///etc/passwd",
      "ftp://example.com/",
      "data:text/plain,x",
      "gopher://example.com/",
      "http://user:pass@127.0.0.1/",
    ])
      await expect(guarded(url)).rejects.toThrow(/not one of the Internet/)
  })

  test("follow no redirect, and read no more than they may", async () => {
    const target = await inner()
    const redirecting = await inner((_incoming, outgoing) => {
      outgoing.writeHead(302, { location: `http://127.0.0.1:${target.port}/` }).end()
    })
    const guarded = guardedFetch({ isTrusted: (origin) => origin === `http://127.0.0.1:${redirecting.port}` })
    expect((await guarded(`http://127.0.0.1:${redirecting.port}/`)).status).toBe(302)
    expect(target.asked).toEqual([])

    const endless = await inner((_incoming, outgoing) => {
      const more = (): void => {
        while (!outgoing.destroyed && outgoing.write("x".repeat(16_384)));
        if (!outgoing.destroyed) outgoing.once("drain", more)
      }
      more()
    })
    await expect(guardedFetch({ isTrusted: () => true })(`http://127.0.0.1:${endless.port}/`)).rejects.toThrow(
      /too large/,
    )
    const silent = await inner(() => undefined)
    await expect(
      guardedFetch({ isTrusted: () => true, deadlineMs: 200 })(`http://127.0.0.1:${silent.port}/`),
    ).rejects.toThrow()
  })

  test("addresses of the Internet are none of these", () => {
    for (const address of [
      "93.184.215.14",
      "8.8.8.8",
      "2606:2800:21f:cb07:6820:80da:af6b:8b2c",
      "2a00:1450:4001:81b::200e",
    ])
      expect([address, isSpecialAddress(address)]).toEqual([address, false])
  })
})

describe("with a provider", () => {
  let program: ProtocolProgram
  beforeAll(async () => {
    program = await protocolProgram()
  })
  afterAll(() => program[Symbol.asyncDispose]())

  test("a logout is told to no machine inside at the wish of somebody else's application", async () => {
    const { port, asked } = await inner()
    const clients = program.db("identity.Client")
    const [row] = await clients.find({ select: ["id"], where: { clientId: "partner" } })
    if (row === undefined) throw new Error("There is no partner.")
    await clients.update(row.id, { backchannelLogoutUri: `http://127.0.0.1:${port}/internal` })
    await logIn(program, { client: "partner", browser: new Browser() })
    await program.provider.endSessions(ALICE)
    expect(asked).toEqual([])
    expect(program.log.join("")).toContain("a client was not told of a logout")
    // The same address is fine for an application of this program.
    await clients.update(row.id, { firstParty: true })
    await logIn(program, { client: "partner", parameters: { prompt: "", scope: "openid" } })
    await program.provider.endSessions(ALICE)
    expect(asked).toEqual(["POST /internal"])
    await clients.update(row.id, { firstParty: false, backchannelLogoutUri: null })
  })

  test("who guesses is slowed down by network, and told when to come again", async () => {
    const guess = (): Promise<Response> =>
      tokenRequest(program, { grant_type: "refresh_token", refresh_token: "guess" }, ["partner", "guess"])
    let status = 0
    let tries = 0
    let last: Response | undefined
    while (status !== 429 && tries <= tokenLimits.failures.per + 5) {
      last = await guess()
      status = last.status
      tries += 1
    }
    expect(status).toBe(429)
    expect(tries).toBeGreaterThan(tokenLimits.failures.per)
    expect(Number(last?.headers.get("retry-after"))).toBeGreaterThan(0)
    expect(await last?.json()).toMatchObject({ error: "temporarily_unavailable" })
  })
})

test("a client that asks without end is slowed down before anything is used up", async () => {
  let left = 3
  await using program = await protocolProgram({
    rates: {
      take: (key) =>
        Promise.resolve(
          key.startsWith("oidc:partner:") && left-- <= 0 ? { ok: false, retryAfterSeconds: 17 } : { ok: true },
        ),
    },
  })
  const { tokens } = await logIn(program, { client: "partner" })
  let token = tokens.refresh_token ?? ""
  const use = (): Promise<Response> =>
    tokenRequest(program, { grant_type: "refresh_token", refresh_token: token }, ["partner", PARTNER_SECRET])
  for (;;) {
    const response = await use()
    if (response.status !== 200) {
      expect(response.status).toBe(429)
      expect(response.headers.get("retry-after")).toBe("17")
      break
    }
    token = ((await response.json()) as { refresh_token: string }).refresh_token
  }
  left = 1
  expect((await use()).status).toBe(200)
})

describe("the sender's address", () => {
  const incoming = (forwarded: string | undefined, remoteAddress = "192.0.2.9") =>
    ({
      headers: forwarded === undefined ? {} : { "x-forwarded-for": forwarded },
      socket: { remoteAddress },
    }) as IncomingMessage

  test("is the socket's, whatever a request says, where there is no proxy", () => {
    expect(clientAddress(incoming("1.2.3.4"), 0)).toBe("192.0.2.9")
  })
  test("is what the outermost trusted proxy saw; what the sender wrote before it is ignored", () => {
    expect(clientAddress(incoming("6.6.6.6, 1.2.3.4"), 1)).toBe("1.2.3.4")
    expect(clientAddress(incoming("6.6.6.6, 1.2.3.4, 10.0.0.1"), 2)).toBe("1.2.3.4")
    expect(clientAddress(incoming(undefined), 1)).toBe("192.0.2.9")
  })
  test("is in the session's row as the trusted proxy says it", async () => {
    await using program = await protocolProgram({ env: { ARCHIPEL_PROXY_HOPS: "1" } })
    const browser = new Browser()
    const go = browser.go.bind(browser)
    browser.go = (url, init = {}) =>
      go(url, {
        ...init,
        headers: { ...(init.headers as Record<string, string>), "x-forwarded-for": "6.6.6.6, 198.51.100.7" },
      })
    await logIn(program, { browser })
    expect((await program.provider.sessions(ALICE))[0]?.network).toBe("198.51.100.7")
  })
})

test("in production codes are sent over TLS alone, but to programs on the same device", async () => {
  await using program = await protocolProgram()
  const { findClient } = await import("../../src/oidc/clients.ts")
  const production = { as: program.host.as, isDevelopment: false }
  const make = async (clientId: string, kind: "web" | "native", redirectUri: string): Promise<boolean> => {
    await program.db("identity.Client").create({
      clientId,
      name: clientId,
      kind,
      redirectUris: [redirectUri] as never,
      ...(kind === "web" ? { secretHash: secretHash("x") } : {}),
    })
    return (await findClient(production, clientId)) !== undefined
  }
  expect(await make("a", "web", "http://shop.example/callback")).toBe(false)
  expect(await make("b", "web", "https://shop.example/callback")).toBe(true)
  expect(await make("c", "web", "http://127.0.0.1/callback")).toBe(false)
  expect(await make("d", "native", "http://127.0.0.1/callback")).toBe(true)
  expect(await make("e", "native", "http://shop.example/callback")).toBe(false)
  expect(await make("f", "web", "https://user:pass@shop.example/callback")).toBe(false)
  expect(await make("g", "web", "https://shop.example/callback#x")).toBe(false)
})
