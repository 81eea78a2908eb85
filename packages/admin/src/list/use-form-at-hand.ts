import { useEffect } from "react"
import { recordView } from "../views/registry.ts"

/** The scripts and styles of forms are asked for so long after the rows: before, they would keep the page from answering. */
const FORM_AFTER_MS = 400

/** Has the form at hand soon after the rows, for who opens one of them. */
export function useFormAtHand(hasRows: boolean): void {
  useEffect(() => {
    if (!hasRows) return
    const timer = setTimeout(() => void recordView.load(), FORM_AFTER_MS)
    return () => clearTimeout(timer)
  }, [hasRows])
}
