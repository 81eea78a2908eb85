import {
  type ClipboardEvent,
  type KeyboardEvent,
  type MouseEvent,
  type PointerEvent,
  type RefObject,
  useEffect,
  useId,
  useLayoutEffect,
} from "react"
import { useDensity } from "../app/appearance.ts"
import type { UiModel } from "../metadata/model.ts"
import { askRecord } from "../views/registry.ts"
import { type Column, widthOf } from "./columns.ts"
import type { CellEdit } from "./editable.ts"
import { GridFooter } from "./grid-footer.tsx"
import { GridHeader } from "./grid-header.tsx"
import { GridRows } from "./grid-rows.tsx"
import type { Items } from "./items.ts"
import type { ListMemory } from "./list-memory.ts"
import { useSelection } from "./selection.ts"
import { useVirtualRows, type VirtualRows } from "./use-virtual-rows.ts"
import classes from "./grid.module.css"

/** Rows and header in pixels, as tokens.css and grid.module.css have them. */
const ROW = { compact: 34, comfortable: 42 } as const
const CARD = 76
const HEADER = 32
const FOOTER = 34
const CHECK = 40

export interface GridProps {
  readonly model: UiModel
  readonly columns: readonly Column[]
  readonly widths: Readonly<Record<string, number>>
  readonly items: Items
  /** Another one whenever items changed. */
  readonly version: unknown
  readonly orderBy: readonly string[]
  readonly totals: Readonly<Record<string, unknown>> | undefined
  readonly memory: ListMemory
  readonly isStale: boolean
  readonly isNarrow: boolean
  readonly edit: CellEdit | undefined
  readonly failed: ReadonlyMap<string, string>
  /** The address of the list: another one begins where it was left. */
  readonly of: string
  /** What the list is called. */
  readonly label: string
  readonly grid: RefObject<HTMLDivElement | null>
  readonly virtual: RefObject<VirtualRows | null>
  readonly sort: (path: string, add: boolean) => void
  readonly resize: (path: string, width: number) => void
  readonly open: (id: string, newTab: boolean) => void
  readonly toggleGroup: (id: string) => void
  readonly editAt: (index: number, column: number) => void
  readonly endEdit: (move: "stay" | "down" | "next" | "previous") => void
  readonly saveEdit: (edit: CellEdit, value: unknown) => void
  readonly activate: (index: number, column: number) => void
  readonly toggleRow: (index: number, isRange: boolean) => void
  /** A range of cells, from the active one. */
  readonly reachTo: (index: number, column: number) => void
  readonly copy: (event: ClipboardEvent) => void
  readonly paste: (event: ClipboardEvent) => void
  readonly toggleAll: () => void
  readonly isGrouped: boolean
  readonly canSelect: boolean
}

const templateOf = (columns: readonly Column[], widths: Readonly<Record<string, number>>, canSelect: boolean): string =>
  [
    ...(canSelect ? [`${CHECK}px`] : []),
    ...columns.map((column) => {
      const own = widths[column.path]
      const usual = widthOf(column)
      return own === undefined ? `minmax(${usual}px, ${usual}fr)` : `${own}px`
    }),
  ].join(" ")

const minWidthOf = (columns: readonly Column[], widths: Readonly<Record<string, number>>, canSelect: boolean): number =>
  columns.reduce((sum, column) => sum + (widths[column.path] ?? widthOf(column)), canSelect ? CHECK : 0)

/**
 * Rows of records: only those in view are in the page, as plain elements. Keys act on the active row, which the grid names
 * (`aria-activedescendant`); the grid itself keeps the focus, so that it is never lost when rows leave.
 */
