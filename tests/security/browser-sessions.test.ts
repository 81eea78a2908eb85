/**
 * A browser's session at the gateway, over HTTP with the real identity service: T22 and T24 for first-party applications.
 *
 * @module
 */
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { gatewayService } from "@archipel/gateway"
import { identityService } from "@archipel/identity"
import { createLog, createSecrets, derivedClientSecret, type Program } from "@archipel/server"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { createIssuerClient } from "../../packages/gateway/src/issuer-client.ts"
import { returnPath } from "../../packages/gateway/src/routes.ts"
import { createSessionStore } from "../../packages/gateway/src/session-store.ts"
import { createSessions } from "../../packages/gateway/src/sessions.ts"
import { Visitor } from "../../packages/identity/test/pages/browsing.ts"
import { type TestDatabase, testDatabase } from "../support/database.ts"
import { openProgram } from "../support/topology.ts"

const SESSION = "archipel-gateway-session"
const SECRET = "a secret of the tests of browsers' sessions"
const HOUR_MS = 3_600_000
const ours = { "sec-fetch-site": "same-origin" }

let databases: readonly TestDatabase[]
let dataDirectory: string
let program: Program
beforeAll(async () => {
  databases = await Promise.all([testDatabase("sessions_identity"), testDatabase("sessions_gateway")])
  dataDirectory = await mkdtemp(join(tmpdir(), "archipel-sessions-"))
  program = await openProgram([identityService(), gatewayService()], {
    port: 0,
    host: "localhost",
    dataDirectory,
    env: {
      DATABASE_URL_IDENTITY: databases[0]?.url,
      DATABASE_URL_GATEWAY: databases[1]?.url,
      ARCHIPEL_SECRET: SECRET,
    },
    log: createLog({ level: "silent" }),
  })
})
afterAll(async () => {
  await program.close()
  await Promise.all(databases.map((database) => database[Symbol.asyncDispose]()))
  await rm(dataDirectory, { recursive: true, force: true })
})

const sessionOf = (visitor: Visitor): string | undefined => visitor.cookies.get(SESSION)?.value

/** Logs in at the gateway, as whoever the address is of. */
async function logIn(
  visitor: Visitor,
  email = "martin@example.com",
  address = "/auth/login?return=/livez",
): Promise<void> {
  const page = await visitor.visit(address)
  if (!new URL(page.url).pathname.startsWith("/account/")) return
  await visitor.send(page, new URL(page.url).pathname, { email, password: "archipel" })
}

const me = (visitor: Visitor) => visitor.request("/api/identity/users?select=name&limit=1", { headers: ours })
const change = (visitor: Visitor, headers: Record<string, string>) =>
  visitor.request("/api/identity/companies", {
    method: "POST",
    body: JSON.stringify({ code: "n", name: "North" }),
    headers: { "content-type": "application/json", ...headers },
  })

