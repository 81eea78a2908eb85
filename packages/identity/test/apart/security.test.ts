import { connect, type TLSSocket } from "node:tls"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { derivedClientSecret } from "@archipel/server"
import { exportJWK, generateKeyPair, SignJWT } from "jose"
import { createAuthority, issue } from "../../../server/src/between/trust/authority.ts"
import { type KeyPair, serverNameOf } from "../../../server/src/between/trust/workload.ts"
import { ACCESS_TOKEN, DEVELOPMENT_TOKEN, TOKEN_EXCHANGE } from "../../src/oidc/client-names.ts"
import { SECRET, users } from "../access/directory-program.ts"
import { codeOf, described, type Fleet, fleet, type PostAnswer, postForm, type Process } from "./fleet.ts"
import { testMesh } from "./test-mesh.ts"

let here: Fleet
let gateway: Process
let sales: Process
let crm: Process
let stock: Process

const contracts = [
  described("gateway", ["admin"]),
  described("sales", ["user"], ["crm"]),
  described("crm", ["user"]),
  described("stock", ["user"]),
]

beforeAll(async () => {
  here = await fleet({ contracts })
  ;[gateway, sales, crm, stock] = (await Promise.all(
    ["gateway", "sales", "crm", "stock"].map((name) => here.process(name)),
  )) as [Process, Process, Process, Process]
  // So that nobody is refused because of keys that were not heard yet.
  for (const process of [gateway, sales, crm, stock])
    expect(await codeOf(process.who(`Bearer ${await here.token({ sub: users.alice })}`))).toBe("auth.invalid")
})
afterAll(() => here[Symbol.asyncDispose]())

const DEADLINE = { timeout: 20_000, interval: 5 }

const logIn = async (user: string = users.martin) => {
  const sid = await here.login(user)
  return { sid, token: await here.token({ sub: user, sid }) }
}

const exchangeOf = (token: string, audience: string, more: Record<string, string> = {}): Record<string, string> => ({
  grant_type: TOKEN_EXCHANGE,
  subject_token: token,
  subject_token_type: ACCESS_TOKEN,
  audience: `urn:archipel:${audience}`,
  ...more,
})
const by = (process: Process, client: string, token: string, audience: string, headers?: Record<string, string>) =>
  process.post("/oidc/token", exchangeOf(token, audience, { client_id: client }), headers)
const errorOf = ({ status, json }: PostAnswer): unknown => (status === 200 ? undefined : json["error"])

describe("a token at another service than it is for", () => {
  test("stolen, it is refused there, and by the gateway, for which it is not", async () => {
    const atSales = await gateway.exchange((await logIn()).token, "sales")
    expect(await codeOf(sales.who(`Bearer ${atSales}`))).toBeUndefined()
    for (const process of [crm, stock, gateway])
      expect(await codeOf(process.who(`Bearer ${atSales}`))).toBe("auth.invalid")
  })

  test("a browser's token for the gateway is worth nothing at a service behind it", async () => {
    const { token } = await logIn()
    expect(await codeOf(gateway.who(`Bearer ${token}`))).toBeUndefined()
    for (const process of [sales, crm]) expect(await codeOf(process.who(`Bearer ${token}`))).toBe("auth.invalid")
  })

  test("replayed by the service that it was for, it is exchanged by nobody else", async () => {
    const atSales = await gateway.exchange((await logIn()).token, "sales")
    expect(errorOf(await by(crm, "crm", atSales, "identity"))).toBe("invalid_grant")
    expect(errorOf(await by(gateway, "gateway", atSales, "crm"))).toBe("invalid_grant")
    // And not passed on as it is, since it is not for that service.
    expect(await codeOf(crm.exchange(atSales, "identity"))).toBe("auth.invalid")
  })
})

