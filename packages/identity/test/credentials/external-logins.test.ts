import assert from "node:assert/strict"
import { createServer, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import { exportJWK, generateKeyPair, SignJWT } from "jose"
import Provider from "oidc-provider"
import { afterAll, beforeAll, describe, test } from "vitest"
import { type CredentialsProgram, credentialsProgram, ORIGIN, PASSWORD } from "./credentials-program.ts"

/** Who is logged in at the foreign issuer at the moment, and what it says of them. */
interface Foreigner {
  readonly sub: string
  readonly email?: string
  readonly email_verified?: boolean
  readonly name?: string
}

/** A real OpenID Connect issuer of somebody else. */
interface Issuer {
  readonly url: string
  readonly server: Server
  foreigner: Foreigner
}

async function foreignIssuer(name: string): Promise<Issuer> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const issuer: Issuer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    server,
    foreigner: { sub: "nobody" },
  }
  const provider = new Provider(issuer.url, {
    clients: [
      {
        client_id: "archipel",
        client_secret: "a secret between the two",
        redirect_uris: [`${ORIGIN}/account/external/${name}/callback`],
        token_endpoint_auth_method: "client_secret_post",
      },
    ],
    claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name"] },
    conformIdTokenClaims: name !== "plain",
    findAccount: (_context: unknown, sub: string) => ({ accountId: sub, claims: () => ({ ...issuer.foreigner, sub }) }),
    features: { devInteractions: { enabled: false } },
    cookies: { keys: ["only for a test"] },
    interactions: { url: () => "/interaction" },
    loadExistingGrant: async (context: { oidc: { client: { clientId: string }; provider: Provider } }) => {
      const grant = new context.oidc.provider.Grant({
        accountId: issuer.foreigner.sub,
        clientId: context.oidc.client.clientId,
      })
      grant.addOIDCScope("openid email profile")
      await grant.save()
      return grant
    },
  } as never)
  server.on("request", (incoming, outgoing) => {
    if (!incoming.url?.startsWith("/interaction")) return void provider.callback()(incoming, outgoing)
    void provider.interactionFinished(incoming, outgoing, { login: { accountId: issuer.foreigner.sub } })
  })
  return issuer
}

let company: Issuer
let plain: Issuer
let program: CredentialsProgram
beforeAll(async () => {
  company = await foreignIssuer("company")
  plain = await foreignIssuer("plain")
  program = await credentialsProgram({
    env: {
      COMPANY_SECRET: "a secret between the two",
      LOGIN_ISSUERS: JSON.stringify([
        {
          name: "company",
          label: "The Company",
          issuer: company.url,
          clientId: "archipel",
          clientSecretEnv: "COMPANY_SECRET",
          authoritativeDomains: ["Company.example"],
          autoCreate: true,
        },
        { name: "plain", issuer: plain.url, clientId: "archipel", clientSecretEnv: "COMPANY_SECRET" },
        { name: "away", issuer: "http://127.0.0.1:9", clientId: "archipel" },
      ]),
    },
  })
})
afterAll(async () => {
  await program[Symbol.asyncDispose]()
  for (const { server } of [company, plain]) server.close()
})

let networks = 0
const newNetwork = (): string => `198.51.100.${++networks}`

/** Follows the browser from our address through the foreign issuer back to ours. @returns the address that it comes back to */
async function goThrough(start: string): Promise<string> {
  const cookies = new Map<string, string>()
  let at = start
  for (let hop = 0; hop < 10 && !at.startsWith(ORIGIN); hop++) {
    const header = [...cookies].map(([name, value]) => `${name}=${value}`).join("; ")
    const answer = await fetch(at, { redirect: "manual", headers: { cookie: header } })
    for (const cookie of answer.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(cookie) ?? []
      cookies.set(name, value)
    }
    const location = answer.headers.get("location")
    assert.ok(location, `${answer.status} ${await answer.text()}`)
    at = new URL(location, at).href
  }
  return at
}

async function logInAs(issuer: Issuer, foreigner: Foreigner, linkTo?: string) {
  issuer.foreigner = foreigner
  const name = issuer === company ? "company" : "plain"
  const begun = await program.credentials.external.begin(name, newNetwork(), linkTo)
  assert.ok(begun)
  return program.credentials.external.finish(name, await goThrough(begun.url), begun.binding)
}
let people = 0
const newSub = (): string => `sub-${++people}`

