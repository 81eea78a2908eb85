import { useEffect } from "react"

/** What the page is called in the browser's tabs and history. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = title === "" ? "Archipel" : `${title} – Archipel`
  }, [title])
}
