/**
 * The items of the OpenID Foundation's conformance plans "oidcc-basic", "oidcc-rp-initiated-logout" and
 * "oidcc-backchannel-rp-initiated-logout", as far as there is what they ask for, under their names.
 *
 * Not here: other response types than code, `client_secret_post` and `client_secret_jwt`, request objects, dynamic registration, front-channel
 * logout; the provider does not offer them, and says so in its metadata, which `what is not offered` holds it to.
 *
 * @module
 */
import { createLocalJWKSet, jwtVerify } from "jose"
import * as client from "openid-client"
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest"
import {
  ALICE,
  Browser,
  claimsOf,
  configOf,
  headerOf,
  locationOf,
  logIn,
  type Login,
  MARTIN,
  PARTNER_SECRET,
  type ProtocolProgram,
  protocolProgram,
  request,
  through,
  tokenRequest,
} from "./protocol-program.ts"

let program: ProtocolProgram
beforeAll(async () => {
  program = await protocolProgram()
})
afterAll(() => program[Symbol.asyncDispose]())

const callback = (): string => `${program.url}/auth/callback`
const redirectUri = "https://partner.example/other"
const partner = ["partner", PARTNER_SECRET] as const

/** A login without a service's token: what it gives is for the user's claims. */
const plain = async (parameters: Record<string, string> = {}, browser = new Browser()): Promise<Login> => {
  const config = await configOf(program, "partner")
  const { url, checks } = await request(config, { redirect_uri: redirectUri, scope: "openid", ...parameters })
  const back = new URL(locationOf(await through(program, browser, url)))
  return { config, browser, tokens: await client.authorizationCodeGrant(config, back, checks) }
}

/** The answer to an authorization request in the browser, without anybody doing anything. */
async function answerOf(browser: Browser, parameters: Record<string, string>): Promise<URLSearchParams | string> {
  const { url } = await request(await configOf(program), { redirect_uri: callback(), scope: "openid", ...parameters })
  const next = locationOf(await browser.go(url))
  return next.startsWith(callback()) ? new URL(next).searchParams : new URL(next).pathname
}

const userinfo = (token: string, init: RequestInit = {}): Promise<Response> =>
  fetch(`${program.url}/oidc/userinfo`, { headers: { authorization: `Bearer ${token}` }, ...init })

