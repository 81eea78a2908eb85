import type { Page } from "playwright-core"
import { type Check, ORDERS } from "./check.ts"
import { openAt } from "./company.ts"
import { orderWith } from "./lines.ts"
import { repeat, timed } from "./measure.ts"
import { settled } from "./settled.ts"

/** So long a service that is slow takes: what is shown before then does not wait for it. */
const SLOW_MS = 400

/** Lets changes take long, and nothing else. */
const slowDown = (page: Page) =>
  page.route("**/api/sales/**", async (route) => {
    if (route.request().method() === "PATCH") await page.waitForTimeout(SLOW_MS)
    await route.continue()
  })

/** What somebody changes is shown before the service has answered, and what cannot be made again can be taken back for a while. */
export const writes: Check = {
  numbers: [7],
  ofEachSize: false,
  async measure({ company, times }) {
    const id = await orderWith(company.ask, 3)
    const context = await company.enter()
    const form = await openAt(context, company.url, `${ORDERS}/${id}`, "[data-line]")
    await slowDown(form)
    const save = `document.querySelector("[data-save]")`
    const saves = await repeat(times + 1, async (time) => {
      await settled(form)
      await form.locator("#f-note").fill(`note ${time}`)
      await form.locator("[data-save]:enabled").waitFor()
      const until = `${save}.disabled`
      const took = await timed(form, { what: "a save", event: "keydown", until }, () =>
        form.keyboard.press("Control+s"),
      )
      await form.waitForResponse((response) => response.request().method() === "PATCH")
      return took
    })
    await form.close()
    const drafts = encodeURIComponent(JSON.stringify([{ status: "draft" }]))
    const path = `${ORDERS}?columns=number,freight&sort=-number&where=${drafts}`
    const list = await openAt(context, company.url, path, "[role=row][data-id]")
    await slowDown(list)
    const cells = await repeat(times + 1, async (time) => {
      await settled(list)
      // Enter has gone down to the next row.
      await list.keyboard.press(time === 0 ? "j" : "k")
      await list.keyboard.press("e")
      await list.getByLabel("Freight").fill(`${time + 11}.25`)
      const until = `[...document.querySelectorAll("[role=row][data-id]")].some((row) => row.innerText.includes("${time + 11}.25"))`
      const done = list.waitForResponse((response) => response.request().method() === "PATCH")
      const took = await timed(list, { what: "a cell", event: "keydown", until }, () => list.keyboard.press("Enter"))
      await done
      return took
    })
    const undo = await undoMs(list)
    await context.close()
    return [
      { check: 7, what: "a save is shown", samples: saves.slice(1), unit: "ms", goal: 50, clock: "wall" },
      { check: 7, what: "a changed cell is shown", samples: cells.slice(1), unit: "ms", goal: 50, clock: "wall" },
      { check: 7, what: "undo of a deletion is offered", samples: [undo / 1_000], unit: "s", goal: 8, atLeast: true },
    ]
  },
}

/** How long somebody who deletes a row of a list may change their mind. */
async function undoMs(list: Page): Promise<number> {
  await list.keyboard.press("Escape")
  await list.keyboard.press("x")
  await list.getByRole("button", { name: "Delete" }).click()
  await list.getByRole("dialog").getByRole("button", { name: "Delete" }).click()
  const undo = list.getByRole("button", { name: "Undo" })
  await undo.waitFor()
  const began = performance.now()
  await undo.waitFor({ state: "detached" })
  return performance.now() - began
}
