import { createHmac } from "node:crypto"
import { base64url, exportJWK, generateKeyPair, importJWK, type JWTPayload, SignJWT } from "jose"
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest"
import { contract, model, text } from "@archipel/core"
import { openSigningKeys } from "../../src/oidc/signing-keys.ts"
import { createSecrets } from "@archipel/server"
import { TOKEN_EXCHANGE } from "../../src/oidc/client-names.ts"
import { ALICE, claimsOf, logIn, type ProtocolProgram, protocolProgram, tokenRequest } from "./protocol-program.ts"

// Services that tokens may be for; nobody runs them here.
for (const name of ["sales", "stock", "billing"])
  contract(name, { roles: [], models: { Thing: model({ name: text() }, { title: "name" }) } })

const secret = (name: string): string => `secret-of-${name}-0123456789-0123456789`
const own = (clientId: string, mayCall: readonly string[]) =>
  ({ clientId, name: clientId, kind: "service", mayCall, secret: secret(clientId) }) as const

let program: ProtocolProgram
let subject: string
beforeAll(async () => {
  program = await protocolProgram({
    clients: [
      {
        clientId: "gateway",
        name: "Archipel",
        kind: "web",
        redirectUris: [],
        mayCall: ["gateway", "sales", "stock"],
        secret: "gateway-secret-of-this-test-0123456789",
      },
      own("sales", ["stock"]),
      own("stock", ["billing", "sales"]),
    ],
  })
  await program
    .db("identity.Client")
    .find({ select: ["id"], where: { clientId: "gateway" } })
    .then(
      ([row]) =>
        row &&
        program.db("identity.Client").update(row.id, { redirectUris: [`${program.url}/auth/callback`] as never }),
    )
  subject = (await logIn(program)).tokens.access_token
})
afterAll(() => program[Symbol.asyncDispose]())

const exchange = (
  token: string,
  audience: string,
  by = "gateway",
  more: Record<string, string> = {},
): Promise<Response> =>
  tokenRequest(
    program,
    {
      grant_type: TOKEN_EXCHANGE,
      subject_token: token,
      subject_token_type: "urn:ietf:params:oauth:token-type:access_token",
      audience,
      ...more,
    },
    [by, by === "gateway" ? "gateway-secret-of-this-test-0123456789" : secret(by)],
  )

const errorOf = async (response: Response): Promise<string> => {
  expect(response.status).toBe(400)
  return ((await response.json()) as { error: string }).error
}

const exchanged = async (token: string, audience: string, by?: string): Promise<string> => {
  const answer = (await (await exchange(token, audience, by)).json()) as { access_token: string }
  return answer.access_token
}

/** A token as the provider would sign it, with some of it changed. */
async function forged(changes: JWTPayload, header: Record<string, unknown> = {}): Promise<string> {
  const keys = await openSigningKeys(program.host, createSecrets(Buffer.alloc(32, 7)))
  const jwk = keys.private()[0]
  const payload: JWTPayload = { ...claimsOf(subject), ...changes }
  return new SignJWT(payload)
    .setProtectedHeader({ alg: "ES256", typ: "at+jwt", kid: jwk?.kid, ...header } as never)
    .sign(await importJWK(jwk as never, "ES256"))
}

