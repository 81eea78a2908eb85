import {
  closestCorners,
  DndContext,
  type DragEndEvent,
  DragOverlay,
  type DragStartEvent,
  KeyboardSensor,
  PointerSensor,
  useDraggable,
  useDroppable,
  useSensor,
  useSensors,
} from "@dnd-kit/core"
import { keepPreviousData, useQuery, useQueryClient } from "@tanstack/react-query"
import { useNavigate } from "@tanstack/react-router"
import type { WhereJson } from "@archipel/core"
import { useEffect, useRef, useState } from "react"
import { onChange } from "../api/changes.ts"
import { invoke, query, type RecordData, update } from "../api/records.ts"
import { announce } from "../app/announce.ts"
import { Refusal } from "../app/refusal.tsx"
import { tellProblem } from "../app/toasts.tsx"
import { Badge, Cell } from "../fields/cell.tsx"
import { formatDecimal, formatValue, valueLabel } from "../fields/format.ts"
import { texts, useLanguage } from "../i18n/language.ts"
import { type Column, useColumns, valueAt } from "../list/columns.ts"
import { Toolbar, type ToolName } from "../list/toolbar.tsx"
import { useListState } from "../list/use-list-state.ts"
import { partsOf, type UiModel } from "../metadata/model.ts"
import { toneOf } from "../metadata/tones.ts"
import { useModel } from "../metadata/use-metadata.ts"
import type { RecordsViewProps } from "../views/registry.ts"
import { whereOf } from "../views/list-search.ts"
import { boardFields, moveOf } from "./board-field.ts"
import classes from "./kanban-view.module.css"

const useTexts = texts(
  {
    board: (plural: string) => `${plural} as a board`,
    more: "Show more",
    moved: (title: string, column: string) => `${title} moved to ${column}`,
    instructions:
      "Press Space to take the card, arrow keys to move it to another column, Space to put it down, Escape to leave it.",
    noMove: (title: string, column: string) => `${title} cannot go to ${column}`,
    taken: (title: string) => `${title} taken`,
    left: (title: string) => `${title} stays where it is`,
  },
  {
    board: (plural: string) => `${plural} en tableau`,
    more: "Voir plus",
    moved: (title: string, column: string) => `${title} déplacé vers ${column}`,
    instructions:
      "Espace pour prendre la carte, flèches pour la déplacer vers une autre colonne, Espace pour la poser, Échap pour la laisser.",
    noMove: (title: string, column: string) => `${title} ne peut pas aller vers ${column}`,
    taken: (title: string) => `${title} pris`,
    left: (title: string) => `${title} reste à sa place`,
  },
)

/** Cards of a column at first, and that each "more" adds; columns are not for thousands. */
const CARDS = 40
const MAX_CARDS = 400
/** Fields of a card beside its name and its amount. */
const CARD_FIELDS = 3

interface Lane {
  readonly value: string
  readonly count: number
  readonly sum: string | undefined
}

const titleOf = (model: UiModel, row: RecordData): string =>
  String((model.display !== undefined && row[model.display]) || row.id.slice(-8))

function CardFace({
  model,
  columns,
  row,
}: {
  readonly model: UiModel
  readonly columns: readonly Column[]
  readonly row: RecordData
}) {
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

function Card({
  model,
  columns,
  row,
  lane,
  open,
}: {
  readonly model: UiModel
  readonly columns: readonly Column[]
  readonly row: RecordData
  readonly lane: string
  readonly open: (id: string) => void
}) {
  const { attributes, listeners, setNodeRef, isDragging } = useDraggable({ id: row.id, data: { row, lane } })
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
        if (event.key === "Enter") open(row.id)
        else listeners?.["onKeyDown"]?.(event)
      }}
    >
      <CardFace model={model} columns={columns} row={row} />
    </div>
  )
}