describe("T22 sessions of browsers", () => {
  test("a login ends where it began, with a cookie that no script reads and nothing in it but a random handle", async () => {
    const visitor = new Visitor(program.url)
    const page = await visitor.visit("/auth/login?return=/livez")
    const seen = await visitor.send(page, new URL(page.url).pathname, {
      email: "martin@example.com",
      password: "archipel",
    })
    expect(new URL(seen.url).pathname).toBe("/livez")
    const cookie = visitor.cookies.get(SESSION)
    expect(cookie?.value).toMatch(/^[\w-]{43}$/)
    expect(cookie?.flags.split("; ").sort()).toEqual(["HttpOnly", "Path=/", "SameSite=Lax"])
    expect((await me(visitor)).status).toBe(200)
    const session = JSON.parse((await visitor.request("/auth/session")).text) as Record<string, unknown>
    expect(session).toMatchObject({ user: "01900000-0000-7000-8000-000000000002" })
    expect(JSON.stringify(session)).not.toMatch(/eyJ|token/i)
  })

  test("a handle that was there before a login is worth nothing after it: no fixation, and logging in again rotates", async () => {
    const visitor = new Visitor(program.url)
    visitor.cookies.set(SESSION, { value: "A".repeat(43), path: "/", flags: "" })
    await logIn(visitor)
    const first = sessionOf(visitor) ?? ""
    expect(first).not.toBe("A".repeat(43))
    await visitor.visit("/auth/login?return=/livez")
    const second = sessionOf(visitor) ?? ""
    expect(second).not.toBe(first)
    expect((await me(visitor)).status).toBe(200)
    const thief = new Visitor(program.url)
    thief.cookies.set(SESSION, { value: first, path: "/", flags: "" })
    expect((await me(thief)).status).toBe(401)
  })

  test("logging out ends this session and the login at the issuer: the next login asks for the password", async () => {
    const visitor = new Visitor(program.url)
    await logIn(visitor)
    const handle = sessionOf(visitor) ?? ""
    const asked = await visitor.visit("/auth/logout", { method: "POST", headers: ours })
    expect(sessionOf(visitor)).toBeUndefined()
    const thief = new Visitor(program.url)
    thief.cookies.set(SESSION, { value: handle, path: "/", flags: "" })
    expect((await me(thief)).status).toBe(401)
    const action = /<form[^>]*action="([^"]*)"/.exec(asked.text)?.[1] ?? ""
    const done = await visitor.send(asked, action, { logout: "yes" })
    expect(done.text).toContain("logged out")
    const again = await visitor.visit("/auth/login?return=/livez")
    expect(new URL(again.url).pathname).toMatch(/^\/account\/login\//)
  })

  test("a login that is ended elsewhere ends its browsers' sessions, by a logout token or by the answer to a token", async () => {
    const visitor = new Visitor(program.url)
    await logIn(visitor, "clara@example.com")
    expect((await me(visitor)).status).toBe(200)
    const account = new Visitor(program.url)
    const page = await account.visit("/account/sessions")
    const sessions = await account.send(page, new URL(page.url).pathname, {
      email: "clara@example.com",
      password: "archipel",
    })
    const everywhere = /action="(\/account\/sessions\/end)"/.exec(sessions.text)?.[1]
    expect(everywhere).toBeDefined()
    await account.send(sessions, everywhere ?? "", {})
    await expect.poll(async () => (await me(visitor)).status, { timeout: 10_000 }).toBe(401)
  })

  test("a renewal uses a refresh token once, however many requests and processes wait for it", async () => {
    const visitor = new Visitor(program.url)
    await logIn(visitor)
    const handle = sessionOf(visitor) ?? ""
    const secret = Buffer.from(SECRET)
    const secrets = createSecrets(secret)
    let later = 0
    const process = () => {
      const now = (): Date => new Date(Date.now() + later)
      const database = program.open.databaseOf("gateway")
      const times = { idleMs: HOUR_MS, absoluteMs: HOUR_MS }
      const store = createSessionStore({ database, secrets, times, now })
      const issuer = createIssuerClient({ url: program.url, secret: derivedClientSecret(secret, "gateway"), now })
      const log = createLog({ level: "silent" })
      return createSessions({ url: program.url, store, issuer, now, hash: secrets.hash, log })
    }
    const headers = { get: (name: string) => (name === "cookie" ? `${SESSION}=${handle}` : null) }
    const before = await process().current(headers)
    const processes = [process(), process()]
    later = 250_000
    const got = await Promise.all(
      [...processes, ...processes, ...processes].map((one) => one.credential({ method: "GET", headers })),
    )
    expect(new Set(got).size).toBe(1)
    expect(got[0]).toMatch(/^Bearer eyJ/)
    const renewed = await process().current(headers)
    expect(`Bearer ${renewed?.tokens.accessToken}`).toBe(got[0])
    expect(renewed?.tokens.refreshToken).not.toBe(before?.tokens.refreshToken)
    expect((await me(visitor)).status).toBe(200)
  })
})

