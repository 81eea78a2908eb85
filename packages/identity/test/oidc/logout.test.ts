import { createLocalJWKSet, jwtVerify } from "jose"
import * as client from "openid-client"
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest"
import {
  ALICE,
  Browser,
  claimsOf,
  locationOf,
  logIn,
  type Login,
  MARTIN,
  type ProtocolProgram,
  protocolProgram,
} from "./protocol-program.ts"

let program: ProtocolProgram
beforeAll(async () => {
  program = await protocolProgram()
})
beforeEach(() => {
  ;(program.logouts as string[]).length = 0
  program.backchannelStatus = 200
})
afterAll(() => program[Symbol.asyncDispose]())

const endUrl = ({ config, tokens }: Login, parameters: Record<string, string> = {}): string =>
  client.buildEndSessionUrl(config, { id_token_hint: tokens.id_token ?? "", ...parameters }).href

/** Answers the question whether to log out. */
async function answer(
  browser: Browser,
  page: Response,
  fields: Record<string, string> = { logout: "yes" },
): Promise<Response> {
  const text = await page.text()
  const action = /action="([^"]+)"/.exec(text)?.[1] ?? ""
  const xsrf = /name="xsrf" value="([^"]+)"/.exec(text)?.[1] ?? ""
  return browser.post(action.replaceAll("&amp;", "&"), { xsrf, ...fields })
}

const isRefused = async ({ config, tokens }: Login): Promise<boolean> =>
  client.refreshTokenGrant(config, tokens.refresh_token ?? "").then(
    () => false,
    (error: { error?: string }) => error.error === "invalid_grant",
  )