export function Grid(props: GridProps) {
  const { model, columns, widths, items, totals, memory, isStale, isNarrow, label, grid, canSelect } = props
  const density = useDensity()
  const id = useId()
  useSelection(memory.selection)
  const { size } = memory.selection
  const rowHeight = isNarrow ? CARD : ROW[density]
  const hasFooter = totals !== undefined && !isNarrow && columns.some(({ isSummed }) => isSummed)
  const covered = { top: isNarrow ? 0 : HEADER, bottom: hasFooter ? FOOTER : 0 }
  const count = items.length
  const virtual = useVirtualRows({ count, rowHeight, scroller: grid, covered, of: props.of, initial: memory.place })
  useLayoutEffect(() => {
    props.virtual.current = virtual
  })
  const { first, end } = virtual
  useEffect(() => items.need(first, end))
  const { place } = virtual
  // Before another list takes its place, and its position.
  useLayoutEffect(() => {
    const left = memory
    return () => {
      left.place = place()
    }
  }, [memory, place])

  const template = templateOf(columns, widths, canSelect)
  const onClick = (event: MouseEvent): void => {
    const target = event.target as HTMLElement
    if (target.closest("[data-editor]")) return
    const at = indexOf(target)
    if (at === undefined) return
    const item = items.at(at)
    if (item?.kind === "group") return props.toggleGroup(item.group.id)
    const row = item?.row
    if (row === undefined) return
    if (target.closest("[data-check]")) return props.toggleRow(at, event.shiftKey)
    const cell = target.closest<HTMLElement>("[data-column]")
    const column = Number(cell?.dataset["column"] ?? 0)
    // The pencil of an editable cell is drawn by CSS at its end.
    const isPencil = cell?.dataset["editable"] !== undefined && cell.getBoundingClientRect().right - event.clientX < 26
    if (isPencil) return props.editAt(at, column)
    if (event.shiftKey && cell && memory.active && !target.closest("a")) return props.reachTo(at, column)
    if ((event.target as HTMLElement).closest("a")) {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return
      event.preventDefault()
    }
    props.open(row.id, event.ctrlKey || event.metaKey)
  }
  /** Who presses a row mostly opens it. */
  const onPress = ({ target, button }: PointerEvent): void => {
    const at = indexOf(target as HTMLElement)
    const item = at === undefined ? undefined : items.at(at)
    if (button === 0 && item?.kind === "row" && item.row) askRecord(model, item.row.id)
  }
  const onDoubleClick = (event: MouseEvent): void => event.preventDefault()

  return (
    // Its role is one of two, which the rule does not see.
    // oxlint-disable-next-line jsx-a11y/no-static-element-interactions
    <div
      ref={grid}
      role={props.isGrouped ? "treegrid" : "grid"}
      aria-label={label}
      aria-rowcount={count + (isNarrow ? 0 : 1)}
      aria-colcount={columns.length + (canSelect ? 1 : 0)}
      aria-busy={isStale}
      aria-multiselectable={canSelect}
      aria-activedescendant={memory.active ? `${id}-${memory.active.index}` : undefined}
      tabIndex={0}
      className={`${classes["grid"]} ${isStale ? classes["stale"] : ""} ${isNarrow ? classes["cards"] : ""}`}
      onPointerDown={onPress}
      onClick={onClick}
      onDoubleClick={onDoubleClick}
      onKeyDown={(event) => onGridKey(event, props)}
      onCopy={(event) => event.target === event.currentTarget && props.copy(event)}
      onPaste={(event) => event.target === event.currentTarget && props.paste(event)}
      style={
        {
          "--columns": template,
          "--min-width": `${isNarrow ? 0 : minWidthOf(columns, widths, canSelect)}px`,
        } as React.CSSProperties
      }
    >
      {!isNarrow && (
        <GridHeader
          columns={columns}
          orderBy={props.orderBy}
          selected={canSelect ? (size === 0 ? "none" : size < count ? "some" : "all") : undefined}
          sort={props.sort}
          resize={props.resize}
          toggleAll={props.toggleAll}
        />
      )}
      <div role="rowgroup" className={classes["body"]} style={{ height: virtual.height }}>
        <GridRows id={id} shown={virtual.shown} grid={props} />
      </div>
      {hasFooter && <GridFooter columns={columns} totals={totals} canSelect={canSelect} />}
    </div>
  )
}

const indexOf = (target: HTMLElement): number | undefined => {
  const text = target.closest<HTMLElement>("[data-index]")?.dataset["index"]
  return text === undefined ? undefined : Number(text)
}

/** Keys that move within the grid while it has the focus; those for the whole list are shortcuts (list-view.tsx). */
function onGridKey(event: KeyboardEvent<HTMLDivElement>, props: GridProps): void {
  if (event.target !== event.currentTarget || event.shiftKey || event.altKey || event.ctrlKey || event.metaKey) return
  const { memory, columns } = props
  const index = memory.active?.index ?? 0
  const column = memory.active?.column ?? 0
  if (event.key === "ArrowRight" || event.key === "ArrowLeft") {
    const next = column + (event.key === "ArrowRight" ? 1 : -1)
    const item = props.items.at(index)
    if (item?.kind === "group" && item.group.isOpen !== (event.key === "ArrowRight")) props.toggleGroup(item.group.id)
    else props.activate(index, Math.min(columns.length - 1, Math.max(0, next)))
    event.preventDefault()
  }
}
