import type { BrowserContext, Page } from "playwright-core"
import { type Check, ORDERS } from "./check.ts"
import type { Figure } from "./figures.ts"
import { inPage, MainThread, watchStart, whenPainted } from "./measure.ts"
import { followRequests, settled } from "./settled.ts"

interface Started {
  readonly rowsMs: number
  /** Of the main thread, until the rows are there and it has nothing to do. */
  readonly cpuMs: number
  readonly shift: number
}

/** How far what was seen jumped about, added up: entries of the Layout Instability API. */
export const layoutShift = (page: Page): Promise<number> =>
  page.evaluate<number>(`new Promise((resolve) => {
    const sum = (entries) => entries.reduce((all, { value, hadRecentInput }) => all + (hadRecentInput ? 0 : value), 0)
    const observer = new PerformanceObserver((list) => resolve(sum(list.getEntries())))
    observer.observe({ type: "layout-shift", buffered: true })
    setTimeout(() => resolve(sum(observer.takeRecords())), 200)
  })`)

/** Opens the list in a page of its own and closes it when all of it has come. */
async function startAt(
  context: BrowserContext,
  url: string,
  prepare?: (page: Page) => Promise<void>,
): Promise<Started> {
  const page = await context.newPage()
  followRequests(page)
  await prepare?.(page)
  const main = await MainThread.of(page)
  await watchStart(page, inPage.firstRow)
  await page.goto(url, { waitUntil: "commit" })
  const rowsMs = await whenPainted(page, "the first rows")
  await main.idle()
  const cpuMs = await main.spentMs()
  await settled(page)
  const shift = await layoutShift(page)
  await page.close()
  return { rowsMs, cpuMs, shift }
}

/** Visits after which the browser has the scripts compiled in its cache. */
const WARM_VISITS = 3

/** Starts in a browser that was there before. */
export async function startsAt(
  context: BrowserContext,
  url: string,
  times: number,
  prepare?: (page: Page) => Promise<void>,
): Promise<readonly Started[]> {
  const all: Started[] = []
  for (let time = 0; time < WARM_VISITS + times; time++) all.push(await startAt(context, url, prepare))
  return all.slice(WARM_VISITS)
}

export const startFigures = (
  check: number,
  what: string,
  all: readonly Started[],
  goalMs: number,
): readonly Figure[] => [
  {
    check,
    what: `${what} to the first rows`,
    samples: all.map(({ rowsMs }) => rowsMs),
    unit: "ms",
    goal: goalMs,
    clock: "wall",
  },
  {
    check,
    what: `${what} until interactive`,
    samples: all.map(({ cpuMs }) => cpuMs),
    unit: "ms",
    goal: 400,
    clock: "cpu",
  },
]

export const start: Check = {
  numbers: [2, 22],
  ofEachSize: false,
  async measure({ company, times }) {
    const address = `${company.url}/admin${ORDERS}`
    const cold: Started[] = []
    for (let time = 0; time < times; time++) {
      const context = await company.enter(false)
      cold.push(await startAt(context, address))
      await context.close()
    }
    const context = await company.enter()
    const warm = await startsAt(context, address, times)
    await context.close()
    const shifts = (what: string, all: readonly Started[]): Figure => ({
      check: 22,
      what: `layout shift of the list, ${what}`,
      samples: all.map(({ shift }) => shift),
      unit: "shift",
      goal: 0.02,
    })
    return [
      ...startFigures(2, "warm start", warm, 500),
      ...startFigures(2, "cold start", cold, 1_000),
      shifts("cold start", cold),
      shifts("warm start", warm),
    ]
  },
}
