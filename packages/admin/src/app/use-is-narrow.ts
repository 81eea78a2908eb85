import { useSyncExternalStore } from "react"

/** Where the menu is a drawer and lists are cards, as the style sheets have it. */
const narrow = matchMedia("(max-width: 760px)")
const subscribe = (listener: () => void): (() => void) => {
  narrow.addEventListener("change", listener)
  return () => narrow.removeEventListener("change", listener)
}

export const useIsNarrow = (): boolean => useSyncExternalStore(subscribe, () => narrow.matches)
