import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { type Seen, Visitor } from "./browsing.ts"
import { PASSWORD, pagesProgram, type PagesProgram } from "./pages-program.ts"

let program: PagesProgram
beforeAll(async () => {
  program = await pagesProgram()
})
afterAll(() => program[Symbol.asyncDispose]())

const pathOf = ({ url }: Seen): string => new URL(url).pathname
const titleOf = ({ text }: Seen): string => /<title>([^<]*)<\/title>/.exec(text)?.[1] ?? ""

describe("without any script", () => {
  test("the account asks for a login and is there after it", async () => {
    const { email } = await program.person()
    const visitor = new Visitor(program.url)
    const page = await visitor.begin()
    expect(pathOf(page)).toMatch(/^\/account\/login\/[\w-]+$/)
    const account = await visitor.send(page, pathOf(page), { email, password: PASSWORD })
    expect(pathOf(account)).toBe("/account")
    expect(account.text).toContain(email)
  })

  test("a second factor is asked for, in order, and each code works once", async () => {
    const person = await program.person()
    const { secret, codes } = await program.withTotp(person)
    const visitor = new Visitor(program.url)
    const asked = await visitor.logIn(person.email, PASSWORD)
    expect(pathOf(asked)).toMatch(/\/factor$/)
    expect(asked.text).toContain('autocomplete="one-time-code"')
    const wrong = await visitor.send(asked, pathOf(asked), { code: "000000" })
    expect(wrong.status).toBe(422)
    const code = program.code(secret)
    const account = await visitor.send(wrong, pathOf(asked), { code: `${code.slice(0, 3)} ${code.slice(3)}` })
    expect(pathOf(account)).toBe("/account")

    const other = new Visitor(program.url)
    const again = await other.logIn(person.email, PASSWORD)
    const replayed = await other.send(again, pathOf(again), { code })
    expect(replayed.status).toBe(422)
    const recovery = await other.visit(pathOf(again).replace("/factor", "/recovery"))
    const inside = await other.send(recovery, pathOf(recovery), { code: codes[0] as string })
    expect(pathOf(inside)).toBe("/account")
  })

  test("a forgotten password is chosen anew by a mail, once, and everybody else is logged out", async () => {
    const { email } = await program.person()
    const old = new Visitor(program.url)
    await old.logIn(email, PASSWORD)
    const visitor = new Visitor(program.url)
    const asked = await visitor.visit("/account/reset")
    const sent = await visitor.send(asked, "/account/reset", { email })
    expect(pathOf(sent)).toBe("/account/reset/sent")
    const link = new URL(await program.mailedLink("reset", email)).pathname
    const form = await visitor.visit(link)
    expect(form.headers.get("referrer-policy")).toBe("no-referrer")
    const weak = await visitor.send(form, link, { password: "password1" })
    expect(weak.status).toBe(422)
    const done = await visitor.send(weak, link, { password: "seven quiet lanterns 41" })
    expect(pathOf(done)).toBe("/account/reset/done")
    expect((await visitor.visit(link)).status).toBe(410)
    expect(pathOf(await old.visit("/account"))).toMatch(/^\/account\/login\//)
    expect(pathOf(await visitor.logIn(email, "seven quiet lanterns 41"))).toBe("/account")
  })

  test("everything is there in French, for browsers and for people who say so", async () => {
    const { email } = await program.person({ locale: "fr" })
    const visitor = new Visitor(program.url)
    visitor.headers["accept-language"] = "fr-CH, en;q=0.5"
    const page = await visitor.begin()
    expect(page.text).toContain('<html lang="fr">')
    expect(titleOf(page)).toContain("Connexion")
    visitor.headers["accept-language"] = "de"
    const account = await visitor.send(page, pathOf(page), { email, password: PASSWORD })
    expect(titleOf(account)).toContain("Profil")
    const english = await visitor.visit("/account?lang=en")
    expect(titleOf(english)).toContain("Profile")
    expect(titleOf(await visitor.visit("/account/security"))).toContain("Security")
  })
})

describe("who tries what is not theirs", () => {
  test("learns nothing of who has an account: same status, same bytes", async () => {
    const { email } = await program.person()
    const visitor = new Visitor(program.url)
    const page = await visitor.begin()
    const refusal = async (address: string): Promise<string> => {
      const seen = await visitor.send(page, pathOf(page), { email: address, password: "not the password" })
      expect(seen.status).toBe(422)
      return seen.text.replaceAll(address, "…")
    }
    expect(await refusal("nobody-at-all@example.com")).toBe(await refusal(email))
    const reset = await visitor.visit("/account/reset")
    const asked = async (address: string): Promise<readonly [number, string]> => {
      const { status, text } = await visitor.send(reset, "/account/reset", { email: address })
      return [status, text]
    }
    expect(await asked("nobody-else@example.com")).toEqual(await asked(email))
  })

  test("cannot skip the second factor", async () => {
    const person = await program.person()
    await program.withTotp(person)
    const visitor = new Visitor(program.url)
    const page = await visitor.begin()
    const base = pathOf(page)
    // Before the password there is no second step.
    expect(pathOf(await visitor.visit(`${base}/factor`))).toBe(base)
    expect(pathOf(await visitor.send(page, base, { email: person.email, password: PASSWORD }))).toBe(`${base}/factor`)
    // Going on without it leads back into the login.
    for (const path of ["/account", "/account/security", `/oidc/authorize/${base.split("/").at(-1)}`]) {
      const seen = await visitor.visit(path)
      expect(seen.text).not.toContain(person.email)
    }
  })

  test("cannot carry a first step over to another login, nor change it", async () => {
    const person = await program.person()
    const { secret } = await program.withTotp(person)
    const visitor = new Visitor(program.url)
    const first = await visitor.logIn(person.email, PASSWORD)
    expect(pathOf(first)).toMatch(/\/factor$/)
    const proved = visitor.cookies.get("archipel-proved")
    const other = new Visitor(program.url)
    const page = await other.begin()
    const base = pathOf(page)
    for (const value of [proved?.value ?? "", `${proved?.value}A`, "1.AAAA", ""]) {
      other.cookies.set("archipel-proved", { value, path: "/", flags: "" })
      expect(pathOf(await other.visit(`${base}/factor`))).toBe(base)
      const sent = await other.request(`${base}/factor`, other.posting(page, base, { code: program.code(secret) }))
      expect(sent.headers.get("location")).toBe(base)
    }
    program.advance(11 * 60)
    try {
      expect(pathOf(await visitor.visit(pathOf(first)))).toBe(pathOf(first).replace("/factor", ""))
    } finally {
      program.advance(-11 * 60)
    }
  })

  test("cannot plant a session: its identifier, and the token of the forms, change with the login", async () => {
    const { email } = await program.person()
    const visitor = new Visitor(program.url)
    const login = await visitor.begin()
    const planted = new Map(visitor.cookies)
    await visitor.send(login, pathOf(login), { email, password: PASSWORD })
    const session = visitor.cookies.get("archipel-login")?.value
    expect(session).toBeDefined()
    expect(planted.get("archipel-login")?.value).not.toBe(session)
    expect(planted.get("archipel-form")?.value).not.toBe(visitor.cookies.get("archipel-form")?.value)
    const attacker = new Visitor(program.url)
    for (const [name, cookie] of planted) attacker.cookies.set(name, cookie)
    expect((await attacker.visit("/account")).text).not.toContain(email)
  })

  test("has to prove it again for what is sensitive, after ten minutes", async () => {
    const { email } = await program.person()
    const visitor = new Visitor(program.url)
    await visitor.logIn(email, PASSWORD)
    const before = visitor.cookies.get("archipel-login")?.value
    expect(pathOf(await visitor.visit("/account/password"))).toBe("/account/password")
    program.advance(11 * 60)
    let asked: Seen
    try {
      expect(pathOf(await visitor.visit("/account/security"))).toBe("/account/security")
      asked = await visitor.visit("/account/password")
    } finally {
      program.advance(-11 * 60)
    }
    expect(titleOf(asked)).toContain("Confirm that it is you")
    expect(asked.text).toContain(email)
    const refused = await visitor.send(asked, pathOf(asked), { password: "not the password" })
    expect(refused.status).toBe(422)
    // Whatever address is sent along: it is about whoever is logged in.
    const other = await program.person()
    const proved = await visitor.send(refused, pathOf(asked), { email: other.email, password: PASSWORD })
    expect(pathOf(proved)).toBe("/account/password")
    expect(proved.text).toContain(email)
    expect(visitor.cookies.get("archipel-login")?.value).not.toBe(before)
  })

  test("cannot lead a login elsewhere", async () => {
    const visitor = new Visitor(program.url)
    for (const state of [
      "https://evil.example",
      "//evil.example",
      "/\\evil.example",
      "/accounts",
      "/account/../auth/logout",
      "/account\\@evil",
    ]) {
      const seen = await visitor.request(`/account/callback?state=${encodeURIComponent(state)}`)
      expect(seen.headers.get("location")).toBe("/account")
    }
    const kept = await visitor.request(`/account/callback?state=${encodeURIComponent("/account/security?said=off")}`)
    expect(kept.headers.get("location")).toBe("/account/security?said=off")
  })
})

describe("forms", () => {
  const cases: readonly (readonly [string, (init: RequestInit) => RequestInit])[] = [
    [
      "without their token",
      (init) => ({ ...init, body: new URLSearchParams({ name: "Mallory", locale: "en", timeZone: "UTC" }) }),
    ],
    [
      "with another token",
      (init) => {
        const body = new URLSearchParams(init.body as URLSearchParams)
        body.set("token", "A".repeat(43))
        return { ...init, body }
      },
    ],
    ["from another site", (init) => ({ ...init, headers: { "sec-fetch-site": "cross-site", origin: "null" } })],
    ["from a sister site", (init) => ({ ...init, headers: { "sec-fetch-site": "same-site" } })],
    ["of an old browser on another site", (init) => ({ ...init, headers: { origin: "https://evil.example" } })],
    [
      "as plain text",
      (init) => ({
        ...init,
        body: String(init.body),
        headers: { ...(init.headers as Record<string, string>), "content-type": "text/plain" },
      }),
    ],
    [
      "as JSON",
      (init) => ({
        ...init,
        body: JSON.stringify(Object.fromEntries(init.body as URLSearchParams)),
        headers: { ...(init.headers as Record<string, string>), "content-type": "application/json" },
      }),
    ],
  ]

  test.each(cases)("%s are refused, and nothing changes", async (_name, change) => {
    const { id, email } = await program.person()
    const visitor = new Visitor(program.url)
    const account = await visitor.logIn(email, PASSWORD)
    const init = visitor.posting(account, "/account", { name: "Mallory", locale: "en", timeZone: "UTC" })
    const seen = await visitor.request("/account", change(init))
    expect(seen.status).toBe(403)
    expect((await program.db("identity.User").get(id as never, { select: ["name"] }))?.name).toBe("Vera Example")
    // The same form as it is meant to be sent.
    expect((await visitor.request("/account", init)).status).toBe(303)
    expect((await program.db("identity.User").get(id as never, { select: ["name"] }))?.name).toBe("Mallory")
  })

  test("with another person's token are refused", async () => {
    const [victim, attacker] = [await program.person(), await program.person()]
    const [a, b] = [new Visitor(program.url), new Visitor(program.url)]
    const own = await b.logIn(attacker.email, PASSWORD)
    await a.logIn(victim.email, PASSWORD)
    // Even where the attacker could write cookies: theirs was made for another session.
    a.cookies.set("archipel-form", b.cookies.get("archipel-form") as never)
    const seen = await a.request(
      "/account",
      b.posting(own, "/account", { name: "Mallory", locale: "en", timeZone: "UTC" }),
    )
    expect(seen.status).toBe(403)
  })

  test("cannot be sent by GET or with a method that stands elsewhere", async () => {
    const { email } = await program.person()
    const visitor = new Visitor(program.url)
    await visitor.logIn(email, PASSWORD)
    for (const path of ["/account/sessions/end", "/account/logout"]) {
      const refused = await visitor.request(path)
      expect([refused.status, refused.headers.get("allow")]).toEqual([405, "POST"])
      expect(
        (await visitor.request(`${path}?_method=POST`, { headers: { "x-http-method-override": "POST" } })).status,
      ).toBe(405)
    }
    expect((await visitor.request("/account", { method: "PUT" })).status).toBe(405)
    expect(pathOf(await visitor.visit("/account"))).toBe("/account")
  })

  test("that are too large are not read", async () => {
    const visitor = new Visitor(program.url)
    const page = await visitor.begin()
    const seen = await visitor.request(pathOf(page), visitor.posting(page, pathOf(page), { email: "x".repeat(70_000) }))
    expect(seen.status).toBe(413)
  })
})

describe("every page", () => {
  test("allows nothing inline, no frame, no cache and no referrer; cookies are out of reach of scripts", async () => {
    const { email } = await program.person()
    const visitor = new Visitor(program.url)
    const pages = [await visitor.begin(), await visitor.logIn(email, PASSWORD)]
    for (const path of [
      "/account/security",
      "/account/sessions",
      "/account/reset",
      "/account/nowhere",
      "/account/logged-out",
    ])
      pages.push(await visitor.visit(path))
    for (const { headers, text } of pages) {
      const policy = headers.get("content-security-policy") ?? ""
      expect(policy).toContain("default-src 'none'")
      expect(policy).toContain("frame-ancestors 'none'")
      expect(policy).not.toMatch(/unsafe|\*/)
      expect(headers.get("cache-control")).toBe("no-store")
      expect(headers.get("referrer-policy")).toBe("no-referrer")
      expect(headers.get("x-content-type-options")).toBe("nosniff")
      expect(text).not.toMatch(/<script(?![^>]* src=)|<style|\sstyle=|\son\w+=/)
    }
    for (const [name, { flags }] of visitor.cookies) expect(`${name}: ${flags.toLowerCase()}`).toMatch(/httponly/)
  })

  test("a password is typed unseen, and may be pasted and filled in", async () => {
    const { id, email } = await program.person()
    const visitor = new Visitor(program.url)
    const pages = [await visitor.begin()]
    await visitor.logIn(email, PASSWORD)
    pages.push(await visitor.visit("/account/password"))
    const reset = await program.credentials.links.make("reset", { userId: id, email })
    pages.push(await visitor.visit(`/account/reset/${reset}`))
    const invite = await program.credentials.links.make("invite", { userId: id, email })
    pages.push(await visitor.visit(`/account/invite/${invite}`))
    const kinds = pages.map(({ text }) => {
      const [input, ...others] = text.match(/<input[^>]*name="password"[^>]*>/g) ?? []
      expect(others).toEqual([])
      expect(input).toContain('type="password"')
      expect(input).not.toMatch(/readonly|disabled|pattern=/)
      return /autocomplete="([^"]*)"/.exec(input ?? "")?.[1]
    })
    expect(kinds).toEqual(["current-password", "new-password", "new-password", "new-password"])
  })

  test("is found under its own address only", async () => {
    const visitor = new Visitor(program.url)
    for (const path of ["/account/nowhere", "/account/login", "/account/assets/pages.css", "/account/passkeys/x/y/z"])
      expect([path, (await visitor.visit(path)).status]).toEqual([path, 404])
    expect((await visitor.visit("/account/login/unknown")).status).toBe(410)
    expect((await visitor.visit("/account/reset/unknown")).status).toBe(410)
  })
})
