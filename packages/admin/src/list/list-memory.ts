import type { CellPlace } from "./cell-range.ts"
import { Selection } from "./selection.ts"
import type { ScrollPlace } from "./use-virtual-rows.ts"

/** What a list looked like when it was left, so that the way back leads to exactly that. */
export interface ListMemory {
  place: ScrollPlace
  /** The position that keys act on. */
  active: CellPlace | undefined
  /** The other corner of the range of cells that `active` ends; undefined where there is none. */
  corner: CellPlace | undefined
  readonly selection: Selection
  readonly openGroups: Set<string>
}

/** Of the lists that were looked at last. */
const MAX_KEPT = 30
const kept = new Map<string, ListMemory>()

/** @param address The list's own: its path and state. */
export function memoryOf(address: string): ListMemory {
  const memory = kept.get(address) ?? {
    place: { top: 0, shift: 0 },
    active: undefined,
    corner: undefined,
    selection: new Selection(),
    openGroups: new Set(),
  }
  kept.delete(address)
  kept.set(address, memory)
  if (kept.size > MAX_KEPT) kept.delete(kept.keys().next().value as string)
  return memory
}
