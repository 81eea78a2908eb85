/** What comes in from a file: shown before it comes in, mended, and written over what has the same key. */
import type { Page } from "playwright-core"
import { afterAll, beforeAll, expect, test } from "vitest"
import { madeWorkbook } from "../../packages/admin/test/made-workbook.ts"
import { findings } from "../support/real-browser.ts"
import { optionalProgram } from "../support/optional.ts"
import { adminProgram, type AdminProgram } from "./admin-program.ts"

const COUNTRIES = "/admin/crm/countries"

const csv = (name: string, ...lines: readonly string[]) => ({
  name,
  mimeType: "text/csv",
  buffer: Buffer.from(`${lines.join("\n")}\n`),
})
const dialog = (page: Page) => page.getByRole("dialog")
const button = (page: Page, name: string | RegExp) => dialog(page).getByRole("button", { name, exact: true })
const heading = (page: Page, name: string) => dialog(page).getByRole("heading", { name, exact: true })

/** Opens the import from the list's menu by keyboard. */
async function openImport(page: Page): Promise<void> {
  await page.getByRole("button", { name: "More", exact: true }).focus()
  await page.keyboard.press("Enter")
  await page.getByRole("menuitem", { name: "Import CSV or Excel…" }).focus()
  await page.keyboard.press("Enter")
  await button(page, "Choose a file").waitFor()
}
const choose = (
  page: Page,
  file: Omit<ReturnType<typeof csv>, "buffer"> & { readonly buffer: Buffer },
): Promise<void> => dialog(page).locator("input[type=file]").setInputFiles(file)

