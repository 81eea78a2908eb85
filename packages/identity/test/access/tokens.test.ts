import { createHmac, generateKeyPairSync, randomUUID } from "node:crypto"
import { exportJWK, SignJWT } from "jose"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { bearer, directoryProgram, type DirectoryProgram, SECRET, users } from "./directory-program.ts"

let program: DirectoryProgram
let sid: string
beforeAll(async () => {
  program = await directoryProgram()
  sid = await program.login(users.clara)
})
afterAll(() => program?.[Symbol.asyncDispose]())

const COUNTRIES = "/api/crm/countries"
const ask = (token: string, path = COUNTRIES) => program.ask(path, bearer(token))
const whole = (claims: Readonly<Record<string, unknown>> = {}, header?: Readonly<Record<string, unknown>>) =>
  program.token({ sub: users.clara, sid, ...claims }, header)

describe("T20 an access token", () => {
  test("lets its user in, again and again", async () => {
    const token = await whole()
    expect((await ask(token)).status).toBe(200)
    expect((await ask(token)).status).toBe(200)
    expect((await ask(token, "/api/crm/customers")).status).toBe(200)
  })

  test("for one service is taken there and nowhere else", async () => {
    const token = await whole({ aud: "urn:archipel:crm" })
    expect((await ask(token)).status).toBe(200)
    for (const path of ["/api/identity/users", "/api/openapi.json", "/api/$ui"])
      expect((await ask(token, path)).json).toMatchObject({ code: "auth.invalid" })
  })

  const seconds = (): number => Math.floor(Date.now() / 1_000)
  const wrong: readonly (readonly [string, () => Promise<string>])[] = [
    ["of another issuer", () => whole({ iss: "https://example.com/oidc" })],
    ["for nobody here", () => whole({ aud: "urn:archipel:nowhere" })],
    ["for an application", () => whole({ aud: "gateway" })],
    ["for several", () => whole({ aud: ["urn:archipel:gateway", "urn:archipel:crm"] })],
    ["for one, as a list", () => whole({ aud: ["urn:archipel:gateway"] })],
    ["without an audience", () => whole({ aud: undefined })],
    ["without a subject", () => whole({ sub: undefined })],
    ["without a client", () => whole({ client_id: undefined })],
    ["without an end", () => whole({ exp: undefined })],
    ["without a beginning", () => whole({ iat: undefined })],
    ["of nobody", () => whole({ sub: randomUUID() })],
    ["of something that is no id", () => whole({ sub: "' or true --" })],
    ["of somebody else's login", () => whole({ sub: users.alice })],
    ["of no login at all", () => whole({ sid: undefined })],
    ["of no login that there is", () => whole({ sid: "made-up" })],
    ["made in a minute", () => whole({ iat: seconds() + 60 })],
    ["valid in a minute", () => whole({ nbf: seconds() + 60 })],
    ["of another type: ID token", () => whole({}, { typ: "JWT" })],
    ["of another type: logout token", () => whole({}, { typ: "logout+jwt" })],
    ["without a type", () => whole({}, { typ: undefined })],
    ["with a critical extension", () => whole({ x: 1 }, { crit: ["b64"], b64: true })],
    ["that says where its key is", () => whole({}, { jku: "https://example.com/jwks" })],
    ["that says where its certificate is", () => whole({}, { x5u: "https://example.com/cert" })],
    ["with a key id that is a path", () => whole({}, { kid: "../../../../dev/null" })],
    ["with a key id that is SQL", () => whole({}, { kid: "x' union select '1" })],
    ["without a key id", () => whole({}, { kid: undefined })],
    ["with an actor that is none", () => whole({ act: "crm" })],
    ["with an actor without a name", () => whole({ act: {} })],
    ["with an actor that is no client", () => whole({ act: { sub: "nobody" } })],
    ["with a version that is none", () => whole({ gv: "1e9" })],
    [
      "with another signature",
      async () => {
        const [head, body] = (await whole()).split(".")
        const [, , signature] = (await whole({ jti: "another" })).split(".")
        return `${head}.${body}.${signature}`
      },
    ],
    ["without a signature", async () => `${(await whole()).split(".").slice(0, 2).join(".")}.`],
    [
      "with alg none",
      async () => {
        const [, body] = (await whole()).split(".")
        return `${Buffer.from('{"alg":"none","typ":"at+jwt"}').toString("base64url")}.${body}.`
      },
    ],
    [
      "signed with the public key as a secret",
      async () => {
        const [, body] = (await whole()).split(".")
        const { json } = await program.ask("/oidc/jwks", { as: null })
        const key = json.keys[0]
        const head = Buffer.from(JSON.stringify({ alg: "HS256", typ: "at+jwt", kid: key.kid })).toString("base64url")
        const signature = createHmac("sha256", JSON.stringify(key)).update(`${head}.${body}`).digest("base64url")
        return `${head}.${body}.${signature}`
      },
    ],
    [
      "signed with a key of its own",
      async () => {
        const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" })
        const jwk = await exportJWK(publicKey)
        const { json } = await program.ask("/oidc/jwks", { as: null })
        return new SignJWT({ sub: users.alice, client_id: "gateway" })
          .setProtectedHeader({ alg: "ES256", typ: "at+jwt", kid: json.keys[0].kid, jwk })
          .setIssuer(`${program.url}/oidc`)
          .setAudience("urn:archipel:gateway")
          .setIssuedAt()
          .setExpirationTime("5m")
          .sign(privateKey)
      },
    ],
    ["that is too long", () => whole({ x: "x".repeat(5_000) })],
    ["that is no token", () => Promise.resolve("x.y.z")],
  ]
  test.each(wrong)("%s is refused, and nobody learns why", async (_what, make) => {
    const { status, headers, json } = await ask(await make())
    expect(status).toBe(401)
    expect(json).toMatchObject({ code: "auth.invalid", details: {}, detail: "The access token is not valid." })
    expect(headers.get("www-authenticate")).toBe('Bearer error="invalid_token"')
  })

  test("whose time is over says so, and clocks may be half a minute apart", async () => {
    const expired = await ask(await whole({ iat: seconds() - 331, exp: seconds() - 31 }))
    expect(expired.status).toBe(401)
    expect(expired.json).toMatchObject({ code: "auth.expired" })
    expect(expired.headers.get("www-authenticate")).toContain('error="invalid_token"')
    expect((await ask(await whole({ iat: seconds() - 320, exp: seconds() - 15 }))).status).toBe(200)
    expect((await ask(await whole({ iat: seconds() + 20, nbf: seconds() + 20 }))).status).toBe(200)
  })

  test("is asked for where there is none, and two are none", async () => {
    const none = await program.ask(COUNTRIES, { as: null })
    expect(none.status).toBe(401)
    expect(none.json).toMatchObject({ code: "auth.required" })
    expect(none.headers.get("www-authenticate")).toBe("Bearer")
    const token = await whole()
    for (const authorization of [
      "",
      "Bearer",
      `Basic ${token}`,
      `Bearer ${token}, Bearer ${token}`,
      `Bearer ${token} x`,
    ])
      expect((await program.ask(COUNTRIES, { as: null, headers: { authorization } })).status).toBe(401)
  })

  test("in the address or the body is not looked at", async () => {
    const token = await whole()
    expect((await program.ask(`${COUNTRIES}?access_token=${token}`, { as: null })).status).toBe(401)
  })
})

