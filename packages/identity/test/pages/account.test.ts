import { createHash, randomBytes } from "node:crypto"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { type Seen, Visitor } from "./browsing.ts"
import { CLIENT_SECRET, type OutsideIssuer, outsideIssuer } from "./outside-issuer.ts"
import { PASSWORD, pagesProgram, type PagesProgram } from "./pages-program.ts"

const NEW_PASSWORD = "seven quiet lanterns 41"
const PARTNER = "https://reports.example.net"

let issuer: OutsideIssuer
let program: PagesProgram
beforeAll(async () => {
  issuer = await outsideIssuer()
  program = await pagesProgram({
    IDENTITY_REGISTRATION: "open",
    COMPANY_SECRET: CLIENT_SECRET,
    LOGIN_ISSUERS: JSON.stringify([
      {
        name: "company",
        label: "The Company",
        issuer: issuer.url,
        clientId: "archipel",
        clientSecretEnv: "COMPANY_SECRET",
      },
    ]),
  })
  issuer.serve(`${program.url}/account/external/company/callback`)
  await program.db("identity.Client").create({
    clientId: "reports",
    name: "Tide Reports",
    kind: "native",
    redirectUris: [`${PARTNER}/back`] as never,
    mayCall: [] as never,
  })
})
afterAll(async () => {
  await program?.[Symbol.asyncDispose]()
  await issuer?.[Symbol.asyncDispose]()
})

const pathOf = ({ url }: Seen): string => new URL(url).pathname
const headingOf = ({ text }: Seen): string => /<h1>([^<]*)<\/h1>/.exec(text)?.[1] ?? ""

