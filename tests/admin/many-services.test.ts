/** A program of a hundred services of fifty models: the shell works as with five, and nothing is asked of what nobody opened. */
import type { Page } from "playwright-core"
import { afterAll, beforeAll, expect, test } from "vitest"
import { findings } from "../support/real-browser.ts"
import { manyServices } from "../support/many-services.ts"
import { optionalProgram } from "../support/optional.ts"
import { adminProgram, type AdminProgram } from "./admin-program.ts"

const MODELS = 50
const registry = manyServices(100, MODELS)

/** What is asked for the descriptions of services and models. */
function descriptions(page: Page): { readonly services: string[]; readonly models: string[]; bytes: number } {
  const asked = { services: [] as string[], models: [] as string[], bytes: 0 }
  page.on("response", async (response) => {
    const { pathname } = new URL(response.url())
    const [, , service, collection] = pathname.split("/")
    if (!pathname.startsWith("/api/") || !pathname.endsWith("/$ui")) return
    if (collection === "$ui") asked.services.push(service as string)
    else if (service !== "$ui") asked.models.push(`${service}/${collection}`)
    else asked.bytes = Math.max(asked.bytes, (await response.body().catch(() => Buffer.alloc(0))).byteLength)
  })
  return asked
}

optionalProgram("chromium", "google-chrome").describe("the admin of a hundred services", (executablePath) => {
  let program: AdminProgram
  beforeAll(async () => {
    program = await adminProgram(executablePath, { env: registry.env })
  }, 120_000)
  afterAll(() => program?.[Symbol.asyncDispose]())

  test("the shell asks for no more than the list of services; a service that is opened for its own, a model for one", async () => {
    const { page, wrong, context } = await program.visit("alice", "/admin/")
    const asked = descriptions(page)
    await page.reload()
    const menu = page.getByRole("navigation", { name: "Menu" })
    await menu.getByRole("button", { name: "Unit100" }).waitFor()
    await page.getByRole("heading", { name: "Unit001" }).waitFor()
    await page.waitForLoadState("networkidle")
    expect(asked.models).toEqual([])
    // What the administration shows at home.
    expect(asked.services.filter((service) => service.startsWith("unit"))).toEqual([])
    expect(asked.bytes).toBeLessThan(20_000)
    expect(await findings(page)).toEqual([])

    await menu.getByRole("button", { name: "Unit042" }).click()
    await menu.getByRole("link", { name: "Record007s" }).click()
    await page.getByRole("grid").getByRole("row").nth(3).waitFor()
    await page.waitForLoadState("networkidle")
    expect(new Set(asked.services.filter((service) => service.startsWith("unit")))).toEqual(new Set(["unit042"]))
    // The next one is what its records refer to.
    expect(new Set(asked.models)).toEqual(new Set(["unit042/record007s"]))
    expect(wrong).toEqual([])
    await context.close()
  })

  test("lists are found by their names, in the menu and by keyboard", async () => {
    const { page, wrong, context } = await program.visit("alice", "/admin/")
    const menu = page.getByRole("navigation", { name: "Menu" })
    await menu.getByRole("searchbox", { name: "Find a list" }).fill("unit077 record013")
    await expect.poll(() => menu.getByRole("link", { name: /^Record/ }).allInnerTexts()).toEqual(["Record013s"])
    await menu.getByRole("link", { name: "Record013s" }).click()
    await page.getByRole("heading", { name: "Record013s" }).waitFor()
    await menu.getByRole("searchbox", { name: "Find a list" }).fill("nothing like it")
    await menu.getByText("Nothing is called that").waitFor()
    expect(await findings(page)).toEqual([])
    await page.keyboard.press("Control+k")
    await page.getByRole("combobox", { name: /Search records/ }).waitFor()
    await page.keyboard.type("unit003 record050")
    await page
      .getByRole("option", { name: /^Record050s/ })
      .first()
      .waitFor()
    await page.keyboard.press("Enter")
    await page.waitForURL(/unit003\/record050s/)
    await page.getByRole("grid").getByRole("row").nth(3).waitFor()
    expect(wrong).toEqual([])
    await context.close()
  })
})