describe("T22 ends of logins", () => {
  test("logging out ends the session and its refresh tokens, and tells the clients", async () => {
    const login = await logIn(program)
    const sid = claimsOf(login.tokens.access_token)["sid"]
    const page = await login.browser.go(endUrl(login, { post_logout_redirect_uri: `${program.url}/`, state: "s-1" }))
    expect(page.status).toBe(200)
    const done = await answer(login.browser, page)
    expect(locationOf(done)).toBe(`${program.url}/?state=s-1`)
    expect(login.browser.cookie("archipel-login")).toBeUndefined()
    expect(await isRefused(login)).toBe(true)
    await expect(logIn(program, { browser: login.browser, parameters: { prompt: "none" } })).rejects.toMatchObject({
      error: "login_required",
    })

    expect(program.logouts).toHaveLength(1)
    const { payload, protectedHeader } = await jwtVerify(
      program.logouts[0] ?? "",
      createLocalJWKSet(program.provider.keys()),
      {
        issuer: program.provider.issuer,
        audience: "gateway",
      },
    )
    expect(protectedHeader).toMatchObject({ alg: "ES256", typ: "logout+jwt" })
    expect(payload).toMatchObject({
      sub: ALICE,
      sid,
      events: { "http://schemas.openid.net/event/backchannel-logout": {} },
      jti: expect.any(String) as string,
      iat: expect.any(Number) as number,
      exp: expect.any(Number) as number,
    })
    expect(payload).not.toHaveProperty("nonce")
    const [row] = await program.db("identity.Session").find({ select: ["endedAt"], where: { sid: String(sid) } })
    expect(row?.endedAt).not.toBeNull()
  })

  test("who stays logged in keeps the session", async () => {
    const login = await logIn(program)
    const stayed = await answer(login.browser, await login.browser.go(endUrl(login)), {})
    expect(stayed.status).toBe(303)
    const again = await logIn(program, { browser: login.browser, parameters: { prompt: "none" } })
    expect(again.tokens.claims()?.sub).toBe(ALICE)
  })

  test("a forged answer logs nobody out", async () => {
    const login = await logIn(program)
    for (const fields of [{ logout: "yes" }, { logout: "yes", xsrf: "0".repeat(48) }] as Record<string, string>[]) {
      const response = await login.browser.post(`${program.url}/oidc/logout/confirm`, fields)
      expect(response.status).toBe(400)
    }
    await login.browser.go(endUrl(login))
    expect(
      (await login.browser.post(`${program.url}/oidc/logout/confirm`, { logout: "yes", xsrf: "wrong" })).status,
    ).toBe(400)
    expect(await isRefused(login)).toBe(false)
  })

  describe("after a logout nobody is sent where it was not registered", () => {
    const targets: readonly string[] = [
      "https://evil.example/",
      "//evil.example/",
      "javascript:alert(1)",
      "https://partner.example/bye",
    ]
    for (const target of [...targets, "suffix", "port", "userinfo", "fragment", "encoded"])
      test(target, async () => {
        const login = await logIn(program)
        const base = `${program.url}/`
        const uri =
          {
            suffix: `${base}evil`,
            port: base.replace(/:\d+\//, ":1/"),
            userinfo: base.replace("://", "://x@"),
            fragment: `${base}#x`,
            encoded: `${base}%2e`,
          }[target] ?? target
        const response = await login.browser.go(endUrl(login, { post_logout_redirect_uri: uri }))
        expect(response.status).toBe(400)
        expect(await response.text()).not.toContain("evil.example")
        expect(await isRefused(login)).toBe(false)
      })

    test("without saying for whom", async () => {
      const browser = new Browser()
      await logIn(program, { browser })
      const page = await browser.go(
        `${program.url}/oidc/logout?post_logout_redirect_uri=${encodeURIComponent("https://evil.example/")}`,
      )
      const done = await answer(browser, page)
      expect(locationOf(done)).toBe(`${program.url}/oidc/logout/success`)
      const last = await browser.go(locationOf(done))
      expect(await last.text()).toContain("You are logged out")
    })

    test("with a made-up ID token", async () => {
      const login = await logIn(program)
      const parts = (login.tokens.id_token ?? "").split(".")
      for (const hint of [
        `${parts[0]}.${parts[1]}.${"A".repeat(86)}`,
        "x.y.z",
        `${Buffer.from('{"alg":"none"}').toString("base64url")}.${parts[1]}.`,
      ])
        expect((await login.browser.go(`${program.url}/oidc/logout?id_token_hint=${hint}`)).status).toBe(400)
    })
  })

  test("the page of a logout may send its form only to where the logout leads", async () => {
    const { browser, config, tokens } = await logIn(program, { client: "partner" })
    const url = client.buildEndSessionUrl(config, {
      id_token_hint: tokens.id_token ?? "",
      post_logout_redirect_uri: "https://partner.example/bye",
    })
    const page = await browser.go(url.href)
    expect(page.headers.get("content-security-policy")).toMatch(/form-action 'self' https:\/\/partner\.example(?:;|$)/)
    const text = await page.text()
    expect(text).toContain("Partner &lt;b&gt;GmbH")
    expect(text).not.toContain("<script")
  })

  test("a client that does not answer a logout does not keep it from happening, and the log says so", async () => {
    const login = await logIn(program)
    program.backchannelStatus = 500
    const done = await answer(login.browser, await login.browser.go(endUrl(login)))
    expect(done.status).toBe(303)
    expect(await isRefused(login)).toBe(true)
    expect(program.log.join("")).toContain("a client was not told of a logout")
  })

  test("everywhere else: all other sessions of a user end at once, and nobody else's", async () => {
    const [here, there, elsewhere, other] = [
      await logIn(program),
      await logIn(program),
      await logIn(program, { client: "partner" }),
      await logIn(program, { fields: { user: MARTIN } }),
    ]
    const own = String(claimsOf(here.tokens.access_token)["sid"])
    const before = await program.provider.sessions(ALICE)
    expect(before.map(({ sid }) => sid)).toContain(own)
    const count = await program.provider.endSessions(ALICE, own)
    expect(count).toBe(before.length - 1)
    expect((await program.provider.sessions(ALICE)).map(({ sid }) => sid)).toEqual([own])
    expect(await isRefused(there)).toBe(true)
    // Also what was granted for longer than a session.
    expect(await isRefused(elsewhere)).toBe(true)
    expect(await isRefused(here)).toBe(false)
    expect(await isRefused(other)).toBe(false)
    const told = program.logouts.map((token) => claimsOf(token)["sid"])
    expect(told).toContain(claimsOf(there.tokens.access_token)["sid"])
    expect(told).not.toContain(own)
  })

  test("everywhere: no session is left, and a request under way does not bring one back", async () => {
    const logins = await Promise.all([1, 2, 3].map(() => logIn(program)))
    const racing = logins.map(({ browser }) =>
      logIn(program, { browser, parameters: { prompt: "none" } }).catch(() => undefined),
    )
    await program.provider.endSessions(ALICE)
    await Promise.all(racing)
    await program.provider.endSessions(ALICE)
    expect(await program.provider.sessions(ALICE)).toEqual([])
    for (const login of logins) {
      expect(await isRefused(login)).toBe(true)
      await expect(logIn(program, { browser: login.browser, parameters: { prompt: "none" } })).rejects.toThrow()
    }
  })

  test("what is ended is in the history of the session's record", async () => {
    const login = await logIn(program)
    const sid = String(claimsOf(login.tokens.access_token)["sid"])
    await program.provider.endSession(sid)
    const { rows } = await program.host.database.query(
      {
        text: `select operation, reason from archipel.history where model = 'identity.Session'
and record_id = (select id from sessions where sid = $1) order by id`,
      },
      [sid],
    )
    expect(rows).toEqual([
      { operation: "create", reason: "logged in" },
      { operation: "update", reason: "logged out" },
    ])
  })
})
