/**
 * Says something to screen readers, in the page's live region, and to nobody else. What is shown as a toast is said by the toast.
 *
 * @module
 */
const ID = "live-region"

function region(): HTMLElement {
  const known = document.getElementById(ID)
  if (known) return known
  const made = document.createElement("div")
  made.id = ID
  made.className = "visually-hidden"
  made.setAttribute("role", "status")
  made.setAttribute("aria-live", "polite")
  document.body.append(made)
  return made
}

export function announce(text: string): void {
  const element = region()
  // The same text again is said again only if it changes in between.
  element.textContent = ""
  requestAnimationFrame(() => {
    element.textContent = text
  })
}
