import { generateKeyPair, exportJWK, SignJWT } from "jose"
import * as client from "openid-client"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { counted } from "../../../../tests/support/counts.ts"
import {
  Browser,
  configOf,
  locationOf,
  logIn,
  type ProtocolProgram,
  protocolProgram,
  request,
  through,
  tokenRequest,
} from "./protocol-program.ts"

/** At the same moment. */
const RIVALS = 5
const rounds = counted(20, 200)
const generous = { take: () => Promise.resolve({ ok: true } as const) }

let program: ProtocolProgram
beforeAll(async () => {
  program = await protocolProgram({ rates: generous })
})
afterAll(() => program[Symbol.asyncDispose]())

/** A code of a browser that is logged in, and what it is redeemed with. */
async function newCode(browser: Browser): Promise<Record<string, string>> {
  const config = await configOf(program)
  const { url, checks } = await request(config, {
    redirect_uri: `${program.url}/auth/callback`,
    scope: "openid api",
    resource: "urn:archipel:gateway",
  })
  const back = new URL(locationOf(await through(program, browser, url)))
  return {
    grant_type: "authorization_code",
    code: back.searchParams.get("code") ?? "",
    redirect_uri: `${program.url}/auth/callback`,
    code_verifier: checks.pkceCodeVerifier ?? "",
  }
}

const statuses = (answers: readonly Response[]): string =>
  answers
    .map(({ status }) => status)
    .sort()
    .join()
const ONE_WINS = ["200", ...Array<string>(RIVALS - 1).fill("400")].join()

describe("T21 codes and tokens that work once", () => {
  test(`of ${RIVALS} redemptions of one code at the same moment exactly one wins, ${rounds} times`, async () => {
    for (let round = 0; round < rounds; round++) {
      const fields = await newCode(new Browser())
      const answers = await Promise.all(Array.from({ length: RIVALS }, () => tokenRequest(program, fields)))
      expect(statuses(answers)).toBe(ONE_WINS)
      for (const answer of answers.filter(({ status }) => status === 400))
        expect(await answer.json()).toMatchObject({ error: "invalid_grant" })
    }
  }, 300_000)

  test(`of ${RIVALS} uses of one refresh token at the same moment exactly one wins, ${rounds} times, and nobody keeps anything`, async () => {
    for (let round = 0; round < rounds; round++) {
      const { tokens } = await logIn(program)
      const fields = { grant_type: "refresh_token", refresh_token: tokens.refresh_token ?? "" }
      const answers = await Promise.all(Array.from({ length: RIVALS }, () => tokenRequest(program, fields)))
      expect(statuses(answers)).toBe(ONE_WINS)
      // One of five was a thief, and nobody knows which.
      const winner = (await answers.find(({ status }) => status === 200)?.json()) as { refresh_token: string }
      const next = await tokenRequest(program, { ...fields, refresh_token: winner.refresh_token })
      expect(next.status).toBe(400)
    }
  }, 300_000)

  test("two processes on one database count a code once", async () => {
    const other = await program.another()
    const fields = await newCode(new Browser())
    const { createServer } = await import("node:http")
    const server = createServer((incoming, outgoing) => void other.handle(incoming, outgoing))
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
    const { port } = server.address() as { port: number }
    try {
      const places = [program, { url: `http://127.0.0.1:${port}` }]
      const answers = await Promise.all([0, 1, 0, 1, 0].map((at) => tokenRequest(places[at] ?? program, fields)))
      expect(statuses(answers)).toBe(ONE_WINS)
    } finally {
      server.close()
      server.closeAllConnections()
    }
  })

  test("a code that is used again, later, takes back what it gave", async () => {
    const fields = await newCode(new Browser())
    const first = await tokenRequest(program, fields)
    const { refresh_token: refreshToken } = (await first.json()) as { refresh_token: string }
    expect((await tokenRequest(program, fields)).status).toBe(400)
    const renewed = await tokenRequest(program, { grant_type: "refresh_token", refresh_token: refreshToken })
    expect(await renewed.json()).toMatchObject({ error: "invalid_grant" })
  })

  test("a refresh token that is used again, later, ends its whole family", async () => {
    const { tokens, config } = await logIn(program)
    const old = tokens.refresh_token ?? ""
    const second = await client.refreshTokenGrant(config, old)
    const third = await client.refreshTokenGrant(config, second.refresh_token ?? "")
    expect(new Set([old, second.refresh_token, third.refresh_token]).size).toBe(3)
    await expect(client.refreshTokenGrant(config, old)).rejects.toMatchObject({ error: "invalid_grant" })
    await expect(client.refreshTokenGrant(config, third.refresh_token ?? "")).rejects.toMatchObject({
      error: "invalid_grant",
    })
  })

  test("a session goes on after one of its families was ended, with a grant of its own", async () => {
    const { tokens, config, browser } = await logIn(program)
    await client.refreshTokenGrant(config, tokens.refresh_token ?? "")
    await expect(client.refreshTokenGrant(config, tokens.refresh_token ?? "")).rejects.toMatchObject({
      error: "invalid_grant",
    })
    const again = await logIn(program, { browser, parameters: { prompt: "none" } })
    await client.refreshTokenGrant(config, again.tokens.refresh_token ?? "")
  })

  test("a second login of a session leaves the refresh tokens of the first alive: there is one grant for both", async () => {
    const { tokens, config, browser } = await logIn(program)
    await logIn(program, { browser, parameters: { prompt: "login" } })
    await logIn(program, { browser, parameters: { prompt: "none" } })
    expect(await client.refreshTokenGrant(config, tokens.refresh_token ?? "")).toHaveProperty("access_token")
  })

  test("a signed client assertion is taken once, also at the same moment", async () => {
    const { privateKey, publicKey } = await generateKeyPair("ES256", { extractable: true })
    const account = await program.db("identity.ServiceAccount").create({ name: "Robot" })
    await program.db("identity.Client").create({
      clientId: "robot",
      name: "Robot",
      kind: "service",
      jwks: { keys: [{ ...(await exportJWK(publicKey)), kid: "1", alg: "ES256", use: "sig" }] } as never,
      mayCall: ["identity"] as never,
      serviceAccount: account.id,
    })
    for (let round = 0; round < rounds; round++) {
      const assertion = await new SignJWT({ jti: `assertion-${round}` })
        .setProtectedHeader({ alg: "ES256", kid: "1" })
        .setIssuer("robot")
        .setSubject("robot")
        .setAudience(`${program.url}/oidc`)
        .setIssuedAt()
        .setExpirationTime("1m")
        .sign(privateKey)
      const fields = {
        grant_type: "client_credentials",
        resource: "urn:archipel:identity",
        client_assertion: assertion,
        client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
      }
      const answers = await Promise.all(Array.from({ length: RIVALS }, () => tokenRequest(program, fields, null)))
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
      expect(answers.filter(({ status }) => status === 401)).toHaveLength(RIVALS - 1)
    }
  }, 300_000)
})
