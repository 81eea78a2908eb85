import { createLocalJWKSet, jwtVerify, type JSONWebKeySet } from "jose"
import * as client from "openid-client"
import { afterAll, beforeAll, expect, test } from "vitest"
import {
  ALICE,
  Browser,
  claimsOf,
  configOf,
  headerOf,
  locationOf,
  logIn,
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

test("a first-party application logs in with a code, PKCE, nonce and state, and gets a token for one audience", async () => {
  const { tokens } = await logIn(program)
  expect(headerOf(tokens.access_token)).toMatchObject({ alg: "ES256", typ: "at+jwt" })
  const now = Math.floor(Date.now() / 1000)
  const claims = claimsOf(tokens.access_token)
  expect(claims).toMatchObject({
    iss: `${program.url}/oidc`,
    sub: ALICE,
    aud: "urn:archipel:gateway",
    client_id: "gateway",
    scope: "api",
    acr: "single",
    amr: ["pwd"],
    gv: 7,
    sid: expect.any(String) as string,
    jti: expect.any(String) as string,
  })
  expect(claims["exp"]).toBeLessThanOrEqual(now + 300)
  expect(Math.abs((claims["auth_time"] as number) - now)).toBeLessThan(30)
  expect(tokens.claims()).toMatchObject({ sub: ALICE, aud: "gateway", sid: claims["sid"] })
  expect(tokens.claims()).not.toHaveProperty("email")
  expect(tokens.claims()).not.toHaveProperty("name")
  expect(tokens.refresh_token).toEqual(expect.any(String))
})

test("refreshing gives a new token of the same login, for the same audience", async () => {
  const { tokens, config } = await logIn(program)
  const renewed = await client.refreshTokenGrant(config, tokens.refresh_token ?? "")
  const [before, after] = [claimsOf(tokens.access_token), claimsOf(renewed.access_token)]
  for (const claim of ["sub", "sid", "acr", "amr", "auth_time", "aud", "client_id", "scope"])
    expect(after[claim]).toEqual(before[claim])
  expect(after["jti"]).not.toBe(before["jti"])
})

test("tokens verify with the published keys, which have no private part", async () => {
  const { tokens, config } = await logIn(program)
  const keys = (await (await fetch(config.serverMetadata().jwks_uri ?? "")).json()) as JSONWebKeySet
  expect(keys).toEqual(JSON.parse(JSON.stringify(program.provider.keys())))
  for (const key of keys.keys) expect(Object.keys(key).sort()).toEqual(["alg", "crv", "kid", "kty", "use", "x", "y"])
  const { payload } = await jwtVerify(tokens.access_token, createLocalJWKSet(program.provider.keys()), {
    issuer: program.provider.issuer,
    audience: "urn:archipel:gateway",
    typ: "at+jwt",
  })
  expect(payload.sub).toBe(ALICE)
})

test("discovery says what there is, and nothing that there is not", async () => {
  const metadata = (await (await fetch(`${program.url}/oidc/.well-known/openid-configuration`)).json()) as Record<
    string,
    unknown
  >
  expect(metadata).toMatchObject({
    issuer: `${program.url}/oidc`,
    authorization_endpoint: `${program.url}/oidc/authorize`,
    token_endpoint: `${program.url}/oidc/token`,
    userinfo_endpoint: `${program.url}/oidc/userinfo`,
    end_session_endpoint: `${program.url}/oidc/logout`,
    jwks_uri: `${program.url}/oidc/jwks`,
    response_types_supported: ["code"],
    code_challenge_methods_supported: ["S256"],
    subject_types_supported: ["public"],
    id_token_signing_alg_values_supported: ["ES256"],
    authorization_response_iss_parameter_supported: true,
    backchannel_logout_supported: true,
    backchannel_logout_session_supported: true,
  })
  expect(metadata["token_endpoint_auth_methods_supported"]).toEqual(["none", "client_secret_basic", "private_key_jwt"])
  expect([...(metadata["grant_types_supported"] as string[])].sort()).toEqual([
    "authorization_code",
    "client_credentials",
    "refresh_token",
    "urn:ietf:params:oauth:grant-type:token-exchange",
  ])
  for (const name of [
    "registration_endpoint",
    "pushed_authorization_request_endpoint",
    "device_authorization_endpoint",
  ])
    expect(metadata).not.toHaveProperty(name)
})

test("an application of somebody else is agreed to, once, and gets no token for services by that", async () => {
  const { tokens, config, browser } = await logIn(program, { client: "partner" })
  // Opaque: it opens the user's own claims, and says nothing.
  expect(tokens.access_token.split(".")).toHaveLength(1)
  const claims = await client.fetchUserInfo(config, tokens.access_token, ALICE)
  expect(claims).toEqual({ sub: ALICE, name: "Alice", zoneinfo: "UTC", updated_at: expect.any(Number) as number })
  // What was agreed to is not asked for again.
  const again = await logIn(program, {
    client: "partner",
    browser,
    parameters: { prompt: "none", scope: "openid profile" },
  })
  expect(again.tokens.claims()?.sub).toBe(ALICE)
})

test("who does not agree is led back with access_denied", async () => {
  const config = await configOf(program, "partner")
  const { url, checks } = await request(config, {
    redirect_uri: "https://partner.example/callback?a=1",
    scope: "openid profile",
  })
  const browser = new Browser()
  await logIn(program, { browser })
  const back = new URL(locationOf(await through(program, browser, url, { cancel: "yes" })))
  expect(back.origin + back.pathname).toBe("https://partner.example/callback")
  expect(Object.fromEntries(back.searchParams)).toMatchObject({
    a: "1",
    error: "access_denied",
    state: checks.expectedState,
    iss: `${program.url}/oidc`,
  })
})

test("an application of somebody else gets tokens of a service only for what it may call, and only with consent", async () => {
  const config = await configOf(program, "partner")
  const ask = async (parameters: Record<string, string>, browser = new Browser()): Promise<URL> => {
    const { url } = await request(config, { redirect_uri: "https://partner.example/other", ...parameters })
    return new URL(locationOf(await through(program, browser, url)))
  }
  const forbidden = await ask({ scope: "openid api", resource: "urn:archipel:gateway" })
  expect(forbidden.searchParams.get("error")).toBe("invalid_target")
  const unknown = await ask({ scope: "openid api", resource: "urn:archipel:nothing" })
  expect(unknown.searchParams.get("error")).toBe("invalid_target")
  const unasked = await ask({ scope: "openid", resource: "urn:archipel:identity" })
  expect(unasked.searchParams.get("error")).toBe("invalid_scope")
  const browser = new Browser()
  await logIn(program, { browser })
  const silent = await ask({ scope: "openid api", resource: "urn:archipel:identity", prompt: "none" }, browser)
  expect(silent.searchParams.get("error")).toBe("consent_required")

  const login = await request(config, {
    redirect_uri: "https://partner.example/other",
    scope: "openid api",
    resource: "urn:archipel:identity",
  })
  const back = new URL(locationOf(await through(program, browser, login.url)))
  const tokens = await client.authorizationCodeGrant(config, back, login.checks, { resource: "urn:archipel:identity" })
  expect(claimsOf(tokens.access_token)).toMatchObject({
    aud: "urn:archipel:identity",
    scope: "api",
    client_id: "partner",
  })
})

test("a program works in its own name with its own roles: there is no user in its token", async () => {
  const account = await program.db("identity.ServiceAccount").create({ name: "Nightly import" })
  await program.db("identity.Client").create({
    clientId: "import",
    name: "Nightly import",
    kind: "service",
    secretHash: (await import("../../src/oidc/clients.ts")).secretHash("import-secret-0123456789012345"),
    mayCall: ["identity"] as never,
    serviceAccount: account.id,
  })
  const credentials = ["import", "import-secret-0123456789012345"] as const
  const ask = (resource: string | undefined) =>
    tokenRequest(program, { grant_type: "client_credentials", ...(resource ? { resource } : {}) }, credentials)
  const answer = (await (await ask("urn:archipel:identity")).json()) as { access_token: string; refresh_token?: string }
  const claims = claimsOf(answer.access_token)
  expect(claims).toMatchObject({
    sub: `svc:${account.id}`,
    aud: "urn:archipel:identity",
    client_id: "import",
    scope: "api",
  })
  for (const claim of ["sid", "acr", "amr", "gv", "act", "auth_time"]) expect(claims).not.toHaveProperty(claim)
  expect(answer).not.toHaveProperty("refresh_token")
  for (const resource of [undefined, "urn:archipel:gateway", "urn:archipel:nothing", "https://example.com/"])
    expect(await (await ask(resource)).json()).toMatchObject({ error: "invalid_target" })
  await program.db("identity.ServiceAccount").update(account.id, { active: false })
  expect(await (await ask("urn:archipel:identity")).json()).toMatchObject({ error: "invalid_request" })
})

test("a client that is switched off is one that does not exist", async () => {
  const { id } = await program.db("identity.Client").create({
    clientId: "gone",
    name: "Gone",
    kind: "web",
    redirectUris: ["https://gone.example/"] as never,
    secretHash: "x",
    active: false,
  })
  const response = await new Browser().go(
    `${program.url}/oidc/authorize?client_id=gone&response_type=code&redirect_uri=${encodeURIComponent("https://gone.example/")}`,
  )
  expect(response.status).toBe(400)
  expect(response.headers.get("location")).toBeNull()
  await program.db("identity.Client").delete(id)
})

test("a user who may not log in any more gets no token from a refresh token that is still there", async () => {
  const { tokens, config } = await logIn(program)
  const user = program.db("identity.User")
  await user.update(ALICE as never, { active: false })
  try {
    await expect(client.refreshTokenGrant(config, tokens.refresh_token ?? "")).rejects.toMatchObject({
      error: "invalid_grant",
    })
  } finally {
    await user.update(ALICE as never, { active: true })
  }
})

test("introspection and revocation are for one's own tokens", async () => {
  const { tokens, config } = await logIn(program)
  const refreshToken = tokens.refresh_token ?? ""
  expect(await client.tokenIntrospection(config, refreshToken)).toMatchObject({ active: true, sub: ALICE })
  const partner = ["partner", PARTNER_SECRET] as const
  const foreign = await tokenRequest(program, { token: refreshToken }, partner, "/oidc/introspect")
  expect(await foreign.json()).toEqual({ active: false })
  const theft = await tokenRequest(program, { token: refreshToken }, partner, "/oidc/revoke")
  expect(theft.status).toBe(400)
  await client.refreshTokenGrant(config, refreshToken).then((renewed) =>
    client.tokenRevocation(config, renewed.refresh_token ?? "").then(() =>
      expect(client.refreshTokenGrant(config, renewed.refresh_token ?? "")).rejects.toMatchObject({
        error: "invalid_grant",
      }),
    ),
  )
})