optionalProgram("chromium", "google-chrome").describe("the import of the admin", (executablePath) => {
  let program: AdminProgram
  beforeAll(async () => {
    program = await adminProgram(executablePath)
  })
  afterAll(() => program?.[Symbol.asyncDispose]())

  test("bad rows are shown by row and column before anything is written; mended, they come in", async () => {
    const { page, wrong, context } = await program.visit("alice", COUNTRIES)
    await page.getByRole("grid").waitFor()
    await openImport(page)
    await choose(page, csv("book.csv", "PK\u0003\u0004"))
    await dialog(page).getByRole("alert").filter({ hasText: "cannot be read" }).waitFor()
    expect.soft(await findings(page)).toEqual([])
    await choose(page, csv("new.csv", "Name;Code;Hymn", "Norge;NO;ja", "Sverige;SWE;ja", ";DK;ja"))
    await heading(page, "Columns").waitFor()
    // "Code" is not what the field is called to people, yet its name.
    expect(await page.getByLabel("What Code fills").inputValue()).toBe("code")
    expect(await page.getByLabel("What Hymn fills").inputValue()).toBe("")
    expect.soft(await findings(page)).toEqual([])
    await button(page, "Check").press("Enter")
    await heading(page, "Checked").waitFor()
    const rows = await dialog(page).getByRole("row").allInnerTexts()
    expect(rows.slice(1).map((row) => row.split("\t").slice(0, 2))).toEqual([
      ["3", "Code"],
      ["4", "Name"],
    ])
    expect(await dialog(page).getByRole("listitem").allInnerTexts()).toEqual(["1 new", "0 to be changed", "2 refused"])
    expect.soft(await findings(page)).toEqual([])
    expect((await program.ask("/api/crm/countries?code=NO&count=exact")).json.count).toBe(0)
    await button(page, "Another file").press("Enter")
    await choose(page, csv("mended.csv", "Name;Code;Hymn", "Norge;NO;ja", "Sverige;SE;ja", "Danmark;DK;ja"))
    await button(page, "Check").press("Enter")
    await button(page, "Import 3 rows").press("Enter")
    await heading(page, "Imported").waitFor()
    expect(await page.evaluate<boolean>("document.activeElement !== document.body")).toBe(true)
    await button(page, "Show what came in").press("Enter")
    await page.getByText("3 records", { exact: true }).waitFor()
    for (const name of ["Norge", "Sverige", "Danmark"]) await page.getByRole("row").filter({ hasText: name }).waitFor()
    expect(wrong).toEqual([])
    await context.close()
  })

  test("rows with a key that is there change its record; the rest is new", async () => {
    const { page, wrong, context } = await program.visit("alice", COUNTRIES, { viewport: { width: 390, height: 800 } })
    await page.getByRole("button", { name: "More", exact: true }).waitFor()
    await openImport(page)
    await choose(page, csv("keys.csv", "ISO,Country", "FR,République française", "PT,Portugal"))
    await page.getByLabel("What ISO fills").selectOption("code")
    await page.getByLabel("What Country fills").selectOption("name")
    await page.getByLabel("Which records the rows are").selectOption("code")
    expect.soft(await findings(page)).toEqual([])
    await button(page, "Check").press("Enter")
    await heading(page, "Checked").waitFor()
    expect(await dialog(page).getByRole("listitem").allInnerTexts()).toEqual(["1 new", "1 to be changed", "0 refused"])
    await button(page, "Import 2 rows").press("Enter")
    await heading(page, "Imported").waitFor()
    await button(page, "Done").press("Enter")
    await dialog(page).waitFor({ state: "detached" })
    await expect.poll(() => page.evaluate<boolean>("document.activeElement !== document.body")).toBe(true)
    const { json } = await program.ask("/api/crm/countries?code[in]=FR,PT&select=name&orderBy=code")
    expect(json.data.map(({ name }: { readonly name: string }) => name)).toEqual(["République française", "Portugal"])
    expect(wrong).toEqual([])
    await context.close()
  })

  test("a workbook comes in by the sheet that is chosen, also a large one, under the page's policy", async () => {
    const { page, wrong, context } = await program.visit("alice", COUNTRIES)
    await page.getByRole("grid").waitFor()
    await openImport(page)
    const code = (n: number): string =>
      `${String.fromCharCode(65 + Math.floor(n / 26))}${String.fromCharCode(65 + (n % 26))}`
    // Enough that a reader of archives would rather have workers for it.
    const words = Array.from({ length: 12_000 }, (_, i) => [`${i}${"x".repeat(40)}`, `${i}`])
    const bytes = madeWorkbook({
      Countries: [["Name", "Code"], ...[500, 501, 502].map((n) => [`Land ${n}`, code(n)])],
      Words: [["Word", "Number"], ...words],
    })
    await choose(page, {
      name: "book.xlsx",
      mimeType: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
      buffer: Buffer.from(bytes),
    })
    await button(page, /^Words: 12,000 rows/).waitFor()
    expect.soft(await findings(page)).toEqual([])
    await button(page, /^Countries: 3 rows/).press("Enter")
    await button(page, "Check").press("Enter")
    await button(page, "Import 3 rows").press("Enter")
    await heading(page, "Imported").waitFor()
    expect((await program.ask("/api/crm/countries?name[startsWith]=Land&count=exact")).json.count).toBe(3)
    expect(wrong).toEqual([])
    await context.close()
  })

  test("who may write nothing is not offered an import", async () => {
    const { page, wrong, context } = await program.visit("clara", COUNTRIES)
    await page.getByRole("grid").waitFor()
    await page.getByRole("button", { name: "More", exact: true }).click()
    await page.getByRole("menuitem", { name: "Export as CSV" }).waitFor()
    expect(await page.getByRole("menuitem", { name: "Import CSV or Excel…" }).count()).toBe(0)
    expect(wrong).toEqual([])
    await context.close()
  })

  test("a search that a clerk shares is a manager's to open; its owner's default holds in another browser", {
    timeout: 120_000,
  }, async () => {
    const clerk = await program.visit("clara", "/admin/sales/orders?sort=-total&q=SO-")
    await clerk.page.getByRole("grid").waitFor()
    const favourites = (page: Page) => page.getByRole("button", { name: "Favourites", exact: true })
    await favourites(clerk.page).click()
    await clerk.page.getByLabel("Name", { exact: true }).fill("The Alps")
    await clerk.page.getByLabel("Share with", { exact: true }).selectOption("Everybody")
    await clerk.page.getByLabel("Open this list with it").check()
    expect.soft(await findings(clerk.page)).toEqual([])
    await clerk.page.getByRole("button", { name: "Keep this search" }).click()
    await clerk.page.getByLabel("Share with", { exact: true }).waitFor({ state: "detached" })
    await favourites(clerk.page).click()
    await clerk.page.getByRole("button", { name: "Rename The Alps" }).click()
    await clerk.page.getByLabel("Rename The Alps").fill("Mountains")
    await clerk.page.keyboard.press("Enter")
    await clerk.page.getByRole("button", { name: "Mountains", exact: true }).waitFor()
    const manager = await program.visit("martin", "/admin/sales/orders")
    await manager.page.getByRole("grid").waitFor()
    // Another's default is nobody else's.
    expect(new URL(manager.page.url()).search).toBe("")
    await favourites(manager.page).click()
    await manager.page.getByRole("button", { name: /^Mountains, by / }).click()
    await expect.poll(() => new URL(manager.page.url()).searchParams.get("sort")).toBe("-total")
    const again = await program.visit("clara", "/admin/sales/orders")
    await expect.poll(() => new URL(again.page.url()).searchParams.get("q")).toBe("SO-")
    await favourites(again.page).click()
    await again.page.getByRole("button", { name: "Remove Mountains" }).click()
    await again.page.getByRole("button", { name: "Mountains", exact: true }).waitFor({ state: "detached" })
    // Where favourites do not answer, the list goes on.
    await again.context.route("**/api/identity/favourites/**", (route) => route.abort())
    await again.page.goto(`${program.url}/admin/sales/orders`)
    await again.page.getByRole("grid").waitFor()
    await favourites(again.page).click()
    await again.page.getByText("Nothing can be kept now").waitFor()
    expect([...clerk.wrong, ...manager.wrong]).toEqual([])
    for (const { context } of [clerk, manager, again]) await context.close()
  })
})
