/**
 * What the admin can show: its views in the states that each can be in, and what opens over them.
 *
 * @module
 */
import type { Locator, Page } from "playwright-core"
import { seeded, users } from "../support/company.ts"
import type { Person } from "./admin-program.ts"

/** What becomes of some requests while a screen is looked at. */
interface Answers {
  readonly to: string
  readonly are: "held" | "failed"
}

export interface Screen {
  readonly name: string
  readonly as: Person
  /** Below `/admin`. */
  readonly path: string
  readonly answers?: Answers
  /** What is there once the screen is. */
  readonly ready: (page: Page) => Locator
  /** What somebody does then; what it brings is waited for. */
  readonly prepare?: (page: Page) => Promise<void>
  /** Only where there is little room, or much. */
  readonly only?: "narrow" | "wide"
}

const ORDERS = "/sales/orders"
/** With two lines. */
const ORDER = `${ORDERS}/${seeded.orders[2]}`
const CUSTOMER = `/crm/customers/${seeded.customers[0]}`
const queries = "**/api/sales/orders/$query"
const one = `**/api${ORDER}?*`

const row = (page: Page): Locator => page.locator("[role=row][data-id]").first()
const card = (page: Page): Locator => page.getByText(/SO-2026-/).first()
const form = (page: Page): Locator => page.locator("[data-form]")
const heading = (name: string) => (page: Page) => page.getByRole("heading", { name })
const button = (page: Page, name: string): Locator => page.getByRole("button", { name, exact: true })
const opens =
  (name: string, brings: (page: Page) => Locator) =>
  async (page: Page): Promise<void> => {
    await button(page, name).click()
    await brings(page).waitFor()
  }
const dialog = (page: Page): Locator => page.getByRole("dialog")

async function inActions(page: Page, name: string): Promise<void> {
  await button(page, "Actions").last().click()
  await page.getByRole("menuitem", { name }).click()
  await dialog(page).waitFor()
}

/** A view that is held back shows its skeleton, after a while. */
const skeleton = (page: Page): Locator => page.locator("[aria-busy=true]").first()

const lists: readonly Screen[] = [
  { name: "list", as: "martin", path: ORDERS, ready: row },
  {
    name: "list, with filters and groups",
    as: "martin",
    path: `${ORDERS}?group=status,date:month&where=${encodeURIComponent('[{"total":{"gte":"1"}}]')}`,
    ready: (page) => page.locator("[role=row][aria-expanded]").first(),
  },
  { name: "list, empty", as: "martin", path: `${ORDERS}?q=nothinglikeit`, ready: heading("Nothing matches") },
  { name: "list, loading", as: "martin", path: ORDERS, answers: { to: queries, are: "held" }, ready: skeleton },
  {
    name: "list, failed",
    as: "martin",
    path: ORDERS,
    answers: { to: queries, are: "failed" },
    ready: (page) => button(page, "Try again"),
  },
  { name: "list, denied", as: "oscar", path: ORDERS, ready: (page) => page.getByRole("heading", { level: 1 }) },
  {
    name: "list, rows selected",
    as: "martin",
    path: ORDERS,
    ready: row,
    async prepare(page) {
      await page.keyboard.press("j")
      await page.keyboard.press("x")
      await page.getByRole("toolbar").waitFor()
    },
  },
  {
    name: "list, change of many",
    as: "martin",
    path: ORDERS,
    ready: row,
    async prepare(page) {
      await page.keyboard.press("j")
      await page.keyboard.press("x")
      await button(page, "Edit…").click()
      await dialog(page).waitFor()
    },
  },
  {
    name: "list, filter",
    as: "martin",
    path: ORDERS,
    ready: row,
    async prepare(page) {
      await button(page, "Filter").click()
      await page.getByPlaceholder("Find a field…").fill("Total")
      await page.keyboard.press("Enter")
      await page.getByLabel("Operator").waitFor()
    },
  },
  {
    name: "list, groups offered",
    as: "martin",
    path: ORDERS,
    ready: row,
    prepare: opens("Group", (page) => page.getByRole("menuitem").first()),
  },
  {
    name: "list, columns offered",
    as: "martin",
    path: ORDERS,
    ready: row,
    prepare: opens("Columns", dialog),
    only: "wide",
  },
  { name: "list, favourites", as: "martin", path: ORDERS, ready: row, prepare: opens("Favourites", dialog) },
  {
    name: "list, more",
    as: "martin",
    path: ORDERS,
    ready: row,
    prepare: opens("More", (page) => page.getByRole("menuitem").first()),
  },
  {
    name: "import",
    as: "alice",
    path: "/crm/countries",
    ready: row,
    async prepare(page) {
      await button(page, "More").click()
      await page.getByRole("menuitem", { name: "Import CSV or Excel…" }).click()
      const lines = "Name;Code\nNorge;NO\nSverige;SWE\n"
      const file = { name: "countries.csv", mimeType: "text/csv", buffer: Buffer.from(lines) }
      await dialog(page).locator("input[type=file]").setInputFiles(file)
      await dialog(page).getByRole("button", { name: "Check", exact: true }).click()
      await dialog(page).getByRole("heading", { name: "Checked" }).waitFor()
    },
  },
]