describe("T16 a token for a user, passed on to another service", () => {
  test("a service passes a user's request on: the same user, itself as actor, one audience, no longer than before", async () => {
    const forSales = await exchanged(subject, "urn:archipel:sales")
    const first = claimsOf(forSales)
    const original = claimsOf(subject)
    expect(first).toMatchObject({
      sub: ALICE,
      aud: "urn:archipel:sales",
      client_id: "gateway",
      act: { sub: "gateway" },
      scope: "api",
      gv: 7,
    })
    for (const claim of ["sid", "acr", "amr", "auth_time", "iss"]) expect(first[claim]).toEqual(original[claim])
    expect(first["exp"]).toBeLessThanOrEqual(original["exp"] as number)

    const second = claimsOf(await exchanged(forSales, "urn:archipel:stock", "sales"))
    expect(second).toMatchObject({
      sub: ALICE,
      aud: "urn:archipel:stock",
      client_id: "sales",
      act: { sub: "sales", act: { sub: "gateway" } },
    })
  })

  test("the answer says what was issued", async () => {
    const response = await exchange(subject, "urn:archipel:sales")
    expect(await response.json()).toEqual({
      access_token: expect.any(String) as string,
      issued_token_type: "urn:ietf:params:oauth:token-type:access_token",
      token_type: "Bearer",
      expires_in: expect.any(Number) as number,
      scope: "api",
    })
  })

  test("a token that was passed on for ever is passed on no further", async () => {
    let token = await exchanged(subject, "urn:archipel:sales")
    let by = "sales"
    const hops: string[] = []
    for (;;) {
      const next = by === "sales" ? "stock" : "sales"
      const response = await exchange(token, `urn:archipel:${next}`, by)
      if (response.status !== 200) {
        expect(await errorOf(response)).toBe("invalid_grant")
        break
      }
      token = ((await response.json()) as { access_token: string }).access_token
      hops.push(next)
      by = next
    }
    expect(hops).toHaveLength(3)
  })

  describe("an exchange is refused", () => {
    test("of a token that is addressed to somebody else", async () => {
      expect(await errorOf(await exchange(subject, "urn:archipel:stock", "sales"))).toBe("invalid_grant")
      const forStock = await exchanged(subject, "urn:archipel:stock")
      expect(await errorOf(await exchange(forStock, "urn:archipel:stock", "sales"))).toBe("invalid_grant")
    })
    test("for a service that the caller may not call, or that there is none of", async () => {
      const forSales = await exchanged(subject, "urn:archipel:sales")
      for (const target of [
        "urn:archipel:billing",
        "urn:archipel:sales",
        "urn:archipel:nothing",
        "https://example.com",
        "sales",
      ])
        expect([target, await errorOf(await exchange(forSales, target, "sales"))]).toEqual([target, "invalid_target"])
    })
    test("for no or several targets", async () => {
      const twice = await exchange(subject, "urn:archipel:sales", "gateway", { resource: "urn:archipel:stock" })
      expect(await errorOf(twice)).toBe("invalid_request")
      const none = await tokenRequest(program, {
        grant_type: TOKEN_EXCHANGE,
        subject_token: subject,
        subject_token_type: "urn:ietf:params:oauth:token-type:access_token",
      })
      expect(await errorOf(none)).toBe("invalid_request")
    })
    test("of an expired token, and of one that is not valid yet", async () => {
      const now = Math.floor(Date.now() / 1000)
      expect(await errorOf(await exchange(await forged({ exp: now - 1 }), "urn:archipel:sales"))).toBe("invalid_grant")
      expect(await errorOf(await exchange(await forged({ nbf: now + 600 }), "urn:archipel:sales"))).toBe(
        "invalid_grant",
      )
    })
    test("of a token of another issuer, also one that says that it is from here", async () => {
      expect(await errorOf(await exchange(await forged({ iss: "https://evil.example" }), "urn:archipel:sales"))).toBe(
        "invalid_grant",
      )
      const { privateKey, publicKey } = await generateKeyPair("ES256", { extractable: true })
      const jwk = await exportJWK(publicKey)
      const kid = program.provider.keys().keys[0]?.kid ?? ""
      for (const header of [
        { kid },
        { kid, jwk },
        { kid, jku: `${program.url}/keys` },
        { kid: "../../dev/null" },
        {},
      ]) {
        const token = await new SignJWT(claimsOf(subject))
          .setProtectedHeader({ alg: "ES256", typ: "at+jwt", ...header } as never)
          .sign(privateKey)
        expect(await errorOf(await exchange(token, "urn:archipel:sales"))).toBe("invalid_grant")
      }
    })
    test("of a token without a signature, or with one made of the public key", async () => {
      const encode = (value: unknown): string => base64url.encode(JSON.stringify(value))
      const claims = encode(claimsOf(subject))
      const kid = program.provider.keys().keys[0]?.kid
      for (const alg of ["none", "None", "nOnE"])
        expect(
          await errorOf(await exchange(`${encode({ alg, typ: "at+jwt", kid })}.${claims}.`, "urn:archipel:sales")),
        ).toBe("invalid_grant")
      const signed = `${encode({ alg: "HS256", typ: "at+jwt", kid })}.${claims}`
      for (const key of [JSON.stringify(program.provider.keys().keys[0]), JSON.stringify(program.provider.keys())]) {
        const token = `${signed}.${createHmac("sha256", key).update(signed).digest("base64url")}`
        expect(await errorOf(await exchange(token, "urn:archipel:sales"))).toBe("invalid_grant")
      }
    })
    test("of a token that is no access token", async () => {
      const { tokens } = await logIn(program)
      expect(await errorOf(await exchange(tokens.id_token ?? "", "urn:archipel:sales"))).toBe("invalid_grant")
      for (const typ of ["JWT", "logout+jwt", "jwt", undefined])
        expect(await errorOf(await exchange(await forged({}, { typ }), "urn:archipel:sales"))).toBe("invalid_grant")
      expect(await errorOf(await exchange(tokens.refresh_token ?? "", "urn:archipel:sales"))).toBe("invalid_grant")
      expect(await errorOf(await exchange("", "urn:archipel:sales"))).toBe("invalid_request")
    })
    test("of a token for several audiences", async () => {
      const several = await forged({ aud: ["urn:archipel:gateway", "urn:archipel:stock"] })
      expect(await errorOf(await exchange(several, "urn:archipel:sales"))).toBe("invalid_grant")
    })
    test("of other types of tokens, with an actor token, or for other scopes", async () => {
      const wrong: readonly Record<string, string>[] = [
        { subject_token_type: "urn:ietf:params:oauth:token-type:id_token" },
        { requested_token_type: "urn:ietf:params:oauth:token-type:refresh_token" },
        { actor_token: subject },
        { scope: "openid" },
      ]
      for (const more of wrong)
        expect((await exchange(subject, "urn:archipel:sales", "gateway", more)).status).toBe(400)
    })
    test("by a client that did not prove who it is", async () => {
      const fields = {
        grant_type: TOKEN_EXCHANGE,
        subject_token: subject,
        subject_token_type: "urn:ietf:params:oauth:token-type:access_token",
        audience: "urn:archipel:sales",
      }
      expect((await tokenRequest(program, fields, ["gateway", "wrong"])).status).toBe(401)
      expect((await tokenRequest(program, { ...fields, client_id: "gateway" }, null)).status).toBe(401)
    })
    test("after the login has ended, and for a user who may not log in any more", async () => {
      const { tokens } = await logIn(program)
      await program.provider.endSession(String(claimsOf(tokens.access_token)["sid"]))
      expect(await errorOf(await exchange(tokens.access_token, "urn:archipel:sales"))).toBe("invalid_grant")
      const user = program.db("identity.User")
      await user.update(ALICE as never, { active: false })
      try {
        expect(await errorOf(await exchange(subject, "urn:archipel:sales"))).toBe("invalid_grant")
      } finally {
        await user.update(ALICE as never, { active: true })
      }
    })
    test("in the second in which the token expires", async () => {
      const { exp } = claimsOf(subject) as { exp: number }
      vi.useFakeTimers({ toFake: ["Date"], now: exp * 1000 })
      try {
        expect(await errorOf(await exchange(subject, "urn:archipel:sales"))).toBe("invalid_grant")
      } finally {
        vi.useRealTimers()
      }
    })
  })
})
