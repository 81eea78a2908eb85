import { lazy, type ReactNode, Suspense } from "react"
import { withKit } from "../app/kit.ts"
import { useLanguage } from "../i18n/language.ts"
import { rangeOf } from "./cell-range.ts"
import { valueAt } from "./columns.ts"
import type { GridProps } from "./grid.tsx"
import { CardRow, GroupRow, PendingRow, Row } from "./row.tsx"
import type { ShownRow } from "./use-virtual-rows.ts"

/** The inputs of cells; asked for as soon as a row is acted on, so that they are there when somebody types. */
export const loadCellEditor = withKit(() => import("./cell-editor.tsx"))
const CellEditor = lazy(async () => ({ default: (await loadCellEditor()).CellEditor }))

/** The rows in view. Each has the key of its place, so that the elements of a row that leaves show the one that comes. */
export function GridRows({
  id,
  shown,
  grid,
}: {
  /** What the ids of rows begin with. */
  readonly id: string
  readonly shown: readonly ShownRow[]
  readonly grid: GridProps
}): readonly ReactNode[] {
  const { model, columns, items, memory, isNarrow, edit, failed, canSelect } = grid
  const language = useLanguage()
  const range = memory.active && memory.corner && rangeOf(memory.active, memory.corner)
  return shown.map(({ index, slot, top }) => {
    const item = items.at(index)
    if (item === undefined) return null
    const isActive = memory.active?.index === index
    const place = { id: `${id}-${index}`, index, top, language }
    if (item.kind === "group")
      return (
        <GroupRow
          key={slot}
          {...place}
          group={item.group}
          model={model}
          columns={columns}
          isActive={isActive}
          hasCheck={canSelect}
          isNarrow={isNarrow}
        />
      )
    const { row } = item
    if (row === undefined || item.source.isGone(row.id))
      return (
        <PendingRow
          key={slot}
          {...place}
          columns={columns.length + (canSelect ? 1 : 0)}
          isGone={row !== undefined}
          isNarrow={isNarrow}
        />
      )
    const shared = {
      ...place,
      row,
      model,
      columns,
      isActive,
      isSelected: memory.selection.has(row.id),
      failure: failed.get(row.id),
      canSelect,
    }
    return isNarrow ? (
      <CardRow key={slot} {...shared} />
    ) : (
      <Row
        key={slot}
        {...shared}
        depth={item.depth}
        activeColumn={isActive ? memory.active?.column : undefined}
        editor={edit?.index === index ? editorOf(grid) : undefined}
        editColumn={edit?.index === index ? edit.column : undefined}
        rangeFrom={range && index >= range.first && index <= range.last ? range.left : undefined}
        rangeTo={range?.right}
      />
    )
  })
}

function editorOf(grid: GridProps): ReactNode {
  const { edit } = grid
  const column = edit && grid.columns[edit.column]
  if (!edit || !column) return undefined
  return (
    <Suspense>
      <CellEditor
        key={edit.row.id}
        column={column}
        value={valueAt(edit.row, column.path)}
        cancel={() => grid.endEdit("stay")}
        save={(value, move) => {
          grid.saveEdit(edit, value)
          grid.endEdit(move)
        }}
      />
    </Suspense>
  )
}
