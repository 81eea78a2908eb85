/**
 * Whether a page fits its window, and can be touched. Scripts are texts, since the page's policy lets nothing be evaluated inside.
 *
 * @module
 */
import type { Page } from "playwright-core"

/** What may be wider than the window: grids and boards, which scroll within themselves (WCAG 2.2, 1.4.10), and texts as they were typed. */
const SIDEWAYS = "[role=grid],[role=treegrid],[data-board],table,textarea,pre"

const helpers = `
  const nameOf = (element) =>
    element.tagName.toLowerCase() + " " + (element.getAttribute("aria-label") || element.textContent || element.id || element.className).trim().slice(0, 60)
  const isSeen = (element) => {
    const { width, height } = element.getBoundingClientRect()
    return width > 1 && height > 1 && element.checkVisibility({ visibilityProperty: true }) && !element.closest("[inert]")
  }
`

/** What is wider than the page or is cut by its edge, one line each. */
export const misfits = (page: Page): Promise<readonly string[]> =>
  page.evaluate<readonly string[]>(`(() => {
    ${helpers}
    const width = document.documentElement.clientWidth
    const found = []
    if (document.documentElement.scrollWidth > width) found.push("The page is " + document.documentElement.scrollWidth + " wide.")
    for (const element of document.querySelectorAll("body *")) {
      const { overflowX } = getComputedStyle(element)
      const scrolls = overflowX === "auto" || overflowX === "scroll"
      if (scrolls && element.scrollWidth > element.clientWidth + 1 && !element.querySelector(":scope > table") && !element.closest("${SIDEWAYS}"))
        found.push("Scrolls sideways: " + nameOf(element))
    }
    for (const element of document.querySelectorAll("a[href], button, input, select, textarea, [tabindex='0']")) {
      if (!isSeen(element) || element.closest("${SIDEWAYS}")) continue
      const { left, right } = element.getBoundingClientRect()
      if (left < -1 || right > width + 1) found.push("Is cut: " + nameOf(element))
    }
    return found
  })()`)

/** Buttons and links of their own that a finger misses, with their size: lower than 44 px where they are what a page is for, else than 24 px. */
export const tooSmall = (page: Page, primary: string): Promise<readonly string[]> =>
  page.evaluate<readonly string[]>(`(async () => {
    ${helpers}
    // What grows as it comes has its size at the end.
    const coming = document.getAnimations().filter(({ effect }) => effect.getComputedTiming().endTime !== Infinity)
    await Promise.allSettled(coming.map(({ finished }) => finished))
    const found = []
    for (const element of document.querySelectorAll("a[href], button, [role=button], summary, select, input:not([type=hidden])")) {
      // In a line of text, and what stands for a whole row or label, is touched there (WCAG 2.2, 2.5.8).
      if (!isSeen(element) || element.closest("p, [role=row], label, .visually-hidden") || element.matches(".visually-hidden, :disabled")) continue
      const { width, height } = element.getBoundingClientRect()
      const least = element.matches(${JSON.stringify(primary)}) ? 44 : 24
      if (height < least - 0.5 || width < 24 - 0.5) found.push(nameOf(element) + " " + Math.round(width) + "×" + Math.round(height))
    }
    return found
  })()`)
