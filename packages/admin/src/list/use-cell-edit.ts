import { type RefObject, useState } from "react"
import { type RecordData, update } from "../api/records.ts"
import { announce } from "../app/announce.ts"
import { tellProblem } from "../app/toasts.tsx"
import { holdKeys } from "../app/type-ahead.ts"
import { isOne, type UiModel } from "../metadata/model.ts"
import { type Column, valueAt } from "./columns.ts"
import { type CellEdit, isEditableColumn } from "./editable.ts"
import { loadCellEditor } from "./grid-rows.tsx"
import type { Items } from "./items.ts"
import type { ListMemory } from "./list-memory.ts"
import { useListTexts } from "./text.ts"
import type { Cursor } from "./use-cursor.ts"

/** What is written where it stands: a cell at a time, shown at once and taken back where its service refuses it. */
export function useCellEdit(of: {
  readonly model: UiModel
  readonly columns: readonly Column[]
  readonly items: Items | undefined
  readonly memory: ListMemory
  readonly cursor: Cursor
  readonly grid: RefObject<HTMLElement | null>
  /** Told what was refused, by record. */
  readonly setFailed: (failed: ReadonlyMap<string, string>) => void
}) {
  const { model, columns, items, memory, cursor, grid, setFailed } = of
  const t = useListTexts()
  const [edit, setEdit] = useState<CellEdit>()

  /** @returns whether the cell can be written */
  const editAt = (index: number, column: number): boolean => {
    const row = cursor.rowAt(index)
    const at = columns[column]
    if (!row || !at || !isEditableColumn(model, at)) return false
    memory.active = { index, column }
    holdKeys(loadCellEditor())
    setEdit({ index, column, row })
    return true
  }
  /** The active cell, else the first of its row that can be written. */
  const editActive = (): boolean => {
    if (memory.active === undefined) return false
    const { index, column } = memory.active
    return editAt(index, column) || columns.some((_, at) => editAt(index, at))
  }
  const endEdit = (move: "stay" | "down" | "next" | "previous"): void => {
    const { index, column } = edit ?? { index: 0, column: 0 }
    setEdit(undefined)
    if (move === "stay") return
    grid.current?.focus({ preventScroll: true })
    if (move === "down") return cursor.activate(index + 1, column)
    const by = move === "next" ? 1 : -1
    for (let at = column + by; at >= 0 && at < columns.length; at += by) if (editAt(index, at)) return
    cursor.activate(index, column)
  }
  const saveEdit = ({ row, column, index }: CellEdit, value: unknown): void => {
    const at = columns[column]
    const item = items?.at(index)
    if (value === undefined || !at || item?.kind !== "row") return
    const { source } = item
    source.patch(row.id, { ...row, [at.name]: isOne(at.field) && value !== null ? { id: value } : value })
    const version = typeof row["version"] === "number" ? row["version"] : undefined
    update(model.collection, row.id, { [at.name]: value }, version).then(
      (fresh) => {
        source.patch(row.id, {
          ...row,
          ...ownCells(fresh, columns),
          ...(isOne(at.field) ? { [at.name]: fresh[at.name] ?? null } : {}),
          version: fresh["version"],
        })
        announce(t.saved)
      },
      (error: unknown) => {
        source.patch(row.id, undefined)
        setFailed(new Map([[row.id, error instanceof Error ? error.message : String(error)]]))
        tellProblem(error, at.label)
      },
    )
  }
  return { edit, editAt, editActive, endEdit, saveEdit }
}

/** Of a record as it was read again, the cells that a list shows as they are: those of its own without references. */
const ownCells = (fresh: RecordData, columns: readonly Column[]): object =>
  Object.fromEntries(
    columns
      .map(({ path }) => path)
      .filter((path) => !path.includes(".") && typeof valueAt(fresh, path) !== "object" && path in fresh)
      .map((path) => [path, fresh[path]]),
  )
