import { useSyncExternalStore } from "react"

/** What is shown as it comes into view is shown whole on paper. */
const print = matchMedia("print")
let isPreparing = false

function subscribe(listener: () => void): () => void {
  const note = (isNow: boolean) => (): void => {
    isPreparing = isNow
    listener()
  }
  const [before, after] = [note(true), note(false)]
  addEventListener("beforeprint", before)
  addEventListener("afterprint", after)
  print.addEventListener("change", listener)
  return () => {
    removeEventListener("beforeprint", before)
    removeEventListener("afterprint", after)
    print.removeEventListener("change", listener)
  }
}

export const useIsPrinting = (): boolean => useSyncExternalStore(subscribe, () => isPreparing || print.matches)
