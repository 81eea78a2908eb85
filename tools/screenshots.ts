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
import { dataDirectory, type ProgramProcess, startProgram } from "../tests/support/program.ts"

const target = new URL("../docs/screenshots/", import.meta.url)
const main = fileURLToPath(new URL("../examples/company/main.ts", import.meta.url))
/** Of the users of development. */
const PASSWORD = "archipel"
const DEADLINE_MS = 20_000
const MAX_BYTES = 150_000

const desktop = { width: 1360, height: 720 }
const phone = { width: 390, height: 780 }
const schemes = ["light", "dark"] as const
type Scheme = (typeof schemes)[number]

/** Records that are worth a picture. */
interface Subjects {
  /** A draft with several lines, which was talked about. */
  readonly order: string
  /** Another draft, to be changed by two. */
  readonly contested: string
  readonly customer: string
  readonly customerName: string
}

interface Scene {
  readonly page: Page
  readonly ask: Ask
  readonly of: Subjects
}

interface Shot {
  readonly name: string
  readonly as: "alice" | "martin" | "clara"
  readonly size: typeof desktop
  readonly path: (subjects: Subjects) => string
  /** What is there once the page is. */
  readonly ready: (page: Page) => Locator
  /** What somebody does before the picture is taken. */
  readonly prepare?: (scene: Scene) => Promise<void>
  /** Taken in both schemes. */
  readonly hasDark?: true
}

/** The last that is said of the order. */
const SAID = "Stock is there. Confirm it today."
/** The manager among the users of development. */
const MARTIN = "01900000-0000-7000-8000-000000000002"
const orders = "/sales/orders?sort=-date"
const drafts = `/sales/orders?sort=-date&where=${encodeURIComponent('[{"status":"draft"},{"total":{"gte":"500"}}]')}`
const row = (page: Page): Locator => page.locator("[role=row][data-id]").first()
const form = (page: Page): Locator => page.locator("[data-form]")
const dialog = (page: Page): Locator => page.getByRole("dialog")
const orderNumber = (page: Page): Locator => page.getByText(/SO-20\d\d-/).first()

/** A file as a colleague sends it: two rows that are right, and two that are not. */
const countries = ["Name;Code;Capital", "Iceland;IS;Reykjavík", "Japan;JP;Tokyo", "Sweden;SWE;Stockholm", ";IE;Dublin"]

/** In this order: home shows what was opened before. */
const shots: readonly Shot[] = [
  { name: "orders", as: "martin", size: desktop, path: () => orders, ready: row, hasDark: true },
  {
    name: "orders-by-month",
    as: "martin",
    size: desktop,
    path: () => "/sales/orders?group=date:month,status&sort=-date",
    ready: (page) => page.getByRole("row", { name: /20\d\d/ }).first(),
    async prepare({ page }) {
      await page
        .getByRole("row", { name: /20\d\d/ })
        .nth(1)
        .click()
      await page
        .getByRole("row", { name: /Shipped/ })
        .first()
        .click()
      await row(page).waitFor()
    },
  },
  {
    name: "filter",
    as: "martin",
    size: desktop,
    path: () => drafts,
    ready: row,
    async prepare({ page }) {
      await page.getByRole("button", { name: "Filter", exact: true }).click()
      await page.getByPlaceholder("Find a field…").fill("Customer")
      await page.keyboard.press("Enter")
      await page.getByLabel("Operator").waitFor()
    },
  },
  {
    name: "board",
    as: "martin",
    size: desktop,
    path: () => "/sales/orders?view=kanban",
    ready: orderNumber,
    hasDark: true,
  },
  {
    name: "customer",
    as: "martin",
    size: desktop,
    path: ({ customer }) => `/crm/customers/${customer}`,
    ready: orderNumber,
  },
  {
    name: "order",
    as: "martin",
    size: desktop,
    path: ({ order }) => `/sales/orders/${order}?sort=-date`,
    ready: (page) => page.getByText(SAID),
    hasDark: true,
  },
  {
    name: "conflict",
    as: "martin",
    size: desktop,
    path: ({ contested }) => `/sales/orders/${contested}`,
    ready: form,
    async prepare({ page, ask, of: { contested } }) {
      const note = page.getByRole("textbox", { name: "Note", exact: true })
      await note.fill("Deliver to the back door, before noon")
      const body = { note: "Deliver after two, the kitchen is closed before" }
      await ask(`/api/sales/orders/${contested}`, { method: "PATCH", body, as: "clara" })
      await page.keyboard.press("Control+s")
      await dialog(page).getByText(body.note).waitFor()
    },
  },
  {
    name: "import",
    as: "alice",
    size: desktop,
    path: () => "/crm/countries",
    ready: row,
    async prepare({ page }) {
      await page.getByRole("button", { name: "More", exact: true }).click()
      await page.getByRole("menuitem", { name: "Import CSV or Excel…" }).click()
      const file = { name: "countries.csv", mimeType: "text/csv", buffer: Buffer.from(countries.join("\n")) }
      await dialog(page).locator("input[type=file]").setInputFiles(file)
      await dialog(page).getByRole("button", { name: "Check", exact: true }).click()
      await dialog(page).getByRole("heading", { name: "Checked" }).waitFor()
    },
  },
  {
    name: "explanation",
    as: "alice",
    size: desktop,
    path: () => `/identity/users/${MARTIN}`,
    ready: form,
    async prepare({ page }) {
      await page.getByRole("button", { name: "Actions", exact: true }).last().click()
      await page.getByRole("menuitem", { name: "Why can’t I" }).click()
      await dialog(page).getByLabel("What").selectOption("delete")
      await dialog(page).getByRole("combobox", { name: "Who" }).fill("Clara")
      await page.getByRole("option", { name: /^Clara/ }).click()
      await dialog(page).getByRole("button", { name: "Explain" }).click()
      await dialog(page).getByRole("row").first().waitFor()
    },
  },
  {
    name: "palette",
    as: "martin",
    size: desktop,
    path: () => orders,
    ready: row,
    async prepare({ page, of: { customerName } }) {
      await page.keyboard.press("Control+k")
      await dialog(page)
        .locator("input")
        .fill(customerName.split(" ", 1)[0] as string)
      await dialog(page).getByText(customerName).first().waitFor()
      await dialog(page).getByText("Searching…").waitFor({ state: "detached" })
    },
  },
  {
    name: "home",
    as: "martin",
    size: desktop,
    path: () => "/",
    ready: (page) => page.getByRole("main").getByRole("link", { name: "Customers", exact: true }),
  },
  {
    name: "print",
    as: "martin",
    size: { width: 794, height: 720 },
    path: ({ order }) => `/sales/orders/${order}`,
    ready: (page) => page.locator("[data-line], [data-form] legend").first(),
    prepare: ({ page }) => page.emulateMedia({ media: "print", colorScheme: "light" }),
  },
  { name: "phone-orders", as: "clara", size: phone, path: () => orders, ready: orderNumber, hasDark: true },
  {
    name: "phone-order",
    as: "clara",
    size: phone,
    path: ({ order }) => `/sales/orders/${order}`,
    ready: (page) => page.locator("[data-form] legend").first(),
  },
  {
    name: "phone-lines",
    as: "clara",
    size: phone,
    path: ({ order }) => `/sales/orders/${order}`,
    ready: (page) => page.locator("[data-form] legend").first(),
    prepare: ({ page }) => page.locator("[data-form] fieldset").first().scrollIntoViewIfNeeded(),
  },
]

