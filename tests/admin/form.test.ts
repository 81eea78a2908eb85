/**
 * The record form in a real browser: what people do in it by keyboard, with two hands on one record, and when things go wrong.
 *
 * @module
 */
import type { BrowserContext, Page } from "playwright-core"
import { afterAll, beforeAll, expect, test } from "vitest"
import { complaints, findings } from "../support/real-browser.ts"
import { seeded, users } from "../support/company.ts"
import { isFullRun, sampled } from "../support/counts.ts"
import { optionalProgram } from "../support/optional.ts"
import { adminProgram, type AdminProgram, looks } from "./admin-program.ts"
import { cell, cents, field, focusIsSomewhere, isSaved, isSettled, textOf, totals, until } from "./form-page.ts"

const chromium = optionalProgram("chromium", "chromium-browser", "google-chrome")

let company: AdminProgram
let context: BrowserContext

beforeAll(async () => {
  if (chromium.value === undefined) return
  company = await adminProgram(chromium.value)
  const visit = await company.visit("alice", "/admin/")
  context = visit.context
  await context.grantPermissions(["clipboard-read", "clipboard-write"], { origin: company.url })
  await visit.page.close()
})
afterAll(async () => {
  await company?.[Symbol.asyncDispose]()
})

const orders = "/api/sales/orders"
const productNames = [0, 1, 2, 3, 4].map((n) => `Product ${n}`)

/** An order of its own for a test. */
async function newOrder(lines = 2): Promise<string> {
  const body = {
    customer: seeded.customers[0],
    salesperson: null,
    lines: Array.from({ length: lines }, (_, i) => ({ product: seeded.products[i % 5], quantity: (i % 9) + 1 })),
  }
  const { json } = await company.ask(orders, { body })
  return json.id as string
}

async function openForm(path: string, options: { readonly context?: BrowserContext } = {}): Promise<Page> {
  const page = await (options.context ?? context).newPage()
  page.setDefaultTimeout(15_000)
  await page.goto(`${company.url}/admin${path}`)
  await page.waitForSelector("[data-form]")
  return page
}
const openOrder = (id: string, search = ""): Promise<Page> => openForm(`/sales/orders/${id}${search}`)

/** Waits until a text is among what the browser keeps of unsaved forms. */
const isKept = (page: Page, text: string) =>
  until(
    page,
    `new Promise((resolve, reject) => {
    const opening = indexedDB.open("archipel-admin-forms")
    opening.onerror = () => reject(opening.error)
    opening.onsuccess = () => {
      const database = opening.result
      if (!database.objectStoreNames.contains("forms")) resolve(false)
      else {
        const reading = database.transaction("forms").objectStore("forms").getAll()
        reading.onsuccess = () => resolve(JSON.stringify(reading.result).includes(${JSON.stringify(text)}))
      }
      database.close()
    }
  })`,
  )