describe("oidcc-basic-certification-test-plan", () => {
  test("oidcc-server", async () => {
    const { tokens } = await plain({ scope: "openid" })
    const claims = tokens.claims()
    expect(claims).toMatchObject({ iss: program.provider.issuer, sub: ALICE, aud: "partner" })
    expect(claims?.exp).toBeGreaterThan(claims?.iat ?? 0)
    expect(tokens.token_type.toLowerCase()).toBe("bearer")
    expect(tokens.access_token).toMatch(/^[\w-]{43,}$/)
  })
  test("oidcc-response-type-missing", async () => {
    const { url } = await request(await configOf(program), { redirect_uri: callback(), scope: "openid" })
    const without = new URL(url)
    without.searchParams.delete("response_type")
    const back = new URL(locationOf(await new Browser().go(without.href)))
    expect(back.searchParams.get("error")).toBe("invalid_request")
  })
  test("oidcc-userinfo-get", async () => {
    const { tokens } = await plain()
    expect(await (await userinfo(tokens.access_token)).json()).toEqual({ sub: ALICE })
  })
  test("oidcc-userinfo-post-header", async () => {
    const { tokens } = await plain()
    expect(
      await (
        await userinfo(tokens.access_token, {
          method: "POST",
          headers: { authorization: `Bearer ${tokens.access_token}` },
        })
      ).json(),
    ).toEqual({ sub: ALICE })
  })
  test("oidcc-userinfo-post-body", async () => {
    const { tokens } = await plain()
    const response = await userinfo("", {
      method: "POST",
      headers: {},
      body: new URLSearchParams({ access_token: tokens.access_token }),
    })
    expect(await response.json()).toEqual({ sub: ALICE })
  })
  test("oidcc-ensure-request-without-nonce-succeeds-for-code-flow", async () => {
    const config = await configOf(program)
    const { url, checks } = await request(config, { redirect_uri: callback(), scope: "openid" })
    const without = new URL(url)
    without.searchParams.delete("nonce")
    const back = await through(program, new Browser(), without.href)
    const { expectedNonce: _, ...rest } = checks
    const tokens = await client.authorizationCodeGrant(config, new URL(locationOf(back)), rest)
    expect(tokens.claims()).not.toHaveProperty("nonce")
  })
  test("oidcc-scope-profile, oidcc-scope-email, oidcc-scope-all", async () => {
    const profile = { name: "Alice", zoneinfo: "UTC", updated_at: expect.any(Number) as number }
    const email = { email: "alice@example.com", email_verified: true }
    for (const [scope, claims] of [
      ["openid profile", profile],
      ["openid email", email],
      ["openid profile email", { ...profile, ...email }],
    ] as const) {
      const { tokens } = await plain({ scope })
      expect(await (await userinfo(tokens.access_token)).json()).toEqual({ sub: ALICE, ...claims })
    }
  })
  test("oidcc-ensure-other-scope-order-succeeds", async () => {
    const { tokens } = await plain({ scope: "email openid" })
    expect(await (await userinfo(tokens.access_token)).json()).toMatchObject({ email: "alice@example.com" })
  })
  test("oidcc-display-page, oidcc-display-popup", async () => {
    for (const display of ["page", "popup"]) expect((await plain({ display })).tokens.claims()?.sub).toBe(ALICE)
  })
  test("oidcc-prompt-login", async () => {
    const { browser, tokens } = await logIn(program)
    expect(await answerOf(browser, { prompt: "login" })).toMatch(/^\/account\/login\//)
    const later = Date.now() + 5_000
    vi.useFakeTimers({ toFake: ["Date"], now: later })
    try {
      const again = await logIn(program, { browser, parameters: { prompt: "login" } })
      expect(claimsOf(again.tokens.id_token ?? "")["auth_time"]).toBeGreaterThan(
        claimsOf(tokens.access_token)["auth_time"] as number,
      )
    } finally {
      vi.useRealTimers()
    }
  })
  test("oidcc-prompt-none-not-logged-in", async () => {
    const answer = await answerOf(new Browser(), { prompt: "none" })
    expect((answer as URLSearchParams).get("error")).toBe("login_required")
  })
  test("oidcc-prompt-none-logged-in", async () => {
    const { browser, tokens } = await logIn(program)
    const again = await logIn(program, { browser, parameters: { prompt: "none" } })
    expect(again.tokens.claims()?.sub).toBe(tokens.claims()?.sub)
    expect(claimsOf(again.tokens.access_token)["auth_time"]).toBe(claimsOf(tokens.access_token)["auth_time"])
  })
  test("oidcc-max-age-1", async () => {
    const { browser, tokens } = await logIn(program)
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 3_000 })
    try {
      expect(await answerOf(browser, { max_age: "1" })).toMatch(/^\/account\/login\//)
      const again = await logIn(program, { browser, parameters: { max_age: "1" } })
      const [before, after] = [claimsOf(tokens.access_token), claimsOf(again.tokens.id_token ?? "")]
      expect(after["auth_time"]).toBeGreaterThan(before["auth_time"] as number)
    } finally {
      vi.useRealTimers()
    }
  })
  test("oidcc-max-age-10000", async () => {
    const { browser, tokens } = await logIn(program)
    const again = await logIn(program, { browser, parameters: { max_age: "10000" } })
    const claims = claimsOf(again.tokens.id_token ?? "")
    expect(claims["auth_time"]).toBe(claimsOf(tokens.access_token)["auth_time"])
  })
  test("oidcc-ensure-request-with-unknown-parameter-succeeds", async () => {
    expect((await plain({ extra: "foobar" })).tokens.claims()?.sub).toBe(ALICE)
  })
  test("oidcc-id-token-hint", async () => {
    const { browser, tokens } = await logIn(program)
    const again = await logIn(program, {
      browser,
      parameters: { prompt: "none", id_token_hint: tokens.id_token ?? "" },
    })
    expect(again.tokens.claims()?.sub).toBe(ALICE)
    const other = await logIn(program, { fields: { user: MARTIN } })
    const answer = await answerOf(browser, { prompt: "none", id_token_hint: other.tokens.id_token ?? "" })
    expect((answer as URLSearchParams).get("error")).toBe("login_required")
  })
  test("oidcc-login-hint", async () => {
    const browser = new Browser()
    const { url } = await request(await configOf(program), {
      redirect_uri: callback(),
      scope: "openid",
      login_hint: "bob@example.com",
    })
    const details = (await (await browser.go(locationOf(await browser.go(url)))).json()) as { loginHint: string }
    expect(details.loginHint).toBe("bob@example.com")
  })
  test("oidcc-ui-locales, oidcc-claims-locales", async () => {
    const browser = new Browser()
    const { url } = await request(await configOf(program), {
      redirect_uri: callback(),
      scope: "openid",
      ui_locales: "fr de",
      claims_locales: "se",
    })
    const details = (await (await browser.go(locationOf(await browser.go(url)))).json()) as { uiLocales: string[] }
    expect(details.uiLocales).toEqual(["fr", "de"])
  })
  test("oidcc-ensure-request-with-acr-values-succeeds", async () => {
    const { tokens } = await plain({ acr_values: "1 2" })
    expect(tokens.claims()?.sub).toBe(ALICE)
    const strong = await logIn(program, { parameters: { acr_values: "mfa" }, fields: { mfa: "yes" } })
    expect(claimsOf(strong.tokens.id_token ?? "")).toMatchObject({ acr: "mfa", amr: ["pwd", "otp", "mfa"] })
  })
  test("oidcc-codereuse", async () => {
    const config = await configOf(program)
    const { url, checks } = await request(config, { redirect_uri: callback(), scope: "openid" })
    const back = new URL(locationOf(await through(program, new Browser(), url)))
    await client.authorizationCodeGrant(config, back, checks)
    await expect(client.authorizationCodeGrant(config, back, checks)).rejects.toMatchObject({ error: "invalid_grant" })
  })
  test("oidcc-codereuse-30seconds", async () => {
    const config = await configOf(program, "partner")
    const { url, checks } = await request(config, { redirect_uri: redirectUri, scope: "openid" })
    const back = new URL(locationOf(await through(program, new Browser(), url)))
    const tokens = await client.authorizationCodeGrant(config, back, checks)
    expect((await userinfo(tokens.access_token)).status).toBe(200)
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 30_000 })
    try {
      await expect(client.authorizationCodeGrant(config, back, checks)).rejects.toMatchObject({
        error: "invalid_grant",
      })
      expect((await userinfo(tokens.access_token)).status).toBe(401)
    } finally {
      vi.useRealTimers()
    }
  })
  test("oidcc-ensure-registered-redirect-uri", async () => {
    const { url } = await request(await configOf(program), { redirect_uri: `${callback()}/nope`, scope: "openid" })
    const response = await new Browser().go(url)
    expect([response.status, response.headers.get("location")]).toEqual([400, null])
  })
  test("oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported", async () => {
    const object = `${Buffer.from('{"alg":"none"}').toString("base64url")}.${Buffer.from('{"scope":"openid"}').toString("base64url")}.`
    expect(((await answerOf(new Browser(), { request: object })) as URLSearchParams).get("error")).toBe(
      "request_not_supported",
    )
    const remote = await answerOf(new Browser(), { request_uri: "https://evil.example/object" })
    expect((remote as URLSearchParams).get("error")).toBe("request_uri_not_supported")
  })
  test("oidcc-claims-essential", async () => {
    const { tokens } = await plain({ claims: JSON.stringify({ userinfo: { name: { essential: true } } }) })
    expect(await (await userinfo(tokens.access_token)).json()).toMatchObject({ sub: ALICE, name: "Alice" })
  })
  test("oidcc-claims-essential: an essential acr that was not reached is asked for", async () => {
    const { browser } = await logIn(program)
    const claims = JSON.stringify({ id_token: { acr: { essential: true, value: "mfa" } } })
    const answer = await answerOf(browser, { prompt: "none", claims })
    expect((answer as URLSearchParams).get("error")).toBe("login_required")
  })
  test("oidcc-refresh-token", async () => {
    const { tokens, config } = await logIn(program, { client: "partner" })
    const renewed = await client.refreshTokenGrant(config, tokens.refresh_token ?? "")
    expect(renewed.claims()).toMatchObject({ sub: ALICE, aud: "partner", iss: program.provider.issuer })
    expect(renewed.access_token).not.toBe(tokens.access_token)
    expect(renewed.refresh_token).not.toBe(tokens.refresh_token)
  })
  test("oidcc-refresh-token: of another client it is refused", async () => {
    const { tokens } = await logIn(program)
    const fields = { grant_type: "refresh_token", refresh_token: tokens.refresh_token ?? "" }
    expect(await (await tokenRequest(program, fields, partner)).json()).toMatchObject({ error: "invalid_grant" })
    expect((await tokenRequest(program, fields)).status).toBe(200)
  })
  test("oidcc-server-client-secret-post: not offered", async () => {
    const { tokens } = await logIn(program, { client: "partner" })
    const response = await tokenRequest(
      program,
      {
        grant_type: "refresh_token",
        refresh_token: tokens.refresh_token ?? "",
        client_id: "partner",
        client_secret: PARTNER_SECRET,
      },
      null,
    )
    expect([400, 401]).toContain(response.status)
  })
  test("what is not offered", async () => {
    const metadata = (await configOf(program)).serverMetadata()
    expect(metadata.response_types_supported).toEqual(["code"])
    expect(metadata["request_parameter_supported"]).not.toBe(true)
    expect(metadata["request_uri_parameter_supported"]).not.toBe(true)
    expect(metadata["frontchannel_logout_supported"]).not.toBe(true)
    expect(metadata.registration_endpoint).toBeUndefined()
    for (const path of ["reg", "device/auth", "request", "backchannel", "challenge"])
      expect((await fetch(`${program.url}/oidc/${path}`, { method: "POST" })).status).toBe(404)
  })
})