describe("a service in between", () => {
  test("never lets a user do more than it may itself", async () => {
    await program
      .db("identity.Client")
      .create({ clientId: "narrow", name: "Narrow", kind: "service", mayCall: ["identity"] as never })
    await program
      .db("identity.Client")
      .create({ clientId: "wide", name: "Wide", kind: "service", mayCall: ["crm", "identity"] as never })
    const through = (act: object) => whole({ act })
    expect((await ask(await through({ sub: "wide" }))).status).toBe(200)
    expect((await ask(await through({ sub: "narrow" }))).json).toMatchObject({ code: "access.denied" })
    expect((await ask(await through({ sub: "wide", act: { sub: "narrow" } }))).json).toMatchObject({
      code: "access.denied",
    })
    expect((await ask(await through({ sub: "wide" }), "/api/crm/customers")).status).toBe(200)
    // And never more than the user may.
    const oscar = await program.login(users.oscar)
    const token = await program.token({ sub: users.oscar, sid: oscar, act: { sub: "wide" } })
    expect((await ask(token)).json).toMatchObject({ code: "access.denied" })
  })

  test("that works in its own name has its account's rights, as long as there are both", async () => {
    const { id } = await program.db("identity.ServiceAccount").create({ name: "Importer" })
    await program.db("identity.Group").create({
      name: "Importers",
      serviceAccounts: [id],
      assignments: [{ role: "crm.user" }],
    })
    const client = await program.db("identity.Client").create({
      clientId: "importer",
      name: "Importer",
      kind: "service",
      serviceAccount: id,
    })
    const token = await program.token({ sub: `svc:${id}`, client_id: "importer", aud: "urn:archipel:crm" })
    expect((await ask(token)).status).toBe(200)
    const other = await program.db("identity.ServiceAccount").create({ name: "Another" })
    for (const sub of [users.alice, `svc:${users.alice}`, `svc:${other.id}`, "importer", id])
      expect((await ask(await program.token({ sub, client_id: "importer" }))).status).toBe(401)
    await program.db("identity.Client").update(client.id, { active: false })
    await expect.poll(async () => (await ask(token)).status, { timeout: 20_000 }).toBe(401)
  })
})

test("secrets are in no answer", async () => {
  expect(SECRET.length).toBeGreaterThan(32)
  for (const [model, field] of [
    ["credentials", "secret"],
    ["clients", "secretHash"],
    ["links", "hash"],
    ["artifacts", "payload"],
    ["signing-keys", "privateKey"],
    ["outgoing-mails", "content"],
  ] as const) {
    const selected = await program.ask(`/api/identity/${model}?select=${field}`)
    expect(selected.json, `${model}.${field}`).toMatchObject({ code: "query.unknown_field" })
    const read = await program.ask(`/api/identity/${model}`)
    expect(read.status).toBe(200)
    for (const row of read.json.data) expect(row).not.toHaveProperty(field)
  }
})
