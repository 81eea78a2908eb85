import type { Page } from "playwright-core"
import type { Check } from "./check.ts"
import { openAt } from "./company.ts"
import { repeat } from "./measure.ts"
import { layoutShift } from "./start.ts"
import { settled } from "./settled.ts"

/** So long answers take: what says that somebody has to wait is seen well before. */
const SLOW_MS = 900

/** When, after a click, anything that says "wait" was first to be seen. */
const FIRST_SEEN = `new Promise((resolve) => {
  addEventListener("click", ({ timeStamp }) => {
    const look = () => {
      const marks = [...document.querySelectorAll("[class*=skeleton], [class*=spinner], [class*=loader], [role=progressbar]")]
      const isSeen = marks.some((mark) => {
        let opacity = 1
        for (let at = mark; at instanceof Element; at = at.parentElement) opacity *= Number(getComputedStyle(at).opacity)
        return opacity > 0.02 && mark.getBoundingClientRect().height > 0
      })
      const sinceMs = performance.now() - timeStamp
      if (isSeen || sinceMs > ${2 * SLOW_MS}) resolve(sinceMs)
      else requestAnimationFrame(look)
    }
    look()
  }, { capture: true, once: true })
})`

/** A click on something that takes long to come. @returns when it was first shown that it does */
async function slowly(page: Page, pattern: string, click: () => Promise<unknown>): Promise<number> {
  await page.route(pattern, async (route) => {
    await page.waitForTimeout(SLOW_MS)
    await route.continue().catch(() => {})
  })
  await page.evaluate(`void (window.__seen = ${FIRST_SEEN})`)
  await click()
  const seen = await page.evaluate<number>("window.__seen")
  await page.waitForTimeout(SLOW_MS)
  await page.unroute(pattern)
  await settled(page)
  return seen
}

/** What is shown while a service takes long: nothing at first, then the shape of what is to come, which stays in its place. */
export const waiting: Check = {
  numbers: [22],
  ofEachSize: false,
  async measure({ company, times }) {
    const shifts: number[] = []
    const forms: number[] = []
    const lists = await repeat(times, async () => {
      const context = await company.enter()
      const page = await openAt(context, company.url, "/", "main a[href]")
      await settled(page)
      const menu = page.getByRole("navigation", { name: "Menu" })
      const list = await slowly(page, "**/api/sales/**", () => menu.getByRole("link", { name: "Orders" }).click())
      await page.locator("[role=row][data-id]").first().waitFor()
      forms.push(await slowly(page, "**/api/sales/orders/*", () => page.locator("[role=row][data-id]").nth(4).click()))
      await page.locator("[data-form]").waitFor()
      shifts.push(await layoutShift(page))
      await context.close()
      return list
    })
    return [
      {
        check: 22,
        what: "a slow list shows nothing of it before",
        samples: lists,
        unit: "ms",
        goal: 200,
        atLeast: true,
      },
      {
        check: 22,
        what: "a slow form shows nothing of it before",
        samples: forms,
        unit: "ms",
        goal: 200,
        atLeast: true,
      },
      { check: 22, what: "layout shift while waiting", samples: shifts, unit: "shift", goal: 0.02 },
    ]
  },
}
