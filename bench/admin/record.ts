import type { Page } from "playwright-core"
import { type Check, ORDERS, orders } from "./check.ts"
import { openAt } from "./company.ts"
import { inPage, repeat, timed } from "./measure.ts"
import { layoutShift } from "./start.ts"
import { settled } from "./settled.ts"

const rows = "[role=row][data-id]"
/** In the middle of the list. */
const point = { x: 560, y: 420 }
const scrollBy = 3_400

/** Where a list is scrolled to, and which rows are in view there. */
const whereInList = (page: Page): Promise<{ readonly top: number; readonly ids: string }> =>
  page.evaluate(`(() => {
    const grid = document.querySelector("[role=grid]")
    const { top, bottom } = grid.getBoundingClientRect()
    const isInView = ({ top: above, bottom: below }) => below > top && above < bottom
    const inView = [...document.querySelectorAll("${rows}")].filter((row) => isInView(row.getBoundingClientRect()))
    // While a list is scrolled its elements need not follow one another as its rows do.
    const inOrder = inView.toSorted((a, b) => a.ariaRowIndex - b.ariaRowIndex)
    return { top: grid.scrollTop, ids: inOrder.map((row) => row.dataset.id).join() }
  })()`)

const isInForm = `${inPage.form} !== null && document.querySelector("#f-reference") !== null`

/** From a list into its records, back to exactly where one was, and from one record to the next. */
export const record: Check = {
  numbers: [3, 22],
  ofEachSize: false,
  async measure({ company, times, rows: count }) {
    const context = await company.enter()
    const page = await openAt(context, company.url, `${ORDERS}?sort=-date`, rows)
    const opens: number[] = []
    const moves: number[] = []
    // The first time loads the form's scripts, and the descriptions of what it shows.
    for (let time = 0; time <= times; time++) {
      await page.locator("[role=grid]").evaluate((grid, by) => grid.scrollBy(0, by), scrollBy)
      await settled(page)
      const before = await whereInList(page)
      await page.mouse.move(point.x, point.y)
      const act = () => page.mouse.click(point.x, point.y)
      opens.push(await timed(page, { what: "a form", event: "click", until: isInForm }, act))
      await settled(page)
      await page.goBack()
      await page.locator(rows).first().waitFor()
      const after = await whereInList(page)
      moves.push(after.ids === before.ids ? Math.abs(after.top - before.top) : Number.POSITIVE_INFINITY)
    }
    await page.mouse.click(point.x, point.y)
    await page.locator("#f-reference").waitFor()
    const steps = await repeat(2 * times, async (time) => {
      const [key, label] = time < times ? ["Alt+PageDown", "Next record"] : ["Alt+PageUp", "Previous record"]
      await page.locator(`button[aria-label='${label}'][aria-disabled=false]`).waitFor()
      await settled(page)
      const title = await page.locator("#record-title").innerText()
      const isNext = `${isInForm} && document.querySelector("#record-title").innerText !== ${JSON.stringify(title)}`
      return timed(page, { what: label, event: "keydown", until: isNext }, () => page.keyboard.press(key as string))
    })
    const shift = await layoutShift(page)
    await context.close()
    return [
      {
        check: 3,
        what: `a form from a list of ${orders(count)}`,
        samples: opens.slice(1),
        unit: "ms",
        goal: 150,
        clock: "wall",
      },
      { check: 3, what: "the next and the previous record", samples: steps, unit: "ms", goal: 100, clock: "wall" },
      { check: 3, what: "the way back: how far rows are from where they were", samples: moves, unit: "px", goal: 0 },
      { check: 22, what: "layout shift of a list and its forms", samples: [shift], unit: "shift", goal: 0.02 },
    ]
  },
}
