import { memo, type ReactNode } from "react"
import type { RecordData } from "../api/records.ts"
import { cellAlign, cellContent } from "../fields/cell.tsx"
import { formatDecimal, formatPeriod, formatValue, isNumeric } from "../fields/format.ts"
import type { Language } from "../i18n/language.ts"
import { isOne, partsOf, type UiModel } from "../metadata/model.ts"
import { type Column, isMaskedAt, valueAt } from "./columns.ts"
import { isEditableColumn } from "./editable.ts"
import type { GroupNode } from "./group-source.ts"
import { useListTexts } from "./text.ts"
import { formatTotal } from "./totals.ts"
import classes from "./grid.module.css"

interface RowProps {
  readonly id: string
  readonly index: number
  /** Where it is, in pixels from the top of the content. */
  readonly top: number
  readonly row: RecordData
  readonly model: UiModel
  readonly columns: readonly Column[]
  readonly language: Language
  readonly isActive: boolean
  readonly isSelected: boolean
  /** What was refused for this row, until something else is done. */
  readonly failure: string | undefined
  readonly canSelect: boolean
}

const hrefOf = (model: UiModel, id: string): string => {
  const { service, name } = partsOf(model.collection)
  return `${import.meta.env.BASE_URL}${service}/${name}/${id}`
}

const titleOf = ({ row, model }: Pick<RowProps, "row" | "model">): string =>
  model.display === undefined ? row.id.slice(-8) : String(row[model.display] ?? row.id.slice(-8))

/** Not an input, which costs several times as much to draw: a press on its cell is what takes the row. */
const checkbox = (props: Pick<RowProps, "row" | "model" | "language" | "isSelected">): ReactNode => (
  <span
    role="checkbox"
    aria-checked={props.isSelected}
    aria-label={useListTexts.of(props.language).selectRow(titleOf(props))}
    className="checkbox"
  />
)

const rowClass = (
  { isActive, isSelected, failure }: Pick<RowProps, "isActive" | "isSelected" | "failure">,
  base: string,
): string =>
  [classes[base], isActive && classes["active"], isSelected && classes["selected"], failure && classes["failed"]]
    .filter(Boolean)
    .join(" ")

/** The first column leads to the record, as a link that can also be opened elsewhere. */
const linked = (href: string, content: ReactNode): ReactNode => (
  <a href={href} tabIndex={-1} className={classes["link"]}>
    {content}
  </a>
)

const contentOf = (row: RecordData, column: Column, language: Language): ReactNode =>
  cellContent({
    model: column.model,
    name: column.name,
    field: column.field,
    value: valueAt(row, column.path),
    language,
    isMasked: isMaskedAt(row, column.path),
  })

function PlainRow(
  props: RowProps & {
    readonly depth: number
    readonly activeColumn: number | undefined
    readonly editColumn: number | undefined
    readonly editor: ReactNode
    /** The columns of the range of cells, where the row is in it. */
    readonly rangeFrom: number | undefined
    readonly rangeTo: number | undefined
  },
) {
  const {
    id,
    index,
    top,
    row,
    model,
    columns,
    language,
    canSelect,
    isSelected,
    depth,
    activeColumn,
    editColumn,
    editor,
    failure,
    rangeFrom,
    rangeTo = -1,
  } = props
  return (
    <div
      id={id}
      role="row"
      aria-rowindex={index + 2}
      aria-selected={canSelect ? isSelected : undefined}
      data-index={index}
      data-id={row.id}
      title={failure}
      className={rowClass(props, "row")}
      style={{ top }}
    >
      {canSelect && (
        <span role="gridcell" data-check className={classes["check"]}>
          {checkbox(props)}
        </span>
      )}
      {columns.map((column, i) => {
        const { path, field } = column
        if (i === editColumn)
          return (
            <span key={path} role="gridcell" data-editor className={classes["editing"]}>
              {editor}
            </span>
          )
        const content = contentOf(row, column, language)
        return (
          <span
            key={path}
            role="gridcell"
            data-column={i}
            data-range={rangeFrom !== undefined && i >= rangeFrom && i <= rangeTo ? "" : undefined}
            data-editable={isEditableColumn(model, column) ? "" : undefined}
            className={`${classes["cell"]} ${cellAlign(field)} ${i === activeColumn ? classes["activeCell"] : ""} ${i === 0 && depth > 0 ? classes["nested"] : ""}`}
          >
            {i === 0 ? linked(hrefOf(model, row.id), content) : content}
          </span>
        )
      })}
    </div>
  )
}
export const Row = memo(PlainRow)

