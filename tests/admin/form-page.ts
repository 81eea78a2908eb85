/**
 * What tests look at in the form of an order.
 *
 * @module
 */
import type { Page } from "playwright-core"
import { expect } from "vitest"

export const cell = (page: Page, row: number, column: number) =>
  page.locator(`[data-line] >> nth=${row}`).locator(`[data-cell="${column}"]`)
export const textOf = async (page: Page, row: number, column: number): Promise<string> => {
  const at = cell(page, row, column)
  return (await at.locator("input").count()) > 0 ? at.locator("input").inputValue() : at.innerText()
}
/** Waits until an expression holds in the page. Evaluated from outside: the page's policy lets nothing be evaluated inside. */
export const until = (page: Page, expression: string) =>
  expect.poll(() => page.evaluate<boolean>(expression), { timeout: 15_000 }).toBe(true)
export const field = (page: Page, name: string) => page.getByRole("textbox", { name, exact: true })
export const focusIsSomewhere = (page: Page) => page.evaluate<boolean>("document.activeElement !== document.body")
export const isSettled = (page: Page) =>
  until(
    page,
    `document.querySelector("[data-form]")?.getAttribute("aria-busy") === "false" &&
     document.querySelector("[data-pending], [data-totals] [aria-busy]") === null`,
  )
export const isSaved = async (page: Page): Promise<void> => {
  await isSettled(page)
  await until(page, `document.querySelector("[data-save]")?.disabled === true`)
}

export const cents = (text: string): number => Number(text.replaceAll(/[^\d.-]/g, "").replace(".", ""))

/** What is on the screen: the lines' subtotals, and the total beneath them. */
export async function totals(page: Page): Promise<{ readonly lines: number; readonly total: number }> {
  const rows = await page.locator("[data-line]").count()
  let lines = 0
  for (let row = 0; row < rows; row++) lines += cents(await textOf(page, row, 4))
  return { lines, total: cents(await page.getByRole("group", { name: "Total", exact: true }).innerText()) }
}