describe("the account of whoever is logged in", () => {
  test("says what is wrong with a profile, and keeps what is right", async () => {
    const { id, email } = await program.person()
    const visitor = new Visitor(program.url)
    const account = await visitor.logIn(email, PASSWORD)
    const wrong = { name: " ", locale: "tlh", timeZone: "+01:00" }
    const refused = await visitor.send(account, "/account", wrong)
    expect(refused.status).toBe(422)
    expect(refused.text.match(/aria-invalid="true"/g)).toHaveLength(2)
    const saved = await visitor.send(refused, "/account", {
      name: "Vera Été",
      locale: "fr",
      timeZone: "America/Montreal",
    })
    expect(saved.text).toContain("Enregistré.")
    const user = await program.db("identity.User").get(id as never, { select: ["name", "locale", "timeZone"] })
    expect(user).toMatchObject({ name: "Vera Été", locale: "fr", timeZone: "America/Montreal" })
  })

  test("has another address only after a link sent there was used, and can be taken back", async () => {
    const { id, email } = await program.person()
    const visitor = new Visitor(program.url)
    const account = await visitor.logIn(email, PASSWORD)
    const newEmail = `new-${email}`
    const sent = await visitor.send(account, "/account/email", { email: newEmail })
    expect(sent.text).toContain("A mail is on its way")
    const address = async (): Promise<string | undefined> =>
      (await program.db("identity.User").get(id as never, { select: ["email"] }))?.email
    const link = new URL(await program.mailedLink("change", newEmail)).pathname
    const elsewhere = new Visitor(program.url)
    const question = await elsewhere.visit(link)
    expect(question.text).toContain(newEmail)
    expect(await address()).toBe(email)
    await elsewhere.send(question, link)
    expect(await address()).toBe(newEmail)
    expect((await elsewhere.visit(link)).status).toBe(410)
    const back = new URL(await program.mailedLink("restore", email)).pathname
    const reset = await elsewhere.send(await elsewhere.visit(back), back)
    expect(pathOf(reset)).toMatch(/^\/account\/reset\/[\w-]{43}$/)
    expect(await address()).toBe(email)
  })

  test("is logged out of one browser, and of no other's", async () => {
    const [person, stranger] = [await program.person(), await program.person()]
    const [here, there, strange] = [new Visitor(program.url), new Visitor(program.url), new Visitor(program.url)]
    await here.logIn(person.email, PASSWORD)
    await there.logIn(person.email, PASSWORD)
    await strange.logIn(stranger.email, PASSWORD)
    const page = await here.visit("/account/sessions")
    const ends = [...page.text.matchAll(/action="(\/account\/sessions\/[\w-]+\/end)"/g)].map(
      ([, path]) => path as string,
    )
    expect(ends).toHaveLength(2)
    const foreign = await strange.visit("/account/sessions")
    const notOwn = strange.posting(foreign, "/account/sessions/end")
    for (const path of ends) expect((await strange.request(path, notOwn)).status).toBe(404)
    // That of the other browser is the one without the sign of this one.
    const rows = page.text.split("<li>").filter((row) => row.includes("/end"))
    const other = /action="(\/account\/sessions\/[\w-]+\/end)"/.exec(
      rows.find((row) => !row.includes("This browser")) ?? "",
    )?.[1] as string
    expect((await here.send(page, other)).text).toContain("That browser is logged out.")
    expect(pathOf(await there.visit("/account"))).toMatch(/^\/account\/login\//)
    expect(pathOf(await strange.visit("/account"))).toBe("/account")
  })

  test("chooses a new password and stays, while others are logged out", async () => {
    const { email } = await program.person()
    const [here, there] = [new Visitor(program.url), new Visitor(program.url)]
    await there.logIn(email, PASSWORD)
    await here.logIn(email, PASSWORD)
    const page = await here.visit("/account/password")
    const personal = await here.send(page, "/account/password", { password: email })
    expect(personal.status).toBe(422)
    const done = await here.send(personal, "/account/password", { password: NEW_PASSWORD })
    expect(done.text).toContain("Your password was changed")
    expect(pathOf(await there.visit("/account"))).toMatch(/^\/account\/login\//)
    expect((await new Visitor(program.url).logIn(email, PASSWORD)).status).toBe(422)
  })

  test("turns two-step verification off again, when asked twice", async () => {
    const person = await program.person()
    const { secret } = await program.withTotp(person)
    const visitor = new Visitor(program.url)
    const factor = await visitor.logIn(person.email, PASSWORD)
    await visitor.send(factor, pathOf(factor), { code: program.code(secret) })
    const question = await visitor.visit("/account/two-step/off")
    expect(question.text).toContain("Turn off two-step verification?")
    expect((await visitor.visit("/account/security")).text).toContain('href="/account/two-step/off"')
    await visitor.send(question, "/account/two-step/off")
    expect(await program.credentials.factorsOf(person.id)).toEqual([])
  })
})

describe("links", () => {
  test("whom an administrator adds is invited by mail, once, and whom a program adds is not", async () => {
    const added = async (name: string, as: string) => {
      const answer = await fetch(`${program.url}/api/identity/users`, {
        method: "POST",
        headers: { authorization: `Bearer dev:${as}`, "content-type": "application/json" },
        body: JSON.stringify({ name, email: `${name}@example.com` }),
      })
      expect(answer.status).toBe(201)
      return `${name}@example.com`
    }
    const email = await added("newcomer", "alice")
    await program.db("identity.User").create({ name: "Imported", email: "imported@example.com" })
    await program.mailedLink("invite", email)
    const next = await added("newcomer-2", "alice")
    await program.mailedLink("invite", next)
    const links = await program
      .db("identity.Link")
      .find({ select: ["user.email"], where: { kind: "invite" }, limit: 100 })
    const invited = links
      .map(({ user }) => user?.email)
      .filter((each) => each === email || each === "imported@example.com")
    expect(invited).toEqual([email])
  })

  test("an invitation asks for a name and a password, and stays usable until they are right", async () => {
    const { id, email } = await program.person({ password: "" })
    const link = `/account/invite/${await program.credentials.links.make("invite", { userId: id, email })}`
    const visitor = new Visitor(program.url)
    const form = await visitor.visit(link)
    expect(form.text).toContain(email)
    const refused = await visitor.send(form, link, { name: "", password: "" })
    expect(refused.status).toBe(422)
    const done = await visitor.send(refused, link, { name: "Nora Newcomer", password: NEW_PASSWORD })
    expect(pathOf(done)).toBe("/account/invite/done")
    const account = await visitor.logIn(email, NEW_PASSWORD)
    expect(account.text).toContain("Nora Newcomer")
  })

  test("somebody creates an account only where the address is proved", async () => {
    const email = `customer-${randomBytes(4).toString("hex")}@example.com`
    const visitor = new Visitor(program.url)
    const page = await visitor.visit("/account/register")
    const sent = await visitor.send(page, "/account/register", { email })
    expect(pathOf(sent)).toBe("/account/register/sent")
    expect(await program.db("identity.User").count({ email } as never)).toBe(0)
    const link = new URL(await program.mailedLink("register", email)).pathname
    const form = await visitor.visit(link)
    const done = await visitor.send(form, link, { name: "Carl Customer", password: NEW_PASSWORD })
    expect(pathOf(done)).toBe("/account/register/done")
    expect(pathOf(await visitor.logIn(email, NEW_PASSWORD))).toBe("/account")
  })

  test("a link that logs in does so once, by a button, and asks for the second factor all the same", async () => {
    const [plain, careful] = [await program.person(), await program.person()]
    await program.withTotp(careful)
    const path = async (userId: string): Promise<string> =>
      `/account/link/${await program.credentials.links.make("login", { userId })}`
    const visitor = new Visitor(program.url)
    const link = await path(plain.id)
    const question = await visitor.visit(link)
    expect(headingOf(question)).toBe("Log in with this link")
    const account = await visitor.send(question, link)
    expect(account.text).toContain(plain.email)
    expect((await new Visitor(program.url).visit(link)).status).toBe(410)
    const other = new Visitor(program.url)
    const second = await path(careful.id)
    expect(pathOf(await other.send(await other.visit(second), second))).toMatch(/\/factor$/)
  })
})

describe("an application of somebody else", () => {
  const authorize = (): string =>
    `/oidc/authorize?${new URLSearchParams({
      client_id: "reports",
      response_type: "code",
      scope: "openid profile email",
      redirect_uri: `${PARTNER}/back`,
      state: "s",
      code_challenge: createHash("sha256").update(randomBytes(32)).digest("base64url"),
      code_challenge_method: "S256",
    })}`

  test("gets what its user agrees to, and nothing when not", async () => {
    const { email } = await program.person()
    const visitor = new Visitor(program.url)
    const login = await visitor.visit(authorize())
    expect(login.text).toContain("to continue to Tide Reports")
    // Browsers hold `form-action` against the redirect to the application, too.
    expect(login.headers.get("content-security-policy")).toContain(`form-action 'self' ${PARTNER};`)
    const consent = await visitor.send(login, pathOf(login), { email, password: PASSWORD })
    expect(headingOf(consent)).toBe("Allow Tide Reports?")
    expect(consent.text).toContain("See your e-mail address")
    expect(consent.text).toContain(email)
    expect(consent.headers.get("content-security-policy")).toContain(PARTNER)
    const denied = await visitor.send(consent, pathOf(consent), { answer: "deny" })
    expect(denied.headers.get("location")).toMatch(/^https:\/\/reports\.example\.net\/back\?error=access_denied/)
    const again = await visitor.visit(authorize())
    const allowed = await visitor.send(again, pathOf(again), { answer: "allow" })
    expect(allowed.headers.get("location")).toMatch(/^https:\/\/reports\.example\.net\/back\?code=/)
  })

  test("that asks for two steps is told that there is only one", async () => {
    const { email } = await program.person()
    const visitor = new Visitor(program.url)
    const login = await visitor.visit(`${authorize()}&acr_values=mfa`)
    const needed = await visitor.send(login, pathOf(login), { email, password: PASSWORD })
    expect(headingOf(needed)).toBe("Two-step verification is needed")
    const path = pathOf(needed).replace("/needed", "/abort")
    const told = await visitor.send(needed, path)
    expect(told.headers.get("location")).toContain("error=access_denied")
  })
})

describe("an account elsewhere", () => {
  /** Goes where the browser is sent, logs in there, and comes back. */
  async function through(visitor: Visitor, path: string): Promise<Seen> {
    const left = await visitor.visit(path)
    const there = new Visitor(issuer.url)
    const url = new URL(left.headers.get("location") as string)
    const back = await there.visit(url.pathname + url.search)
    const home = new URL(back.headers.get("location") as string)
    expect(home.origin).toBe(program.url)
    return visitor.visit(home.pathname + home.search)
  }

  test("is connected by who is logged in, and logs in from then on", async () => {
    const { email } = await program.person()
    issuer.foreigner = { sub: `sub-of-${email}`, email: `other-${email}`, email_verified: true }
    const visitor = new Visitor(program.url)
    const unknown = await visitor.begin()
    expect(unknown.text).toContain("Continue with The Company")
    const stranger = await through(visitor, `${pathOf(unknown)}/with/company`)
    expect(stranger.status).toBe(403)
    await visitor.logIn(email, PASSWORD)
    const connected = await through(visitor, "/account/connections/company/begin")
    expect(connected.text).toContain("The account is connected.")
    const other = new Visitor(program.url)
    const page = await other.begin()
    const account = await through(other, `${pathOf(page)}/with/company`)
    expect(account.text).toContain(email)
  })

  test("of the same address waits for the password, then is connected", async () => {
    const { email } = await program.person()
    issuer.foreigner = { sub: `same-${email}`, email, email_verified: true }
    const visitor = new Visitor(program.url)
    const page = await visitor.begin()
    const asked = await through(visitor, `${pathOf(page)}/with/company`)
    expect(asked.text).toContain("Log in once, and it is connected with The Company.")
    const account = await visitor.send(asked, pathOf(asked), { email, password: PASSWORD })
    expect(pathOf(account)).toBe("/account")
    expect((await visitor.visit("/account/connections")).text).toContain("The Company")
    const other = new Visitor(program.url)
    expect((await through(other, `${pathOf(await other.begin())}/with/company`)).text).toContain(email)
  })

  test("cannot be finished in another browser, nor begun by another site", async () => {
    const { email } = await program.person()
    const visitor = new Visitor(program.url)
    await visitor.logIn(email, PASSWORD)
    const left = await visitor.visit("/account/connections/company/begin")
    const url = new URL(left.headers.get("location") as string)
    issuer.foreigner = { sub: "attacker" }
    const back = await new Visitor(issuer.url).visit(url.pathname + url.search)
    const home = new URL(back.headers.get("location") as string)
    expect((await new Visitor(program.url).visit(home.pathname + home.search)).status).toBe(410)
    const forged = await visitor.request("/account/connections/company/begin", {
      headers: { "sec-fetch-site": "cross-site" },
    })
    expect(forged.status).toBe(403)
  })
})
