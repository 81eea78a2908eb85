import type { Page } from "playwright-core"
import { type Check, ORDERS, orders } from "./check.ts"
import { type BenchCompany, openAt } from "./company.ts"
import { MainThread, repeat, timed } from "./measure.ts"
import { settled } from "./settled.ts"

const FRAMES = 240
const PIXELS = 400

/** Scrolls once a frame. @returns the time of each task above 50 ms, as the browser's clock says */
const scroll = (page: Page): Promise<readonly number[]> =>
  page.evaluate<readonly number[]>(`new Promise((resolve) => {
    const grid = document.querySelector("[role=grid]")
    const long = []
    const note = (entries) => { for (const { duration } of entries) long.push(duration) }
    const observer = new PerformanceObserver((list) => note(list.getEntries()))
    observer.observe({ type: "longtask" })
    let frame = 0
    const step = () => {
      if (frame++ === ${FRAMES}) {
        setTimeout(() => { note(observer.takeRecords()); resolve(long) }, 100)
        return
      }
      grid.scrollTop += ${PIXELS}
      requestAnimationFrame(step)
    }
    requestAnimationFrame(step)
  })`)

interface TraceEvent {
  readonly name: string
  readonly pid: number
  readonly tid: number
  readonly ph: string
  /** Microseconds of processor time. */
  readonly tdur?: number
  readonly args?: { readonly name?: string }
}

/** The most processor time of one task of the page's main thread while something is done, in milliseconds. */
async function longestTaskMs(company: BenchCompany, page: Page, act: () => Promise<unknown>): Promise<number> {
  await company.browser.startTracing(page, { categories: ["disabled-by-default-devtools.timeline"] })
  await act()
  const { traceEvents } = JSON.parse((await company.browser.stopTracing()).toString()) as {
    readonly traceEvents: readonly TraceEvent[]
  }
  const mains = new Set(
    traceEvents
      .filter(({ name, args }) => name === "thread_name" && args?.name === "CrRendererMain")
      .map(({ pid, tid }) => `${pid} ${tid}`),
  )
  const tasks = traceEvents.filter(({ name, pid, tid }) => name === "RunTask" && mains.has(`${pid} ${tid}`))
  if (tasks.length === 0) throw new Error("The browser told of no task.")
  return Math.max(...tasks.map(({ tdur = 0 }) => tdur)) / 1_000
}

/** A list that somebody scrolls through as fast as they can, and to its end. */
export const scrolling: Check = {
  numbers: [4],
  ofEachSize: true,
  async measure({ company, times, rows }) {
    const of = orders(rows)
    const context = await company.enter()
    const page = await openAt(context, company.url, ORDERS, "[role=row][data-id]")
    const main = await MainThread.of(page)
    await settled(page)
    await scroll(page)
    const long: number[] = []
    const frames = await repeat(times, async () => {
      const spent = await main.during(async () => long.push(...(await scroll(page))))
      return spent / FRAMES
    })
    const tasks = await repeat(Math.min(times, 3), () => longestTaskMs(company, page, () => scroll(page)))
    const nodes = await page.locator("*").count()
    const heap = await main.heapMb()
    const jumps = await repeat(times, async () => {
      // Opened anew, so that its end is not known yet.
      await page.goto(`${company.url}/admin${ORDERS}?sort=number`)
      await page.locator("[role=row][data-id]").first().waitFor()
      await settled(page)
      await page.keyboard.press("j")
      const count = Number(await page.locator("[role=grid]").getAttribute("aria-rowcount"))
      const until = `[...document.querySelectorAll("[role=row][data-id]")].some((row) => row.ariaRowIndex === "${count}")`
      return timed(page, { what: "the end", event: "keydown", until }, () => page.keyboard.press("End"))
    })
    await context.close()
    return [
      { check: 4, what: `a frame of scrolling, ${of}`, samples: frames, unit: "ms", goal: 10, clock: "cpu" },
      { check: 4, what: `longest task of scrolling, ${of}`, samples: tasks, unit: "ms", goal: 50, clock: "cpu" },
      {
        check: 4,
        what: `longest task of scrolling, ${of}`,
        samples: [Math.max(0, ...long)],
        unit: "ms",
        goal: 50,
        clock: "wall",
      },
      { check: 4, what: `elements in the page, ${of}`, samples: [nodes], unit: "nodes", goal: 2_500 },
      { check: 4, what: `jump to the end, ${of}`, samples: jumps, unit: "ms", goal: 300, clock: "wall" },
      { check: 4, what: `heap, ${of}`, samples: [heap], unit: "MB", goal: 60 },
    ]
  },
}
