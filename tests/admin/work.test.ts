/**
 * What people do in the admin beside lists and forms: boards, files, what is put away and what is taken out, paper, French, and the
 * administration of users.
 *
 * @module
 */
import { readFile } from "node:fs/promises"
import type { Download, Locator, Page } from "playwright-core"
import { afterAll, beforeAll, expect, test } from "vitest"
import { everyText } from "../../packages/admin/test/every-text.ts"
import { findings } from "../support/real-browser.ts"
import { created, seeded, users } from "../support/company.ts"
import { optionalProgram } from "../support/optional.ts"
import { adminProgram, type AdminProgram } from "./admin-program.ts"
import { lift } from "./lift.ts"

const ORDERS = "/admin/sales/orders"
const CUSTOMERS = "/admin/crm/customers"
const rowOf = (page: Page, text: string) => page.getByRole("row").filter({ hasText: text })
const lane = (page: Page, name: string) => page.getByRole("region", { name, exact: true })
const card = (page: Page, name: string) => page.getByRole("button", { name: new RegExp(`^${name}`) })
const menuOf = async (page: Page, button: string, entry: string | RegExp): Promise<void> => {
  await page.getByRole("button", { name: button, exact: true }).last().click()
  await page.getByRole("menuitem", { name: entry }).click()
  // Keys are the menu's for as long as it is there.
  await page.getByRole("menu").first().waitFor({ state: "detached" })
}

/** With the mouse, as slowly as a hand. */
async function drag(page: Page, from: Locator, to: Locator): Promise<void> {
  const [a, b] = [await from.boundingBox(), await to.boundingBox()]
  if (!a || !b) throw new Error("There is nothing to drag, or nowhere to drag it to.")
  await page.mouse.move(a.x + a.width / 2, a.y + a.height / 2)
  await page.mouse.down()
  await page.mouse.move(a.x + a.width / 2 + 10, a.y + a.height / 2 + 10, { steps: 3 })
  await page.mouse.move(b.x + b.width / 2, b.y + 60, { steps: 12 })
  await page.mouse.up()
}

const textOf = async (download: Download): Promise<string> => readFile(await download.path(), "utf8")

