/**
 * A day's work in a real browser, one after the other: a clerk without a mouse, the manager who goes on with what the clerk left, and
 * somebody who has no right to any of it.
 *
 * @module
 */
import type { Page } from "playwright-core"
import { afterAll, beforeAll, expect, test } from "vitest"
import { created, seeded, users } from "../support/company.ts"
import { optionalProgram } from "../support/optional.ts"
import { adminProgram, type AdminProgram, type Person } from "./admin-program.ts"
import { cents, isSaved, isSettled, textOf, totals } from "./form-page.ts"
import { byKeyboard } from "./keyboard.ts"

const chromium = optionalProgram("chromium", "chromium-browser", "google-chrome")

const ORDERS = "/api/sales/orders"
const LINES = 10
/** What clerks may not know of orders and their lines. */
const HIDDEN = /margin|unitCost|"cost"/i

let company: AdminProgram
/** Everything that services said to the page. */
function bodiesOf(page: Page): string[] {
  const bodies: string[] = []
  page.on("response", async (response) => {
    if (response.url().includes("/api/")) bodies.push(await response.text().catch(() => ""))
  })
  return bodies
}

async function contextOf(person: Person) {
  const { page, context } = await company.visit(person, "/admin/")
  await page.close()
  return context
}

beforeAll(async () => {
  if (chromium.value !== undefined) company = await adminProgram(chromium.value)
})
afterAll(() => company?.[Symbol.asyncDispose]())