/** A row as a card, for narrow screens: its name, its state, and what says most. */
function PlainCard(props: RowProps) {
  const { id, index, top, row, model, columns, language, canSelect, isSelected, failure } = props
  const [main, ...others] = columns
  const badge = others.find(({ field }) => field.type === "states")
  const amount = others.find(({ field }) => field.type === "money") ?? others.find(({ field }) => isNumeric(field))
  const lines = others.filter((column) => column !== badge && column !== amount).slice(0, 2)
  const cell = (column: Column): ReactNode => contentOf(row, column, language)
  return (
    <div
      id={id}
      role="row"
      aria-rowindex={index + 1}
      aria-selected={canSelect ? isSelected : undefined}
      data-index={index}
      data-id={row.id}
      title={failure}
      className={rowClass(props, "card")}
      style={{ top }}
    >
      {canSelect && (
        <span role="gridcell" data-check className={`${classes["check"]} ${classes["cardCheck"]}`}>
          {checkbox(props)}
        </span>
      )}
      <span role="gridcell" data-column={0} className={classes["cardMain"]}>
        {main && linked(hrefOf(model, row.id), cell(main))}
      </span>
      <span role="gridcell" className={classes["cardEnd"]}>
        {amount && cell(amount)}
      </span>
      <span role="gridcell" className={classes["cardLine"]}>
        {lines.map((column, i) => (
          <span key={column.path}>
            {i > 0 && " · "}
            {cell(column)}
          </span>
        ))}
      </span>
      <span role="gridcell" className={classes["cardEnd"]}>
        {badge && cell(badge)}
      </span>
    </div>
  )
}
export const CardRow = memo(PlainCard)

/** The place of a row that is not here yet, or not any more. */
export const PendingRow = memo(function PendingRow({
  id,
  index,
  top,
  columns,
  isGone,
  isNarrow,
  language,
}: {
  readonly id: string
  readonly index: number
  /** Undefined where rows follow one another. */
  readonly top?: number
  readonly columns: number
  readonly isGone: boolean
  readonly isNarrow: boolean
  readonly language: Language
}) {
  const t = useListTexts.of(language)
  return (
    <div
      id={id}
      role="row"
      aria-rowindex={index + 2}
      data-index={index}
      className={`${classes[isNarrow ? "card" : "row"]} ${isGone ? classes["gone"] : classes["pending"]}`}
      style={{ top }}
    >
      <span role="gridcell" aria-colspan={columns} className={classes["pendingCell"]}>
        <span className="visually-hidden">{isGone ? "" : t.loading}</span>
      </span>
    </div>
  )
})

/** What a group is called: its value in words. */
export function groupLabel(
  group: GroupNode,
  model: UiModel,
  columns: readonly Column[],
  language: Language,
  none: string,
): string {
  const [path = "", period] = group.term.split(":")
  const { value } = group
  if (value === null || value === undefined) return none
  if (period !== undefined) return formatPeriod(String(value), period, language)
  const field = columns.find((column) => column.path === path)?.field ?? model.fields[path]
  if (typeof value === "object")
    return String((value as { readonly title?: unknown }).title ?? (value as { readonly id: string }).id.slice(-8))
  return field ? formatValue(field, value, language) : String(value)
}

export function GroupRow({
  id,
  index,
  top,
  group,
  model,
  columns,
  isActive,
  language,
  hasCheck,
  isNarrow,
}: {
  readonly id: string
  readonly index: number
  readonly top: number
  readonly group: GroupNode
  readonly model: UiModel
  readonly columns: readonly Column[]
  readonly isActive: boolean
  readonly language: Language
  readonly hasCheck: boolean
  readonly isNarrow: boolean
}) {
  const t = useListTexts.of(language)
  const [path = ""] = group.term.split(":")
  const field = model.fields[path]
  const first = columns.findIndex(({ isSummed }) => isSummed)
  const labelSpan = (first < 0 || isNarrow ? columns.length : first) + (hasCheck ? 1 : 0)
  const isState = field?.type === "states" && group.value !== null
  const isElsewhere =
    field && isOne(field) && typeof group.value === "object" && group.value !== null && !("title" in group.value)
  return (
    <div
      id={id}
      role="row"
      aria-rowindex={index + 2}
      aria-level={group.depth + 1}
      aria-expanded={group.isOpen}
      data-index={index}
      className={`${classes[isNarrow ? "card" : "row"]} ${classes["group"]} ${isActive ? classes["active"] : ""}`}
      style={{ top }}
    >
      <span
        role="gridcell"
        aria-colspan={labelSpan}
        className={classes["groupLabel"]}
        style={{ gridColumn: isNarrow ? "1 / -1" : `1 / span ${labelSpan}`, paddingInlineStart: 14 + group.depth * 20 }}
      >
        <span aria-hidden className={`${classes["chevron"]} ${group.isOpen ? classes["isOpen"] : ""}`} />
        {field && (isState || isElsewhere) ? (
          cellContent({
            model,
            name: path,
            field,
            value: isElsewhere ? (group.value as { readonly id: string }).id : group.value,
            language,
          })
        ) : (
          <strong>{groupLabel(group, model, columns, language, t.none)}</strong>
        )}
        <span className={classes["groupCount"]}>
          {group.count === undefined ? "…" : formatDecimal(String(group.count), language)}
        </span>
      </span>
      {!isNarrow &&
        first >= 0 &&
        columns.slice(first).map((column) => (
          <span key={column.path} role="gridcell" className={`${classes["cell"]} ${cellAlign(column.field)}`}>
            {column.isSummed ? formatTotal(group.sums, column, language) : ""}
          </span>
        ))}
    </div>
  )
}
