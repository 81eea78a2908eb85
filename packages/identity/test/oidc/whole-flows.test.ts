import * as client from "openid-client"
import { afterAll, beforeAll, expect, test } from "vitest"
import {
  ALICE,
  Browser,
  claimsOf,
  headerOf,
  logIn,
  type ProtocolProgram,
  protocolProgram,
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
  expect(tokens.refresh_token).toEqual(expect.any(String))
})
