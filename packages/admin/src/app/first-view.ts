import { useEffect } from "react"

/**
 * What the first page does not need to show what somebody came for waits until that is there: while a page starts, every request and
 * every answer takes its share of the time.
 *
 * @module
 */

/** A view that does not say when it is whole is waited for so long. */
const PATIENCE_MS = 1_500

const { promise, resolve } = Promise.withResolvers<void>()
setTimeout(resolve, PATIENCE_MS)

/** Fulfilled when the first view is there; at once later on. */
export const firstView: Promise<void> = promise

/** Says that a view is there, once it is. */
export function useFirstView(isThere: boolean): void {
  useEffect(() => {
    if (isThere) setTimeout(resolve)
  }, [isThere])
}
