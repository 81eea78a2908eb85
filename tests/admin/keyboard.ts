/**
 * Somebody who works by keyboard alone: each key is followed by a look at where the focus is, and whether it is seen.
 *
 * @module
 */
import type { BrowserContext, Page } from "playwright-core"

/** Between two letters: somebody who types fast. */
const LETTER_MS = 40
/** So often it is looked where the focus is, until it is seen. */
const LOOKS = 50

/** Counts what comes of a mouse or a finger, before anything of the page runs. */
const countPointers = `
  globalThis.pointers = 0
  for (const type of ["pointerdown", "pointermove", "mousedown", "mousemove", "wheel", "touchstart"])
    addEventListener(type, () => globalThis.pointers++, { capture: true })
`

/** "" where the focus is on something that shows it; otherwise what it is on. */
const whereFocusIs = `(() => {
  const focused = document.activeElement
  if (focused === null || focused === document.body) return "the body"
  const isMarked = (element) => {
    if (!element) return false
    return [undefined, "::after"].some((part) => {
      const { outlineStyle, outlineWidth } = getComputedStyle(element, part)
      return outlineStyle !== "none" && parseFloat(outlineWidth) >= 1
    })
  }
  const around = [focused, focused.parentElement, focused.parentElement?.parentElement, focused.closest("[data-cell]")]
  if (around.some(isMarked) || getComputedStyle(focused).boxShadow !== "none") return ""
  const active = document.getElementById(focused.getAttribute("aria-activedescendant") ?? "")
  if (active && getComputedStyle(active).backgroundColor !== getComputedStyle(active.parentElement).backgroundColor) return ""
  return focused.outerHTML.slice(0, 200)
})()`

export interface Keyboard {
  readonly page: Page
  /** Each key in turn. */
  press(...keys: readonly string[]): Promise<void>
  type(text: string): Promise<void>
  /** Presses a key until what has the focus is called so. @throws Error after 60 times */
  pressUntil(key: string, name: RegExp): Promise<void>
  /** After which keys the focus was lost or not seen, and where it was. */
  readonly unseen: readonly string[]
  /** Events of a mouse or a finger since the page was opened. */
  pointers(): Promise<number>
}

/** Opens an address for somebody without a mouse. */
export async function byKeyboard(context: BrowserContext, address: string): Promise<Keyboard> {
  const page = await context.newPage()
  page.setDefaultTimeout(15_000)
  await page.addInitScript(countPointers)
  await page.goto(address)
  const unseen: string[] = []
  /** What is loaded first may take the focus a moment later. */
  const isSeen = async (after: string): Promise<void> => {
    const where = () => page.evaluate<string>(whereFocusIs)
    for (let n = 0; n < LOOKS; n++) {
      if ((await where()) === "") return
      await page.waitForTimeout(LETTER_MS)
    }
    unseen.push(`after ${after} on ${await where()}`)
  }
  const press = async (...keys: readonly string[]): Promise<void> => {
    for (const key of keys) {
      await page.keyboard.press(key)
      await isSeen(key)
    }
  }
  return {
    page,
    press,
    async type(text) {
      await page.keyboard.type(text, { delay: LETTER_MS })
      await isSeen(text)
    },
    async pressUntil(key, name) {
      const focused = `(() => {
        const { activeElement } = document
        const label = document.querySelector('label[for="' + (activeElement?.id || "-") + '"]')
        return activeElement?.getAttribute("aria-label") || label?.textContent || activeElement?.textContent || ""
      })()`
      for (let n = 0; n < 60; n++) {
        if (name.test(await page.evaluate<string>(focused))) return
        await press(key)
      }
      throw new Error(`${key} does not lead to ${name}`)
    },
    unseen,
    pointers: () => page.evaluate<number>("globalThis.pointers"),
  }
}
