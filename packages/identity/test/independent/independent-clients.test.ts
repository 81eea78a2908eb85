/**
 * Clients that the provider's author did not write log in and out: what both sides agree on is the standard.
 *
 * @module
 */
import { spawn } from "node:child_process"
import { existsSync } from "node:fs"
import { createInterface } from "node:readline"
import { exportJWK, exportPKCS8, generateKeyPair } from "jose"
import { afterAll, beforeAll, expect } from "vitest"
import { findProgram, optional } from "../../../../tests/support/optional.ts"
import { secretHash } from "../../src/oidc/clients.ts"
import { ALICE, Browser, locationOf, type ProtocolProgram, protocolProgram, through } from "../oidc/protocol-program.ts"
import { freePort, startApache } from "./apache.ts"

const MODULES = "/usr/lib/apache2/modules"
const present = (path: string): string | undefined => (existsSync(path) ? path : undefined)
const openidc = optional(
  "libapache2-mod-auth-openidc",
  present(`${MODULES}/mod_auth_openidc.so`) && findProgram(["apache2"], `${process.env["PATH"] ?? ""}:/usr/sbin`),
)
const authlib = optional("python3-authlib", present("/usr/lib/python3/dist-packages/authlib/__init__.py"))

let program: ProtocolProgram
beforeAll(async () => {
  program = await protocolProgram()
})
afterAll(() => program[Symbol.asyncDispose]())

/** Answers the question of the protocol's logout page. */
async function confirmLogout(browser: Browser, page: Response): Promise<Response> {
  const text = await page.text()
  const action = /action="([^"]+)"/.exec(text)?.[1] ?? ""
  const xsrf = /name="xsrf" value="([^"]+)"/.exec(text)?.[1] ?? ""
  return browser.post(action, { xsrf, logout: "yes" })
}

openidc.test("Apache's mod_auth_openidc logs in and out, and is told of a logout elsewhere", async (apache) => {
  const secret = "secret-of-the-independent-client-0123456789"
  const port = await freePort()
  const own = `http://127.0.0.1:${port}`
  await program.db("identity.Client").create({
    clientId: "apache",
    name: "Apache",
    kind: "web",
    firstParty: true,
    redirectUris: [`${own}/app/callback`] as never,
    postLogoutRedirectUris: [`${own}/bye.html`] as never,
    backchannelLogoutUri: `${own}/app/callback?logout=backchannel`,
    secretHash: secretHash(secret),
  })
  await using server = await startApache({
    program: apache,
    modules: MODULES,
    port,
    issuer: program.provider.issuer,
    clientId: "apache",
    clientSecret: secret,
  })
  const logIn = async (browser: Browser): Promise<Response> => {
    let response = await browser.go(`${server.url}/app/`)
    for (let step = 0; step < 5 && response.status === 302; step++) {
      const next = locationOf(response)
      response = await browser.go(
        next.startsWith(program.url) ? locationOf(await through(program, browser, next)) : next,
      )
    }
    expect(response.status, await server.log()).toBe(200)
    return response
  }

  const browser = new Browser()
  const page = await logIn(browser)
  expect(await page.text()).toBe("the protected page")
  expect(page.headers.get("x-user")).toContain(ALICE)
  expect(page.headers.get("x-name")).toBe("Alice")

  const leaving = await browser.go(`${server.url}/app/callback?logout=${encodeURIComponent(`${server.url}/bye.html`)}`)
  const asked = locationOf(leaving)
  expect(asked).toContain(`${program.url}/oidc/logout?`)
  const done = await confirmLogout(browser, await browser.go(asked))
  const last = await browser.go(locationOf(done))
  expect(await last.text()).toBe("good bye")
  const again = await browser.go(`${server.url}/app/`)
  expect(again.status).toBe(302)
  expect(locationOf(await browser.go(locationOf(again)))).toContain("/account/login/")

  const other = new Browser()
  await logIn(other)
  expect((await other.go(`${server.url}/app/`)).status).toBe(200)
  await program.provider.endSessions(ALICE)
  expect((await other.go(`${server.url}/app/`)).status, await server.log()).toBe(302)
  expect(program.log.join("")).not.toContain("was not told")
})

for (const method of ["client_secret_basic", "private_key_jwt"] as const)
  authlib.test(`Authlib logs in with ${method}, verifies what it gets, renews it, and is logged out`, async () => {
    const secret = "secret-of-the-independent-client-0123456789"
    const { privateKey, publicKey } = await generateKeyPair("RS256", { extractable: true })
    const redirectUri = "https://authlib.example/callback"
    const clientId = `authlib-${method}`
    await program.db("identity.Client").create({
      clientId,
      name: "Authlib",
      kind: "web",
      firstParty: true,
      redirectUris: [redirectUri] as never,
      ...(method === "client_secret_basic"
        ? { secretHash: secretHash(secret) }
        : { jwks: { keys: [{ ...(await exportJWK(publicKey)), kid: "1", alg: "RS256", use: "sig" }] } as never }),
    })
    const child = spawn("/usr/bin/python3", [new URL("authlib-client.py", import.meta.url).pathname], {
      env: { ...process.env, AUTHLIB_INSECURE_TRANSPORT: "1" },
      timeout: 50_000,
    })
    let complaints = ""
    child.stderr.on("data", (chunk: Buffer) => (complaints += String(chunk)))
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
    const say = (value: unknown): void => void child.stdin.write(`${JSON.stringify(value)}\n`)
    const hear = async (): Promise<Record<string, unknown>> => {
      const { value, done } = await lines.next()
      if (done === true) throw new Error(complaints)
      return JSON.parse(value) as Record<string, unknown>
    }
    try {
      say({
        issuer: program.provider.issuer,
        client_id: clientId,
        method,
        redirect_uri: redirectUri,
        secret: method === "client_secret_basic" ? secret : await exportPKCS8(privateKey),
      })
      const browser = new Browser()
      const back = await through(program, browser, String((await hear())["authorize"]))
      say({ back: locationOf(back) })
      const got = await hear()
      expect(got["claims"]).toMatchObject({ sub: ALICE, aud: clientId, iss: program.provider.issuer })
      expect(got["userinfo"]).toMatchObject({
        sub: ALICE,
        name: "Alice",
        email: "alice@example.com",
        email_verified: true,
      })
      expect(got["rotated"]).toBe(true)

      const done = await confirmLogout(browser, await browser.go(String(got["logout"])))
      expect(locationOf(done)).toBe(`${program.url}/oidc/logout/success`)
      say({})
      expect(await hear()).toEqual({ status: 400, error: "invalid_grant" })
    } finally {
      child.kill()
    }
  })