describe("T24 changes come from our own pages", () => {
  const forged: readonly (readonly [string, Record<string, string>])[] = [
    ["another site's page", { "sec-fetch-site": "cross-site", "x-archipel": "1" }],
    ["a neighbour under the same domain", { "sec-fetch-site": "same-site", "x-archipel": "1" }],
    ["a form of our own origin, without the header", { "sec-fetch-site": "same-origin" }],
    ["a simple form", { "content-type": "application/x-www-form-urlencoded", origin: "https://evil.example" }],
    ["JSON as plain text", { "content-type": "text/plain", origin: "https://evil.example" }],
    ["an old browser from elsewhere", { origin: "https://evil.example", "x-archipel": "1" }],
    ["an old browser that does not say", { "x-archipel": "1" }],
    ["an opaque origin", { origin: "null", "x-archipel": "1" }],
    ["a method in a header", { "sec-fetch-site": "same-origin", "x-http-method-override": "GET" }],
  ]
  test.each(forged)("%s is refused with a session, and nothing is written", async (_, headers) => {
    const visitor = new Visitor(program.url)
    await logIn(visitor, "alice@example.com")
    const answer = await change(visitor, headers)
    expect(JSON.parse(answer.text)).toMatchObject({ status: 403, code: "request.cross_site" })
    const all = await visitor.request("/api/identity/companies?select=code", { headers: ours })
    expect(JSON.parse(all.text)).toMatchObject({ data: [] })
  })

  test("another site's page reads nothing with a session, and GET changes nothing", async () => {
    const visitor = new Visitor(program.url)
    await logIn(visitor)
    const read = await visitor.request("/api/identity/users", { headers: { "sec-fetch-site": "cross-site" } })
    expect(read.status).toBe(401)
    for (const path of ["/auth/logout", "/auth/backchannel"]) expect((await visitor.request(path)).status).toBe(405)
    expect((await me(visitor)).status).toBe(200)
    const preflight = await visitor.request("/api/identity/users", {
      method: "OPTIONS",
      headers: { origin: "https://evil.example", "access-control-request-method": "POST" },
    })
    expect(preflight.headers.get("access-control-allow-credentials")).toBeNull()
  })

  test("a logout is asked for by our own pages, and a logout token is the issuer's", async () => {
    const visitor = new Visitor(program.url)
    await logIn(visitor)
    const forgedLogout = await visitor.request("/auth/logout", {
      method: "POST",
      headers: { "sec-fetch-site": "cross-site" },
    })
    expect(forgedLogout.status).toBe(403)
    for (const token of ["", "x", "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0."]) {
      const answer = await fetch(`${program.url}/auth/backchannel`, {
        method: "POST",
        body: new URLSearchParams({ logout_token: token }),
      })
      expect(answer.status).toBe(401)
    }
    expect((await me(visitor)).status).toBe(200)
  })

  test("an answer that this browser did not ask for logs nobody in", async () => {
    const attacker = new Visitor(program.url)
    const page = await attacker.visit("/auth/login?return=/livez")
    const action = new URL(page.url).pathname
    const hidden = /name="token" value="([^"]*)"/.exec(page.text)?.[1] ?? ""
    let seen = await attacker.request(action, {
      method: "POST",
      headers: ours,
      body: new URLSearchParams({ token: hidden, email: "oscar@example.com", password: "archipel" }),
    })
    let location = seen.headers.get("location") ?? ""
    while (!location.includes("/auth/callback")) {
      seen = await attacker.request(location)
      location = seen.headers.get("location") ?? ""
      if (location === "") throw new Error(seen.text)
    }
    const victim = new Visitor(program.url)
    const answer = await victim.request(location)
    expect(answer.headers.get("location")).toBe("/auth/login")
    expect(sessionOf(victim)).toBeUndefined()
    await victim.visit("/auth/login?return=/livez")
    expect((await victim.request(location)).status).toBe(401)
    expect(sessionOf(victim)).toBeUndefined()
  })
})

test.each([
  ["/records?a=1#b", "/records?a=1#b"],
  [null, "/"],
  ["https://evil.example", "/"],
  ["//evil.example", "/"],
  ["/\\evil.example", "/"],
  ["/%2f/evil.example", "/%2f/evil.example"],
  ["\t//evil.example", "/"],
  ["/..//evil.example", "/"],
])("T21 a login leads back to our own pages: %s", (asked, expected) => {
  expect(returnPath(asked, "https://erp.example.com")).toBe(expected)
})

test("T21 an address to come back to has a bound", () => {
  expect(returnPath(`/${"a".repeat(3_000)}`, "https://erp.example.com")).toBe("/")
})
