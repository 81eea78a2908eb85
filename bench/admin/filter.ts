import type { Page } from "playwright-core"
import { type Check, ORDERS, orders } from "./check.ts"
import { openAt } from "./company.ts"
import { inPage, timed } from "./measure.ts"
import { settled } from "./settled.ts"

const rows = "[role=row][data-id]"

/** Until other rows than now are there. */
async function untilOthers(page: Page): Promise<string> {
  const id = await page.locator(rows).first().getAttribute("data-id")
  return `${inPage.isSettled} && ${inPage.firstRow} !== null && ${inPage.firstId} !== ${JSON.stringify(id)}`
}

const clicked = (page: Page, what: string, until: string, act: () => Promise<unknown>) =>
  timed(page, { what, event: "click", until }, act)

/** Each begins where the one before has led to. */
const steps: readonly { readonly what: string; readonly act: (page: Page) => Promise<number> }[] = [
  {
    what: "a filter, from Apply",
    async act(page) {
      // One that the first order is not in, so that another one takes its place.
      const first = await page.locator(rows).first().innerText()
      const status = first.includes("Draft") ? "Confirmed" : "Draft"
      await page.getByRole("button", { name: "Filter", exact: true }).click()
      await page.getByPlaceholder("Find a field").fill("Status")
      await page.keyboard.press("Enter")
      await page.getByRole("checkbox", { name: status }).check()
      const apply = page.getByRole("button", { name: "Apply" })
      return clicked(page, "a filter", await untilOthers(page), () => apply.click())
    },
  },
  {
    what: "a filter taken away",
    async act(page) {
      const remove = page.getByRole("button", { name: /Remove the filter/ })
      return clicked(page, "a filter taken away", await untilOthers(page), () => remove.click())
    },
  },
  {
    what: "sorted by date",
    async act(page) {
      const header = page.getByRole("columnheader", { name: "Date" }).getByRole("button")
      return clicked(page, "sorted by date", await untilOthers(page), () => header.click())
    },
  },
  {
    what: "sorted by total",
    async act(page) {
      const header = page.getByRole("columnheader", { name: "Total" }).getByRole("button")
      return clicked(page, "sorted by total", await untilOthers(page), () => header.click())
    },
  },
  {
    what: "sorted by total, descending",
    async act(page) {
      const header = page.getByRole("columnheader", { name: "Total" }).getByRole("button")
      return clicked(page, "sorted by total, descending", await untilOthers(page), () => header.click())
    },
  },
  {
    what: "grouped by status",
    async act(page) {
      await page.getByRole("button", { name: "Group", exact: true }).click()
      const item = page.getByRole("menuitem", { name: "Status" })
      const until = `document.querySelectorAll("[role=row][aria-level]").length > 1`
      return clicked(page, "grouped by status", until, () => item.click())
    },
  },
]

/** What somebody clicks to see other rows, until these are painted. Each time in a page of its own that has asked for none of them before. */
export const filtering: Check = {
  numbers: [5],
  ofEachSize: true,
  async measure({ company, times, rows: count }) {
    const samples: number[][] = steps.map(() => [])
    // The first time loads the scripts of menus, and what the database reads from its disk.
    for (let time = 0; time <= times; time++) {
      const context = await company.enter()
      const page = await openAt(context, company.url, ORDERS, rows)
      // So that their scripts are there, as for somebody who has filtered before.
      for (const name of ["Filter", "Group"]) {
        await page.getByRole("button", { name, exact: true }).click()
        await page.keyboard.press("Escape")
      }
      for (const [i, { act }] of steps.entries()) {
        await settled(page)
        const took = await act(page)
        if (time > 0) samples[i]?.push(took)
      }
      await context.close()
    }
    return steps.map(({ what }, i) => ({
      check: 5,
      what: `${what}, ${orders(count)}`,
      samples: samples[i] ?? [],
      unit: "ms",
      goal: 250,
      clock: "wall",
    }))
  },
}