describe("who acts for a user", () => {
  test("cannot be forged: what a token says of it is signed with it", async () => {
    const atSales = await gateway.exchange((await logIn()).token, "sales")
    const [head, body = "", signature] = atSales.split(".")
    const claims = JSON.parse(Buffer.from(body, "base64url").toString()) as Record<string, unknown>
    for (const act of [undefined, { sub: "crm" }, { sub: "gateway", act: { sub: "crm" } }]) {
      const changed = Buffer.from(JSON.stringify({ ...claims, act })).toString("base64url")
      expect(await codeOf(sales.who(`Bearer ${head}.${changed}.${signature}`))).toBe("auth.invalid")
    }
  })

  test("is the service with the certificate, whatever it says", async () => {
    const { token } = await logIn()
    const more = { client_id: "gateway", actor_token: token, actor_token_type: ACCESS_TOKEN }
    expect(errorOf(await gateway.post("/oidc/token", exchangeOf(token, "sales", more)))).toBe("invalid_request")
  })

  test("takes away what it may not itself, once an administrator has said so", async () => {
    const atSales = await gateway.exchange((await logIn()).token, "sales")
    const atCrm = await sales.exchange(atSales, "crm")
    expect((await crm.who(`Bearer ${atCrm}`)).actor?.roles).toContain("crm.user")
    const { id } = await here.db("identity.Client").create({
      clientId: "sales",
      name: "Sales",
      kind: "service",
      mayCall: ["identity"] as never,
    })
    await expect
      .poll(async () => (await crm.who(`Bearer ${atCrm}`)).actor?.roles, DEADLINE)
      .toEqual(["identity.admin", "identity.reader", "identity.user"])
    expect(errorOf(await by(sales, "sales", atSales, "crm"))).toBe("invalid_target")
    await here.db("identity.Client").update(id, { active: false })
    await expect.poll(() => codeOf(crm.who(`Bearer ${atCrm}`)), DEADLINE).toBe("auth.invalid")
    expect(errorOf(await by(sales, "sales", atSales, "crm"))).toBe("invalid_client")
    await here.db("identity.Client").delete(id)
    await expect.poll(() => codeOf(crm.who(`Bearer ${atCrm}`)), DEADLINE).toBeUndefined()
  })
})

describe("an exchange is refused", () => {
  test("by a service whose certificate is not the client's", async () => {
    const { token } = await logIn()
    const atSales = await gateway.exchange(token, "sales")
    expect(errorOf(await by(crm, "sales", atSales, "crm"))).toBe("invalid_client")
    expect(errorOf(await by(sales, "gateway", token, "sales"))).toBe("invalid_client")
    expect(errorOf(await by(sales, "nobody", atSales, "crm"))).toBe("invalid_client")
  })

  test("to a service that is not in may_call: its contract does not refer to the target", async () => {
    const { token } = await logIn()
    const atStock = await gateway.exchange(token, "stock")
    expect(errorOf(await by(stock, "stock", atStock, "sales"))).toBe("invalid_target")
    expect(await codeOf(stock.exchange(atStock, "sales"))).toBe("access.denied")
    expect(errorOf(await by(stock, "stock", atStock, "identity"))).toBeUndefined()
    const { id } = await here.db("identity.Client").create({
      clientId: "stock",
      name: "Stock",
      kind: "service",
      mayCall: ["sales"] as never,
    })
    expect(errorOf(await by(stock, "stock", atStock, "sales"))).toBeUndefined()
    expect(errorOf(await by(stock, "stock", atStock, "identity"))).toBe("invalid_target")
    await here.db("identity.Client").delete(id)
  })

  test("of a token of a login that has ended, and of a user who was disabled", async () => {
    const { sid, token } = await logIn(users.clara)
    const atSales = await gateway.exchange(token, "sales")
    await here.end(sid)
    expect(errorOf(await by(gateway, "gateway", token, "crm"))).toBe("invalid_grant")
    expect(errorOf(await by(sales, "sales", atSales, "crm"))).toBe("invalid_grant")
    expect(await codeOf(gateway.exchange(token, "crm"))).toBe("auth.invalid")
    const disabled = await logIn(users.clara)
    await here.db("identity.User").update(users.clara as never, { active: false })
    expect(await codeOf(gateway.exchange(disabled.token, "crm"))).toBe("auth.invalid")
    await here.db("identity.User").update(users.clara as never, { active: true })
  })

  test("of a token that has expired", async () => {
    const { sid } = await logIn()
    const seconds = Math.floor(Date.now() / 1_000)
    const token = await here.token({ sub: users.martin, sid, iat: seconds - 400, exp: seconds - 100 })
    expect(errorOf(await by(gateway, "gateway", token, "sales"))).toBe("invalid_grant")
    expect(await codeOf(gateway.exchange(token, "sales"))).toBe("auth.expired")
  })

  test("of a token of a foreign issuer, and of one that only says that it is from here", async () => {
    const { sid } = await logIn()
    const foreign = await here.token({ sub: users.martin, sid, iss: "https://evil.example/oidc" })
    expect(errorOf(await by(gateway, "gateway", foreign, "sales"))).toBe("invalid_grant")
    const { privateKey, publicKey } = await generateKeyPair("ES256", { extractable: true })
    const own = await new SignJWT({ sub: users.martin, sid, client_id: "gateway" })
      .setProtectedHeader({ alg: "ES256", typ: "at+jwt", kid: "x", jwk: await exportJWK(publicKey) })
      .setIssuer("https://company.example/oidc")
      .setAudience("urn:archipel:gateway")
      .setIssuedAt()
      .setExpirationTime("5m")
      .sign(privateKey)
    expect(errorOf(await by(gateway, "gateway", own, "sales"))).toBe("invalid_grant")
    for (const token of [foreign, own]) {
      expect(await codeOf(gateway.who(`Bearer ${token}`))).toBe("auth.invalid")
      expect(await codeOf(gateway.exchange(token, "sales"))).toBe("auth.invalid")
    }
  })

  test("of a request that the gateway passes on for somebody else, though it comes with its certificate", async () => {
    const { token } = await logIn()
    expect(errorOf(await by(gateway, "gateway", token, "sales"))).toBeUndefined()
    for (const header of ["x-forwarded-for", "forwarded", "via"])
      expect(errorOf(await by(gateway, "gateway", token, "sales", { [header]: "192.0.2.1" }))).toBe("invalid_client")
  })
})

