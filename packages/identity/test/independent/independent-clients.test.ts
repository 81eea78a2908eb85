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
import { type Seen, Visitor } from "../pages/browsing.ts"
import { PASSWORD, pagesProgram, type PagesProgram } from "../pages/pages-program.ts"
import { freePort, startApache } from "./apache.ts"

const MODULES = "/usr/lib/apache2/modules"
const present = (path: string): string | undefined => (existsSync(path) ? path : undefined)
const openidc = optional(
  "libapache2-mod-auth-openidc",
  present(`${MODULES}/mod_auth_openidc.so`) && findProgram(["apache2"], `${process.env["PATH"] ?? ""}:/usr/sbin`),
)
const authlib = optional("python3-authlib", present("/usr/lib/python3/dist-packages/authlib/__init__.py"))

let program: PagesProgram
beforeAll(async () => {
  program = await pagesProgram()
})
afterAll(() => program[Symbol.asyncDispose]())

const issuer = (): string => `${program.url}/oidc`
const locationOf = ({ headers, url }: Seen): string => new URL(headers.get("location") ?? "", url).href

/** Fills in the login page that an application leads to; says where the application is to be found again. */
async function logInAt(visitor: Visitor, address: string, email: string): Promise<string> {
  const page = await visitor.visit(address)
  return locationOf(await visitor.send(page, new URL(page.url).pathname, { email, password: PASSWORD }))
}

/** Answers the question of the protocol's logout page; says where it leads. */
async function logOutAt(visitor: Visitor, address: string): Promise<string> {
  const page = await visitor.visit(address)
  const action = /<form method="post" action="([^"]+)"/.exec(page.text)?.[1] ?? ""
  return locationOf(await visitor.request(action, visitor.posting(page, action, { logout: "yes" })))
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
    issuer: issuer(),
    clientId: "apache",
    clientSecret: secret,
  })
  const { id, email } = await program.person({ name: "Alice" })
  const logIn = async (): Promise<{ browser: Visitor; login: Visitor; page: Seen }> => {
    const [browser, login] = [new Visitor(server.url), new Visitor(program.url)]
    const away = await browser.request("/app/")
    const page = await browser.visit(await logInAt(login, locationOf(away), email))
    if (page.status !== 200) throw new Error(`There is no page: ${await server.log()}`)
    return { browser, login, page }
  }

  const { browser, login, page } = await logIn()
  expect(page.text).toBe("the protected page")
  expect(page.headers.get("x-user")).toContain(id)
  expect(page.headers.get("x-name")).toBe("Alice")

  const leaving = await browser.request(`/app/callback?logout=${encodeURIComponent(`${server.url}/bye.html`)}`)
  expect(locationOf(leaving)).toContain(`${issuer()}/logout?`)
  const last = await browser.visit(await logOutAt(login, locationOf(leaving)))
  expect(last.text).toBe("good bye")
  const again = await browser.request("/app/")
  expect(again.status).toBe(302)
  const asked = await login.visit(locationOf(again))
  expect(new URL(asked.url).pathname).toMatch(/^\/account\/login\//)

  const one = await logIn()
  const other = await logIn()
  expect((await one.browser.request("/app/")).status).toBe(200)
  const sessions = await other.login.visit("/account/sessions")
  await other.login.send(sessions, "/account/sessions/end")
  expect((await one.browser.request("/app/")).status).toBe(302)
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
        issuer: issuer(),
        client_id: clientId,
        method,
        redirect_uri: redirectUri,
        secret: method === "client_secret_basic" ? secret : await exportPKCS8(privateKey),
      })
      const visitor = new Visitor(program.url)
      const { id, email } = await program.person({ name: "Alice" })
      say({ back: await logInAt(visitor, String((await hear())["authorize"]), email) })
      const got = await hear()
      expect(got["claims"]).toMatchObject({ sub: id, aud: clientId, iss: issuer() })
      expect(got["userinfo"]).toMatchObject({ sub: id, name: "Alice", email, email_verified: true })
      expect(got["rotated"]).toBe(true)

      expect(await logOutAt(visitor, String(got["logout"]))).toBe(`${issuer()}/logout/success`)
      say({})
      expect(await hear()).toEqual({ status: 400, error: "invalid_grant" })
    } finally {
      child.kill()
    }
  })