const boards: readonly Screen[] = [
  { name: "board", as: "martin", path: `${ORDERS}?view=kanban`, ready: card },
  {
    name: "board, empty",
    as: "martin",
    path: `${ORDERS}?view=kanban&q=nothinglikeit`,
    ready: heading("Draft"),
  },
  {
    name: "board, loading",
    as: "martin",
    path: `${ORDERS}?view=kanban`,
    answers: { to: queries, are: "held" },
    ready: skeleton,
  },
  {
    name: "board, failed",
    as: "martin",
    path: `${ORDERS}?view=kanban`,
    answers: { to: queries, are: "failed" },
    ready: (page) => button(page, "Try again"),
  },
  {
    name: "board, denied",
    as: "oscar",
    path: `${ORDERS}?view=kanban`,
    ready: (page) => page.getByRole("heading", { level: 1 }),
  },
]

const forms: readonly Screen[] = [
  { name: "form", as: "martin", path: ORDER, ready: (page) => page.locator("[data-form] legend, [data-line]").first() },
  { name: "form, new", as: "martin", path: `${ORDERS}/new`, ready: form },
  {
    name: "form, with mistakes",
    as: "martin",
    path: `${ORDERS}/new`,
    ready: form,
    async prepare(page) {
      await page.keyboard.press("Control+s")
      await page.getByRole("alert").first().waitFor()
    },
  },
  { name: "form, loading", as: "martin", path: ORDER, answers: { to: one, are: "held" }, ready: skeleton },
  {
    name: "form, failed",
    as: "martin",
    path: ORDER,
    answers: { to: one, are: "failed" },
    ready: (page) => button(page, "Try again"),
  },
  { name: "form, denied", as: "oscar", path: ORDER, ready: (page) => page.getByRole("heading", { level: 1 }) },
  { name: "form, missing", as: "martin", path: `${ORDERS}/none`, ready: (page) => page.getByRole("heading").first() },
  {
    name: "form, related",
    as: "martin",
    path: CUSTOMER,
    ready: (page) =>
      page
        .locator("[data-related]")
        .getByText(/SO-2026-/)
        .first(),
  },
  {
    name: "form, related fail",
    as: "martin",
    path: CUSTOMER,
    answers: { to: queries, are: "failed" },
    ready: (page) => page.locator("[data-related]").getByRole("button", { name: "Try again" }).first(),
  },
  {
    name: "form, actions",
    as: "martin",
    path: ORDER,
    ready: form,
    async prepare(page) {
      await button(page, "Actions").last().click()
      await page.getByRole("menuitem").first().waitFor()
    },
  },
  {
    name: "form, deletion asked",
    as: "martin",
    path: ORDER,
    ready: form,
    prepare: (page) => inActions(page, "Delete"),
  },
  {
    name: "form, explanation",
    as: "alice",
    path: `/identity/users/${users.martin}`,
    ready: form,
    prepare: (page) => inActions(page, "Why can’t I"),
  },
  {
    name: "form, reference",
    as: "martin",
    path: `${ORDERS}/new`,
    ready: form,
    async prepare(page) {
      await page.getByRole("combobox", { name: "Customer" }).fill("a")
      await page.getByRole("option").first().waitFor()
    },
  },
]