optionalProgram("chromium", "google-chrome").describe("the admin", (executablePath) => {
  let program: AdminProgram
  beforeAll(async () => {
    program = await adminProgram(executablePath, { severable: "people" })
  }, 120_000)
  afterAll(() => program?.[Symbol.asyncDispose]())
  const stored = async (path: string, select: string) => (await program.ask(`${path}?select=${select}`)).json

  test("a card that is dragged makes its transition; by keyboard as well, and not where it may not go", async () => {
    const { page, wrong, context } = await program.visit("martin", `${ORDERS}?view=kanban`)
    await card(page, "SO-2026-00002").waitFor()
    await drag(page, card(page, "SO-2026-00002"), lane(page, "Confirmed"))
    await lane(page, "Confirmed").getByText("SO-2026-00002").waitFor()
    await expect
      .poll(async () => (await stored(`/api/sales/orders/${seeded.orders[1]}`, "status")).status)
      .toBe("confirmed")
    await lift(card(page, "SO-2026-00005"))
    await page.keyboard.press("ArrowRight")
    await expect.poll(() => page.locator("[class*=over]").getAttribute("aria-label")).toBe("Confirmed")
    await page.keyboard.press("Space")
    await expect
      .poll(async () => (await stored(`/api/sales/orders/${seeded.orders[4]}`, "status")).status)
      .toBe("confirmed")
    // From a draft nothing is shipped.
    await drag(page, card(page, "SO-2026-00003"), lane(page, "Shipped"))
    expect(await lane(page, "Draft").getByText("SO-2026-00003").count()).toBe(1)
    expect((await stored(`/api/sales/orders/${seeded.orders[2]}`, "status")).status).toBe("draft")
    expect(await findings(page)).toEqual([])
    expect(wrong).toEqual([])
    await context.close()
  })

  test("a board by a reference: a card is given to somebody else, by mouse and by keyboard, and to nobody", async () => {
    const { page, wrong, context } = await program.visit("martin", `${ORDERS}?view=kanban`)
    await menuOf(page, "By status", "Salesperson")
    await lane(page, "Without salesperson").getByText("SO-2026-00004").waitFor()
    expect(new URL(page.url()).searchParams.get("by")).toBe("salesperson")
    const sellerOf = async (order: string | undefined) =>
      (await stored(`/api/sales/orders/${order}`, "salesperson")).salesperson
    const [nobody, alice, clara] = ["Without salesperson", /^Alice/, /^Clara/].map((name) =>
      page.getByRole("region", { name }),
    ) as [Locator, Locator, Locator]
    await drag(page, card(page, "SO-2026-00004"), clara)
    await clara.getByText("SO-2026-00004").waitFor()
    await expect.poll(() => sellerOf(seeded.orders[3])).toBe(users.clara)
    await page.getByRole("button", { name: "Undo", exact: true }).click()
    await nobody.getByText("SO-2026-00004").waitFor()
    await expect.poll(() => sellerOf(seeded.orders[3])).toBeNull()
    await drag(page, card(page, "SO-2026-00001"), nobody)
    await nobody.getByText("SO-2026-00001").waitFor()
    await expect.poll(() => sellerOf(seeded.orders[0])).toBeNull()
    await lift(card(page, "SO-2026-00008"))
    await page.keyboard.press("ArrowRight")
    await expect.poll(() => page.locator("[class*=over]").getAttribute("aria-label")).toMatch(/^Alice/)
    await page.keyboard.press("Space")
    await alice.getByText("SO-2026-00008").waitFor()
    await expect.poll(() => sellerOf(seeded.orders[7])).toBe(users.alice)
    await page.reload()
    await alice.getByText("SO-2026-00008").waitFor()
    expect(await findings(page)).toEqual([])
    expect(wrong).toEqual([])
    await context.close()
  })

  test("the newest come first, also as groups of months, until somebody sorts", async () => {
    const { page, wrong, context } = await program.visit("martin", ORDERS)
    const first = page.locator("[role=row][data-id]").first()
    const { data } = (await program.ask("/api/sales/orders?select=number&orderBy=-date,-id&limit=1")).json
    await expect.poll(() => first.innerText()).toContain(data[0].number)
    const heading = page.getByRole("columnheader", { name: "Date" })
    expect(await heading.getAttribute("aria-sort")).toBe("descending")
    await heading.getByRole("button").first().click()
    await expect.poll(() => heading.getAttribute("aria-sort")).toBe("ascending")
    await page.goto(`${program.url}${ORDERS}?group=date:month`)
    const months = () => page.getByRole("row", { name: /2026/ }).allInnerTexts()
    await expect
      .poll(async () => (await months()).map((text) => /^\w+/.exec(text.trim())?.[0]))
      .toEqual(["March", "February", "January"])
    await page.getByRole("columnheader", { name: "Date" }).getByRole("button").first().click()
    await expect
      .poll(async () => (await months()).map((text) => /^\w+/.exec(text.trim())?.[0]))
      .toEqual(["January", "February", "March"])
    await page.goto(`${program.url}${CUSTOMERS}`)
    await expect.poll(() => first.innerText()).toContain("Dépôt")
    expect(wrong).toEqual([])
    await context.close()
  })

  test("an export has what the list shows, and nothing that its reader may not see", async () => {
    const address = `${ORDERS}?columns=number,total,margin&sort=number&where=${encodeURIComponent('[{"total":{"gt":"0"}}]')}`
    const exported = async (as: "martin" | "clara"): Promise<readonly string[]> => {
      const { page, wrong, context } = await program.visit(as, address)
      await page.locator("[role=row][data-id]").first().waitFor()
      const rows = await page.locator("[role=row][data-id]").count()
      const download = page.waitForEvent("download")
      await menuOf(page, "More", "Export as CSV")
      const file = await download
      expect(file.suggestedFilename()).toBe("orders.csv")
      const lines = (await textOf(file)).trim().split(/\r?\n/)
      expect(lines.length).toBe(rows + 1)
      expect(wrong).toEqual([])
      await context.close()
      return lines
    }
    const manager = await exported("martin")
    const clerk = await exported("clara")
    const columns = (lines: readonly string[]) => (lines[0] as string).replace("\u{feff}", "").split(",")
    expect(columns(manager)).toEqual(expect.arrayContaining(["number", "total", "margin"]))
    expect(columns(clerk)).not.toContain("margin")
    expect(clerk.length).toBeLessThan(manager.length)
    expect(clerk.join("\n")).not.toContain("margin")
  })

  test("files are attached, read and removed with the rights of their record; what is said has them too", async () => {
    const order = `/api/sales/orders/${seeded.orders[5]}`
    const path = `${ORDERS}/${seeded.orders[5]}`
    const clerk = await program.visit("clara", `${ORDERS}/${seeded.orders[6]}`)
    const { page, wrong, context } = await program.visit("martin", path)
    const files = page.getByRole("region", { name: "Attachments" })
    await files
      .locator("input[type=file]")
      .setInputFiles([{ name: "contract.txt", mimeType: "text/plain", buffer: Buffer.from("signed by both") }])
    const link = files.getByRole("link", { name: "contract.txt" })
    await link.waitFor()
    const download = page.waitForEvent("download")
    await link.click()
    expect(await textOf(await download)).toBe("signed by both")
    const href = await link.getAttribute("href")
    await page.getByRole("textbox", { name: "Comment" }).fill("The customer called.")
    await page.getByRole("button", { name: "Comment" }).click()
    await page.getByText("The customer called.").waitFor()

    // The order is martin's: clara sees neither it, nor its files, nor what is said of it.
    const answers = await clerk.page.evaluate(
      async (paths) => {
        const ask = async (each: string, init?: RequestInit): Promise<number> =>
          (await fetch(each, { headers: { "x-archipel": "1", "content-type": "application/json" }, ...init })).status
        const [whole, list, file, comments] = paths as [string, string, string, string]
        const said = await ask(comments, { method: "POST", body: JSON.stringify({ text: "hello" }) })
        return [await ask(whole), await ask(list), await ask(file), await ask(comments), said]
      },
      [order, `${order}/$attachments`, href as string, `${order}/$comments`],
    )
    expect(answers).toEqual([404, 404, 404, 404, 404])
    await clerk.page.goto(`${program.url}${path}`)
    await clerk.page.getByRole("heading", { name: "Not found" }).waitFor()

    await files.getByRole("button", { name: "Remove contract.txt" }).click()
    await link.waitFor({ state: "detached" })
    expect((await program.ask(`${order}/$attachments`, { as: "martin" })).json.data).toEqual([])
    expect(await findings(page)).toEqual([])
    expect([...wrong, ...clerk.wrong]).toEqual([])

    // Who may only read a record sees its files, and is offered neither to add nor to remove any.
    const customer = `/api/crm/customers/${seeded.customers[1]}`
    await program.ask(customer, { method: "PATCH", body: { accountManager: users.martin } })
    await page.goto(`${program.url}${CUSTOMERS}/${seeded.customers[1]}`)
    await files
      .locator("input[type=file]")
      .setInputFiles([{ name: "card.txt", mimeType: "text/plain", buffer: Buffer.from("a card") }])
    await files.getByRole("link", { name: "card.txt" }).waitFor()
    await clerk.page.goto(`${program.url}${CUSTOMERS}/${seeded.customers[1]}`)
    const read = clerk.page.getByRole("region", { name: "Attachments" })
    await read.getByRole("link", { name: "card.txt" }).waitFor()
    expect(await read.locator("input, button").count()).toBe(0)
    expect([...wrong, ...clerk.wrong]).toEqual([])
    await context.close()
    await clerk.context.close()
  })

  test("what is archived is out of sight until it is looked for, and comes back", async () => {
    const { id } = await created(program.ask, "/api/crm/customers", { name: "Bygone Ltd", email: "by@gone.example" })
    const { page, wrong, context } = await program.visit("martin", `${CUSTOMERS}/${id}`)
    await page.locator("[data-form]").waitFor()
    await menuOf(page, "Actions", "Archive")
    await expect.poll(async () => (await stored(`/api/crm/customers/${id}`, "archivedAt")).archivedAt).not.toBeNull()
    await page.goto(`${program.url}${CUSTOMERS}?q=bygone`)
    await page.getByText("0 records", { exact: true }).waitFor()
    await menuOf(page, "More", "Only archived")
    await rowOf(page, "Bygone Ltd").waitFor()
    expect(new URL(page.url()).searchParams.get("archived")).toBe("only")
    await page.keyboard.press("j")
    await page.keyboard.press("x")
    await page.getByRole("toolbar", { name: "1 selected" }).getByRole("button", { name: "Restore" }).click()
    await page.getByText("0 records", { exact: true }).waitFor()
    await menuOf(page, "More", "Hide archived")
    await rowOf(page, "Bygone Ltd").waitFor()
    expect((await stored(`/api/crm/customers/${id}`, "archivedAt")).archivedAt).toBeNull()
    expect(wrong).toEqual([])
    await context.close()
  })

  test("a record is printed as a page of its own: all of its lines, and nothing that is for clicking", async () => {
    const lines = Array.from({ length: 60 }, (_, i) => ({ product: seeded.products[i % 5], quantity: 1 }))
    const body = { customer: seeded.customers[2], salesperson: users.martin, lines }
    const { id, number } = await created(program.ask, "/api/sales/orders", body)
    const { page, wrong, context } = await program.visit("martin", `${ORDERS}/${id}`)
    await page.locator("[data-line]").first().waitFor()
    expect(await page.locator("[data-line]").count()).toBeLessThan(60)
    await page.emulateMedia({ media: "print" })
    await page.getByRole("navigation", { name: "Menu" }).waitFor({ state: "hidden" })
    await expect.poll(() => page.locator("[data-line]").count()).toBe(60)
    expect(await page.locator("[data-line]").last().isVisible()).toBe(true)
    expect(await page.getByRole("button").count()).toBe(0)
    expect(await page.getByRole("heading", { level: 1 }).innerText()).toContain(number)
    expect((await page.pdf({ format: "A4" })).subarray(0, 5).toString()).toBe("%PDF-")
    expect(wrong).toEqual([])
    await context.close()
  })

  test("who chose French sees no English of the admin", async () => {
    await (await program.visit("alice", "/admin/")).context.close()
    const { page, wrong, context } = await program.visit("alice", "/admin/", { locale: "fr-FR" })
    await page.getByRole("navigation", { name: "Menu" }).getByRole("link", { name: "Accueil" }).waitFor()
    const texts = everyText()
    const french = new Set(texts.map(({ fr }) => fr))
    const english = new Set(texts.map(({ en }) => en).filter((text) => !french.has(text)))
    const found = new Set<string>()
    const look = async (): Promise<void> => {
      const shown = await page.evaluate<
        readonly string[]
      >(`[...document.querySelectorAll("body *")].flatMap((element) => [
        ...[...element.childNodes].filter(({ nodeType }) => nodeType === 3).map(({ textContent }) => textContent.trim()),
        ...["aria-label", "title", "placeholder"].map((name) => element.getAttribute(name) ?? ""),
      ])`)
      for (const text of shown) if (english.has(text)) found.add(text)
    }
    const go = async (path: string, heading: string | RegExp): Promise<void> => {
      await page.goto(program.url + path)
      await page.getByRole("heading", { name: heading, level: 1 }).waitFor()
      await page.waitForLoadState("networkidle")
      await look()
    }
    await go("/admin/", /Bonjour/)
    await go(
      `${ORDERS}?group=status&where=${encodeURIComponent('[{"status":{"in":["draft","confirmed"]}}]')}`,
      "Commandes",
    )
    await page.getByRole("button", { name: "Plus", exact: true }).click()
    await page.getByRole("menuitem").first().waitFor()
    await look()
    await go(`${ORDERS}?view=kanban`, "Commandes")
    await go(`${ORDERS}/${seeded.orders[1]}`, /SO-2026-00002/)
    await page.getByRole("button", { name: "Actions" }).last().click()
    await page.getByRole("menuitem").first().waitFor()
    await look()
    await go("/admin/sales/nothing", /Introuvable/)
    await page.keyboard.press("?")
    await page.getByRole("dialog").waitFor()
    await look()
    expect([...found]).toEqual([])
    expect(wrong).toEqual([])
    await context.close()
  })

  test("the palette leads to a record by its words and Enter, however early Enter comes, and says which it would take", async () => {
    const { page, wrong, context } = await program.visit("martin", "/admin/")
    await page.getByRole("heading", { level: 1 }).waitFor()
    const words = page.getByRole("combobox", { name: /Search records/ })
    await page.keyboard.press("Control+k")
    await words.fill("alpenblick")
    await page.keyboard.press("Enter")
    await page.waitForURL(/crm\/customers\/[0-9a-f-]{36}/)
    await page.getByRole("heading", { name: "Alpenblick" }).waitFor()
    await page.keyboard.press("Control+k")
    await words.fill("orders")
    const option = (name: RegExp, selected?: true) =>
      page.getByRole("option", { name, ...(selected ? { selected } : {}) }).first()
    await option(/^Orders/, true).waitFor()
    await page.keyboard.press("ArrowDown")
    await option(/^New: Order/).waitFor()
    expect(await page.getByRole("option", { selected: true }).allInnerTexts()).not.toContainEqual(
      expect.stringMatching(/^Orders/),
    )
    const named = await words.getAttribute("aria-activedescendant")
    expect(await page.getByRole("option", { selected: true }).getAttribute("id")).toBe(named)
    await page.keyboard.press("Escape")
    await words.waitFor({ state: "detached" })
    expect(wrong).toEqual([])
    await context.close()
  })

  test("who is logged in reaches their own account and its second factor", async () => {
    const { page, context } = await program.visit("oscar", "/admin/")
    await page.getByRole("button", { name: /Oscar/ }).click()
    await page.getByRole("menuitem", { name: "Profile and security" }).click()
    await page.waitForURL(/\/account/)
    await page.getByRole("heading", { level: 1 }).first().waitFor()
    await page.getByRole("link", { name: "Security" }).first().click()
    await page.getByRole("heading", { name: "Two-step verification" }).waitFor()
    await page.getByRole("link", { name: "Set up" }).first().click()
    await page
      .getByText(/authenticator app/i)
      .first()
      .waitFor()
    await context.close()
  })

  test("an administrator makes a user, gives them a role by a group, and ends a session", {
    timeout: 120_000,
  }, async () => {
    const { page, wrong, context } = await program.visit("alice", "/admin/identity/users/new")
    await page.getByRole("textbox", { name: "Name", exact: true }).fill("Nina Neumann")
    await page.getByRole("textbox", { name: /^E-?mail/ }).fill("nina@example.com")
    await page.keyboard.press("Control+s")
    await page.waitForURL(/users\/[0-9a-f-]{36}/)
    const nina = new URL(page.url()).pathname.split("/").at(-1) as string
    await page.goto(`${program.url}/admin/identity/groups/new`)
    await page.getByRole("textbox", { name: "Name", exact: true }).fill("Night shift")
    await page.getByRole("combobox", { name: "Members" }).fill("Nina")
    await page.getByRole("option", { name: /Nina Neumann/ }).click()
    await page.getByRole("button", { name: "Add a line" }).first().click()
    await page.keyboard.type("sales.user")
    await page.keyboard.press("Control+Enter")
    await page.waitForURL(/groups\/[0-9a-f-]{36}/)
    const group = new URL(page.url()).pathname.split("/").at(-1) as string
    const made = await stored(`/api/identity/groups/${group}`, "name,members.name,assignments.role")
    expect(made).toMatchObject({
      name: "Night shift",
      members: [{ id: nina, name: "Nina Neumann" }],
      assignments: [{ role: "sales.user" }],
    })

    const other = await program.visit("clara", "/admin/")
    await other.page.getByRole("heading", { name: /Clara/ }).waitFor()
    const mine = encodeURIComponent(JSON.stringify([{ user: users.clara }, { endedAt: { isSet: false } }]))
    await page.goto(`${program.url}/admin/identity/sessions?where=${mine}`)
    const sessions = page.locator("[role=row][data-id]")
    await sessions.first().click()
    await page.locator("[data-form]").waitFor()
    await page.getByRole("button", { name: "End the session" }).click()
    const session = new URL(page.url()).pathname.split("/").at(-1) as string
    await expect.poll(async () => (await stored(`/api/identity/sessions/${session}`, "endedAt")).endedAt).not.toBeNull()
    await other.page.goto(`${program.url}${ORDERS}`)
    await other.page.getByLabel("E-mail address").waitFor()
    expect(wrong).toEqual([])
    await other.context.close()
    await context.close()
  })

  test("a service whose database is away is limited, until it is back", async () => {
    const { page, context } = await program.visit("alice", "/admin/")
    const menu = page.getByRole("navigation", { name: "Menu" })
    await menu.getByRole("button", { name: "People", exact: true }).waitFor()
    program.way?.cut()
    try {
      await menu.getByRole("button", { name: "People Limited" }).waitFor()
      await page.goto(`${program.url}${CUSTOMERS}`)
      await page.getByRole("row", { name: /^Select Alpenblick/ }).waitFor()
      expect(await findings(page)).toEqual([])
      await page.goto(`${program.url}/admin/people/employees`)
      await page.getByRole("heading", { name: "The service does not answer" }).waitFor()
    } finally {
      program.way?.mend()
    }
    await rowOf(page, "Number0").first().waitFor()
    await menu.getByRole("button", { name: "People", exact: true }).waitFor()
    await context.close()
  })
})
