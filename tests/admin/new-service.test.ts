/**
 * A new service in a new project, of the packed product: what the admin gives it, without a line of code for an interface.
 *
 * @module
 */
import { spawnSync } from "node:child_process"
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import type { Browser, Page } from "playwright-core"
import { afterAll, beforeAll, expect, test } from "vitest"
import { complaints, findings, launch } from "../support/real-browser.ts"
import { departmentsEnvironment } from "../departments/projects.ts"
import { sampled } from "../support/counts.ts"
import { optionalProgram } from "../support/optional.ts"
import { type PackedProduct, packProduct } from "../tutorial/packed-product.ts"
import { type Background, inBackground } from "../tutorial/shell.ts"
import { looks } from "./admin-program.ts"
import { misfits } from "./fits.ts"
import { lift } from "./lift.ts"

/** The whole service, but for who may use it. */
const contract = `import { choice, contract, date, longText, model, text } from "@archipel/core"
export const desk = contract("desk", {
  roles: ["user", "manager"],
  models: {
    Ticket: model(
      {
        title: text(),
        priority: choice("low", "normal", "high").default("normal"),
        due: date().optional(),
        notes: longText().optional(),
      },
      { title: "title" },
    ),
  },
})
declare module "@archipel/core" {
  interface Contracts {
    desk: typeof desk
  }
}
`

optionalProgram("chromium", "google-chrome").describe("a new service", (executablePath) => {
  let product: PackedProduct
  let project: string
  let program: Background
  let browser: Browser
  let url: string
  beforeAll(async () => {
    product = await packProduct()
    const executable = join(product.workplace, "node_modules/@archipel/cli/bin/archipel.mjs")
    const env = { ...departmentsEnvironment(), ARCHIPEL_PACKAGES: product.packages }
    const archipel = (cwd: string, ...args: readonly string[]): void => {
      const { status, stdout, stderr } = spawnSync(process.execPath, [executable, ...args], {
        cwd,
        env,
        encoding: "utf8",
      })
      if (status !== 0) throw new Error(`archipel ${args.join(" ")} failed:\n${stdout}${stderr}`)
    }
    archipel(product.workplace, "new", "firm", "--no-install")
    project = join(product.workplace, "firm")
    archipel(project, "add", "service", "desk")
    archipel(project, "add", "model", "desk.Ticket", "title:text")
    writeFileSync(join(project, "services/desk/contract.ts"), contract)
    program = inBackground(`exec "${process.execPath}" "${executable}" dev --port 0`, project, env)
    url = /ready (http\S+)/.exec(await program.sees(/ready http\S+\n/))?.[1] as string
    browser = await launch(executablePath)
  }, 900_000)
  afterAll(async () => {
    await browser?.close()
    await program?.[Symbol.asyncDispose]()
    if (product) rmSync(product.folder, { recursive: true, force: true })
  }, 60_000)

  const focusIsSomewhere = (page: Page) => page.evaluate<boolean>("document.activeElement !== document.body")

  test("has list, form, search and board, by keyboard alone and accessible to all", { timeout: 120_000 }, async () => {
    expect(
      readdirSync(project, { recursive: true, encoding: "utf8" }).filter((name) =>
        /\.(?:tsx|jsx|css|html)$/.test(name),
      ),
    ).toEqual([])
    expect(readFileSync(join(project, "main.ts"), "utf8")).toContain("gatewayService()")
    const page = await browser.newPage({ locale: "en-GB", viewport: { width: 1360, height: 800 } })
    page.setDefaultTimeout(15_000)
    const wrong = complaints(page)
    await page.goto(url)
    await page.getByLabel("E-mail address").fill("clara@example.com")
    await page.getByLabel("Password", { exact: true }).fill("archipel")
    await page.keyboard.press("Enter")
    await page.getByRole("navigation", { name: "Menu" }).getByRole("link", { name: "Tickets", exact: true }).waitFor()

    // From here on without a mouse.
    await page.keyboard.press("Control+k")
    await page.keyboard.type("tickets")
    await page.getByRole("option", { name: /^Tickets\b/, selected: true }).waitFor()
    await page.keyboard.press("Enter")
    await page.getByRole("heading", { name: "No tickets yet" }).waitFor()
    expect.soft(await findings(page)).toEqual([])
    for (const title of ["Printer is out of paper", "Door does not close"]) {
      await page.keyboard.press("n")
      await page.locator("[data-form]").waitFor()
      await expect.poll(() => page.evaluate<string>("document.activeElement.id")).toBe("f-title")
      await page.keyboard.type(title)
      await page.keyboard.press("Control+Enter")
      await page.waitForURL(/tickets\/[0-9a-f-]{36}/)
      expect(await focusIsSomewhere(page)).toBe(true)
      await page.goto(`${url}/admin/desk/tickets`)
      await page.getByRole("row").filter({ hasText: title }).waitFor()
    }
    await page.keyboard.press("/")
    await page.keyboard.type("printer")
    await page.getByText("1 record", { exact: true }).waitFor()
    await page.keyboard.press("Escape")
    await page.getByText("2 records", { exact: true }).waitFor()

    await page.goto(`${url}/admin/desk/tickets?view=kanban`)
    const lane = (name: string) => page.getByRole("region", { name, exact: true })
    const card = lane("Normal").getByRole("button", { name: /Printer/ })
    await lift(card)
    await page.keyboard.press("ArrowRight")
    await expect.poll(() => page.locator("[class*=over]").getAttribute("aria-label")).toBe("High")
    await page.keyboard.press("Space")
    await lane("High")
      .getByRole("button", { name: /Printer/ })
      .waitFor()
    await expect
      .poll(async () => {
        const answer = await page.request.get(`${url}/api/desk/tickets?priority=high&select=title`)
        return (await answer.json()).data.map(({ title }: { readonly title: string }) => title)
      })
      .toEqual(["Printer is out of paper"])

    const [record] = (await (await page.request.get(`${url}/api/desk/tickets?limit=1`)).json()).data
    const paths = ["tickets", "tickets?group=priority", "tickets?view=kanban", "tickets/new", `tickets/${record.id}`]
    const cases = paths.flatMap((path) => looks.map((look) => ({ path, ...look })))
    for (const { path, scheme, width } of sampled(cases, 5)) {
      await page.emulateMedia({ colorScheme: scheme })
      await page.setViewportSize({ width, height: 800 })
      await page.goto(`${url}/admin/desk/${path}`)
      await page.getByRole("heading").first().waitFor()
      await page.waitForLoadState("networkidle")
      expect.soft(await findings(page), `${path}, ${scheme} at ${width}`).toEqual([])
      expect.soft(await misfits(page), `${path}, ${scheme} at ${width}`).toEqual([])
    }
    expect(wrong).toEqual([])
  })
})
