/**
 * Pictures of the admin for the documentation, in `docs/screenshots`: the example company with its demo data in a directory of its own,
 * as people see it in Chromium. Their numbers and names are the same each time; dates follow today's.
 *
 * @module
 */
import { mkdir, rm, writeFile } from "node:fs/promises"
import { fileURLToPath } from "node:url"
import { type Browser, type BrowserContext, chromium, type Locator, type Page } from "playwright-core"
import type { Ask } from "../tests/support/asking.ts"
import { findProgram } from "../tests/support/optional.ts"
import { dataDirectory, startProgram } from "../tests/support/program.ts"

const target = new URL("../docs/screenshots/", import.meta.url)
const main = fileURLToPath(new URL("../examples/company/main.ts", import.meta.url))
/** Of the users of development. */
const PASSWORD = "archipel"
const DEADLINE_MS = 20_000
const MAX_BYTES = 150_000

const desktop = { width: 1360, height: 620 }
const phone = { width: 390, height: 720 }
const schemes = ["light", "dark"] as const
type Scheme = (typeof schemes)[number]

/** Records that are worth a picture. */
interface Subjects {
  readonly order: string
  readonly customer: string
  readonly customerName: string
}

interface Shot {
  readonly name: string
  readonly as: "alice" | "clara"
  readonly size: typeof desktop
  readonly path: (subjects: Subjects) => string
  /** What is there once the page is. */
  readonly ready: (page: Page) => Locator
  /** What somebody does before the picture is taken. */
  readonly prepare?: (page: Page, subjects: Subjects) => Promise<void>
  readonly hasDark?: true
}

const orders = "/sales/orders?sort=-date"
const drafts = `/sales/orders?sort=-date&where=${encodeURIComponent('[{"status":"draft"}]')}`
const row = (page: Page): Locator => page.locator("[role=row][data-id]").first()
const form = (page: Page): Locator => page.locator("[data-form]")

/** In this order: home shows what was opened before. */
const shots: readonly Shot[] = [
  { name: "orders", as: "alice", size: desktop, path: () => orders, ready: row, hasDark: true },
  {
    name: "orders-by-month",
    as: "alice",
    size: desktop,
    path: () => "/sales/orders?group=date:month",
    ready: (page) => page.getByRole("row", { name: /20\d\d/ }).first(),
  },
  {
    name: "filter",
    as: "alice",
    size: desktop,
    path: () => drafts,
    ready: row,
    async prepare(page) {
      await page.getByRole("button", { name: "Filter", exact: true }).click()
      await page.getByPlaceholder("Find a field…").fill("Total")
      await page.keyboard.press("Enter")
      await page.getByLabel("Operator").waitFor()
    },
  },
  {
    name: "board",
    as: "alice",
    size: desktop,
    path: () => "/sales/orders?view=kanban",
    ready: (page) => page.getByText(/SO-20\d\d-/).first(),
    hasDark: true,
  },
  {
    name: "customer",
    as: "alice",
    size: desktop,
    path: ({ customer }) => `/crm/customers/${customer}`,
    ready: (page) => page.getByText(/SO-20\d\d-/).first(),
  },
  {
    name: "order",
    as: "alice",
    size: desktop,
    path: ({ order }) => `/sales/orders/${order}?sort=-date`,
    ready: (page) => page.locator("[data-line]").first(),
    hasDark: true,
  },
  {
    name: "palette",
    as: "alice",
    size: desktop,
    path: () => orders,
    ready: row,
    async prepare(page, { customerName }) {
      await page.keyboard.press("Control+k")
      await page
        .getByRole("dialog")
        .locator("input")
        .fill(customerName.split(" ", 1)[0] as string)
      await page.getByRole("dialog").getByText(customerName).first().waitFor()
    },
  },
  {
    name: "home",
    as: "alice",
    size: desktop,
    path: () => "/",
    ready: (page) => page.getByRole("main").getByRole("link", { name: "Customers", exact: true }),
    hasDark: true,
  },
  {
    name: "phone-orders",
    as: "clara",
    size: phone,
    path: () => orders,
    ready: (page) => page.getByText(/SO-20\d\d-/).first(),
  },
  {
    name: "phone-order",
    as: "clara",
    size: phone,
    path: ({ order }) => `/sales/orders/${order}`,
    ready: form,
  },
]

