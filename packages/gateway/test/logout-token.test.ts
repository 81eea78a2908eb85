import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { exportJWK, generateKeyPair, type JWTHeaderParameters, SignJWT } from "jose"
import { afterAll, beforeAll, expect, test } from "vitest"
import { createIssuerClient, type IssuerClient } from "../src/issuer-client.ts"

const EVENT = "http://schemas.openid.net/event/backchannel-logout"
const key = await generateKeyPair("ES256")
const another = await generateKeyPair("ES256")

let url: string
let client: IssuerClient
const server = createServer((incoming, outgoing) => {
  const issuer = `${url}/oidc`
  const metadata = {
    issuer,
    authorization_endpoint: `${issuer}/authorize`,
    token_endpoint: `${issuer}/token`,
    jwks_uri: `${issuer}/jwks`,
  }
  const answer = async (): Promise<unknown> =>
    incoming.url === "/oidc/jwks"
      ? { keys: [{ ...(await exportJWK(key.publicKey)), kid: "k", alg: "ES256" }] }
      : metadata
  void answer().then((body) =>
    outgoing.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body)),
  )
})
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  client = createIssuerClient({ url, secret: "a secret between the two", now: () => new Date() })
})
afterAll(() => void server.close())

const token = (
  claims: Readonly<Record<string, unknown>> = {},
  header: Partial<JWTHeaderParameters> = {},
  by = key.privateKey,
): Promise<string> => {
  const seconds = Math.floor(Date.now() / 1_000)
  const honest = { iss: `${url}/oidc`, aud: "gateway", iat: seconds, exp: seconds + 120, jti: "j", sub: "u", sid: "s" }
  return new SignJWT({ ...honest, events: { [EVENT]: {} }, ...claims })
    .setProtectedHeader({ alg: "ES256", kid: "k", typ: "logout+jwt", ...header } as JWTHeaderParameters)
    .sign(by)
}

test("a logout token ends a login, or all of a user's", async () => {
  expect(await client.ended(await token())).toEqual({ sid: "s" })
  expect(await client.ended(await token({ sid: undefined }))).toEqual({ user: "u" })
})

const wrong: readonly (readonly [string, () => Promise<string>])[] = [
  ["of another type: ID token", () => token({}, { typ: "JWT" })],
  ["of another type: access token", () => token({}, { typ: "at+jwt" })],
  ["without a type", () => token({}, { typ: undefined as never })],
  ["for another application", () => token({ aud: "other" })],
  ["of another issuer", () => token({ iss: "https://example.com/oidc" })],
  ["that is over", () => token({ exp: Math.floor(Date.now() / 1_000) - 60 })],
  ["without an event", () => token({ events: undefined })],
  ["with another event", () => token({ events: { "http://example.com/event": {} } })],
  ["with an event that is none", () => token({ events: EVENT })],
  ["with a nonce", () => token({ nonce: "n" })],
  ["that names nobody", () => token({ sub: undefined, sid: undefined })],
  ["without an id", () => token({ jti: undefined })],
  ["signed by another key", () => token({}, {}, another.privateKey)],
]
test.each(wrong)("a logout token %s ends nothing", async (_what, make) => {
  await expect(client.ended(await make())).rejects.toMatchObject({ code: "auth.invalid" })
})
