import * as client from "openid-client"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { secretHash } from "../../src/oidc/clients.ts"
import { plainPages } from "./plain-pages.ts"
import {
  ALICE,
  Browser,
  claimsOf,
  configOf,
  locationOf,
  logIn,
  MARTIN,
  type ProtocolProgram,
  protocolProgram,
  request,
  through,
} from "./protocol-program.ts"

let program: ProtocolProgram
beforeAll(async () => {
  program = await protocolProgram()
})
afterAll(() => program[Symbol.asyncDispose]())

const COOKIE = "archipel-login"

describe("T22 sessions of the protocol", () => {
  test("a session's cookie is not for scripts or other sites, and has another value after every login", async () => {
    const { browser } = await logIn(program)
    const first = browser.cookie(COOKIE)
    const flags = browser.cookies.find(({ name }) => name === COOKIE)?.flags.toLowerCase()
    expect(flags).toContain("httponly")
    expect(flags).toContain("samesite=lax")
    await logIn(program, { browser, parameters: { prompt: "login" }, fields: { mfa: "yes" } })
    expect(browser.cookie(COOKIE)).not.toBe(first)
    // The old one is worth nothing.
    const old = new Browser()
    old.cookies.push({ name: COOKIE, value: first ?? "", path: "/", flags: "" })
    await expect(logIn(program, { browser: old, parameters: { prompt: "none" } })).rejects.toMatchObject({
      error: "login_required",
    })
  })

  test("a cookie that somebody planted before the login is worth nothing after it", async () => {
    for (const planted of ["planted-by-somebody-else", "A".repeat(21)]) {
      const browser = new Browser()
      browser.cookies.push({ name: COOKIE, value: planted, path: "/", flags: "" })
      await logIn(program, { browser })
      expect(browser.cookie(COOKIE)).not.toBe(planted)
      const attacker = new Browser()
      attacker.cookies.push({ name: COOKIE, value: planted, path: "/", flags: "" })
      await expect(logIn(program, { browser: attacker, parameters: { prompt: "none" } })).rejects.toMatchObject({
        error: "login_required",
      })
    }
  })

  test("a login that somebody else began in another browser cannot be finished, nor one that was finished", async () => {
    const config = await configOf(program)
    const { url } = await request(config, { redirect_uri: `${program.url}/auth/callback`, scope: "openid" })
    const attacker = new Browser()
    const step = locationOf(await attacker.go(url))
    expect((await new Browser().post(step, { user: ALICE })).status).toBe(410)
    const resume = locationOf(await attacker.post(step, { user: ALICE }))
    expect((await new Browser().go(resume)).status).toBe(400)
    expect((await attacker.go(resume)).status).toBe(303)
    expect((await attacker.go(resume)).status).toBe(400)
    expect((await attacker.post(step, { user: MARTIN })).status).toBe(410)
  })

  test("logins of two tabs do not get into each other's way", async () => {
    const config = await configOf(program)
    const browser = new Browser()
    const tabs = await Promise.all(
      [1, 2].map(() => request(config, { redirect_uri: `${program.url}/auth/callback`, scope: "openid" })),
    )
    const steps: string[] = []
    for (const { url } of tabs) steps.push(locationOf(await browser.go(url)))
    const [first = "", second = ""] = steps
    const back = locationOf(await browser.go(locationOf(await browser.post(first, { user: ALICE }))))
    await client.authorizationCodeGrant(config, new URL(back), tabs[0]?.checks)
    const other = locationOf(await browser.go(locationOf(await browser.post(second, { user: ALICE }))))
    await client.authorizationCodeGrant(config, new URL(other), tabs[1]?.checks)
  })

  test("applications that one browser logs in to at the same moment keep their refresh tokens", async () => {
    const ids = ["one", "two", "three", "four"]
    for (const clientId of ids)
      await program.db("identity.Client").create({
        clientId,
        name: clientId,
        kind: "web",
        firstParty: true,
        redirectUris: ["https://app.example/callback"] as never,
        secretHash: secretHash(clientId),
      })
    for (let round = 0; round < 5; round++) {
      const { browser } = await logIn(program)
      const logins = await Promise.all(
        ids.map(async (id) => {
          const config = await configOf(program, id, id)
          const { url, checks } = await request(config, {
            redirect_uri: "https://app.example/callback",
            scope: "openid",
          })
          const back = new URL(locationOf(await browser.go(url)))
          return { config, tokens: await client.authorizationCodeGrant(config, back, checks) }
        }),
      )
      for (const { config, tokens } of logins) await client.refreshTokenGrant(config, tokens.refresh_token ?? "")
    }
  })

  test("another user in the same browser gets a session of their own, and the first one's ends", async () => {
    const first = await logIn(program)
    const { url, checks } = await request(first.config, {
      redirect_uri: `${program.url}/auth/callback`,
      scope: "openid api",
      resource: "urn:archipel:gateway",
      prompt: "login",
    })
    let response = await through(program, first.browser, url, { user: MARTIN })
    // A page that posts itself ends the first session.
    const text = await response.text()
    const action = /action="([^"]+)"/.exec(text)?.[1] ?? ""
    const xsrf = /name="xsrf" value="([^"]+)"/.exec(text)?.[1] ?? ""
    response = await first.browser.post(action, { xsrf, logout: "yes" })
    const back = await through(program, first.browser, locationOf(response))
    const tokens = await client.authorizationCodeGrant(first.config, new URL(locationOf(back)), checks)
    expect(claimsOf(tokens.access_token)["sub"]).toBe(MARTIN)
    expect(claimsOf(tokens.access_token)["sid"]).not.toBe(claimsOf(first.tokens.access_token)["sid"])
    await expect(client.refreshTokenGrant(first.config, first.tokens.refresh_token ?? "")).rejects.toMatchObject({
      error: "invalid_grant",
    })
  })

  test("a stronger login is asked for where an application wants two factors, and the session keeps what was shown", async () => {
    const { browser, tokens } = await logIn(program)
    expect(claimsOf(tokens.access_token)["acr"]).toBe("single")
    await expect(logIn(program, { browser, parameters: { acr_values: "mfa", prompt: "none" } })).rejects.toMatchObject({
      error: "login_required",
    })
    const strong = await logIn(program, { browser, parameters: { acr_values: "mfa" }, fields: { mfa: "yes" } })
    expect(claimsOf(strong.tokens.access_token)).toMatchObject({
      acr: "mfa",
      sid: claimsOf(tokens.access_token)["sid"],
    })
    const later = await logIn(program, { browser, parameters: { acr_values: "mfa", prompt: "none" } })
    expect(claimsOf(later.tokens.access_token)["acr"]).toBe("mfa")
    const [entry] = await program.provider.sessions(ALICE)
    expect(entry?.methods).toEqual(["pwd", "otp", "mfa"])
  })

  test("who may not log in any more is asked to log in, whatever their session", async () => {
    const { browser } = await logIn(program, { fields: { user: MARTIN } })
    await program.db("identity.User").update(MARTIN as never, { active: false })
    try {
      await expect(logIn(program, { browser, parameters: { prompt: "none" } })).rejects.toMatchObject({
        error: "login_required",
      })
    } finally {
      await program.db("identity.User").update(MARTIN as never, { active: true })
    }
  })

  test("where one is logged in: device, network, when, how; without anything that opens a session", async () => {
    await program.provider.endSessions(ALICE)
    const { tokens, browser } = await logIn(program)
    const entries = await program.provider.sessions(ALICE)
    expect(entries).toEqual([
      {
        sid: claimsOf(tokens.access_token)["sid"],
        device: "Other browser",
        network: "127.0.0.1",
        createdAt: expect.any(String) as string,
        lastSeenAt: expect.any(String) as string,
        expiresAt: expect.any(String) as string,
        methods: ["pwd"],
      },
    ])
    expect(JSON.stringify(entries)).not.toContain(browser.cookie(COOKIE))
  })

  test("over TLS the cookies have names that only their own host can set", async () => {
    const { createProvider } = await import("../../src/oidc/provider.ts")
    const { createSecrets } = await import("@archipel/server")
    const { createServer } = await import("node:http")
    const provider = await createProvider({
      host: { ...program.host, url: "https://login.example" },
      secrets: createSecrets(Buffer.alloc(32, 7)),
      pages: plainPages,
      clients: [],
    })
    const server = createServer((incoming, outgoing) => void provider.handle(incoming, outgoing))
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
    try {
      const { port } = server.address() as { port: number }
      const { url } = await request(await configOf(program, "partner"), {
        redirect_uri: "https://partner.example/other",
        scope: "openid",
      })
      const response = await fetch(`http://127.0.0.1:${port}${url.slice(program.url.length)}`, { redirect: "manual" })
      const cookies = response.headers.getSetCookie()
      expect(cookies).toHaveLength(2)
      for (const cookie of cookies) expect(cookie).toMatch(/^__Secure-archipel-\w+=.*; secure.*/i)
      expect(response.headers.get("strict-transport-security")).toContain("max-age")
      expect(response.headers.get("location")).toMatch(/^\/account\/login\//)
    } finally {
      server.close()
      server.closeAllConnections()
      await provider.close()
    }
  })
})
