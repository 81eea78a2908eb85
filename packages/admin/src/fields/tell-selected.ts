/** Says which option Enter takes, whatever chose it: the kit marks it for eyes alone, and names it after arrow keys only. */
export function tellSelected(list: HTMLElement, input: HTMLInputElement): () => void {
  const tell = (): void => {
    const selected = list.querySelector("[data-combobox-selected]")
    for (const option of list.querySelectorAll("[role=option]"))
      option.setAttribute("aria-selected", String(option === selected))
    if (selected) input.setAttribute("aria-activedescendant", selected.id)
    else input.removeAttribute("aria-activedescendant")
  }
  const observer = new MutationObserver(tell)
  observer.observe(list, { subtree: true, childList: true, attributeFilter: ["data-combobox-selected"] })
  tell()
  return () => {
    observer.disconnect()
    input.removeAttribute("aria-activedescendant")
  }
}
