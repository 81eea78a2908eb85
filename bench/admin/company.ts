/**
 * The company with many orders, its admin, and Chromium in it.
 *
 * @module
 */
import { fileURLToPath } from "node:url"
import { Client } from "pg"
import type { Browser, BrowserContext, Page } from "playwright-core"
import { launch } from "../../tests/support/real-browser.ts"
import { logIn } from "../../tests/admin/log-in.ts"
import { multiplyOrders } from "../../tests/admin/many-orders.ts"
import type { Ask } from "../../tests/support/asking.ts"
import { dataDirectory, startProgram } from "../../tests/support/program.ts"
import { followRequests } from "./settled.ts"

const main = fileURLToPath(new URL("../../examples/company/main.ts", import.meta.url))
const DEADLINE_MS = 60_000

type Session = Exclude<Awaited<ReturnType<BrowserContext["storageState"]>>, string>

export interface BenchCompany extends AsyncDisposable {
  readonly url: string
  readonly ask: Ask
  readonly browser: Browser
  /** Orders in all. Never fewer than before. */
  growTo(orders: number): Promise<void>
  /** A browser of its own in which alice is logged in. @param keeps Whether she was there before: what the admin keeps for her is there. */
  enter(keeps?: boolean): Promise<BrowserContext>
}

export interface BenchCompanyOptions {
  readonly executable: string
  /** Where its data stay for the next run; null for a directory that is removed. */
  readonly data: string | null
}

export async function startCompany({ executable, data }: BenchCompanyOptions): Promise<BenchCompany> {
  await using resources = new AsyncDisposableStack()
  const directory = resources.use(await dataDirectory(data ?? undefined))
  const program = resources.use(await startProgram({ main, data: directory.path, env: { NODE_ENV: "development" } }))
  const browser = await launch(executable)
  resources.defer(() => browser.close())
  const session = await sessionIn(browser, program.url)
  const orders = directory.databaseUrl("sales")
  const kept = resources.move()
  return {
    url: program.url,
    ask: program.ask,
    browser,
    async growTo(wanted) {
      const there = await countOf(orders)
      if (there < wanted)
        await multiplyOrders(orders, await nextCopy(orders), (await nextCopy(orders)) + wanted - there - 1)
    },
    async enter(keeps = true) {
      const context = await browser.newContext({
        locale: "en-GB",
        timezoneId: "Europe/Zurich",
        viewport: { width: 1360, height: 800 },
        storageState: keeps ? session : { cookies: session.cookies, origins: [] },
      })
      context.setDefaultTimeout(DEADLINE_MS)
      return context
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}

async function sessionIn(browser: Browser, url: string): Promise<Session> {
  const context = await browser.newContext({ locale: "en-GB" })
  const page = await context.newPage()
  await page.goto(`${url}/admin/`)
  await logIn(page, "alice")
  await page.getByRole("main").getByRole("link").first().waitFor()
  const session = await context.storageState()
  await context.close()
  return session
}

async function numberOf(url: string, sql: string): Promise<number> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: DEADLINE_MS })
  await client.connect()
  try {
    const { rows } = await client.query<{ n: string }>(sql)
    return Number(rows[0]?.n)
  } finally {
    await client.end()
  }
}
const countOf = (url: string): Promise<number> => numberOf(url, "select count(*) as n from orders")
const nextCopy = (url: string): Promise<number> =>
  numberOf(url, "select coalesce(max(substr(number, 6)::int), 0) + 1 as n from orders where number like 'MANY-%'")

/** A page at an address of the admin, with its list or form there. */
export async function openAt(context: BrowserContext, url: string, path: string, ready: string): Promise<Page> {
  const page = await context.newPage()
  followRequests(page)
  await page.goto(`${url}/admin${path}`)
  await page.locator(ready).first().waitFor()
  return page
}