describe("T23 logins from outside", () => {
  describe("logging in at an outside issuer", () => {
    test("creates an account for a verified address of its own domain, and finds it by subject afterwards", async () => {
      const sub = newSub()
      const who = { sub, email: "Ada@company.example", email_verified: true, name: "Ada Company" }
      const first = await logInAs(company, who)
      assert.equal(first.kind, "created")
      const userId = first.kind === "created" ? first.userId : ""
      const user = await program
        .db("identity.User")
        .get(userId as never, { select: ["name", "email", "emailVerified"] })
      assert.equal(user?.name, "Ada Company")
      assert.equal(user?.email, "ada@company.example")
      assert.equal(user?.emailVerified, true)
      assert.deepEqual(await logInAs(company, who), { kind: "login", userId, issuer: "company" })
      assert.deepEqual(await logInAs(company, { sub, email: "renamed@company.example", email_verified: true }), {
        kind: "login",
        userId,
        issuer: "company",
      })
    })

    test("never takes an address for a person: another subject with the same address is asked to log in here first", async () => {
      const { id, email } = await program.user({ email: "bob@elsewhere.example" })
      for (const issuer of [company, plain]) {
        const outcome = await logInAs(issuer, { sub: newSub(), email, email_verified: true })
        assert.equal(outcome.kind, "login_first")
      }
      assert.equal(await program.db("identity.ExternalLogin").count({ user: id as never }), 0)
    })

    test("the same subject at two issuers is two people", async () => {
      const [one, other] = [await program.user(), await program.user()]
      const sub = newSub()
      assert.equal((await logInAs(company, { sub }, one.id)).kind, "linked")
      assert.deepEqual(await logInAs(plain, { sub }), { kind: "refused", code: "external.no_account" })
      assert.equal((await logInAs(plain, { sub }, other.id)).kind, "linked")
      assert.deepEqual(await logInAs(company, { sub }), { kind: "login", userId: one.id, issuer: "company" })
      assert.deepEqual(await logInAs(plain, { sub }), { kind: "login", userId: other.id, issuer: "plain" })
    })

    test("links by itself only where the address was proved here and the issuer gives out the domain", async () => {
      const proved = await program.user({ email: "carol@company.example" })
      const linked = await logInAs(company, { sub: newSub(), email: proved.email, email_verified: true })
      assert.deepEqual(linked, { kind: "login", userId: proved.id, issuer: "company" })
      await program.credentials.settled()
      assert.match(program.mail.to(proved.email).at(-1)?.text ?? "", /log in to your account with The Company/)

      const unproved = await program.user({ email: "dave@company.example", emailVerified: false })
      const asked = await logInAs(company, { sub: newSub(), email: unproved.email, email_verified: true })
      assert.equal(asked.kind, "login_first")
      const notAuthoritative = await logInAs(plain, { sub: newSub(), email: proved.email, email_verified: true })
      assert.equal(notAuthoritative.kind, "login_first")
    })

    test("of who has no verified address, no account or another domain is refused in the same words", async () => {
      const { email } = await program.user({ email: "erin@company.example" })
      const inactive = await program.user({ email: "gone@company.example", active: false })
      for (const foreigner of [
        { sub: newSub(), email, email_verified: false },
        { sub: newSub(), email },
        { sub: newSub() },
        { sub: newSub(), email: inactive.email, email_verified: true },
        { sub: newSub(), email: "stranger@other.example", email_verified: true },
        { sub: newSub(), email: "x@company.example.evil.example", email_verified: true },
      ])
        assert.deepEqual(await logInAs(company, foreigner), { kind: "refused", code: "external.no_account" })
      const noCreate = await logInAs(plain, { sub: newSub(), email: "free@company.example", email_verified: true })
      assert.deepEqual(noCreate, { kind: "refused", code: "external.no_account" })
    })

    test("after a local login links with what was kept, once and for that account only", async () => {
      const owner = await program.user({ email: "frank@elsewhere.example" })
      const thief = await program.user()
      const sub = newSub()
      const outcome = await logInAs(plain, { sub, email: owner.email, email_verified: true })
      assert.ok(outcome.kind === "login_first")
      assert.equal(await program.credentials.external.link(owner.id, outcome.pending), true)
      assert.equal(await program.credentials.external.link(owner.id, outcome.pending), false)
      assert.equal((await logInAs(plain, { sub })).kind, "login")
      const other = await logInAs(plain, { sub: newSub(), email: owner.email, email_verified: true })
      assert.ok(other.kind === "login_first")
      assert.equal(await program.credentials.external.link(thief.id, other.pending), false)
    })

    test("links to who is logged in here, unless it is another's, and unlinks if something else is left", async () => {
      const [one, other] = [await program.user(), await program.user()]
      const sub = newSub()
      assert.deepEqual(await logInAs(company, { sub }, one.id), { kind: "linked", userId: one.id, issuer: "company" })
      assert.deepEqual(await logInAs(company, { sub }, other.id), { kind: "refused", code: "external.taken" })
      const [login] = await program.credentials.external.list(one.id)
      assert.equal(login?.issuer, company.url)
      assert.equal(await program.credentials.external.unlink(one.id, login?.id ?? ""), false)
      await program.credentials.passwords.seed(one.id, PASSWORD)
      assert.equal(await program.credentials.external.unlink(other.id, login?.id ?? ""), false)
      assert.equal(await program.credentials.external.unlink(one.id, "not an id"), false)
      assert.equal(await program.credentials.external.unlink(one.id, login?.id ?? ""), true)
      assert.deepEqual(await program.credentials.external.list(one.id), [])
    })

    test("of five first logins at the same time there is one account", async () => {
      const foreigner = { sub: newSub(), email: "race@company.example", email_verified: true }
      company.foreigner = foreigner
      const ready = await Promise.all(
        Array.from({ length: 5 }, async () => {
          const begun = await program.credentials.external.begin("company", newNetwork())
          assert.ok(begun)
          return { binding: begun.binding, url: await goThrough(begun.url) }
        }),
      )
      const outcomes = await Promise.all(
        ready.map(({ url, binding }) => program.credentials.external.finish("company", url, binding)),
      )
      assert.deepEqual(outcomes.map(({ kind }) => kind).sort(), ["created", "login", "login", "login", "login"])
    })
  })

  describe("what comes back from an outside issuer", () => {
    const failed = { kind: "refused", code: "external.failed" }
    const begin = async (issuer: Issuer = company) => {
      issuer.foreigner = { sub: newSub(), email: "mallory@company.example", email_verified: true }
      const begun = await program.credentials.external.begin(issuer === company ? "company" : "plain", newNetwork())
      assert.ok(begun)
      return { ...begun, back: await goThrough(begun.url) }
    }
    const finish = (name: string, url: string, binding: string) =>
      program.credentials.external.finish(name, url, binding)
    const changed = (url: string, parameter: string, value: string | undefined): string => {
      const next = new URL(url)
      if (value === undefined) next.searchParams.delete(parameter)
      else next.searchParams.set(parameter, value)
      return next.href
    }

    test("asks with PKCE, state, nonce and an address of its own for each issuer", async () => {
      const { url } = await begin()
      const { searchParams } = new URL(url)
      assert.equal(searchParams.get("code_challenge_method"), "S256")
      assert.ok(searchParams.get("state") && searchParams.get("nonce") && searchParams.get("code_challenge"))
      assert.equal(searchParams.get("redirect_uri"), `${ORIGIN}/account/external/company/callback`)
    })

    test("is refused in another browser, a second time, too late or with another state", async () => {
      const [one, other] = [await begin(), await begin()]
      assert.deepEqual(await finish("company", one.back, other.binding), failed)
      assert.deepEqual(await finish("company", one.back, "guessed"), failed)
      const again = await begin()
      assert.notDeepEqual(await finish("company", again.back, again.binding), failed)
      assert.deepEqual(await finish("company", again.back, again.binding), failed)
      for (const [parameter, value] of [
        ["state", "forged"],
        ["state", undefined],
        ["code", "forged"],
        ["code", undefined],
        ["iss", plain.url],
        ["iss", undefined],
      ] as const) {
        const { back, binding } = await begin()
        assert.deepEqual(
          await finish("company", changed(back, parameter, value), binding),
          failed,
          `${parameter} ${value}`,
        )
      }
      const late = await begin()
      program.advance(601)
      assert.deepEqual(await finish("company", late.back, late.binding), failed)
      assert.deepEqual(await finish("company", "not an address", (await begin()).binding), failed)
    })

    test("is refused at the address of another issuer", async () => {
      const { back, binding } = await begin()
      assert.deepEqual(await finish("plain", back, binding), failed)
      const honest = await begin(plain)
      const attack = await begin(company)
      assert.deepEqual(await finish("plain", attack.back, honest.binding), failed)
    })

    test("of an issuer that does not answer, or that nobody configured, there is nothing to begin", async () => {
      assert.equal(await program.credentials.external.begin("away", newNetwork()), undefined)
      assert.equal(await program.credentials.external.begin("unknown", newNetwork()), undefined)
    })
  })

  describe("an issuer that says what is not true", () => {
    /** Its description, keys and tokens are what a test says. */
    interface Liar extends AsyncDisposable {
      readonly program: CredentialsProgram
      readonly url: string
      describes: (url: string) => string
      /** Header and claims of the next ID token, out of honest ones. */
      says: (claims: Record<string, unknown>) => Record<string, unknown>
      signsWith: "its own key" | "another key" | "nothing"
    }
    async function aLiar(): Promise<Liar> {
      const stack = new AsyncDisposableStack()
      const [own, another] = [await generateKeyPair("ES256"), await generateKeyPair("ES256")]
      const key = { ...(await exportJWK(own.publicKey)), kid: "k", alg: "ES256", use: "sig" }
      let nonce = ""
      const server = createServer((incoming, outgoing) => {
        void answer(new URL(incoming.url ?? "", liar.url)).then(([status, body, location]) =>
          outgoing
            .writeHead(status, { "content-type": "application/json", ...(location ? { location } : {}) })
            .end(JSON.stringify(body)),
        )
      })
      const answer = async (at: URL): Promise<[number, unknown, string?]> => {
        if (at.pathname === "/.well-known/openid-configuration")
          return [
            200,
            {
              issuer: liar.describes(liar.url),
              authorization_endpoint: `${liar.url}/authorize`,
              token_endpoint: `${liar.url}/token`,
              jwks_uri: `${liar.url}/jwks`,
              response_types_supported: ["code"],
              subject_types_supported: ["public"],
              id_token_signing_alg_values_supported: ["ES256"],
            },
          ]
        if (at.pathname === "/jwks") return [200, { keys: [key] }]
        if (at.pathname === "/authorize") {
          nonce = at.searchParams.get("nonce") ?? ""
          const back = new URL(at.searchParams.get("redirect_uri") ?? "")
          back.searchParams.set("code", "code")
          back.searchParams.set("state", at.searchParams.get("state") ?? "")
          return [302, {}, back.href]
        }
        const seconds = Math.floor(Date.now() / 1_000)
        const honest = { iss: liar.url, aud: "archipel", sub: "s", nonce, iat: seconds, exp: seconds + 300 }
        const claims = liar.says({ ...honest, email: "liar@company.example", email_verified: true })
        const signed = await new SignJWT(claims)
          .setProtectedHeader({ alg: "ES256", kid: "k" })
          .sign(liar.signsWith === "another key" ? another.privateKey : own.privateKey)
        const none = `${Buffer.from('{"alg":"none"}').toString("base64url")}.${signed.split(".")[1]}.`
        const token = liar.signsWith === "nothing" ? none : signed
        return [200, { access_token: "a", token_type: "Bearer", id_token: token }]
      }
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
      stack.defer(() => void server.close())
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
      const issuer = { name: "liar", issuer: url, clientId: "archipel", authoritativeDomains: ["company.example"] }
      const liar: Liar = {
        url,
        program: stack.use(
          await credentialsProgram({ env: { LOGIN_ISSUERS: JSON.stringify([{ ...issuer, autoCreate: true }]) } }),
        ),
        describes: (name) => name,
        says: (claims) => claims,
        signsWith: "its own key",
        [Symbol.asyncDispose]: () => stack.disposeAsync(),
      }
      return liar
    }
    const tried = async ({ program: { credentials } }: Liar): Promise<string | undefined> => {
      const begun = await credentials.external.begin("liar", newNetwork())
      if (begun === undefined) return undefined
      const outcome = await credentials.external.finish("liar", await goThrough(begun.url), begun.binding)
      return outcome.kind === "refused" ? outcome.code : outcome.kind
    }

    test("an ID token that is forged, or meant for somebody or something else, logs nobody in", async () => {
      await using liar = await aLiar()
      const lies: readonly (readonly [string, (claims: Record<string, unknown>) => Record<string, unknown>])[] = [
        ["for another application", (claims) => ({ ...claims, aud: "other" })],
        ["for several without saying which", (claims) => ({ ...claims, aud: ["archipel", "other"], azp: "other" })],
        ["of another issuer", (claims) => ({ ...claims, iss: "https://company.example" })],
        ["of another login", (claims) => ({ ...claims, nonce: "other" })],
        ["of no login", ({ nonce: _, ...claims }) => claims],
        ["expired", (claims) => ({ ...claims, exp: Number(claims["iat"]) - 120 })],
        ["without a subject", ({ sub: _, ...claims }) => claims],
      ]
      for (const [what, says] of lies) {
        liar.says = says
        assert.equal(await tried(liar), "external.failed", what)
      }
      liar.says = (claims) => claims
      for (const signsWith of ["another key", "nothing"] as const) {
        liar.signsWith = signsWith
        assert.equal(await tried(liar), "external.failed", signsWith)
      }
      liar.signsWith = "its own key"
      assert.equal(await tried(liar), "created")
      assert.equal(await tried(liar), "login")
    })

    test("an issuer that says that it is another one is not asked", async () => {
      for (const name of ["https://company.example", "http://127.0.0.1:1"]) {
        await using liar = await aLiar()
        liar.describes = () => name
        assert.equal(await tried(liar), undefined)
      }
    })
  })
})
