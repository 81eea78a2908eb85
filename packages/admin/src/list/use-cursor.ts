import { type RefObject, useReducer } from "react"
import type { RecordData } from "../api/records.ts"
import { loadCellEditor } from "./grid-rows.tsx"
import type { Items } from "./items.ts"
import type { ListMemory } from "./list-memory.ts"
import type { VirtualRows } from "./use-virtual-rows.ts"

export interface Cursor {
  /** Undefined where there is no record, or not yet. */
  rowAt(index: number): RecordData | undefined
  /** Makes a cell the active one, brings it into view and the focus to the grid. */
  activate(index: number, column: number, where?: "nearest" | "start"): void
  step(by: number): void
  /** Moves the end of the range of cells, which begins where the active cell was. */
  reachTo(index: number, column: number): void
  reach(rows: number, across: number): void
  /** Moves on and takes what is passed along: into the range of cells if there is one, else into the selection. */
  extend(by: number): void
  /** Selects a record or leaves it out; as a range with all from the one that was taken last. */
  toggleRow(index: number, isRange: boolean): void
  /** @returns whether there was a range of cells or a selection */
  clear(): boolean
}

/** Where one is in a list, and what one takes along from there; kept in the list's memory. */
export function useCursor(of: {
  readonly items: Items | undefined
  readonly columnCount: number
  readonly memory: ListMemory
  readonly grid: RefObject<HTMLElement | null>
  readonly virtual: RefObject<VirtualRows | null>
}): Cursor {
  const { items, columnCount, memory, grid, virtual } = of
  const { selection } = memory
  const [, render] = useReducer((n: number) => n + 1, 0)

  const rowAt = (index: number): RecordData | undefined => {
    const item = items?.at(index)
    return item?.kind === "row" ? item.row : undefined
  }
  const activate = (index: number, column: number, where: "nearest" | "start" = "nearest"): void => {
    if (!items) return
    const at = Math.max(0, Math.min(items.length - 1, index))
    memory.active = { index: at, column }
    memory.corner = undefined
    void loadCellEditor()
    virtual.current?.scrollTo(at, where)
    render()
    grid.current?.focus({ preventScroll: true })
  }
  const step = (by: number): void =>
    activate(memory.active === undefined ? 0 : memory.active.index + by, memory.active?.column ?? 0)
  const reachTo = (index: number, column: number): void => {
    const corner = memory.corner ?? memory.active ?? { index: 0, column: 0 }
    activate(index, Math.max(0, Math.min(columnCount - 1, column)))
    memory.corner = corner
    render()
  }
  const reach = (rows: number, across: number): void => {
    const from = memory.active ?? { index: 0, column: 0 }
    reachTo(from.index + rows, from.column + across)
  }
  const extend = (by: number): void => {
    if (memory.corner) return reach(by, 0)
    const at = memory.active?.index ?? 0
    if (selection.anchor === undefined) selection.anchor = at
    const row = rowAt(at)
    if (row && !selection.has(row.id)) selection.set([row], true)
    step(by)
    const next = rowAt(at + by)
    if (next) selection.set([next], true)
  }
  const toggleRow = (index: number, isRange: boolean): void => {
    const row = rowAt(index)
    if (!row) return
    if (isRange && selection.anchor !== undefined) {
      const [from, to] = [Math.min(selection.anchor, index), Math.max(selection.anchor, index)]
      const rows = Array.from({ length: to - from + 1 }, (_, i) => rowAt(from + i)).filter((each) => each !== undefined)
      selection.set(rows, true)
    } else {
      selection.toggle(row)
      selection.anchor = index
    }
    memory.active = { index, column: memory.active?.column ?? 0 }
    render()
  }
  const clear = (): boolean => {
    if (memory.corner === undefined && selection.size === 0) return false
    memory.corner = undefined
    selection.clear()
    render()
    return true
  }
  return { rowAt, activate, step, reachTo, reach, extend, toggleRow, clear }
}
