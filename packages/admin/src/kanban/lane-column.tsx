import { useDraggable, useDroppable } from "@dnd-kit/core"
import type { WhereJson } from "@archipel/core"
import { keepPreviousData, useQuery } from "@tanstack/react-query"
import { useState } from "react"
import { query, type RecordData } from "../api/records.ts"
import { Refusal } from "../app/refusal.tsx"
import { useFailure } from "../app/retry.ts"
import { Badge, Cell } from "../fields/cell.tsx"
import { formatDecimal } from "../fields/format.ts"
import { useLanguage } from "../i18n/language.ts"
import { type Column, valueAt } from "../list/columns.ts"
import { isOne, type UiModel } from "../metadata/model.ts"
import { toneOf } from "../metadata/tones.ts"
import { askedOf, type BoardAbout, type Lane, laneWhere } from "./lanes.ts"
import { useBoardTexts } from "./text.ts"
import classes from "./kanban-view.module.css"

/** Cards of a column at first, and that each "more" adds; columns are not for thousands. */
const CARDS = 40
const MAX_CARDS = 400

/** A card that is being taken from its column. */
export interface Taken {
  readonly row: RecordData
  readonly lane: Lane
}

export const titleOf = (model: UiModel, row: RecordData): string =>
  String((model.display !== undefined && row[model.display]) || row.id.slice(-8))

interface FaceProps {
  readonly model: UiModel
  readonly columns: readonly Column[]
  readonly row: RecordData
}

export function CardFace({ model, columns, row }: FaceProps) {
  const language = useLanguage()
  const shown = columns.filter(({ path }) => (valueAt(row, path) ?? "") !== "")
  const amount = shown.find(({ field }) => field.type === "money")
  const [first, ...others] = shown.filter((column) => column !== amount)
  const cell = (column: Column) => (
    <Cell
      model={column.model}
      name={column.name}
      field={column.field}
      value={valueAt(row, column.path)}
      language={language}
    />
  )
  return (
    <>
      <span className={classes["cardHead"]}>
        <strong className={classes["cardTitle"]}>{titleOf(model, row)}</strong>
        {amount && <span className={classes["amount"]}>{cell(amount)}</span>}
      </span>
      {first && <span className={classes["cardLine"]}>{cell(first)}</span>}
      {others.length > 0 && (
        <span className={`${classes["cardLine"]} ${classes["cardNotes"]}`}>
          {others.map((column) => (
            <span key={column.path}>{cell(column)}</span>
          ))}
        </span>
      )}
    </>
  )
}

function Card({ lane, open, ...face }: FaceProps & { readonly lane: Lane; readonly open: (id: string) => void }) {
  const { row } = face
  const taken: Taken = { row, lane }
  const { attributes, listeners, setNodeRef, isDragging } = useDraggable({ id: row.id, data: { ...taken } })
  return (
    <div
      ref={setNodeRef}
      {...attributes}
      role="button"
      tabIndex={0}
      {...listeners}
      className={`${classes["card"]} ${isDragging ? classes["dragged"] : ""}`}
      data-id={row.id}
      onClick={() => open(row.id)}
      onKeyDown={(event) => {
        // While it is taken, Enter puts it down.
        if (event.key === "Enter" && !isDragging) open(row.id)
        else listeners?.["onKeyDown"]?.(event)
      }}
    >
      <CardFace {...face} />
    </div>
  )
}

interface LaneColumnProps {
  readonly model: UiModel
  readonly columns: readonly Column[]
  readonly lane: Lane
  readonly field: string
  readonly about: BoardAbout
  readonly orderBy: readonly string[]
  /** undefined while nothing is dragged. */
  readonly canDrop: boolean | undefined
  readonly open: (id: string) => void
}

/** A column of a board with its cards. */
export function LaneColumn({ model, columns, lane, field, about, orderBy, canDrop, open }: LaneColumnProps) {
  const t = useBoardTexts()
  const language = useLanguage()
  const [limit, setLimit] = useState(CARDS)
  const { setNodeRef, isOver } = useDroppable({ id: lane.key })
  const own = laneWhere(field, lane.value)
  const asked = {
    ...askedOf(about),
    select: [
      ...new Set([
        field,
        ...(model.display ? [model.display] : []),
        ...(model.fields["version"]?.read ? ["version"] : []),
        ...columns.map(({ select }) => select),
      ]),
    ],
    where: about.where === undefined ? own : ({ and: [about.where, own] } as WhereJson),
    limit,
    ...(orderBy.length > 0 ? { orderBy } : {}),
  }
  const found = useQuery({
    queryKey: ["lane", model.collection, lane.key, asked],
    queryFn: ({ signal }) => query(model.collection, asked, { signal }),
    placeholderData: keepPreviousData,
  })
  const { data, refetch } = found
  const failure = useFailure(found)
  const shown = model.fields[field]
  return (
    <section
      ref={setNodeRef}
      aria-label={lane.title}
      className={`${classes["lane"]} ${isOver && canDrop !== false ? classes["over"] : ""} ${canDrop === false ? classes["closed"] : ""}`}
    >
      <h2 className={classes["laneTitle"]}>
        {shown && isOne(shown) ? (
          <span className={classes["laneName"]}>{lane.title}</span>
        ) : (
          <Badge tone={toneOf(model, field, lane.value ?? "")}>{lane.title}</Badge>
        )}
        <span className={classes["count"]}>{formatDecimal(String(lane.count), language)}</span>
        {lane.sum !== undefined && <span className={classes["sum"]}>{lane.sum}</span>}
      </h2>
      <div className={classes["cards"]}>
        {failure !== null && <Refusal error={failure} again={() => void refetch()} />}
        {data?.data.map((row) => (
          <Card key={row.id} model={model} columns={columns} row={row} lane={lane} open={open} />
        ))}
        {data?.next && limit < MAX_CARDS && (
          <button type="button" className={classes["more"]} onClick={() => setLimit(limit + CARDS)}>
            {t.more}
          </button>
        )}
      </div>
    </section>
  )
}
