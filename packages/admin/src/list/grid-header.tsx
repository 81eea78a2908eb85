import { IconArrowDown, IconArrowUp } from "@tabler/icons-react"
import { memo, type PointerEvent, useRef } from "react"
import { cellAlign } from "../fields/cell.tsx"
import type { Column } from "./columns.ts"
import { useListTexts } from "./text.ts"
import classes from "./grid.module.css"

const MIN_WIDTH = 60

interface HeaderProps {
  readonly columns: readonly Column[]
  readonly orderBy: readonly string[]
  /** How many of the rows are selected; undefined where none can be. */
  readonly selected: "none" | "some" | "all" | undefined
  readonly sort: (path: string, add: boolean) => void
  readonly resize: (path: string, width: number) => void
  readonly toggleAll: () => void
}

/** What the columns are called, and what they are sorted by. Scrolling does not draw it again. */
export const GridHeader = memo(function GridHeader(props: HeaderProps) {
  const { columns, orderBy, selected, sort, resize, toggleAll } = props
  const t = useListTexts()
  return (
    <div role="rowgroup" className={classes["head"]}>
      <div role="row" aria-rowindex={1} className={classes["headRow"]}>
        {selected !== undefined && (
          <span role="columnheader" className={classes["check"]}>
            <input
              type="checkbox"
              tabIndex={-1}
              aria-label={t.selectAll}
              ref={(input) => {
                if (input) input.indeterminate = selected === "some"
              }}
              checked={selected === "all"}
              onChange={toggleAll}
            />
          </span>
        )}
        {columns.map((column) => (
          <HeaderCell key={column.path} column={column} orderBy={orderBy} sort={sort} resize={resize} />
        ))}
      </div>
    </div>
  )
})

function HeaderCell({
  column,
  orderBy,
  sort,
  resize,
}: {
  readonly column: Column
  readonly orderBy: readonly string[]
  readonly sort: HeaderProps["sort"]
  readonly resize: HeaderProps["resize"]
}) {
  const t = useListTexts()
  const cell = useRef<HTMLSpanElement>(null)
  const { order } = column
  const at = order === undefined ? -1 : orderBy.findIndex((term) => term === order || term === `-${order}`)
  const direction = at < 0 ? undefined : orderBy[at]?.startsWith("-") ? "descending" : "ascending"
  const begin = (event: PointerEvent<HTMLSpanElement>): void => {
    event.preventDefault()
    const handle = event.currentTarget
    const from = event.clientX
    const width = cell.current?.offsetWidth ?? MIN_WIDTH
    handle.setPointerCapture(event.pointerId)
    const move = (to: globalThis.PointerEvent): void =>
      resize(column.path, Math.max(MIN_WIDTH, width + to.clientX - from))
    const stop = (): void => handle.removeEventListener("pointermove", move)
    handle.addEventListener("pointermove", move)
    handle.addEventListener("pointerup", stop, { once: true })
    handle.addEventListener("lostpointercapture", stop, { once: true })
  }
  return (
    <span
      ref={cell}
      role="columnheader"
      aria-sort={direction ?? (order === undefined ? undefined : "none")}
      className={`${classes["headCell"]} ${cellAlign(column.field)}`}
    >
      {order === undefined ? (
        <span className={classes["headLabel"]}>{column.label}</span>
      ) : (
        <button
          type="button"
          tabIndex={-1}
          className={classes["sort"]}
          onClick={(event) => sort(order, event.shiftKey)}
        >
          <span className={classes["headLabel"]}>{column.label}</span>
          {direction === "ascending" && <IconArrowUp size={13} aria-hidden />}
          {direction === "descending" && <IconArrowDown size={13} aria-hidden />}
          {direction && orderBy.length > 1 && <span className={classes["sortAt"]}>{at + 1}</span>}
        </button>
      )}
      <span
        aria-hidden
        title={t.width(column.label)}
        className={classes["resizer"]}
        onPointerDown={begin}
        onClick={(event) => event.stopPropagation()}
      />
    </span>
  )
}