const others: readonly Screen[] = [
  {
    name: "home",
    as: "alice",
    path: "/",
    ready: (page) => page.getByRole("main").getByRole("link", { name: "Customers" }),
  },
  { name: "home, empty", as: "oscar", path: "/", ready: (page) => page.getByText("You have no role") },
  {
    name: "home, loading",
    as: "martin",
    path: "/",
    answers: { to: "**/api/*/$ui", are: "held" },
    ready: (page) => page.getByRole("heading", { level: 1 }),
  },
  {
    name: "home, failed",
    as: "martin",
    path: "/",
    answers: { to: "**/api/*/$ui", are: "failed" },
    ready: (page) => page.getByRole("heading", { level: 1 }),
  },
  { name: "no such page", as: "martin", path: "/sales/nothing", ready: (page) => page.getByRole("heading").first() },
  {
    name: "palette",
    as: "martin",
    path: "/",
    ready: (page) => page.getByRole("heading", { level: 1 }),
    async prepare(page) {
      await page.keyboard.press("Control+k")
      await dialog(page).locator("input").fill("alp")
      await dialog(page).getByText("Alpenblick").first().waitFor()
    },
  },
  {
    name: "palette, empty",
    as: "martin",
    path: "/",
    ready: (page) => page.getByRole("heading", { level: 1 }),
    async prepare(page) {
      await page.keyboard.press("Control+k")
      await dialog(page).locator("input").fill("nothinglikeit")
      await dialog(page).getByText("Nothing found").waitFor()
    },
  },
  {
    name: "keys",
    as: "martin",
    path: ORDERS,
    ready: row,
    async prepare(page) {
      await page.keyboard.press("?")
      await dialog(page).waitFor()
    },
  },
  {
    name: "account menu",
    as: "alice",
    path: "/",
    ready: (page) => page.getByRole("heading", { level: 1 }),
    async prepare(page) {
      await page.getByRole("button", { name: /^Alice/ }).click()
      await page.getByRole("menuitem").first().waitFor()
    },
    only: "wide",
  },
  {
    name: "menu",
    as: "alice",
    path: ORDERS,
    ready: row,
    async prepare(page) {
      await button(page, "Open the menu").click()
      await dialog(page).getByRole("link", { name: "Customers" }).waitFor()
    },
    only: "narrow",
  },
  {
    name: "users",
    as: "alice",
    path: "/identity/users",
    ready: row,
  },
]

export const screens: readonly Screen[] = [...lists, ...boards, ...forms, ...others]

/** Whether somebody at a window of this width can come to see it. */
export const isSeenAt = ({ only }: Screen, width: number): boolean =>
  only === undefined || (only === "narrow") === width <= 760

const problem = {
  status: 503,
  contentType: "application/problem+json",
  body: JSON.stringify({ type: "about:blank", title: "Service unavailable", status: 503, code: "service.unavailable" }),
}

/** Brings a page to a screen, in the window that it has. */
export async function show(page: Page, url: string, { path, answers, ready, prepare }: Screen): Promise<void> {
  await page.unrouteAll({ behavior: "ignoreErrors" })
  if (answers) await page.route(answers.to, (route) => (answers.are === "held" ? undefined : route.fulfill(problem)))
  await page.goto(`${url}/admin${path}`)
  await ready(page).waitFor()
  if (answers === undefined) await page.waitForLoadState("networkidle")
  await prepare?.(page)
}