describe("oidcc-config-certification-test-plan", () => {
  test("oidcc-discovery-endpoint-verification", async () => {
    const metadata = (await configOf(program)).serverMetadata()
    expect(metadata.issuer).toBe(`${program.url}/oidc`)
    for (const claim of ["sub", "iss", "auth_time", "acr", "sid", "name", "email"])
      expect(metadata["claims_supported"]).toContain(claim)
  })
  test("oidcc-server-rotate-keys: every key has an id, and tokens name theirs", async () => {
    const { tokens } = await logIn(program)
    const kids = program.provider.keys().keys.map(({ kid }) => kid)
    expect(kids).toContain(headerOf(tokens.id_token ?? "")["kid"])
  })
})

describe("oidcc-rp-initiated-logout-certification-test-plan", () => {
  const confirm = async (browser: Browser, parameters: Record<string, string>): Promise<Response> => {
    const page = await browser.go(`${program.url}/oidc/logout?${new URLSearchParams(parameters).toString()}`)
    if (page.status !== 200) return page
    const text = await page.text()
    const action = /action="([^"]+)"/.exec(text)?.[1] ?? ""
    return browser.post(action, { xsrf: /name="xsrf" value="([^"]+)"/.exec(text)?.[1] ?? "", logout: "yes" })
  }
  const own = (login: Login): Record<string, string> => ({ id_token_hint: login.tokens.id_token ?? "" })

  test("oidcc-rp-initiated-logout", async () => {
    const login = await logIn(program)
    const done = await confirm(login.browser, {
      ...own(login),
      post_logout_redirect_uri: `${program.url}/`,
      state: "abc",
    })
    expect(locationOf(done)).toBe(`${program.url}/?state=abc`)
    expect(((await answerOf(login.browser, { prompt: "none" })) as URLSearchParams).get("error")).toBe("login_required")
  })
  test("oidcc-rp-initiated-logout-no-state", async () => {
    const login = await logIn(program)
    const done = await confirm(login.browser, { ...own(login), post_logout_redirect_uri: `${program.url}/` })
    expect(locationOf(done)).toBe(`${program.url}/`)
  })
  test("oidcc-rp-initiated-logout-no-params", async () => {
    const { browser } = await logIn(program)
    expect(locationOf(await confirm(browser, {}))).toBe(`${program.url}/oidc/logout/success`)
    expect(((await answerOf(browser, { prompt: "none" })) as URLSearchParams).get("error")).toBe("login_required")
  })
  test("oidcc-rp-initiated-logout-no-post-logout-redirect-uri", async () => {
    const login = await logIn(program)
    expect(locationOf(await confirm(login.browser, own(login)))).toBe(`${program.url}/oidc/logout/success`)
  })
  test("oidcc-rp-initiated-logout-bad-post-logout-redirect-uri", async () => {
    const login = await logIn(program)
    const done = await confirm(login.browser, { ...own(login), post_logout_redirect_uri: "https://evil.example/" })
    expect([done.status, done.headers.get("location")]).toEqual([400, null])
  })
  test("oidcc-rp-initiated-logout-query-added-to-post-logout-redirect-uri", async () => {
    const login = await logIn(program)
    const done = await confirm(login.browser, { ...own(login), post_logout_redirect_uri: `${program.url}/?x=1` })
    expect([done.status, done.headers.get("location")]).toEqual([400, null])
  })
  test("oidcc-rp-initiated-logout-modified-id-token-hint", async () => {
    const login = await logIn(program)
    const parts = (login.tokens.id_token ?? "").split(".")
    const claims = { ...claimsOf(login.tokens.id_token ?? ""), sub: MARTIN }
    const forged = `${parts[0]}.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.${parts[2]}`
    const done = await confirm(login.browser, { id_token_hint: forged, post_logout_redirect_uri: `${program.url}/` })
    expect(done.status).toBe(400)
  })
  test("oidcc-rp-initiated-logout-no-id-token-hint, oidcc-rp-initiated-logout-only-state", async () => {
    for (const parameters of [{ post_logout_redirect_uri: `${program.url}/` }, { state: "abc" }] as Record<
      string,
      string
    >[]) {
      const { browser } = await logIn(program)
      expect(locationOf(await confirm(browser, parameters))).toBe(`${program.url}/oidc/logout/success`)
    }
  })
})

describe("oidcc-backchannel-rp-initiated-logout-certification-test-plan", () => {
  test("oidcc-backchannel-rp-initiated-logout: the logout token is what the specification says", async () => {
    ;(program.logouts as string[]).length = 0
    const login = await logIn(program)
    const sid = claimsOf(login.tokens.id_token ?? "")["sid"]
    await program.provider.endSession(String(sid))
    expect(program.logouts).toHaveLength(1)
    const token = program.logouts[0] ?? ""
    const { payload } = await jwtVerify(token, createLocalJWKSet(program.provider.keys()), {
      issuer: program.provider.issuer,
      audience: "gateway",
      typ: "logout+jwt",
      maxTokenAge: "2m",
    })
    expect(Object.keys(payload).sort()).toEqual(["aud", "events", "exp", "iat", "iss", "jti", "sid", "sub"])
    expect(payload["events"]).toEqual({ "http://schemas.openid.net/event/backchannel-logout": {} })
    expect(payload["sid"]).toBe(sid)
  })
})