test("the gateway redeems what browsers bring by its certificate, without a secret; or with it, as in one process", async () => {
  const renew = (more: Record<string, string>, headers?: Record<string, string>) =>
    gateway.post("/oidc/token", { grant_type: "refresh_token", refresh_token: "none", ...more }, headers).then(errorOf)
  const secret = derivedClientSecret(Buffer.from(SECRET), "gateway")
  const basic = (of: string) => ({ authorization: `Basic ${Buffer.from(`gateway:${of}`).toString("base64")}` })
  // Whoever is not believed is told so before anybody looks at what they bring.
  expect(await renew({ client_id: "gateway" })).toBe("invalid_grant")
  expect(await renew({}, basic(secret))).toBe("invalid_grant")
  expect(await renew({}, basic("wrong"))).toBe("invalid_client")
  expect(await renew({ client_id: "gateway" }, { "x-forwarded-for": "192.0.2.1" })).toBe("invalid_client")
})

test("guesses that the gateway passes on count for the network that they come from, and for nobody else", async () => {
  const guess = (from: string) =>
    gateway.post(
      "/oidc/token",
      { grant_type: "refresh_token", refresh_token: "none", client_id: "gateway" },
      {
        "x-forwarded-for": from,
      },
    )
  // Failures are counted after their answer.
  await expect.poll(async () => (await guess("192.0.2.7")).status, { timeout: 60_000, interval: 1 }).toBe(429)
  expect((await guess("192.0.2.8")).status).toBe(401)
  expect(await codeOf(gateway.exchange((await logIn()).token, "crm"))).toBeUndefined()
})

describe("a header that claims a certificate", () => {
  test("is nothing: no proof for whoever has none, and no other service for whoever has one", async () => {
    const { token } = await logIn()
    const pair = await here.pairOf("gateway")
    const pem = encodeURIComponent(pair.certificate)
    const forged = {
      "x-client-cert": pem,
      "x-ssl-cert": pem,
      "ssl-client-cert": pem,
      "client-cert": `:${Buffer.from(pair.certificate).toString("base64")}:`,
      "x-forwarded-client-cert": `By=spiffe://archipel/identity;URI=spiffe://archipel/gateway;Cert="${pem}"`,
      "x-forwarded-tls-client-cert": pem,
      "x-ssl-client-verify": "SUCCESS",
    }
    expect(errorOf(await by(sales, "gateway", token, "sales", forged))).toBe("invalid_client")
    const atSales = await gateway.exchange(token, "sales")
    expect(errorOf(await by(crm, "sales", atSales, "crm", forged))).toBe("invalid_client")
  })
})

