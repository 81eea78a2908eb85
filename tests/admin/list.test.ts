import type { Page } from "playwright-core"
import { afterAll, beforeAll, expect, test } from "vitest"
import { findings } from "../support/real-browser.ts"
import { seeded, users } from "../support/company.ts"
import { counted, isFullRun, sampled } from "../support/counts.ts"
import { optionalProgram } from "../support/optional.ts"
import { adminProgram, type AdminProgram, looks } from "./admin-program.ts"
import { multiplyOrders } from "./many-orders.ts"

/** Orders beside the known ones. */
const MANY = counted(20_000, 1_000_000)
const ORDERS = "/admin/sales/orders"

const rowOf = (page: Page, text: string) => page.getByRole("row").filter({ hasText: text })
const grid = (page: Page) => page.getByRole("grid")
const firstRow = (page: Page) => page.locator("[role=row][data-id]").first()
/** Whether anything is wider than the page. */
const isTooWide = (page: Page): Promise<boolean> =>
  page.locator("html").evaluate((html) => html.scrollWidth > html.clientWidth)

optionalProgram("chromium", "google-chrome").describe("the list of the admin", (executablePath) => {
  let program: AdminProgram
  let totalOf: (where: object) => Promise<{ count: number; total: string }>
  beforeAll(async () => {
    program = await adminProgram(executablePath)
    totalOf = async (where) => {
      const body = { where, aggregates: { count: "count", total: "sum(total)" } }
      return (await program.ask("/api/sales/orders/$query", { as: "martin", body })).json.data[0]
    }
  })
  afterAll(() => program?.[Symbol.asyncDispose]())

  test("the login leads back to the deep link, under a policy without anything inline", async () => {
    const { page, wrong, context } = await program.visit("martin", `${ORDERS}?sort=-total`)
    expect(new URL(page.url()).pathname + new URL(page.url()).search).toBe(`${ORDERS}?sort=-total`)
    await firstRow(page).waitFor()
    const answer = await page.request.get(page.url())
    expect(answer.headers()["content-security-policy"]).toContain("default-src 'self'")
    expect(answer.headers()["content-security-policy"]).not.toContain("unsafe")
    const { total } = await totalOf({})
    await expect
      .poll(() => page.getByRole("row").last().innerText())
      .toContain(Number(total).toLocaleString("en-US", { minimumFractionDigits: 2 }))
    expect(wrong).toEqual([])
    await context.close()
  })

  test("an address shows another person the same, cut to what they may", async () => {
    const address = `${ORDERS}?where=${encodeURIComponent(JSON.stringify([{ status: "draft" }]))}&columns=number,total,margin&sort=-number`
    const manager = await program.visit("martin", address)
    await manager.page.getByRole("columnheader", { name: "Margin" }).waitFor()
    await manager.page.getByText("Status is Draft").waitFor()
    await manager.page.getByText("8 records", { exact: true }).waitFor()
    const bodies: string[] = []
    const clerk = await program.visit("clara", "/admin/")
    clerk.page.on("response", async (response) => {
      if (response.url().includes("/api/")) bodies.push(await response.text().catch(() => ""))
    })
    await clerk.page.goto(program.url + address)
    await clerk.page.getByText("4 records", { exact: true }).waitFor()
    expect(await clerk.page.getByRole("columnheader", { name: "Margin" }).count()).toBe(0)
    expect(bodies.filter((body) => body.includes("margin"))).toEqual([])
    expect([...manager.wrong, ...clerk.wrong]).toEqual([])
    await manager.context.close()
    await clerk.context.close()
  })

  test("groups tell what the service adds up, and open to their rows", async () => {
    const { page, wrong, context } = await program.visit("martin", `${ORDERS}?group=date:month,status`)
    const january = page.getByRole("row", { name: /January 2026/ })
    await january.waitFor()
    const { count, total } = await totalOf({ date: { gte: "2026-01-01", lt: "2026-02-01" } })
    const shown = await january.innerText()
    expect(shown).toContain(String(count))
    expect(shown).toContain(Number(total).toLocaleString("en-US", { minimumFractionDigits: 2 }))
    await january.click()
    await page.getByRole("row", { name: /Draft/ }).first().click()
    await rowOf(page, "SO-2026-").first().waitFor()
    await page.reload()
    await page.getByRole("row", { name: /January 2026/ }).waitFor()
    expect(wrong).toEqual([])
    await context.close()
  })

  test("a filter is built from what its field can answer, and words are searched for", async () => {
    const { page, wrong, context } = await program.visit("martin", ORDERS)
    await firstRow(page).waitFor()
    await page.keyboard.press("f")
    await page.getByPlaceholder("Find a field").waitFor()
    await page.keyboard.type("Shipper")
    await page.keyboard.press("Enter")
    const operators = await page.getByLabel("Operator").locator("option").allInnerTexts()
    expect(operators).toEqual(["is one of", "is not", "is set", "is empty"])
    await page.getByLabel("Operator").selectOption("isEmpty")
    await page.getByRole("button", { name: "Apply" }).click()
    await page.getByText("4 records", { exact: true }).waitFor()
    expect(new URL(page.url()).searchParams.get("where")).toBe('[{"shipper":{"isSet":false}}]')
    await page.getByRole("button", { name: /Remove the filter/ }).click()
    await page.keyboard.press("/")
    await page.getByRole("searchbox").fill("alpenblick")
    await page.getByText("2 records", { exact: true }).waitFor()
    expect(wrong).toEqual([])
    await context.close()
  })

  test("a cell is edited where it stands; what is refused goes back and says why", async () => {
    const { page, wrong, context } = await program.visit(
      "martin",
      `${ORDERS}?columns=number,freight,date,requiredDate&sort=number`,
    )
    await firstRow(page).waitFor()
    await page.keyboard.press("j")
    await page.keyboard.press("ArrowRight")
    await page.keyboard.press("e")
    await page.getByLabel("Freight").fill("77.5")
    await page.keyboard.press("Enter")
    await rowOf(page, "SO-2026-00001").getByText("€77.50").waitFor()
    await page.keyboard.press("e")
    await page.getByLabel("Freight").fill("-1")
    await page.keyboard.press("Enter")
    await page.getByRole("alert").first().waitFor()
    expect(await rowOf(page, "SO-2026-00002").innerText()).not.toContain("-1")
    expect(
      (await program.ask(`/api/sales/orders?number=SO-2026-00001&select=freight`, { as: "martin" })).json.data[0]
        .freight,
    ).toBe("77.50")
    expect(wrong).toEqual([])
    await context.close()
  })

  test("a transition of many tells which rows it was refused for", async () => {
    const { page, wrong, context } = await program.visit("martin", `${ORDERS}?sort=number`)
    await firstRow(page).waitFor()
    await page.keyboard.press("j")
    await page.keyboard.press("x")
    await page.keyboard.press("Shift+ArrowDown")
    await page.getByRole("toolbar", { name: "2 selected" }).waitFor()
    await page.getByRole("button", { name: "Confirm" }).click()
    await rowOf(page, "SO-2026-00002").getByText("Confirmed").waitFor()
    await page.getByRole("listitem").filter({ hasText: "SO-2026-00001" }).waitFor()
    expect(await rowOf(page, "SO-2026-00001").innerText()).toContain("Draft")
    expect(wrong).toEqual([])
    await context.close()
  })

  test("what was done with many is taken back: a transition by the one that leads back, deleting before it happens", async () => {
    for (const product of seeded.products.slice(0, 2)) {
      const body = { customer: seeded.customers[0], reference: "bulk", lines: [{ product, quantity: 1 }] }
      expect((await program.ask("/api/sales/orders", { as: "martin", body })).status).toBe(201)
    }
    const states = async () =>
      (await program.ask("/api/sales/orders?reference=bulk&select=status", { as: "martin" })).json.data.map(
        ({ status }: { readonly status: string }) => status,
      )
    const where = encodeURIComponent(JSON.stringify([{ reference: "bulk" }]))
    const { page, wrong, context } = await program.visit("martin", `${ORDERS}?where=${where}`)
    await firstRow(page).waitFor()
    await page.keyboard.press("j")
    await page.keyboard.press("Shift+ArrowDown")
    await page.getByRole("button", { name: "Confirm" }).click()
    await page.getByText("Confirm: 2 done").waitFor()
    expect(await states()).toEqual(["confirmed", "confirmed"])
    if (isFullRun) await page.waitForTimeout(8_000)
    await page.getByRole("button", { name: "Undo" }).click()
    await expect.poll(states).toEqual(["draft", "draft"])
    // What was deleted and taken back is there, also when the page is gone.
    await grid(page).focus()
    await page.keyboard.press("x")
    await page.getByRole("button", { name: "Delete" }).click()
    await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click()
    await page.locator(".toast-with-undo", { hasText: "1 record deleted" }).getByRole("button").click()
    await page.goto("about:blank")
    expect(await states()).toHaveLength(2)
    expect(wrong).toEqual([])
    await context.close()
  })

  test("cells go to a spreadsheet and come from it, checked, and one step takes them back", async () => {
    const numbers = ["SO-2026-00005", "SO-2026-00006"]
    const where = encodeURIComponent(JSON.stringify([{ number: { in: numbers } }]))
    const address = `${ORDERS}?columns=number,freight,requiredDate,shipper.name,total&sort=number&where=${where}`
    const { page, wrong, context } = await program.visit("martin", address)
    await context.grantPermissions(["clipboard-read", "clipboard-write"], { origin: program.url })
    const cells = async () =>
      (
        await program.ask(
          `/api/sales/orders?select=freight,requiredDate&orderBy=number&number[in]=${numbers.join(",")}`,
          {
            as: "martin",
          },
        )
      ).json.data.map(({ freight, requiredDate }: Readonly<Record<string, string | null>>) => [freight, requiredDate])
    const before = await cells()
    await firstRow(page).waitFor()
    for (const key of ["j", "ArrowRight", "Shift+ArrowRight", "Shift+ArrowDown", "Control+c"])
      await page.keyboard.press(key)
    expect(await page.locator("[data-range]").count()).toBe(4)
    const copied = await page.evaluate<string>("navigator.clipboard.readText()")
    expect(copied).toBe(before.map((row: readonly (string | null)[]) => row.join("\t")).join("\n"))
    const paste = async (text: string): Promise<void> => {
      await page.evaluate(`navigator.clipboard.writeText(${JSON.stringify(text)})`)
      await page.keyboard.press("Control+v")
    }
    await paste("5.5\t2026-09-09\n6.5\tsoon")
    await page.getByText("SO-2026-00006, Required date: “soon” is no value of it").waitFor()
    await paste("5.5\t2026-09-09\tRotkehlchen\t1")
    await page.getByText("SO-2026-00005, Total: cannot be changed here").waitFor()
    expect(await cells()).toEqual(before)
    // What its service refuses goes back, and the rest is done.
    await paste("5.5\t2020-01-01\n6.5\t2026-09-10")
    await page.getByText("2 cells pasted").waitFor()
    await page.getByRole("alert").filter({ hasText: "SO-2026-00005" }).last().waitFor()
    await rowOf(page, "SO-2026-00006").getByText("€6.50").waitFor()
    expect(await cells()).toEqual([before[0], ["6.50", "2026-09-10"]])
    await page.getByRole("button", { name: "Undo" }).click()
    await expect.poll(cells).toEqual(before)
    expect(wrong).toEqual([])
    await context.close()
  })

  test("the sheet has every key, and gives it to something else: a person's own keys, wherever they log in", async () => {
    const { page, wrong, context } = await program.visit("clara", ORDERS)
    await firstRow(page).waitFor()
    await page.keyboard.press("?")
    const sheet = page.getByRole("dialog", { name: "Keyboard shortcuts" })
    await sheet.waitFor()
    const named = ["Next row", "Previous row", "Select the row", "Edit the cell", "New record", "Search", "Paste cells"]
    expect(await sheet.getByRole("term").allInnerTexts()).toEqual(expect.arrayContaining([...named, "Orders", "Home"]))
    await sheet.getByRole("button", { name: /^Next row: J/ }).click()
    await page.keyboard.press("e")
    await sheet.getByText("E is taken: Edit the cell.").waitFor()
    await sheet.getByRole("button", { name: "Leave it" }).click()
    await sheet.getByRole("button", { name: /^Next row: J/ }).click()
    await page.keyboard.press("w")
    await sheet.getByRole("button", { name: /^Next row: W/ }).waitFor()
    expect(await findings(page)).toEqual([])
    await page.keyboard.press("Escape")
    await sheet.waitFor({ state: "detached" })
    const active = () => grid(page).getAttribute("aria-activedescendant")
    await page.keyboard.press("j")
    expect(await active()).toBe(null)
    await page.keyboard.press("w")
    await expect.poll(active).toMatch(/-0$/)
    // They rest while somebody types.
    await page.keyboard.press("/")
    await page.keyboard.type("wwx?")
    expect(await page.getByRole("searchbox").inputValue()).toBe("wwx?")
    expect(await sheet.count()).toBe(0)

    const elsewhere = await program.visit("clara", ORDERS)
    await firstRow(elsewhere.page).waitFor()
    await elsewhere.page.keyboard.press("?")
    await elsewhere.page.getByRole("button", { name: /^Next row: W/ }).waitFor()
    await elsewhere.page.getByRole("button", { name: "All back to the usual keys" }).click()
    await elsewhere.page.getByRole("button", { name: /^Next row: J/ }).waitFor()
    expect([...wrong, ...elsewhere.wrong]).toEqual([])
    await context.close()
    await elsewhere.context.close()
  })

  test("a list opens with a favourite, also for who may only read it; a group sees what is shared with it", async () => {
    const group = { name: "Sellers", members: [users.clara, users.martin] }
    expect((await program.ask("/api/identity/groups", { body: group })).status).toBe(201)
    const products = "/admin/catalog/products"
    const { page, wrong, context } = await program.visit("clara", `${products}?sort=-name&columns=name,price`)
    await firstRow(page).waitFor()
    expect(await page.getByRole("button", { name: "New" }).count()).toBe(0)
    await page.keyboard.press("Shift+f")
    await page.getByLabel("Name", { exact: true }).fill("Last first")
    await page.getByLabel("Open this list with it").check()
    await page.getByLabel("Share with", { exact: true }).selectOption("Sellers")
    await page.getByRole("button", { name: "Keep this search" }).click()
    await page.getByLabel("Name", { exact: true }).waitFor({ state: "detached" })
    for (const _ of ["opened", "reloaded"]) {
      await page.goto(program.url + products)
      await page.waitForURL(/sort=-name/)
      await expect.poll(() => firstRow(page).innerText()).toContain("Product 4")
      expect(await page.getByRole("columnheader").allInnerTexts()).toEqual(["", "Name", "Price"])
    }
    const manager = await program.visit("martin", products)
    await firstRow(manager.page).waitFor()
    expect(new URL(manager.page.url()).search).toBe("")
    await manager.page.keyboard.press("Shift+f")
    await manager.page.getByRole("button", { name: /^Last first, by / }).click()
    await expect.poll(() => firstRow(manager.page).innerText()).toContain("Product 4")
    const names = async (as: string) =>
      (await program.ask("/api/identity/favourites?select=name", { as })).json.data?.map(
        ({ name }: { readonly name: string }) => name,
      )
    expect([await names("martin"), await names("oscar")]).toEqual([["Last first"], []])
    expect([...wrong, ...manager.wrong]).toEqual([])
    await context.close()
    await manager.context.close()
  })

  test("has no fault of accessibility, light and dark, at every width, and never scrolls sideways", async () => {
    const { page, wrong, context } = await program.visit("martin", ORDERS)
    for (const { scheme, width } of sampled(looks, 2)) {
      await page.emulateMedia({ colorScheme: scheme })
      await page.setViewportSize({ width, height: 800 })
      await firstRow(page).waitFor()
      expect.soft(await findings(page), `${scheme} at ${width}`).toEqual([])
      expect.soft(await isTooWide(page), `${scheme} at ${width}`).toBe(false)
    }
    for (const path of [
      `${ORDERS}?q=nothinglikeit`,
      `${ORDERS}?group=status`,
      `${ORDERS}?view=kanban`,
      "/admin/",
      "/admin/sales/nothing",
    ]) {
      await page.goto(program.url + path)
      await page.getByRole("heading").first().waitFor()
      await page.waitForLoadState("networkidle")
      expect.soft(await findings(page), path).toEqual([])
    }
    expect(wrong).toEqual([])
    await context.close()
  })

  test("an answer that comes late changes nothing that was asked for after it", async () => {
    const { page, wrong, context } = await program.visit("martin", ORDERS)
    await firstRow(page).waitFor()
    let release = (): void => {}
    const held = new Promise<void>((resolve) => (release = resolve))
    await page.route("**/api/sales/orders/$query", async (route) => {
      if (route.request().postData()?.includes("alpenblick")) await held
      await route.continue()
    })
    const isOfFirst = (body: string | null): boolean => body?.includes("alpenblick") === true
    const asked = page.waitForRequest((request) => isOfFirst(request.postData()))
    await page.getByRole("searchbox").fill("alpenblick")
    await asked
    await page.getByRole("searchbox").fill("bäckerei")
    await page.getByText("2 records", { exact: true }).waitFor()
    await rowOf(page, "Bäckerei").first().waitFor()
    const late = page.waitForResponse((response) => isOfFirst(response.request().postData()))
    release()
    await (await late).finished()
    // What is asked after it is answered after it.
    await page.evaluate("fetch('/auth/session').then((answer) => answer.text())")
    expect(await page.locator("[role=row][data-id]").allInnerTexts()).toEqual(
      [0, 1].map(() => expect.stringContaining("Bäckerei")),
    )
    expect(wrong).toEqual([])
    await context.close()
  })

  test("back leads to the groups that were open and the rows that were selected", async () => {
    const { page, wrong, context } = await program.visit("martin", `${ORDERS}?group=status`)
    const drafts = page.getByRole("row", { name: /Draft/ }).first()
    await drafts.click()
    const row = page.locator("[role=row][data-id]").nth(1)
    const id = await row.getAttribute("data-id")
    await row.locator("[data-check]").click()
    await row.getByRole("gridcell").nth(2).click()
    await page.waitForURL(new RegExp(`orders/${id}`))
    await page.goBack()
    await page.locator(`[data-id="${id}"][aria-selected=true]`).waitFor()
    expect(await drafts.getAttribute("aria-expanded")).toBe("true")
    expect(wrong).toEqual([])
    await context.close()
  })

  test("many rows: the end is one request away, few nodes, and back leads to where one was", async () => {
    await multiplyOrders(program.databases.of.sales.url, 1, MANY)
    const { page, wrong, context } = await program.visit("martin", `${ORDERS}?sort=number`)
    await firstRow(page).waitFor()
    // Other tests made some, too.
    const rows = String((await totalOf({})).count + 1)
    await expect.poll(() => grid(page).getAttribute("aria-rowcount")).toBe(rows)
    const asked: string[] = []
    page.on("request", (request) => {
      if (request.url().endsWith("$query")) asked.push(request.postData() ?? "")
    })
    await page.keyboard.press("j")
    await page.keyboard.press("End")
    await rowOf(page, "SO-2026-00008").waitFor()
    expect(asked.filter((body) => !body.includes('"last":true'))).toEqual([])
    expect(await page.locator("*").count()).toBeLessThan(2_500)
    // A drag of the scrollbar to where nothing is known.
    await page.goto(`${program.url}${ORDERS}?sort=date`)
    await firstRow(page).waitFor()
    await expect.poll(() => grid(page).getAttribute("aria-rowcount")).toBe(rows)
    await grid(page).evaluate((element) => element.scrollTo(0, element.scrollHeight / 2))
    await rowOf(page, "MANY-").nth(5).waitFor()
    await page.keyboard.press("j")
    const row = rowOf(page, "MANY-").nth(8)
    const text = await row.innerText()
    const top = await row.evaluate((element) => element.getBoundingClientRect().top)
    await row.click()
    await page.waitForURL(/orders\/[0-9a-f-]{36}/)
    await page.goBack()
    const again = page.getByRole("row").filter({ hasText: text.split("\n")[0] as string })
    await again.waitFor()
    expect(Math.abs((await again.evaluate((element) => element.getBoundingClientRect().top)) - top)).toBeLessThan(2)
    expect(wrong).toEqual([])
    await context.close()
  })
})