chromium.describe("the form of a record", () => {
  test("an order of ten lines is entered by keyboard alone, with at most two questions a line, and confirmed", async () => {
    const page = await openForm("/sales/orders/new")
    const said = complaints(page)
    const asked: string[] = []
    page.on("request", (request) => {
      const { pathname } = new URL(request.url())
      if (request.method() === "POST" && /\$(?:query|draft)$/.test(pathname)) asked.push(pathname)
    })
    await page.getByRole("combobox", { name: "Customer" }).focus()
    await page.keyboard.type("bäck", { delay: 40 })
    await page.getByRole("option", { name: "Bäckerei Ümlaut" }).waitFor()
    await page.keyboard.press("Enter")
    await until(page, `document.querySelector("#f-shipName")?.value === "Bäckerei Ümlaut"`)
    await page.getByRole("button", { name: "Add a line" }).focus()
    await page.keyboard.press("Enter")
    const perLine: number[] = []
    for (let line = 0; line < 10; line++) {
      const before = asked.length
      await page.keyboard.type(productNames[line % 5] as string, { delay: 40 })
      await page.keyboard.press("Tab")
      await page.keyboard.type(String(line + 1), { delay: 40 })
      expect(await focusIsSomewhere(page)).toBe(true)
      for (const _ of ["price", "discount", "unitCost"]) await page.keyboard.press("Tab")
      if (line < 9) await page.keyboard.press("Tab")
      await isSettled(page)
      perLine.push(asked.length - before)
    }
    expect(perLine.filter((count) => count > 2)).toEqual([])
    expect(await page.locator("[data-line]").count()).toBe(10)
    expect(await textOf(page, 9, 1)).toBe("10")
    const shown = await totals(page)
    expect(shown.lines).toBeGreaterThan(0)
    expect(shown.total).toBe(shown.lines)

    await page.keyboard.press("Control+Enter")
    await page.waitForURL(/orders\/[0-9a-f-]{36}/)
    await isSaved(page)
    expect(await focusIsSomewhere(page)).toBe(true)
    const id = new URL(page.url()).pathname.split("/").at(-1) as string
    const { json } = await company.ask(`${orders}/${id}?select=total,lineCount,status,customer`)
    expect(json).toMatchObject({ lineCount: 10, status: "draft", customer: seeded.customers[1] })
    expect(cents(json.total)).toBe(shown.total)

    await page.getByRole("button", { name: "Confirm" }).focus()
    await page.keyboard.press("Enter")
    await page.locator("li[aria-current=step]", { hasText: "Confirmed" }).waitFor()
    await isSettled(page)
    expect((await company.ask(`${orders}/${id}?select=status`)).json.status).toBe("confirmed")
    expect(said).toEqual([])
    await page.close()
  })

  test("Enter before it is known what the words find takes what they find, not what was there before", async () => {
    const page = await openForm("/sales/orders/new")
    let answer = (): void => {}
    const asked = new Promise<void>((resolve) => (answer = resolve))
    await page.route("**/api/crm/customers/$query", async (route) => {
      await asked
      await route.continue()
    })
    await page.getByRole("combobox", { name: "Customer" }).focus()
    await page.keyboard.type("bäck")
    await page.keyboard.press("Enter")
    answer()
    await until(page, `document.querySelector("#f-shipName")?.value === "Bäckerei Ümlaut"`)
    await page.close()
  })

  test("arrows move between lines and change nothing; Escape takes a cell back; each stop is seen", async () => {
    const page = await openOrder(await newOrder(4))
    await cell(page, 0, 1).click()
    const before = await Promise.all([0, 1, 2, 3].map((row) => textOf(page, row, 1)))
    for (const key of ["ArrowDown", "ArrowDown", "ArrowUp", "ArrowDown", "Enter", "ArrowUp"])
      await page.keyboard.press(key)
    expect(await Promise.all([0, 1, 2, 3].map((row) => textOf(page, row, 1)))).toEqual(before)
    expect(await page.evaluate(`document.activeElement?.closest("[data-line]")?.getAttribute("aria-rowindex")`)).toBe(
      "4",
    )
    await page.keyboard.type("77")
    expect(await textOf(page, 2, 1)).toBe("77")
    await page.keyboard.press("Escape")
    expect(await textOf(page, 2, 1)).toBe(before[2])
    const outline = await page.evaluate<string>(`(() => {
      const style = getComputedStyle(document.activeElement.closest("[data-cell]"))
      return style.outlineStyle + " " + style.outlineWidth
    })()`)
    expect(outline).toBe("solid 2px")
    expect(await page.getByRole("button", { name: "Discard" }).count()).toBe(0)
    await page.keyboard.press("Escape")
    expect(await page.evaluate<string>("document.activeElement.textContent")).toContain("Add a line")
    await page.close()
  })

  test("ranges go to a spreadsheet and come from it, checked, and one step takes them back", async () => {
    const page = await openOrder(await newOrder(2))
    await cell(page, 0, 0).click()
    await page.keyboard.press("Shift+ArrowDown")
    await cell(page, 1, 1).click({ modifiers: ["Shift"] })
    await page.keyboard.press("Control+c")
    expect(await page.evaluate<string>("navigator.clipboard.readText()")).toBe("Product 0\t1\nProduct 1\t2")
    const range = "Product 2\t5\nProduct 3\t6\nProduct 4\tmany\nNo such thing\t1"
    await page.evaluate(`navigator.clipboard.writeText(${JSON.stringify(range)})`)
    await cell(page, 1, 0).click()
    await page.keyboard.press("Control+v")
    await page.getByText("4 lines pasted").waitFor()
    await isSettled(page)
    expect(await page.locator("[data-line]").count()).toBe(5)
    expect(await textOf(page, 2, 0)).toBe("Product 3")
    expect(await textOf(page, 2, 1)).toBe("6")
    expect(await cell(page, 3, 1).locator("[data-wrong]").innerText()).toBe("many")
    expect(await cell(page, 4, 0).locator("[data-wrong]").innerText()).toBe("No such thing")
    await page.getByRole("button", { name: "Undo" }).click()
    await isSettled(page)
    expect(await page.locator("[data-line]").count()).toBe(2)
    expect(await textOf(page, 1, 0)).toBe("Product 1")
    await page.close()
  })

  test("of many lines only those that are seen are in the page, and all can be reached and changed", async () => {
    const id = await newOrder(1_000)
    const page = await openOrder(id)
    expect(await page.locator("[data-line]").count()).toBeLessThan(60)
    expect(await page.getByRole("grid", { name: "Lines" }).getAttribute("aria-rowcount")).toBe("1001")
    await cell(page, 0, 1).click()
    await page.keyboard.type("5")
    await page.getByRole("grid", { name: "Lines" }).hover()
    await page.mouse.wheel(0, 100_000)
    await page.locator("[data-line][aria-rowindex='1001']").waitFor()
    await page.locator("[data-line][aria-rowindex='1001'] [data-cell='1']").click()
    await page.keyboard.type("7")
    expect(await page.evaluate<number>(`document.querySelectorAll("*").length`)).toBeLessThan(2_500)
    await page.keyboard.press("Control+s")
    await isSaved(page)
    const { json } = await company.ask(`${orders}/${id}?select=version,lines.quantity`)
    expect([json.lines[0].quantity, json.lines[999].quantity, json.version]).toEqual([5, 7, 2])
    await page.close()
  })

  test("a save is shown as done before it is answered; a refusal takes it back and is said at its field", async () => {
    const id = await newOrder(1)
    const page = await openOrder(id)
    let release = (): void => {}
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    await page.route(`**${orders}/${id}`, async (route) => {
      if (route.request().method() === "PATCH") await held
      await route.continue()
    })
    await field(page, "Note").fill("Before noon")
    await field(page, "Required date").fill("2020-01-01")
    await page.keyboard.press("Control+s")
    await page.getByText("Saving…").waitFor()
    expect(await page.getByRole("button", { name: "Discard" }).isVisible()).toBe(false)
    await field(page, "The customer's reference").fill("typed meanwhile")
    release()
    await page.getByRole("alert").filter({ hasText: "Required before ordered" }).waitFor()
    expect(await field(page, "Note").inputValue()).toBe("Before noon")
    expect(await field(page, "The customer's reference").inputValue()).toBe("typed meanwhile")
    expect(await focusIsSomewhere(page)).toBe(true)
    await field(page, "Required date").fill("")
    await page.keyboard.press("Control+s")
    await isSaved(page)
    const { json } = await company.ask(`${orders}/${id}?select=note,reference,requiredDate`)
    expect(json).toMatchObject({ note: "Before noon", reference: "typed meanwhile", requiredDate: null })
    await page.close()
  })

  test("what is missing is told at once and leads to its field; nothing is told of it before", async () => {
    const page = await openForm("/sales/orders/new")
    expect(await page.getByRole("alert").count()).toBe(0)
    await page.keyboard.press("Control+s")
    await page.getByRole("alert").getByText("Customer").waitFor()
    expect(await page.evaluate<string>("document.activeElement.id")).toBe("f-customer")
    expect(await page.getByRole("combobox", { name: "Customer" }).getAttribute("aria-invalid")).toBe("true")
    await page.close()
  })

  test("a deleted record can be taken back; left alone, it is gone when the page is", async () => {
    const [kept, gone] = [await newOrder(0), await newOrder(0)]
    const page = await openOrder(kept)
    const remove = async (): Promise<void> => {
      await page.getByRole("button", { name: "Actions" }).last().click()
      await page.getByRole("menuitem", { name: "Delete" }).click()
      await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click()
    }
    await remove()
    await page.getByRole("button", { name: "Undo" }).click()
    await page.waitForURL(new RegExp(kept))
    await page.goto(`${company.url}/admin/sales/orders/${gone}`)
    await page.waitForSelector("[data-form]")
    await remove()
    await page.getByRole("button", { name: "Undo" }).waitFor()
    await page.goto("about:blank")
    await expect.poll(async () => (await company.ask(`${orders}/${gone}`)).status).toBe(404)
    expect((await company.ask(`${orders}/${kept}`)).status).toBe(200)
    await page.close()
  })

  test("a closed tab loses nothing", async () => {
    const id = await newOrder(1)
    const page = await openOrder(id)
    await field(page, "Note").fill("Not saved yet")
    await cell(page, 0, 1).click()
    await page.keyboard.type("42")
    await isKept(page, '"quantity":42')
    await page.close()
    const again = await openOrder(id)
    await again.getByText("Your unsaved changes").waitFor()
    expect(await field(again, "Note").inputValue()).toBe("Not saved yet")
    expect(await textOf(again, 0, 1)).toBe("42")
    await again.getByRole("status").getByRole("button", { name: "Discard" }).click()
    expect(await field(again, "Note").inputValue()).toBe("")
    await again.close()

    const begun = await openForm("/crm/countries/new")
    await begun.getByLabel("Name").fill("Atlantis")
    await isKept(begun, "Atlantis")
    await begun.close()
    const other = await openForm("/crm/countries/new")
    await other.getByRole("button", { name: "Resume" }).click()
    await until(other, `document.querySelector("#f-name")?.value === "Atlantis"`)
    await other.getByRole("button", { name: "Discard" }).first().click()
    await other.close()
  })

  test("changes of two people come together; where they do not, somebody chooses between three values", async () => {
    const id = await newOrder(1)
    const page = await openOrder(id)
    await field(page, "Note").fill("mine")
    expect(
      (await company.ask(`${orders}/${id}`, { method: "PATCH", body: { freight: "9.00" }, as: "martin" })).status,
    ).toBe(200)
    await page.keyboard.press("Control+s")
    await isSaved(page)
    await page.getByText("changed this record meanwhile").waitFor()
    const merged = await company.ask(`${orders}/${id}?select=note,freight,version`)
    expect(merged.json).toMatchObject({ note: "mine", freight: "9.00", version: 3 })

    await field(page, "Note").fill("mine again")
    await field(page, "The customer's reference").fill("R1")
    await company.ask(`${orders}/${id}`, { method: "PATCH", body: { note: "theirs" }, as: "martin" })
    await page.keyboard.press("Control+s")
    const dialog = page.getByRole("dialog", { name: "Changed by two people" })
    for (const text of ["mine", "mine again", "theirs"]) await dialog.getByText(text, { exact: true }).first().waitFor()
    expect(await findings(page)).toEqual([])
    await dialog.getByRole("radio", { name: "Theirs" }).check()
    await dialog.getByRole("button", { name: "Apply" }).click()
    await dialog.waitFor({ state: "detached" })
    expect(await field(page, "Note").inputValue()).toBe("theirs")
    await page.keyboard.press("Control+s")
    await isSaved(page)
    const { json } = await company.ask(`${orders}/${id}?select=note,reference`)
    expect(json).toMatchObject({ note: "theirs", reference: "R1" })
    await page.close()
  })

  test("what somebody else saves is told while one edits, and comes beneath what was typed", async () => {
    const id = await newOrder(1)
    const page = await openOrder(id)
    await field(page, "Note").fill("mine")
    await company.ask(`${orders}/${id}`, { method: "PATCH", body: { freight: "9.00" }, as: "martin" })
    // It is looked for at intervals, and at once by whoever comes back to the page.
    if (!isFullRun) await page.evaluate(`document.dispatchEvent(new Event("visibilitychange"))`)
    await page.getByText("changed this record meanwhile").waitFor()
    await page.getByText("Taken over: Freight").waitFor()
    expect(await field(page, "Note").inputValue()).toBe("mine")
    expect(await field(page, "Freight").inputValue()).toBe("9.00")
    await page.close()
  })

  test("a suggestion that is late holds nobody up, and takes nothing back that was typed meanwhile", async () => {
    const page = await openForm("/sales/orders/new")
    let asked = 0
    let answer = (): void => {}
    const held = new Promise<void>((resolve) => (answer = resolve))
    await page.route(`**${orders}/$draft`, async (route) => {
      asked++
      await held
      // What was given up meanwhile needs no answer.
      await route.continue().catch(() => {})
    })
    await page.getByRole("combobox", { name: "Customer" }).fill("bäck")
    await page.getByRole("option", { name: "Bäckerei Ümlaut" }).click()
    await page.locator("#f-shipName").fill("Elsewhere")
    await page.getByRole("button", { name: "Add a line" }).click()
    await page.keyboard.type("Product 1")
    await page.keyboard.press("Tab")
    await page.keyboard.type("3")
    await page.keyboard.press("Tab")
    await page.keyboard.type("12")
    expect([await textOf(page, 0, 0), await textOf(page, 0, 1), await textOf(page, 0, 2)]).toEqual([
      "Product 1",
      "3",
      "12",
    ])
    await expect.poll(() => asked).toBeGreaterThan(0)
    answer()
    await until(page, `document.querySelector("#f-shipCity")?.value === "Wien"`)
    await isSettled(page)
    expect(await page.locator("#f-shipName").inputValue()).toBe("Elsewhere")
    expect(cents(await textOf(page, 0, 4))).toBe(34_20)
    await page.close()
  })

  test("a transition is taken back by the one that leads back, offered for more than eight seconds", async () => {
    const id = await newOrder(1)
    const page = await openOrder(id)
    await page.getByRole("button", { name: "Confirm" }).click()
    await page.locator("li[aria-current=step]", { hasText: "Confirmed" }).waitFor()
    await page.getByRole("button", { name: "Undo" }).waitFor()
    if (isFullRun) await page.waitForTimeout(8_000)
    await page.getByRole("button", { name: "Undo" }).click()
    await page.locator("li[aria-current=step]", { hasText: "Draft" }).waitFor()
    await expect.poll(async () => (await company.ask(`${orders}/${id}?select=status`)).json.status).toBe("draft")
    await page.close()
  })

  test("a field that its service no longer has is told of, and nothing else of an edit is lost", async () => {
    const id = await newOrder(1)
    const page = await openOrder(id)
    await field(page, "Note").fill("kept")
    await field(page, "The customer's reference").fill("was typed")
    await page.route("**/api/sales/orders/$ui", async (route) => {
      const answer = await route.fetch({ headers: { ...(await route.request().allHeaders()), "if-none-match": "" } })
      const model = await answer.json()
      delete model.fields.reference
      await route.fulfill({ json: model, headers: { etag: '"newer"' } })
    })
    await page.evaluate(`void window.dispatchEvent(new Event("visibilitychange"))`)
    await page.getByText("No longer part of this record").waitFor()
    await field(page, "The customer's reference").waitFor({ state: "detached" })
    expect(await field(page, "Note").inputValue()).toBe("kept")
    await page.keyboard.press("Control+s")
    await expect.poll(async () => (await company.ask(`${orders}/${id}?select=note`)).json.note).toBe("kept")
    await page.close()
  })

  test("records follow one another as in their list, without waiting; what was typed is asked about first", async () => {
    const [first, second] = [await newOrder(0), await newOrder(0)]
    const where = encodeURIComponent(JSON.stringify([{ id: { in: [first, second] } }]))
    const page = await openOrder(first, `?where=${where}&sort=-number`)
    expect(await page.getByRole("button", { name: "Next record" }).getAttribute("aria-disabled")).toBe("true")
    await page.locator("button[aria-label='Previous record'][aria-disabled=false]").waitFor()
    await page.waitForLoadState("networkidle")
    const asked: string[] = []
    page.on("request", (request) => asked.push(`${request.method()} ${request.url().slice(company.url.length)}`))
    await page.locator("#record-title").focus()
    await page.keyboard.press("k")
    await page.waitForURL(new RegExp(`${second}.*where=`))
    await until(page, `document.querySelector("[data-form]") !== null && location.pathname.includes("${second}")`)
    // Whether there is a newer one may be asked; the record itself is there.
    const read = asked.filter(
      (each) => each.startsWith(`GET ${orders}/${second}?`) && !each.endsWith("?select=version"),
    )
    expect(read).toEqual([])
    await field(page, "Note").fill("not saved")
    await page.locator("#record-title").focus()
    await page.keyboard.press("j")
    const dialog = page.getByRole("dialog", { name: "Unsaved changes" })
    await dialog.getByRole("button", { name: "Keep editing" }).click()
    expect(page.url()).toContain(second)
    await page.locator("#record-title").focus()
    await page.keyboard.press("j")
    await dialog.getByRole("button", { name: "Save and go on" }).click()
    await page.waitForURL(new RegExp(first))
    await expect.poll(async () => (await company.ask(`${orders}/${second}?select=note`)).json.note).toBe("not saved")
    await page.close()
  })

  test("a shipped order is locked but for what its lock leaves free, and says why a transition is not possible", async () => {
    const id = await newOrder(1)
    await company.ask(`${orders}/${id}`, { method: "PATCH", body: { shipper: seeded.shippers[0] } })
    await company.ask(`${orders}/${id}/$confirm`, { method: "POST" })
    const page = await openOrder(id)
    await page.getByRole("button", { name: "Ship…" }).click()
    const dialog = page.getByRole("dialog", { name: "Ship" })
    await dialog.getByLabel("Shipped date").fill("2026-11-30")
    await dialog.getByRole("button", { name: "Ship" }).click()
    await page.locator("li[aria-current=step]", { hasText: "Shipped" }).waitFor()
    await page.getByRole("textbox", { name: "Freight" }).waitFor({ state: "detached" })
    expect(await field(page, "Note").isEditable()).toBe(true)
    await page.getByRole("button", { name: "Actions" }).last().click()
    expect(await page.getByRole("menuitem", { name: /^Confirm/ }).innerText()).toContain("Not possible while shipped")
    expect(await page.getByRole("menuitem", { name: "Why can’t I" }).count()).toBe(0)
    await page.close()
  })

  test("administrators are told why somebody may not do something", async () => {
    const page = await openForm(`/identity/users/${users.martin}`)
    await page.getByRole("button", { name: "Actions" }).last().click()
    await page.getByRole("menuitem", { name: "Why can’t I" }).click()
    const dialog = page.getByRole("dialog")
    await dialog.getByLabel("What").selectOption("delete")
    await dialog.getByRole("combobox", { name: "Who" }).fill("Clara")
    await page.getByRole("option", { name: /^Clara/ }).click()
    await dialog.getByRole("button", { name: "Explain" }).click()
    await dialog.getByText("Not allowed", { exact: true }).waitFor()
    expect(await dialog.getByRole("row").count()).toBeGreaterThan(1)
    expect(await findings(page)).toEqual([])
    await page.close()
  })

  test("related records are a panel each: one whose service does not answer says so, and comes back", async () => {
    const page = await context.newPage()
    await page.route("**/api/sales/orders/$query", (route) => route.abort())
    await page.goto(`${company.url}/admin/crm/customers/${seeded.customers[0]}`)
    const panel = page.locator("[data-related='sales.Order']")
    await panel.getByText("does not answer").waitFor()
    expect(await page.getByLabel("Name").first().inputValue()).toBe("Alpenblick")
    await page.unroute("**/api/sales/orders/$query")
    await panel.getByRole("button", { name: "Try again" }).click()
    await panel.getByRole("link", { name: /^SO-/ }).first().waitFor()
    await page.close()
  })

  test("a record that a reference needs is made on the way", async () => {
    const page = await openForm(`/crm/customers/${seeded.customers[0]}`)
    await page.getByRole("combobox", { name: "Country" }).fill("Italy")
    await page.getByRole("option", { name: "Create “Italy”" }).click()
    const dialog = page.getByRole("dialog", { name: "New country" })
    expect(await dialog.getByLabel("Name").inputValue()).toBe("Italy")
    await dialog.getByLabel("Code").fill("IT")
    await dialog.getByRole("button", { name: "Save" }).click()
    await dialog.waitFor({ state: "detached" })
    await until(page, `document.querySelector("#f-country")?.value === "Italy"`)
    await page.keyboard.press("Control+s")
    await isSaved(page)
    const { json } = await company.ask(`/api/crm/customers/${seeded.customers[0]}?select=country.code`)
    expect(json.country.code).toBe("IT")
    await page.close()
  })

  test("it is accessible and fits, light and dark, on a telephone and on a desk", async () => {
    const id = await newOrder(2)
    for (const path of [`/sales/orders/${id}`, "/sales/orders/new"]) {
      const page = await openForm(path)
      await isSettled(page)
      if (path.endsWith("new")) await page.keyboard.press("Control+s")
      for (const { scheme, width } of sampled(looks, 2, path.length)) {
        await page.evaluate(`document.documentElement.dataset.mantineColorScheme = "${scheme}"`)
        await page.setViewportSize({ width, height: 850 })
        expect(await findings(page)).toEqual([])
        expect(await page.evaluate<number>("document.documentElement.scrollWidth - innerWidth")).toBeLessThanOrEqual(0)
      }
      await page.close()
    }
  }, 180_000)
})
