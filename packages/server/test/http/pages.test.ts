import type { Browser } from "playwright-core"
import { afterAll, beforeAll, expect, test } from "vitest"
import { optionalProgram } from "../../../../tests/support/optional.ts"
import { launch } from "../../../../tests/support/real-browser.ts"
import { type DepotServer, startDepot } from "./depot-server.ts"

optionalProgram("chromium", "google-chrome").describe("pages in a browser", (executablePath) => {
  let depot: DepotServer
  let browser: Browser
  beforeAll(async () => {
    depot = await startDepot()
    browser = await launch(executablePath)
    const product = (
      await depot.ask("/api/depot/products", { body: { code: "B-1", name: "<b>Lamp</b>", price: "1234.50" } })
    ).json
    for (let i = 0; i < 30; i++) {
      const body = { customer: i === 7 ? "Zebra" : `Customer ${i}`, lines: [{ product: product.id, quantity: 2 }] }
      await depot.ask("/api/depot/orders", { body })
    }
  })
  afterAll(async () => {
    await browser?.close()
    await depot?.close()
  })

  const opened = async (path: string) => {
    const page = await browser.newPage()
    const wrong: string[] = []
    page.on("console", (message) => {
      if (message.type() === "error") wrong.push(message.text())
    })
    page.on("pageerror", (error) => wrong.push(error.message))
    await page.goto(depot.url + path)
    return { page, wrong }
  }

  test("lists records by what the service publishes, pages through them and opens one with its lines", async () => {
    const { page, wrong } = await opened("/#/depot/orders")
    await page.getByRole("heading", { name: "Orders" }).waitFor()
    await page.getByText("30 in all").waitFor()
    expect(await page.locator("tbody tr").count()).toBe(25)
    await page.getByRole("button", { name: "Next" }).click()
    await expect.poll(() => page.locator("tbody tr").count()).toBe(5)
    await page.getByRole("searchbox").fill("zebra")
    await expect.poll(() => page.locator("tbody tr").count()).toBe(1)
    await page.locator("tbody tr").click()
    const dialog = page.getByRole("dialog")
    await dialog.getByText("<b>Lamp</b>").waitFor()
    await dialog.getByText("2\u2009469.00 EUR").first().waitFor()
    expect(wrong).toEqual([])
    await page.close()
  })

  test("shows the outsider nothing", async () => {
    const { page } = await opened("/")
    await page.locator("#user").selectOption("dev:oscar")
    await page.getByText("This user has no role in any service.").waitFor()
    await page.close()
  })

  test("shows the API with what each operation takes and answers", async () => {
    const { page, wrong } = await opened("/docs")
    await page.locator("#depotCreateOrder summary").click()
    await page.locator("#depotCreateOrder").getByText("Body: DepotOrderCreate").waitFor()
    await page.locator("#depotCreateOrder pre").getByText("/api/depot/orders").waitFor()
    expect(wrong).toEqual([])
    await page.close()
  })
})