function LaneColumn({
  model,
  columns,
  lane,
  field,
  where,
  search,
  orderBy,
  canDrop,
  open,
}: {
  readonly model: UiModel
  readonly columns: readonly Column[]
  readonly lane: Lane
  readonly field: string
  readonly where: WhereJson | undefined
  readonly search: string | undefined
  readonly orderBy: readonly string[]
  /** undefined while nothing is dragged. */
  readonly canDrop: boolean | undefined
  readonly open: (id: string) => void
}) {
  const t = useTexts()
  const language = useLanguage()
  const [limit, setLimit] = useState(CARDS)
  const { setNodeRef, isOver } = useDroppable({ id: lane.value, disabled: canDrop === false })
  const own = { [field]: lane.value } as WhereJson
  const asked = {
    select: [
      ...new Set([
        field,
        ...(model.display ? [model.display] : []),
        ...(model.fields["version"]?.read ? ["version"] : []),
        ...columns.map(({ select }) => select),
      ]),
    ],
    where: where === undefined ? own : ({ and: [where, own] } as WhereJson),
    limit,
    orderBy: orderBy.length > 0 ? orderBy : ["-id"],
    ...(search === undefined ? {} : { search }),
  }
  const { data, error, refetch } = useQuery({
    queryKey: ["lane", model.collection, asked],
    queryFn: ({ signal }) => query(model.collection, asked, { signal }),
    placeholderData: keepPreviousData,
  })
  const name = valueLabel(model.fields[field], lane.value)
  return (
    <section
      ref={setNodeRef}
      aria-label={name}
      className={`${classes["lane"]} ${isOver ? classes["over"] : ""} ${canDrop === false ? classes["closed"] : ""}`}
    >
      <h2 className={classes["laneTitle"]}>
        <Badge tone={toneOf(model, field, lane.value)}>{name}</Badge>
        <span className={classes["count"]}>{formatDecimal(String(lane.count), language)}</span>
        {lane.sum !== undefined && <span className={classes["sum"]}>{lane.sum}</span>}
      </h2>
      <div className={classes["cards"]}>
        {error && <Refusal error={error} again={() => void refetch()} />}
        {data?.data.map((row) => (
          <Card key={row.id} model={model} columns={columns} row={row} lane={lane.value} open={open} />
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

const valuesOf = (model: UiModel, field: string): readonly string[] =>
  (model.fields[field] as { readonly values?: readonly string[] }).values ?? []

const pendingCards = [0, 1, 2]

/** A board whose columns are on their way: as many, and not seen at all for the first 200 ms. */
const BoardSkeleton = ({ lanes }: { readonly lanes: number }) => (
  <div className={`${classes["board"]} ${classes["skeleton"]}`} aria-busy="true">
    {Array.from({ length: lanes }, (_, lane) => (
      <div key={lane} className={classes["lane"]}>
        <div className={classes["laneTitle"]} />
        <div className={classes["cards"]}>
          {pendingCards.map((card) => (
            <div key={card} className={classes["pending"]} />
          ))}
        </div>
      </div>
    ))}
  </div>
)

/** The columns of a board with their counts, and the sum of the first amount. */
function useLanes(
  model: UiModel,
  field: string,
  amount: Column | undefined,
  about: { readonly where: WhereJson | undefined; readonly search: string | undefined },
) {
  const language = useLanguage()
  return useQuery({
    queryKey: ["lanes", model.collection, field, amount?.path, language, about],
    placeholderData: keepPreviousData,
    queryFn: async ({ signal }): Promise<readonly Lane[]> => {
      const { data } = await query(
        model.collection,
        {
          group: [field],
          aggregates: { count: "count", ...(amount ? { sum: `sum(${amount.path})` } : {}) },
          ...(about.where ? { where: about.where } : {}),
          ...(about.search ? { search: about.search } : {}),
        },
        { signal },
      )
      const rows = new Map(data.map((row) => [String(row[field]), row]))
      return valuesOf(model, field).map((value) => {
        const row = rows.get(value)
        const sum = amount && row?.["sum"] ? formatValue(amount.field, row["sum"], language) : undefined
        return { value, count: Number(row?.["count"] ?? 0), sum }
      })
    },
  })
}

/** Records as cards in columns of their state; a card that is dragged to another column makes its transition. */
export function KanbanView({ collection }: RecordsViewProps) {
  const model = useModel(collection)
  const t = useTexts()
  const state = useListState(model)
  const navigate = useNavigate()
  const client = useQueryClient()
  const input = useRef<HTMLInputElement>(null)
  const [tool, setTool] = useState<ToolName>()
  const [dragged, setDragged] = useState<{ readonly row: RecordData; readonly lane: string }>()
  const fields = boardFields(model)
  const field =
    state.search.by !== undefined && fields.includes(state.search.by) ? state.search.by : (fields[0] as string)
  const { columns } = useColumns(model, state.paths)
  const amount = columns.find((column) => column.field.type === "money" && column.isSummed)
  const shown = columns
    .filter((column) => column.path !== model.display && column.path !== field && column !== amount)
    .slice(0, CARD_FIELDS)
    .concat(amount ?? [])
  const about = { where: whereOf(state.facets), search: state.search.q }
  const { data: lanes, error, refetch } = useLanes(model, field, amount, about)
  const sensors = useSensors(
    // A click opens; only what moves is dragged.
    useSensor(PointerSensor, { activationConstraint: { distance: 6 } }),
    useSensor(KeyboardSensor, {
      keyboardCodes: { start: ["Space"], cancel: ["Escape"], end: ["Space", "Enter"] },
      coordinateGetter: (event, { currentCoordinates, context: { droppableRects } }) => {
        const by = event.code === "ArrowRight" ? 1 : event.code === "ArrowLeft" ? -1 : 0
        if (by === 0) return undefined
        event.preventDefault()
        const sorted = [...droppableRects.values()].toSorted((a, b) => a.left - b.left)
        const next =
          by > 0
            ? sorted.find(({ left }) => left > currentCoordinates.x + 8)
            : sorted.findLast(({ left }) => left < currentCoordinates.x - 24)
        return next && { x: next.left + 8, y: currentCoordinates.y }
      },
    }),
  )
  useEffect(
    () =>
      onChange((changed) => {
        if (changed !== collection) return
        void client.invalidateQueries({ queryKey: ["lane", collection] })
        void client.invalidateQueries({ queryKey: ["lanes", collection] })
      }),
    [client, collection],
  )
  const { service, name } = partsOf(collection)
  const open = (id: string): void =>
    void navigate({ to: "/$service/$collection/$id", params: { service, collection: name, id }, search: state.search })

  const drop = async ({ active, over }: DragEndEvent): Promise<void> => {
    const taken = active.data.current as { readonly row: RecordData; readonly lane: string } | undefined
    setDragged(undefined)
    if (!taken || !over || over.id === taken.lane) return
    const to = String(over.id)
    const move = moveOf(model, field, taken.lane, to)
    if (!move) return announce(t.noMove(titleOf(model, taken.row), valueLabel(model.fields[field], to)))
    const version = typeof taken.row["version"] === "number" ? taken.row["version"] : undefined
    shift(taken.row, taken.lane, to)
    try {
      if (move.kind === "transition") await invoke(collection, taken.row.id, move.name, {}, version)
      else await update(collection, taken.row.id, { [field]: to }, version)
      announce(t.moved(titleOf(model, taken.row), valueLabel(model.fields[field], to)))
    } catch (failure) {
      tellProblem(failure, move.kind === "transition" ? move.label : undefined)
      void client.invalidateQueries({ queryKey: ["lane", collection] })
    }
  }
  /** Shows the card where it goes before its service answers. */
  const shift = (row: RecordData, from: string, to: string): void => {
    client.setQueriesData<{ readonly data: readonly RecordData[] }>({ queryKey: ["lane", collection] }, (page) => {
      const [first] = page?.data ?? []
      const lane = first?.[field] ?? (page?.data.length === 0 ? undefined : null)
      if (!page) return page
      if (lane === from) return { ...page, data: page.data.filter(({ id }) => id !== row.id) }
      return lane === to ? { ...page, data: [{ ...row, [field]: to }, ...page.data] } : page
    })
  }
  const nameOf = (active: { readonly data: { readonly current?: unknown } }): string => {
    const row = (active.data.current as { readonly row?: RecordData } | undefined)?.row
    return row ? titleOf(model, row) : ""
  }
  const total = lanes?.reduce((sum, { count }) => sum + count, 0)
  return (
    <div className={classes["view"]}>
      <Toolbar
        model={model}
        state={state}
        rowQuery={undefined}
        count={total === undefined ? undefined : { total, isExact: true }}
        input={input}
        tool={tool}
        setTool={setTool}
        isList={false}
      />
      {error ? (
        <Refusal error={error} again={() => void refetch()} />
      ) : lanes === undefined ? (
        <BoardSkeleton lanes={valuesOf(model, field).length} />
      ) : (
        <DndContext
          sensors={sensors}
          collisionDetection={closestCorners}
          onDragStart={({ active }: DragStartEvent) => setDragged(active.data.current as typeof dragged)}
          onDragCancel={() => setDragged(undefined)}
          onDragEnd={(event) => void drop(event)}
          accessibility={{
            screenReaderInstructions: { draggable: t.instructions },
            announcements: {
              onDragStart: ({ active }) => t.taken(nameOf(active)),
              onDragOver: ({ over }) => (over ? valueLabel(model.fields[field], String(over.id)) : undefined),
              onDragEnd: () => undefined,
              onDragCancel: ({ active }) => t.left(nameOf(active)),
            },
          }}
        >
          <div className={classes["board"]} data-board role="region" aria-label={t.board(model.plural)} tabIndex={-1}>
            {lanes.map((lane) => (
              <LaneColumn
                key={lane.value}
                model={model}
                columns={shown}
                lane={lane}
                field={field}
                where={about.where}
                search={about.search}
                orderBy={state.orderBy}
                canDrop={
                  dragged === undefined
                    ? undefined
                    : dragged.lane === lane.value || moveOf(model, field, dragged.lane, lane.value) !== undefined
                }
                open={open}
              />
            ))}
          </div>
          <DragOverlay dropAnimation={null}>
            {dragged && (
              <div className={`${classes["card"]} ${classes["lifted"]}`}>
                <CardFace model={model} columns={shown} row={dragged.row} />
              </div>
            )}
          </DragOverlay>
        </DndContext>
      )}
    </div>
  )
}
