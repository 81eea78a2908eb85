import type { Page } from "playwright-core"
import type { Ask } from "../../tests/support/asking.ts"
import { type Check, ORDERS } from "./check.ts"
import { openAt } from "./company.ts"
import { settled } from "./settled.ts"

const LINES = 10
const MIN_LETTERS = 3
/** Between two keys: 60 words a minute. */
const KEY_MS = 200

/** What somebody who knows the products types to find each: how its first word and its last one begin, as far as no other one has both. */
async function productWords(ask: Ask): Promise<readonly string[]> {
  const { data } = (await ask("/api/catalog/products?select=name&limit=200&discontinued=false")).json as {
    readonly data: readonly { readonly name: string }[]
  }
  const names = data.map(({ name }) => name.toLowerCase())
  return names.slice(0, LINES).map((name) => {
    const [first = "", last = ""] = [name.split(" ")[0], name.split(" ").at(-1)]
    for (let letters = 1; letters < last.length; letters++) {
      const parts = [first.slice(0, MIN_LETTERS), last.slice(0, letters)]
      if (names.filter((each) => parts.every((part) => each.includes(part))).length === 1) return parts.join(" ")
    }
    return name
  })
}

const type = (page: Page, text: string) => page.keyboard.type(text, { delay: KEY_MS })
async function press(page: Page, key: string): Promise<void> {
  await page.keyboard.press(key)
  await page.waitForTimeout(KEY_MS)
}

/** @returns how many questions each line took: of the service what is found, and what follows from it */
async function enterOrder(page: Page, words: readonly string[], customer: string): Promise<readonly number[]> {
  let asked = 0
  page.on("request", (request) => {
    if (request.method() === "POST" && /\$(?:query|draft)$/.test(new URL(request.url()).pathname)) asked++
  })
  await page.getByRole("combobox", { name: "Customer" }).focus()
  await type(page, customer)
  await press(page, "Enter")
  await page.getByRole("button", { name: "Add a line" }).focus()
  await press(page, "Enter")
  const perLine: number[] = []
  for (const [line, word] of words.entries()) {
    const before = asked
    await type(page, word)
    await press(page, "Tab")
    await type(page, String(line + 1))
    // Price, discount and cost are suggested.
    for (let cell = 0; cell < 3; cell++) await press(page, "Tab")
    if (line < words.length - 1) await press(page, "Tab")
    perLine.push(asked - before)
  }
  await page.keyboard.press("Control+Enter")
  await page.waitForURL(/orders\/[0-9a-f-]{36}/)
  await page.locator("[data-save]:disabled").waitFor()
  return perLine
}

/** An order of ten lines, by keyboard alone, by somebody who never waits for the page. */
export const entry: Check = {
  numbers: [11],
  ofEachSize: false,
  async measure({ company, times }) {
    const words = await productWords(company.ask)
    const [customer] = (await company.ask("/api/crm/customers?select=name&limit=1")).json.data
    const seconds: number[] = []
    const questions: number[] = []
    const context = await company.enter()
    for (let time = 0; time < Math.min(times, 3); time++) {
      const page = await openAt(context, company.url, `${ORDERS}/new`, "[data-form]")
      await settled(page)
      const began = performance.now()
      questions.push(Math.max(...(await enterOrder(page, words, customer.name))))
      seconds.push((performance.now() - began) / 1_000)
      const id = new URL(page.url()).pathname.split("/").at(-1)
      const { lineCount } = (await company.ask(`/api/sales/orders/${id}?select=lineCount`)).json
      if (lineCount !== LINES) throw new Error(`The order has ${lineCount} lines in place of ${LINES}.`)
      await page.close()
    }
    await context.close()
    return [
      {
        check: 11,
        what: "an order of ten lines, entered and saved",
        samples: seconds,
        unit: "s",
        goal: 60,
        clock: "wall",
      },
      { check: 11, what: "most questions of one line", samples: questions, unit: "requests", goal: 2 },
    ]
  },
}
