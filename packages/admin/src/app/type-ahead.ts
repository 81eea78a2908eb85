/**
 * Whoever asks by a key for something that is typed into types on at once: what comes before it is there is kept, and put into it.
 *
 * @module
 */

/** So long what was loaded may take to have the focus. */
const FOCUS_MS = 400
const MAX_LETTERS = 200

let holds = 0
let ahead = ""

export const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable ||
    target.matches("input:not([type=checkbox],[type=radio],[type=button]), textarea, select"))

/** @param until What was asked for is loaded: it takes the focus soon. */
export function holdKeys(until: Promise<unknown>): void {
  let isOver = false
  let isThere = false
  const end = (): void => {
    if (isOver) return
    isOver = true
    document.removeEventListener("focusin", onFocus)
    if (--holds === 0) ahead = ""
  }
  const onFocus = ({ target }: FocusEvent): void => {
    const text = ahead
    end()
    // As if it were typed: the element's own listeners hear of it, and can take it back.
    if (isThere && text !== "" && isTyping(target))
      queueMicrotask(() => document.execCommand("insertText", false, text))
  }
  holds++
  document.addEventListener("focusin", onFocus)
  until.then(() => {
    isThere = true
    setTimeout(end, FOCUS_MS)
  }, end)
}

/** AltGr is Control and Alt at once on some systems, and writes letters none the less. */
const writes = (event: KeyboardEvent): boolean =>
  event.key.length === 1 && (event.getModifierState("AltGraph") || (!event.ctrlKey && !event.metaKey))

/** Keeps a key from everything else while something is awaited. */
export function isHeld(event: KeyboardEvent): boolean {
  if (holds === 0) return false
  event.preventDefault()
  if (event.key === "Backspace") ahead = ahead.slice(0, -1)
  else if (writes(event) && ahead.length < MAX_LETTERS) ahead += event.key
  return true
}
