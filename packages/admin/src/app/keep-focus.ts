/**
 * The focus is never lost: what had it may be taken away, by another view or an answer; then it is in what the page is about, so that
 * keys go on from there.
 *
 * @module
 */
let last: Element | undefined

/** In the dialog that is open; else the rows of a list, the title of a record, the content as a whole. */
const home = (): HTMLElement | null =>
  document.querySelector<HTMLElement>("[role=dialog] :is([data-autofocus], input, select, button:not(:disabled))") ??
  document.querySelector<HTMLElement>("#content :is([role=grid], [role=treegrid], #record-title)") ??
  document.getElementById("content")

/** Begins to look after it. */
export function keepFocus(): void {
  document.addEventListener("focusin", ({ target }) => {
    last = target instanceof Element ? target : undefined
  })
  new MutationObserver(() => {
    if (last === undefined || last.isConnected || document.activeElement !== document.body) return
    // A dialog that closes gives it back by itself.
    requestAnimationFrame(() => {
      if (document.activeElement === document.body) home()?.focus({ preventScroll: true })
    })
  }).observe(document.body, { childList: true, subtree: true })
}
