import { createServer, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import { createLocalJWKSet, jwtVerify } from "jose"
import * as client from "openid-client"
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest"
import { createArtifacts } from "../../src/oidc/artifacts.ts"
import { keyTimes, openSigningKeys } from "../../src/oidc/signing-keys.ts"
import { createSecrets } from "@archipel/server"
import { claimsOf, headerOf, logIn, type ProtocolProgram, protocolProgram, tokenRequest } from "./protocol-program.ts"

const DAY_MS = 24 * 60 * 60_000
const secrets = createSecrets(Buffer.alloc(32, 7))

let program: ProtocolProgram
beforeEach(async () => {
  vi.useFakeTimers({ toFake: ["Date"] })
  program = await protocolProgram()
})
afterEach(async () => {
  vi.useRealTimers()
  await program[Symbol.asyncDispose]()
})

const later = (ms: number): void => {
  vi.setSystemTime(Date.now() + ms)
}

const kids = (): (string | undefined)[] => program.provider.keys().keys.map(({ kid }) => kid)

describe("signing keys", () => {
  test("the next key is published before it signs, and the old one until nothing that it signed is of use", async () => {
    const { tokens } = await logIn(program)
    const [first] = kids()
    expect(headerOf(tokens.access_token)["kid"]).toBe(first)
    expect(kids()).toHaveLength(1)

    later(keyTimes.signsMs - keyTimes.aheadMs + 60_000)
    await program.provider.refreshKeys()
    expect(kids()).toHaveLength(2)
    const [, second] = kids()
    const before = await logIn(program)
    expect(headerOf(before.tokens.access_token)["kid"]).toBe(first)

    later(keyTimes.aheadMs)
    await program.provider.refreshKeys()
    expect(kids()).toEqual([second, first])
    const after = await logIn(program)
    expect(headerOf(after.tokens.access_token)["kid"]).toBe(second)
    expect(headerOf(after.tokens.id_token ?? "")["kid"]).toBe(second)

    later(keyTimes.afterMs)
    await program.provider.refreshKeys()
    expect(kids()).not.toContain(first)
  })

  test("a token outlives the change of keys, and so does a logout by an ID token of before", async () => {
    const { tokens, config, browser } = await logIn(program)
    later(keyTimes.signsMs - keyTimes.aheadMs + 60_000)
    await program.provider.refreshKeys()
    later(keyTimes.aheadMs - 120_000)
    const old = await logIn(program)
    later(120_000)
    await program.provider.refreshKeys()
    const { payload } = await jwtVerify(old.tokens.access_token, createLocalJWKSet(program.provider.keys()), {
      currentDate: new Date(),
    })
    expect(payload["client_id"]).toBe("gateway")
    const url = client.buildEndSessionUrl(config, { id_token_hint: tokens.id_token ?? "" })
    expect((await browser.go(url.href)).status).toBe(200)
  })

  test("of processes that start together one makes the key", async () => {
    const opened = await Promise.all([1, 2, 3, 4].map(() => openSigningKeys(program.host, secrets)))
    expect(new Set(opened.map((keys) => keys.revision())).size).toBe(1)
    later(keyTimes.signsMs)
    await Promise.all(opened.map((keys) => keys.refresh()))
    expect(new Set(opened.map((keys) => keys.revision())).size).toBe(1)
    expect(opened[0]?.public().keys).toHaveLength(2)
  })

  test("are of no use to who reads the database, nor to a program with another secret", async () => {
    const { rows } = await program.host.database.query({ text: "select * from signing_keys" })
    const [key] = rows
    expect(JSON.parse(key?.["public_key"] ?? "{}")).not.toHaveProperty("d")
    expect(key?.["private_key"]).toMatch(/^1\./)
    await expect(openSigningKeys(program.host, createSecrets(Buffer.alloc(32, 8)))).rejects.toThrow()
  })
})

describe("what the protocol stores", () => {
  test("neither handles nor contents can be read from the database", async () => {
    const { tokens, browser } = await logIn(program)
    const { rows } = await program.host.database.query({ text: "select * from artifacts" })
    expect(rows.map((row) => row["kind"]).sort()).toEqual(["AuthorizationCode", "Grant", "RefreshToken", "Session"])
    const stored = JSON.stringify(rows)
    const handles = [tokens.refresh_token ?? "", browser.cookie("archipel-login") ?? ""]
    for (const handle of handles) {
      expect(handle.length).toBeGreaterThan(20)
      expect(stored).not.toContain(handle)
      // Encrypted with another key, it is no other program's either.
      expect(() =>
        createSecrets(Buffer.alloc(32, 8)).open(
          "oidc:Session",
          rows.find((r) => r["kind"] === "Session")?.["payload"] ?? "",
        ),
      ).toThrow()
    }
    // Also with the program's secret a code or refresh token cannot be made again from its row.
    for (const row of rows.filter(({ kind }) => kind !== "Session"))
      expect(JSON.parse(secrets.open(`oidc:${row["kind"]}`, row["payload"] ?? ""))).not.toHaveProperty("jti")
  })

  test("expired rows are thrown away in bounded pieces, and used ones not before they expire", async () => {
    const artifacts = createArtifacts({ database: program.host.database, secrets, now: () => new Date() })
    const adapter = artifacts.adapter("RefreshToken")
    for (let at = 0; at < 7; at++) await adapter.upsert(`token-${at}`, { accountId: "x", grantId: "g" }, 60)
    await adapter.consume("token-0")
    expect(await artifacts.purge(100)).toBe(0)
    expect(await adapter.find("token-0")).toMatchObject({ consumed: expect.any(Number) as number })
    later(61_000)
    expect(await adapter.find("token-1")).toBeUndefined()
    expect([await artifacts.purge(5), await artifacts.purge(5), await artifacts.purge(5)]).toEqual([5, 2, 0])
  })
})

describe("lifetimes", () => {
  const refresh = (token: string): Promise<Response> =>
    tokenRequest(program, { grant_type: "refresh_token", refresh_token: token })

  test("a code lives 60 seconds", async () => {
    const { browser } = await logIn(program)
    const { request, configOf, locationOf } = await import("./protocol-program.ts")
    for (const [seconds, status] of [
      [58, 200],
      [61, 400],
    ] as const) {
      const { url, checks } = await request(await configOf(program), {
        redirect_uri: `${program.url}/auth/callback`,
        scope: "openid api",
        resource: "urn:archipel:gateway",
      })
      const code = new URL(locationOf(await browser.go(url))).searchParams.get("code") ?? ""
      later(seconds * 1000)
      const response = await tokenRequest(program, {
        grant_type: "authorization_code",
        code,
        redirect_uri: `${program.url}/auth/callback`,
        code_verifier: checks.pkceCodeVerifier ?? "",
      })
      expect([seconds, response.status]).toEqual([seconds, status])
    }
  })

  test("a session that is not used for 8 hours is over, and with it its refresh tokens; use keeps it", async () => {
    const { tokens, browser } = await logIn(program)
    let token = tokens.refresh_token ?? ""
    for (let time = 0; time < 3; time++) {
      later(7 * 60 * 60_000)
      const response = await refresh(token)
      expect(response.status).toBe(200)
      token = ((await response.json()) as { refresh_token: string }).refresh_token
    }
    // The browser itself did not come for 21 hours; its tokens did.
    await logIn(program, { browser, parameters: { prompt: "none" } })
    later(8 * 60 * 60_000 + 1000)
    expect((await refresh(token)).status).toBe(400)
    await expect(logIn(program, { browser, parameters: { prompt: "none" } })).rejects.toMatchObject({
      error: "login_required",
    })
  })

  test("a session is over after 30 days, however it is used", async () => {
    const { tokens, browser } = await logIn(program)
    let token = tokens.refresh_token ?? ""
    const begun = Date.now()
    for (;;) {
      later(6 * 60 * 60_000)
      const response = await refresh(token)
      if (response.status !== 200) break
      token = ((await response.json()) as { refresh_token: string }).refresh_token
      expect(Date.now() - begun).toBeLessThanOrEqual(30 * DAY_MS)
    }
    expect(Date.now() - begun).toBeGreaterThanOrEqual(30 * DAY_MS - 1000)
    await expect(logIn(program, { browser, parameters: { prompt: "none" } })).rejects.toMatchObject({
      error: "login_required",
    })
  })

  test("access without a session is over after 14 days without use, and after 90 with it", async () => {
    const partner = ["partner", "partner-secret-of-this-test-0123456789"] as const
    const use = (token: string): Promise<Response> =>
      tokenRequest(program, { grant_type: "refresh_token", refresh_token: token }, partner)
    const idle = (await logIn(program, { client: "partner" })).tokens.refresh_token ?? ""
    later(14 * DAY_MS + 1000)
    expect((await use(idle)).status).toBe(400)

    let token = (await logIn(program, { client: "partner" })).tokens.refresh_token ?? ""
    const begun = Date.now()
    for (;;) {
      later(10 * DAY_MS)
      const response = await use(token)
      if (response.status !== 200) break
      token = ((await response.json()) as { refresh_token: string }).refresh_token
    }
    expect(Math.round((Date.now() - begun) / DAY_MS)).toBe(90)
  })

  test("access tokens live 5 minutes, whatever", async () => {
    const { tokens } = await logIn(program)
    const { iat, exp } = claimsOf(tokens.access_token) as { iat: number; exp: number }
    expect(exp - iat).toBe(300)
  })
})

test("a request for the keys of a provider in another process shows the same", async () => {
  const other = await program.another()
  const server: Server = createServer((incoming, outgoing) => void other.handle(incoming, outgoing))
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  try {
    const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/oidc/jwks`)
    expect(await response.json()).toEqual(JSON.parse(JSON.stringify(program.provider.keys())))
  } finally {
    server.close()
    server.closeAllConnections()
  }
})