/** Drafts with several lines, which a clerk may see and change as well; what is said of the first. */
async function subjects(ask: Ask): Promise<Subjects> {
  const path = "/api/sales/orders?select=customer.name,lines.id&status=draft&orderBy=-date&limit=40"
  const { data } = (await ask(path, { as: "clara" })).json as {
    readonly data: readonly {
      readonly id: string
      readonly customer: { readonly id: string; readonly name: string }
      readonly lines: readonly unknown[]
    }[]
  }
  const [best, other] = data.toSorted((a, b) => b.lines.length - a.lines.length)
  if (best === undefined || other === undefined) throw new Error("The clerk sees no drafts.")
  const order = `/api/sales/orders/${best.id}`
  const say = (as: string, text: string) => ask(`${order}/$comments`, { as, body: { text } })
  await ask(order, { method: "PATCH", body: { reference: "PO 4711", freight: "12.50" }, as: "clara" })
  await say("clara", "They asked for delivery before the weekend.")
  await say("martin", SAID)
  return { order: best.id, contested: other.id, customer: best.customer.id, customerName: best.customer.name }
}

async function logIn(browser: Browser, url: string, { as, size }: Shot, colorScheme: Scheme): Promise<BrowserContext> {
  const context = await browser.newContext({
    viewport: size,
    hasTouch: size === phone,
    isMobile: size === phone,
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

/** The same picture without any loss, in half of the bytes: the browser itself writes it. */
async function asWebp(context: BrowserContext, png: Buffer): Promise<Buffer> {
  const page = await context.newPage()
  const address = await page.evaluate<string>(`(async () => {
    const picture = new Image()
    picture.src = "data:image/png;base64,${png.toString("base64")}"
    await picture.decode()
    const canvas = document.createElement("canvas")
    canvas.width = picture.width
    canvas.height = picture.height
    canvas.getContext("2d").drawImage(picture, 0, 0)
    return canvas.toDataURL("image/webp", 1)
  })()`)
  await page.close()
  return Buffer.from(address.slice(address.indexOf(",") + 1), "base64")
}

async function take(context: BrowserContext, program: ProgramProcess, shot: Shot, scheme: Scheme, of: Subjects) {
  const page = await context.newPage()
  await page.goto(`${program.url}/admin${shot.path(of)}`)
  await shot.ready(page).waitFor()
  await settled(page)
  await shot.prepare?.({ page, ask: program.ask, of })
  await settled(page)
  const name = `${shot.name}${scheme === "dark" ? "-dark" : ""}.webp`
  const image = await asWebp(context, await page.screenshot({ caret: "hide", animations: "disabled" }))
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
      await take(context, program, shot, scheme, of).catch((error: unknown) => {
        console.error(shot.name, error)
        process.exitCode = 1
      })
    }
    for (const context of contexts.values()) await context.close()
  }
} finally {
  await browser.close()
}
