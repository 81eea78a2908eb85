/**
 * Services apart, each a process: one is killed, or slow, while people work. What is missing is shown as missing, the rest goes on, and all
 * comes back by itself.
 *
 * @module
 */
import type { Browser, Page } from "playwright-core"
import { afterAll, beforeAll, expect, test } from "vitest"
import { findings, launch } from "../support/real-browser.ts"
import type { Ask } from "../support/asking.ts"
import { seedCompany, seeded, users } from "../support/company.ts"
import { type RunningFleet, startFleetOfCompany, until } from "../support/fleet.ts"
import { optionalProgram } from "../support/optional.ts"
import { isRunning } from "../support/program.ts"
import { type VisitAs, visitsOf } from "./admin-program.ts"

/** All is back five seconds after the service answers, on a machine that has nothing else to do: it is told how soon. */
const BACK_MS = 15_000
/** Who goes on working waits no longer for anything. */
const WORK_MS = 15_000

const ORDERS = "/admin/sales/orders?columns=number,customer,employee&sort=number"
const menu = (page: Page) => page.getByRole("navigation", { name: "Menu" })
const inMenu = (page: Page, service: string) => menu(page).getByRole("button", { name: new RegExp(`^${service}`) })
const rowOf = (page: Page, text: string) => page.getByRole("row").filter({ hasText: text })
const panel = (page: Page, model: string) => page.locator(`[data-related="${model}"]`)
/** Errors of scripts: that an answer says 503 is told on the page. */
const faults = (wrong: readonly string[]): readonly string[] =>
  wrong.filter((text) => !/status of 50\d|net::ERR/.test(text))

