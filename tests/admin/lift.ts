import type { Locator } from "playwright-core"

/** Lifts a card of a board by keyboard, so that the next key moves it. */
export async function lift(card: Locator): Promise<void> {
  await card.focus()
  await card.page().keyboard.press("Space")
  // Once it is known where the columns are.
  await card.page().locator("[class*=lifted]").waitFor()
  // It hears of keys from the next task on.
  await card.page().evaluate(() => new Promise((resolve) => setTimeout(resolve)))
}
