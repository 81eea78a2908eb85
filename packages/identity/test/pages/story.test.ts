import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { type Browser, type BrowserContext, type Page } from "playwright-core"
import { afterAll, beforeAll, expect, test } from "vitest"
import { optionalProgram } from "../../../../tests/support/optional.ts"
import { PASSWORD, pagesProgram, type PagesProgram } from "./pages-program.ts"
import { complaints, findings, launch } from "../../../../tests/support/real-browser.ts"

/** Something at another origin that browsers are sent back to. */
async function anApplication(): Promise<AsyncDisposable & { readonly url: string }> {
  const server = createServer((_incoming, outgoing) => outgoing.end("application"))
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

const NEW_PASSWORD = "seven quiet lanterns 41"

optionalProgram("chromium", "google-chrome").describe("people in a browser", (executablePath) => {
  let browser: Browser
  let program: PagesProgram
  beforeAll(async () => {
    browser = await launch(executablePath)
    program = await pagesProgram()
  })
  afterAll(async () => {
    await browser?.close()
    await program?.[Symbol.asyncDispose]()
  })

  const at = (page: Page, path: string | RegExp) =>
    page.waitForURL((url) => (typeof path === "string" ? url.pathname === path : path.test(url.pathname)))

  async function opened(options: Parameters<Browser["newContext"]>[0] = {}) {
    const context = await browser.newContext({ locale: "en-GB", ...options })
    const page = await context.newPage()
    return { context, page, wrong: complaints(page) }
  }

  async function logIn(page: Page, email: string, password: string): Promise<void> {
    await page.goto(`${program.url}/account`)
    await page.getByLabel("E-mail address").fill(email)
    await page.getByLabel("Password", { exact: true }).fill(password)
    await page.getByRole("button", { name: "Log in", exact: true }).click()
  }

  /** An authenticator in the browser, with the finger on it. */
  async function withAuthenticator(context: BrowserContext, page: Page) {
    const session = await context.newCDPSession(page)
    await session.send("WebAuthn.enable")
    await session.send("WebAuthn.addVirtualAuthenticator", {
      options: {
        protocol: "ctap2",
        ctap2Version: "ctap2_1",
        transport: "internal",
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
        automaticPresenceSimulation: true,
      },
    })
  }

  test("password, two-step verification, a passkey, and out everywhere", async () => {
    const { email } = await program.person()
    const { context, page, wrong } = await opened()

    await logIn(page, email, PASSWORD)
    await at(page, "/account")
    expect(await findings(page)).toEqual([])

    // Two-step verification: the key is read as somebody would type it.
    await page.getByRole("link", { name: "Security" }).click()
    await page.getByRole("link", { name: "Set up" }).click()
    await page.getByRole("img", { name: "QR code for the authenticator app" }).waitFor()
    const secret = ((await page.locator("code.secret").textContent()) ?? "").replaceAll(" ", "")
    const code = page.getByRole("textbox", { name: "Code" })
    await code.fill("12 34 56")
    await page.getByRole("button", { name: "Turn on" }).click()
    await page.getByRole("alert").waitFor()
    await code.fill(program.code(secret))
    await page.getByRole("button", { name: "Turn on" }).click()
    await page.getByRole("heading", { name: "Keep these recovery codes" }).waitFor()
    expect(await page.locator(".codes li").count()).toBe(10)
    await page.getByRole("link", { name: "I have kept them" }).click()
    await page.getByText("10 recovery codes are left.").waitFor()

    // Out and in again, with both factors.
    await page.getByRole("button", { name: "Log out" }).click()
    await at(page, "/account/logged-out")
    program.advance(60)
    await logIn(page, email, PASSWORD)
    await at(page, /\/factor$/)
    await page.getByLabel("Code from the app").fill(program.code(secret))
    await page.getByRole("button", { name: "Verify" }).click()
    await at(page, "/account")

    // A passkey.
    await withAuthenticator(context, page)
    await page.getByRole("link", { name: "Security" }).click()
    await page.getByRole("link", { name: "Add a passkey" }).click()
    await page.getByLabel("Name of the passkey").fill("My laptop")
    await page.getByRole("button", { name: "Add" }).click()
    await page.getByText("The passkey was added.").waitFor()
    await page.getByRole("link", { name: "Rename: My laptop" }).click()
    await page.getByLabel("Name of the passkey").fill("Desk")
    await page.getByRole("button", { name: "Rename" }).click()
    await page.getByText("Desk", { exact: true }).waitFor()

    // It alone is enough: no password, no code. The browser may offer it by itself as soon as the page is there.
    await page.getByRole("button", { name: "Log out" }).click()
    await at(page, "/account/logged-out")
    await page.goto(`${program.url}/account`)
    const button = page.getByRole("button", { name: "Log in with a passkey" })
    await Promise.race([at(page, "/account"), button.click().then(() => at(page, "/account"))])
    await page.getByText(email).waitFor()

    // Another browser, and out of both.
    const other = await opened()
    program.advance(60)
    await logIn(other.page, email, PASSWORD)
    await at(other.page, /\/factor$/)
    await other.page.getByLabel("Code from the app").fill(program.code(secret))
    await other.page.getByRole("button", { name: "Verify" }).click()
    await at(other.page, "/account")
    await page.getByRole("link", { name: "Devices" }).click()
    await page.getByText("This browser").waitFor()
    expect(await page.locator(".rows > li").count()).toBe(2)
    await page.getByRole("button", { name: "Log out everywhere" }).click()
    await at(page, "/account/logged-out")
    await other.page.goto(`${program.url}/account/security`)
    await at(other.page, /^\/account\/login\//)

    expect([...wrong, ...other.wrong]).toEqual([])
    await context.close()
    await other.context.close()
  })

  test("who is locked out gets back in by a mail, without any script", async () => {
    const { email } = await program.person()
    const { context, page, wrong } = await opened({ javaScriptEnabled: false })
    await page.goto(`${program.url}/account`)
    const locked = page.getByText("Too many attempts.")
    for (let attempt = 0; attempt < 8 && !(await locked.isVisible()); attempt++) {
      await page.getByLabel("E-mail address").fill(email)
      await page.getByLabel("Password", { exact: true }).fill(`wrong ${attempt}`)
      await page.getByRole("button", { name: "Log in", exact: true }).click()
      await page.getByRole("alert").waitFor()
    }
    await locked.waitFor()
    // The right password does not help now.
    await page.getByLabel("Password", { exact: true }).fill(PASSWORD)
    await page.getByRole("button", { name: "Log in", exact: true }).click()
    await locked.waitFor()

    await page.getByRole("link", { name: "Forgotten your password?" }).click()
    await page.getByLabel("E-mail address").fill(email)
    await page.getByRole("button", { name: "Send the link" }).click()
    await page.getByRole("heading", { name: "Look at your mails" }).waitFor()
    const link = await program.mailedLink("reset", email)
    await page.goto(`${program.url}/account/mail`)
    await page.getByRole("link", { name: link }).click()
    await page.getByLabel("New password").fill(NEW_PASSWORD)
    await page.getByRole("button", { name: "Set the password" }).click()
    await page.getByRole("heading", { name: "Your password was changed" }).waitFor()
    await logIn(page, email, NEW_PASSWORD)
    await at(page, "/account")
    expect(wrong).toEqual([])
    await context.close()
  })

  test("two-step verification works without any script, in dark and in French", async () => {
    const person = await program.person()
    const { secret } = await program.withTotp(person)
    const { context, page } = await opened({ javaScriptEnabled: false, locale: "fr-FR", colorScheme: "dark" })
    await page.goto(`${program.url}/account`)
    await page.getByLabel("Adresse e-mail").fill(person.email)
    await page.getByLabel("Mot de passe", { exact: true }).fill(PASSWORD)
    await page.getByRole("button", { name: "Se connecter", exact: true }).click()
    await page.getByLabel("Code de l’application").fill(program.code(secret))
    await page.keyboard.press("Enter")
    await at(page, "/account")
    await page.getByRole("heading", { name: "Profil" }).waitFor()
    await context.close()
  })

  test("an application of somebody else gets the browser back, whichever form was the last", async () => {
    await using application = await anApplication()
    const { email } = await program.person()
    await program.db("identity.Client").create({
      clientId: "partner",
      name: "Partner",
      kind: "native",
      redirectUris: [`${application.url}/back`] as never,
      mayCall: [] as never,
    })
    const { context, page, wrong } = await opened()
    const query = new URLSearchParams({
      client_id: "partner",
      response_type: "code",
      scope: "openid email",
      redirect_uri: `${application.url}/back`,
      code_challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
      code_challenge_method: "S256",
    })
    await page.goto(`${program.url}/oidc/authorize?${query}`)
    await page.getByLabel("E-mail address").fill(email)
    await page.getByLabel("Password", { exact: true }).fill(PASSWORD)
    // A look at what was typed.
    const reveal = page.getByRole("button", { name: "Show the password" })
    await reveal.click()
    expect(await page.getByLabel("Password", { exact: true }).getAttribute("type")).toBe("text")
    expect(await reveal.getAttribute("aria-pressed")).toBe("true")
    await page.getByRole("button", { name: "Log in", exact: true }).click()
    await page.getByRole("heading", { name: "Allow Partner?" }).waitFor()
    expect(await findings(page)).toEqual([])
    await page.getByRole("button", { name: "Allow", exact: true }).click()
    await page.waitForURL(`${application.url}/back?code=*`)
    // Now that it was allowed, the form of the login is the last.
    await context.clearCookies()
    await page.goto(`${program.url}/oidc/authorize?${query}`)
    await page.getByLabel("E-mail address").fill(email)
    await page.getByLabel("Password", { exact: true }).fill(PASSWORD)
    await page.getByRole("button", { name: "Log in", exact: true }).click()
    await page.getByRole("button", { name: "Do not allow" }).click()
    await page.waitForURL(`${application.url}/back?error=access_denied*`)
    expect(wrong).toEqual([])
    await context.close()
  })

  test("a link that logs in changes who is logged in", async () => {
    const [first, second] = [await program.person(), await program.person()]
    const { context, page, wrong } = await opened()
    await logIn(page, first.email, PASSWORD)
    await at(page, "/account")
    const secret = await program.credentials.links.make("login", { userId: second.id })
    await page.goto(`${program.url}/account/link/${secret}`)
    await page.getByRole("button", { name: "Log in" }).click()
    await at(page, "/account")
    await page.getByText(second.email).waitFor()
    expect(await page.getByText(first.email).count()).toBe(0)
    expect(wrong).toEqual([])
    await context.close()
  })

  test("nothing of a person's making becomes part of a page", async () => {
    const name = `<img src=x onerror="document.title='taken'"><script>document.title='taken'</script>`
    const { email } = await program.person({ name })
    const { context, page, wrong } = await opened()
    await logIn(page, email, PASSWORD)
    await at(page, "/account")
    expect(await page.getByLabel("Name").inputValue()).toBe(name)
    expect(await page.title()).toBe("Profile – Archipel")
    expect(wrong).toEqual([])
    await context.close()
  })
})