optionalProgram("chromium", "google-chrome").describe("the admin of services apart", (executablePath) => {
  let fleet: RunningFleet
  let browser: Browser
  let visit: VisitAs
  let ask: Ask
  beforeAll(async () => {
    fleet = await startFleetOfCompany()
    ask = fleet.program.ask
    await seedCompany(ask)
    browser = await launch(executablePath)
    visit = visitsOf(browser, fleet.program.url)
  }, 180_000)
  afterAll(async () => {
    await browser?.close()
    await fleet?.[Symbol.asyncDispose]()
  })

  /** To processes that may have been replaced meanwhile. */
  const signal = (pids: readonly number[], name: NodeJS.Signals): void => {
    for (const pid of pids) if (isRunning(pid)) process.kill(pid, name)
  }
  const answers = async (service: string, path: string): Promise<void> =>
    until(async () => (await ask(path).catch(() => undefined))?.status === 200, `An answer of ${service}`)

  test("a service is killed: what needs it says so, everything else goes on, and all is back soon after it is", async () => {
    const list = await visit("alice", ORDERS)
    await rowOf(list.page, "SO-2026-00001").getByText("Martin").waitFor()
    const open = async (path: string): Promise<Page> => {
      const page = await list.context.newPage()
      await page.goto(fleet.program.url + path)
      return page
    }
    const user = await open(`/admin/identity/users/${users.martin}`)
    await panel(user, "people.Employee")
      .getByRole("link", { name: /Martin/ })
      .waitFor()
    const staff = await open("/admin/people/employees")
    await rowOf(staff, "Number0").first().waitFor()

    // The one that takes its place is held, so that there is time to look.
    const [pid] = fleet.pids("people")
    process.kill(pid as number, "SIGKILL")
    await until(() => fleet.pids("people").some((each) => each !== pid), "The next process of people")
    const held = fleet.pids("people").filter((each) => each !== pid)
    signal(held, "SIGSTOP")
    try {
      for (const page of [list.page, user, staff]) await inMenu(page, "People Down").waitFor()
      expect(await menu(list.page).getByText("Down", { exact: true }).count()).toBe(1)
      await list.page.reload()
      const row = rowOf(list.page, "SO-2026-00001")
      await row.getByText("Service away").waitFor()
      expect(await row.innerText()).toContain(seeded.employees[0]?.slice(-8))
      expect(await row.innerText()).toContain("Alpenblick")
      expect(await findings(list.page)).toEqual([])
      await user.reload()
      await panel(user, "people.Employee").getByText("people does not answer").waitFor()
      await panel(user, "people.Employee").getByRole("button", { name: "Try again" }).waitFor()
      await panel(user, "sales.Order").getByRole("link", { name: /^SO-/ }).first().waitFor()
      await panel(user, "crm.Customer").waitFor()
      const missing = await user.getByText(/does not answer/).allInnerTexts()
      expect(missing.filter((text) => !text.startsWith("people"))).toEqual([])
      await staff.reload()
      await staff.getByRole("heading", { name: "The service does not answer" }).waitFor()

      // Somebody whose browser knows nothing yet works on.
      const other = await visit("martin", "/admin/crm/customers")
      const { page } = other
      page.setDefaultTimeout(WORK_MS)
      await page.getByRole("row", { name: /^Select Alpenblick/ }).click()
      await page.getByRole("textbox", { name: "City" }).fill("Grenoble")
      await page.keyboard.press("Control+s")
      await expect
        .poll(async () => (await ask(`/api/crm/customers/${seeded.customers[0]}?select=city`)).json.city)
        .toBe("Grenoble")
      await inMenu(page, "People Down").waitFor()
      await page.goto(`${fleet.program.url}/admin/sales/orders/${seeded.orders[1]}`)
      await page.locator("[data-line]").first().waitFor()
      expect(faults(other.wrong)).toEqual([])
      await other.context.close()
    } finally {
      signal(held, "SIGCONT")
    }
    await answers("people", "/api/people/employees?limit=1")
    const back = { timeout: BACK_MS }
    const answered = performance.now()
    await Promise.all([
      rowOf(list.page, "SO-2026-00001").getByText("Martin").waitFor(back),
      list.page
        .getByText("Service away")
        .first()
        .waitFor({ state: "detached", ...back }),
      panel(user, "people.Employee")
        .getByRole("link", { name: /Martin/ })
        .waitFor(back),
      rowOf(staff, "Number0").first().waitFor(back),
      ...[list.page, user, staff].map((page) =>
        page.getByText("Down", { exact: true }).waitFor({ state: "detached", ...back }),
      ),
    ])
    console.log(`all was back ${Math.round(performance.now() - answered)} ms after people answered`)
    expect(faults(list.wrong)).toEqual([])
    await list.context.close()
  }, 240_000)

  test("a service is slow: nobody waits for it who does not need it", async () => {
    const pids = fleet.pids("people")
    signal(pids, "SIGSTOP")
    try {
      const { page, wrong, context } = await visit("clara", "/admin/")
      page.setDefaultTimeout(WORK_MS)
      await menu(page).getByRole("link", { name: "Orders" }).click()
      await rowOf(page, "SO-2026-").first().getByRole("link").click()
      await page.getByRole("textbox", { name: "Note" }).fill("while people is slow")
      await page.keyboard.press("Control+s")
      await expect
        .poll(async () => (await ask("/api/sales/orders?note=while people is slow&select=number")).json.data.length)
        .toBe(1)
      await page.getByRole("navigation", { name: "Menu" }).getByRole("link", { name: "Customers" }).click()
      await page.getByRole("row", { name: /^Select Alpenblick/ }).waitFor()
      await page.keyboard.press("Control+k")
      await page.keyboard.type("alpen")
      await page
        .getByRole("option", { name: /Alpenblick/ })
        .first()
        .waitFor()
      await inMenu(page, "People Down").waitFor()
      expect(faults(wrong)).toEqual([])
      await context.close()
    } finally {
      signal(pids, "SIGCONT")
    }
    await answers("people", "/api/people/employees?limit=1")
  }, 240_000)
})
