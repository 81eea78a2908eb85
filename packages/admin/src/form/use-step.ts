import { useEffect, useRef } from "react"
import type { Neighbours } from "./use-neighbours.ts"

/** So long a step may wait until it is known where it leads to; later nobody expects it any more. */
const MAX_STEP_MS = 2_000

/**
 * Goes to a neighbour; whoever is faster than the answer that tells which one that is need not press twice.
 *
 * @param from The record they are the neighbours of.
 * @returns what goes; it says false if there is nothing on that side
 */
export function useStep(
  from: string,
  neighbours: Neighbours | undefined,
  goTo: (id: string) => void,
): (side: keyof Neighbours) => boolean {
  const awaited = useRef<{ readonly from: string; readonly side: keyof Neighbours; readonly at: number }>(undefined)
  useEffect(() => {
    const step = awaited.current
    if (neighbours === undefined || step === undefined) return
    awaited.current = undefined
    const id = neighbours[step.side]
    if (id !== undefined && step.from === from && performance.now() - step.at < MAX_STEP_MS) goTo(id)
  })
  return (side: keyof Neighbours): boolean => {
    if (neighbours === undefined) awaited.current = { from, side, at: performance.now() }
    else {
      const id = neighbours[side]
      if (id === undefined) return false
      goTo(id)
    }
    return true
  }
}