/** A draft with several lines, which a clerk may see and change as well, and its customer. */
async function subjects(ask: Ask): Promise<Subjects> {
  const path = "/api/sales/orders?select=customer.name,lines.id&status=draft&orderBy=-date&limit=40"
  const { data } = (await ask(path, { as: "clara" })).json as {
    readonly data: readonly {
      readonly id: string
      readonly customer: { readonly id: string; readonly name: string }
      readonly lines: readonly unknown[]
    }[]
  }
  const [best] = data.toSorted((a, b) => b.lines.length - a.lines.length)
  if (best === undefined) throw new Error("The clerk sees no draft.")
  return { order: best.id, customer: best.customer.id, customerName: best.customer.name }
}

async function logIn(browser: Browser, url: string, { as, size }: Shot, colorScheme: Scheme): Promise<BrowserContext> {
  const context = await browser.newContext({
    viewport: size,
    colorScheme,
    reducedMotion: "reduce",
    locale: "en-GB",
    timezoneId: "Europe/Zurich",
  })
  context.setDefaultTimeout(DEADLINE_MS)
  const page = await context.newPage()
  await page.goto(`${url}/admin/`)
  await page.getByLabel("E-mail address").fill(`${as}@example.com`)
  await page.getByLabel("Password", { exact: true }).fill(PASSWORD)
  await page.getByRole("button", { name: "Log in", exact: true }).click()
  await page.waitForURL((address) => address.pathname.startsWith("/admin/"))
  await page.close()
  return context
}

/** Waits until nothing more is being loaded. */
async function settled(page: Page): Promise<void> {
  await page.waitForLoadState("networkidle")
  const busy = page.locator("[aria-busy=true]")
  while ((await busy.count()) > 0) await busy.first().waitFor({ state: "detached" })
}

async function take(context: BrowserContext, url: string, shot: Shot, scheme: Scheme, of: Subjects): Promise<void> {
  const page = await context.newPage()
  await page.goto(`${url}/admin${shot.path(of)}`)
  await shot.ready(page).waitFor()
  await settled(page)
  await shot.prepare?.(page, of)
  await settled(page)
  const name = `${shot.name}${scheme === "dark" ? "-dark" : ""}.png`
  const image = await page.screenshot({ caret: "hide", animations: "disabled" })
  await page.close()
  await writeFile(new URL(name, target), image)
  const size = `${Math.round(image.byteLength / 1000)} KB`
  console.log(`${name} ${size}${image.byteLength > MAX_BYTES ? ", too large for the repository" : ""}`)
  if (image.byteLength > MAX_BYTES) process.exitCode = 1
}

const executable = findProgram(["chromium", "chromium-browser", "google-chrome"])
if (executable === undefined) throw new Error("Chromium is needed, as `chromium` or `google-chrome` on PATH.")
await rm(target, { recursive: true, force: true })
await mkdir(target, { recursive: true })
await using data = await dataDirectory()
await using program = await startProgram({ main, data: data.path, env: { NODE_ENV: "development" } })
const of = await subjects(program.ask)
const browser = await chromium.launch({
  executablePath: executable,
  // Letters that are the same wherever they stand make files smaller.
  args: ["--no-sandbox", "--disable-gpu", "--disable-lcd-text", "--disable-font-subpixel-positioning"],
})
try {
  for (const scheme of schemes) {
    const contexts = new Map<string, BrowserContext>()
    for (const shot of shots.filter(({ hasDark }) => scheme === "light" || hasDark)) {
      const key = `${shot.as} ${shot.size.width}`
      const context = contexts.get(key) ?? (await logIn(browser, program.url, shot, scheme))
      contexts.set(key, context)
      // One that fails leaves the others to be looked at.
      await take(context, program.url, shot, scheme, of).catch((error: unknown) => {
        console.error(shot.name, error)
        process.exitCode = 1
      })
    }
    for (const context of contexts.values()) await context.close()
  }
} finally {
  await browser.close()
}