chromium.describe("a day's work", () => {
  let order: string

  test("a clerk takes an order of ten lines by keyboard alone, finds it again, groups, and shares the favourite", async () => {
    const clerk = await byKeyboard(await contextOf("clara"), `${company.url}/admin/`)
    const { page } = clerk
    const bodies = bodiesOf(page)
    let asked = 0
    page.on("request", (request) => {
      if (request.method() === "POST" && /\$(?:query|draft)$/.test(request.url())) asked++
    })

    // To the orders, and to a new one.
    await page.getByRole("heading").first().waitFor()
    await clerk.press("Control+k")
    await page.getByRole("dialog").getByRole("combobox").waitFor()
    await clerk.type("orders")
    await page.getByRole("option", { name: /^Orders/ }).waitFor()
    await clerk.press("Enter")
    await page.locator("[role=row][data-id]").first().waitFor()
    await clerk.press("n")
    await page.locator("[data-form]").waitFor()
    await clerk.pressUntil("Tab", /^Customer/)
    await clerk.type("bäck")
    await page.getByRole("option", { name: "Bäckerei Ümlaut" }).waitFor()
    await clerk.press("Enter")
    await clerk.pressUntil("Tab", /Add a line/)
    await clerk.press("Enter")

    const perLine: number[] = []
    for (let line = 0; line < LINES; line++) {
      const before = asked
      await clerk.type(`Product ${line % 5}`)
      await clerk.press("Tab")
      await clerk.type(String(line + 1))
      await clerk.press("Tab", "Tab")
      // Past the last cell a line is added.
      if (line < LINES - 1) await clerk.press("Tab")
      await isSettled(page)
      perLine.push(asked - before)
    }
    expect(perLine.filter((count) => count > 2)).toEqual([])
    expect(await page.locator("[data-line]").count()).toBe(LINES)
    const shown = await totals(page)
    expect(shown.lines).toBeGreaterThan(0)
    expect(shown.total).toBe(shown.lines)

    // Up and down between the lines changes none of them.
    const quantities = () => Promise.all([7, 8, 9].map((row) => textOf(page, row, 1)))
    const before = await quantities()
    await clerk.press("Shift+Tab", "Shift+Tab", "ArrowUp", "ArrowUp", "ArrowDown")
    expect(await quantities()).toEqual(before)
    await clerk.type("77")
    await clerk.press("Escape", "Enter")
    expect(await quantities()).toEqual(before)

    await clerk.press("Control+Enter")
    await page.waitForURL(/orders\/[0-9a-f-]{36}/)
    await isSaved(page)
    order = new URL(page.url()).pathname.split("/").at(-1) as string
    const read = `${ORDERS}/${order}?select=number,total,lineCount,status,note`
    const saved = await company.ask(read, { as: "clara" })
    expect(saved.json).toMatchObject({ lineCount: LINES, status: "draft" })
    expect(cents(saved.json.total)).toBe(shown.total)
    expect((await totals(page)).total).toBe(shown.total)

    // Changed once more, and confirmed from the palette.
    await clerk.press("Escape", "e")
    await clerk.pressUntil("Tab", /reference/)
    await clerk.type("By letter")
    await clerk.press("Control+s")
    await isSaved(page)
    await clerk.press("Control+k")
    await page.getByRole("dialog").getByRole("combobox").waitFor()
    await clerk.type("confirm")
    await page.getByRole("option", { name: "Confirm Order" }).waitFor()
    await clerk.press("Enter")
    await page.locator("li[aria-current=step]", { hasText: "Confirmed" }).waitFor()
    await isSettled(page)
    expect((await company.ask(read, { as: "clara" })).json.status).toBe("confirmed")

    // Found again by customer and state.
    await clerk.press("Escape", "Escape")
    await page.locator("[role=row][data-id]").first().waitFor()
    await clerk.press("f")
    await page.getByPlaceholder("Find a field").waitFor()
    await clerk.type("Customer")
    await clerk.press("Enter")
    await page.getByLabel("Operator").waitFor()
    await clerk.pressUntil("Tab", /^Customer/)
    await clerk.type("bäck")
    await page.getByRole("option", { name: "Bäckerei Ümlaut" }).waitFor()
    await page.getByRole("option", { name: "Alpenblick" }).waitFor({ state: "detached" })
    await clerk.press("Enter")
    await page.getByRole("button", { name: /Bäckerei Ümlaut/ }).waitFor()
    await clerk.pressUntil("Tab", /^Apply/)
    await clerk.press("Enter")
    await page.getByText(/Customer is.* Bäckerei Ümlaut/).waitFor()
    await page.getByLabel("Operator").waitFor({ state: "detached" })
    await clerk.press("f")
    await page.getByPlaceholder("Find a field").waitFor()
    await clerk.type("Status")
    await clerk.press("Enter")
    await page.getByLabel("Operator").waitFor()
    await clerk.press("Tab", "Tab", "Space")
    await clerk.pressUntil("Tab", /^Apply/)
    await clerk.press("Enter")
    const row = page.locator("[role=row][data-id]")
    await page.getByLabel("Operator").waitFor({ state: "detached" })
    await expect.poll(() => row.count()).toBe(1)
    expect(await row.innerText()).toContain(saved.json.number)

    // By month, with what its service adds up.
    await clerk.press("Shift+g")
    await page.getByRole("menuitem", { name: "Date", exact: true }).waitFor()
    await clerk.pressUntil("ArrowDown", /^Date$/)
    await clerk.press("ArrowRight")
    await page.getByRole("menuitem", { name: "month" }).waitFor()
    await clerk.pressUntil("ArrowDown", /^month$/)
    await clerk.press("Enter", "Escape")
    await page.getByRole("menuitem").first().waitFor({ state: "detached" })
    const group = page.getByRole("row", { expanded: false }).first()
    await group.waitFor()
    expect(cents((await group.innerText()).split("\n").at(-1) as string)).toBe(shown.total)
    await expect
      .poll(async () => cents((await page.getByRole("row").last().innerText()).split("\n").at(-1) as string))
      .toBe(shown.total)

    // Kept under a name, and shared with everybody.
    await clerk.press("Shift+f")
    await page.getByLabel("Name", { exact: true }).waitFor()
    await clerk.pressUntil("Tab", /^Name$/)
    await clerk.type("Confirmed by month")
    await clerk.press("Tab", "Space", "Tab")
    await clerk.type("Everybody")
    await clerk.press("Tab", "Enter")
    await page.getByLabel("Name", { exact: true }).waitFor({ state: "detached" })

    expect(await clerk.pointers()).toBe(0)
    expect(clerk.unseen).toEqual([])
    expect(bodies.length).toBeGreaterThan(20)
    expect(bodies.filter((body) => HIDDEN.test(body))).toEqual([])
    await page.context().close()
  }, 240_000)

  test("a manager sees the margin, the shared favourite, and approves an expense", async () => {
    await created(company.ask, "/api/people/expenses", {
      employee: seeded.employees[1],
      requestedBy: users.clara,
      purpose: "Train",
      category: "travel",
      amount: "84.00",
    })
    const [{ id = "" } = {}] = (await company.ask("/api/people/expenses?select=id")).json.data
    await company.ask(`/api/people/expenses/${id}/$submit`, { method: "POST", as: "clara" })
    const { page, context, wrong } = await company.visit("martin", "/admin/sales/orders")
    page.setDefaultTimeout(15_000)
    await page.getByRole("columnheader", { name: "Margin" }).waitFor()
    await page.getByRole("button", { name: "Favourites" }).click()
    await page.getByRole("button", { name: /^Confirmed by month/ }).click()
    await page.getByText(/Customer is.* Bäckerei Ümlaut/).waitFor()
    const { total, margin } = (await company.ask(`${ORDERS}/${order}?select=total,margin`, { as: "martin" })).json
    const group = page.getByRole("row", { expanded: false }).first()
    await group.waitFor()
    const shown = (await group.innerText()).split("\n").slice(-2).map(cents)
    expect(shown).toEqual([cents(total), cents(margin)])

    await page.goto(`${company.url}/admin/people/expenses/${id}`)
    await page.getByRole("button", { name: "Approve" }).click()
    await page.locator("li[aria-current=step]", { hasText: "Approved" }).waitFor()
    const approved = async () => (await company.ask(`/api/people/expenses/${id}?select=status`, { as: "martin" })).json
    await expect.poll(async () => (await approved()).status).toBe("approved")
    expect(wrong).toEqual([])
    await context.close()
  }, 120_000)

  test("an outsider sees neither menus nor fields, and is told what is missing and who can give it", async () => {
    const context = await contextOf("oscar")
    const page = await context.newPage()
    page.setDefaultTimeout(15_000)
    const bodies = bodiesOf(page)
    await page.goto(`${company.url}/admin/`)
    const menu = await page.getByRole("navigation", { name: "Menu" }).innerText()
    expect(menu).not.toMatch(/Orders|Customers|Employees|Expenses|Products/)
    for (const path of ["/sales/orders", `/sales/orders/${order}`, "/people/employees"]) {
      await page.goto(`${company.url}/admin${path}`)
      const refusal = page.getByRole("alert").filter({ hasText: "You may not see this" })
      await refusal.waitFor()
      const text = await refusal.innerText()
      expect(text).toMatch(
        path.startsWith("/sales")
          ? /Order of Sales.*sales\.user or sales\.manager/s
          : /Employee of People.*people\.user/s,
      )
      expect(text).toContain("identity.admin")
    }
    expect(bodies.length).toBeGreaterThan(3)
    expect(bodies.filter((body) => HIDDEN.test(body) || /salary|shipName|Alpenblick|employee"/.test(body))).toEqual([])
    await context.close()
  }, 120_000)
})