describe("connections", () => {
  const authorities = async (): Promise<string> => (await here.pairOf("sales")).authorities
  /** What becomes of a request: refused by TLS, or answered. */
  const ask = async (pair: Partial<KeyPair>): Promise<unknown> =>
    postForm(here.port, { authorities: await authorities(), ...pair }, "/oidc/token", {}).then(
      ({ json }) => json["error"],
      () => "refused",
    )

  test("without a certificate, with one of another authority, or with one that is over: refused by TLS", async () => {
    const other = await createAuthority("archipel", new Date())
    const foreign = await issue(other, { trustDomain: "archipel", service: "gateway", now: new Date() })
    expect(await ask({})).toBe("refused")
    expect(await ask(foreign)).toBe("refused")
    expect(await ask(await here.pairOf("sales"))).toBe("invalid_request")
  })

  test("of another trust domain are cut off, over HTTP and over gRPC", async () => {
    const { token } = await logIn()
    const pair = await here.pairOf("gateway", "elsewhere")
    const fields = exchangeOf(token, "sales", { client_id: "gateway" })
    await expect(postForm(here.port, pair, "/oidc/token", fields)).rejects.toThrow()
    await using mesh = disposable(
      testMesh({ service: "gateway", pair, directory: here.directory, port: () => here.port }),
    )
    for (const [method, message] of [
      ["GetKeys", new Uint8Array()],
      ["GetGrant", Buffer.concat([Buffer.from([0x0a, 36]), Buffer.from(users.alice)])],
    ] as const)
      expect(await codeOf(mesh.call("identity", `/archipel.access.v1.Access/${method}`, message))).toBe(
        "service.unavailable",
      )
    const watched = async (): Promise<void> => {
      for await (const _message of mesh.stream("identity", "/archipel.access.v1.Access/Watch", new Uint8Array())) return
    }
    expect(await codeOf(watched())).toBe("service.unavailable")
  })

  test("are of the oldest version TLS 1.3", async () => {
    const { key, certificate, authorities: ca } = await here.pairOf("sales")
    const socket: TLSSocket = connect({
      port: here.port,
      host: "127.0.0.1",
      key,
      cert: certificate,
      ca,
      servername: serverNameOf("identity"),
      maxVersion: "TLSv1.2",
    })
    await expect(
      new Promise((resolve, reject) => socket.on("secureConnect", resolve).on("error", reject)),
    ).rejects.toThrow()
    socket.destroy()
  })
})

describe("users of development", () => {
  const asDevelopment = (process: Process, client: string, token = "dev:alice") =>
    process.post("/oidc/token", {
      ...exchangeOf(token, "sales", { client_id: client }),
      subject_token_type: DEVELOPMENT_TOKEN,
    })

  test("are known to the gateway alone", async () => {
    expect(errorOf(await asDevelopment(gateway, "gateway"))).toBeUndefined()
    expect(errorOf(await asDevelopment(sales, "sales"))).toBe("invalid_request")
    expect(errorOf(await asDevelopment(gateway, "gateway", "dev:nobody"))).toBe("invalid_grant")
    expect(await codeOf(sales.exchange("dev:alice", "crm"))).toBe("auth.invalid")
    for (const process of [sales, crm]) expect(await codeOf(process.who("Bearer dev:alice"))).toBe("auth.invalid")
  })

  test("are refused by a process in production, also with a token that identity gave in development", async () => {
    const marked = await gateway.exchange("dev:alice", "sales")
    expect(await codeOf(sales.who(`Bearer ${marked}`))).toBeUndefined()
    const production = await here.process("sales", { isDevelopment: false })
    expect(await codeOf(production.who(`Bearer ${marked}`))).toBe("auth.invalid")
    const front = await here.process("gateway", { isDevelopment: false })
    expect(await codeOf(front.who("Bearer dev:alice"))).toBe("auth.invalid")
    expect(await codeOf(front.exchange("dev:alice", "sales"))).toBe("auth.invalid")
  })

  test("are refused by identity in production, whoever asks", async () => {
    await using production = await fleet({ contracts, isDevelopment: false })
    const { id } = await production.db("identity.User").create({ name: "Alice", email: "alice@example.com" })
    const front = await production.process("gateway", { isDevelopment: true })
    expect(errorOf(await asDevelopment(front, "gateway", `dev:${id}`))).toBe("invalid_request")
    expect(await codeOf(front.exchange(`dev:${id}`, "sales"))).toBe("access.denied")
    // A token that was made in development, with the keys of production in hand.
    const marked = await production.token({ sub: id, dev: true })
    expect(errorOf(await by(front, "gateway", marked, "sales"))).toBe("invalid_grant")
  })
})

function disposable<M extends { close(): Promise<void> }>(mesh: M): M & AsyncDisposable {
  return Object.assign(mesh, { [Symbol.asyncDispose]: () => mesh.close() })
}
