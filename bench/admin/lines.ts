import type { Page } from "playwright-core"
import type { Ask } from "../../tests/support/asking.ts"
import { created } from "../../tests/support/company.ts"
import { type Check, ORDERS } from "./check.ts"
import { openAt } from "./company.ts"
import { MainThread, repeat, timed } from "./measure.ts"
import { settled } from "./settled.ts"

/** Between two keys of somebody who types fast. */
const PAUSE_MS = 100
/** A number is typed and taken back, so that each time is the same. */
const KEYS = ["1", "2", "3", "Backspace", "Backspace", "Backspace", "7", "Backspace", "8", "Backspace"]

export async function orderWith(ask: Ask, lines: number): Promise<string> {
  const [customer] = (await ask("/api/crm/customers?limit=1&select=id")).json.data
  const products = (await ask("/api/catalog/products?limit=50&select=id&discontinued=false")).json.data
  const order = await created(ask, "/api/sales/orders", {
    customer: customer.id,
    lines: Array.from({ length: lines }, (_, i) => ({
      product: products[i % products.length].id,
      quantity: 1 + (i % 9),
    })),
  })
  return order.id
}

/** Processor time of a key typed into a cell in the middle of an order's lines, with all that follows from it until the next one. */
async function keystrokes(page: Page, times: number): Promise<number[]> {
  const main = await MainThread.of(page)
  const cell = page.locator("[data-line] >> nth=10").locator("[data-cell='1']")
  await cell.click()
  const type = async (): Promise<void> => {
    for (const key of KEYS) {
      await page.keyboard.press(key)
      await page.waitForTimeout(PAUSE_MS)
    }
  }
  await type()
  return repeat(times, async () => (await main.during(type)) / KEYS.length)
}

export const lines: Check = {
  numbers: [6],
  ofEachSize: false,
  async measure({ company, times }) {
    const [two, thousand] = [await orderWith(company.ask, 200), await orderWith(company.ask, 1_000)]
    const context = await company.enter()
    const page = await openAt(context, company.url, `${ORDERS}/${two}`, "[data-line]")
    const columns = await page.locator("[data-line] >> nth=0").locator("[data-cell]").count()
    await settled(page)
    const keys = await keystrokes(page, times)
    await page.close()
    const large = await openAt(context, company.url, `${ORDERS}/${thousand}`, "[data-line]")
    await settled(large)
    const largeKeys = await keystrokes(large, times)
    const grid = large.getByRole("grid", { name: "Lines" })
    const ends = await repeat(times, async () => {
      await grid.evaluate((element) => element.scrollTo(0, 0))
      await large.locator("[data-line][aria-rowindex='2']").waitFor()
      const cell = large.locator("[data-line][aria-rowindex='2'] [data-cell='1']")
      await cell.click()
      const until = `document.querySelector("[data-line][aria-rowindex='3'] [data-cell='1'] input") !== null`
      return timed(large, { what: "the next line", event: "keydown", until }, () => large.keyboard.press("ArrowDown"))
    })
    await context.close()
    return [
      {
        check: 6,
        what: `a keystroke in 200 lines × ${columns} columns`,
        samples: keys,
        unit: "ms",
        goal: 16,
        clock: "cpu",
      },
      {
        check: 6,
        what: `a keystroke in 1,000 lines × ${columns} columns`,
        samples: largeKeys,
        unit: "ms",
        goal: 16,
        clock: "cpu",
      },
      { check: 6, what: "to the next of 1,000 lines", samples: ends, unit: "ms", goal: 50, clock: "wall" },
    ]
  },
}
