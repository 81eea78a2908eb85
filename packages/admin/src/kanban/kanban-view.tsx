import {
  closestCorners,
  type CollisionDetection,
  DndContext,
  type DragEndEvent,
  DragOverlay,
  type DragStartEvent,
  type KeyboardCoordinateGetter,
  KeyboardSensor,
  PointerSensor,
  pointerWithin,
  useSensor,
  useSensors,
} from "@dnd-kit/core"
import { useQueryClient } from "@tanstack/react-query"
import { useNavigate } from "@tanstack/react-router"
import { useRef, useState } from "react"
import { invoke, type RecordData, update } from "../api/records.ts"
import { announce } from "../app/announce.ts"
import { useFirstView } from "../app/first-view.ts"
import { Refusal } from "../app/refusal.tsx"
import { useFailure } from "../app/retry.ts"
import { tellDone, tellProblem } from "../app/toasts.tsx"
import { useColumns } from "../list/columns.ts"
import { Toolbar, type ToolName } from "../list/toolbar.tsx"
import { useAskedAgain } from "../list/use-asked-again.ts"
import { useListState } from "../list/use-list-state.ts"
import { partsOf, type UiField } from "../metadata/model.ts"
import { useModel } from "../metadata/use-metadata.ts"
import type { RecordsViewProps } from "../views/registry.ts"
import { whereOf } from "../views/list-search.ts"
import { boardFields, moveOf } from "./board-field.ts"
import { BoardSkeleton } from "./board-skeleton.tsx"
import { CardFace, LaneColumn, type Taken, titleOf } from "./lane-column.tsx"
import { type BoardAbout, type Lane, MAX_LANES, useLanes } from "./lanes.ts"
import { useBoardTexts } from "./text.ts"
import classes from "./kanban-view.module.css"

/** What is asked for of a board: its columns, and the cards of each. */
const KINDS = ["lane", "lanes"]
/** Fields of a card beside its name and its amount. */
const CARD_FIELDS = 3

/** Arrow keys take a card from column to column. */
const betweenLanes: KeyboardCoordinateGetter = (event, { currentCoordinates, context: { droppableRects } }) => {
  const by = event.code === "ArrowRight" ? 1 : event.code === "ArrowLeft" ? -1 : 0
  if (by === 0) return undefined
  event.preventDefault()
  const sorted = [...droppableRects.values()].toSorted((a, b) => a.left - b.left)
  const next =
    by > 0
      ? sorted.find(({ left }) => left > currentCoordinates.x + 8)
      : sorted.findLast(({ left }) => left < currentCoordinates.x - 24)
  return next && { x: next.left + 8, y: currentCoordinates.y }
}

/** A pointer means the column that it is in, and none beside it; keys mean the one that the card is at. */
const laneUnder: CollisionDetection = (args) => (args.pointerCoordinates ? pointerWithin(args) : closestCorners(args))

const takenOf = (active: { readonly data: { readonly current?: unknown } }): Taken | undefined =>
  active.data.current as Taken | undefined

/** Records as cards in columns of a state, a choice or a reference; a card that is taken to another column changes that, or makes its transition. */
export function KanbanView({ collection }: RecordsViewProps) {
  const model = useModel(collection)
  const t = useBoardTexts()
  const state = useListState(model)
  const navigate = useNavigate()
  const client = useQueryClient()
  const input = useRef<HTMLInputElement>(null)
  const [tool, setTool] = useState<ToolName>()
  const [dragged, setDragged] = useState<Taken>()
  const fields = boardFields(model)
  const { by } = state.search
  const field = by !== undefined && fields.includes(by) ? by : (fields[0] as string)
  const { columns } = useColumns(model, state.paths)
  /** By the card's name, or the column that it is in. */
  const isSaid = (path: string): boolean => path === model.display || path === field || path.startsWith(`${field}.`)
  const amount = columns.find((column) => column.field.type === "money" && column.isSummed)
  const shown = columns
    .filter((column) => column !== amount && !isSaid(column.path))
    .slice(0, CARD_FIELDS)
    .concat(amount ?? [])
  const about: BoardAbout = {
    where: whereOf(state.facets),
    search: state.search.q,
    archived: state.search.archived,
  }
  const found = useLanes(model, field, amount, about)
  const { data: board, refetch } = found
  useFirstView(board !== undefined)
  const failure = useFailure(found)
  const sensors = useSensors(
    // A click opens; only what moves is dragged.
    useSensor(PointerSensor, { activationConstraint: { distance: 6 } }),
    useSensor(KeyboardSensor, {
      keyboardCodes: { start: ["Space"], cancel: ["Escape"], end: ["Space", "Enter"] },
      coordinateGetter: betweenLanes,
    }),
  )
  useAskedAgain(collection, KINDS)
  const { service, name } = partsOf(collection)
  const open = (id: string): void =>
    void navigate({ to: "/$service/$collection/$id", params: { service, collection: name, id }, search: state.search })
  const laneAt = (key: unknown): Lane | undefined => board?.lanes.find((lane) => lane.key === key)
  const canGo = (from: Lane, to: Lane): boolean => moveOf(model, field, from.value, to.value) !== undefined

  const drop = ({ active, over }: DragEndEvent): void => {
    const taken = takenOf(active)
    const to = laneAt(over?.id)
    setDragged(undefined)
    if (!taken || !to || to.key === taken.lane.key) return
    const { row, lane: from } = taken
    if (!canGo(from, to)) return announce(t.noMove(titleOf(model, row), to.title))
    const undo = (): void => void move({ ...row, version: undefined }, to, from)
    void move(row, from, to).then((isMoved) => {
      if (isMoved) tellDone(t.moved(titleOf(model, row), to.title), canGo(to, from) ? { undo } : {})
    })
  }
  /** @returns whether its service did it */
  const move = async (row: RecordData, from: Lane, to: Lane): Promise<boolean> => {
    const step = moveOf(model, field, from.value, to.value)
    if (!step) return false
    const version = typeof row["version"] === "number" ? row["version"] : undefined
    shift(row, from, to)
    try {
      if (step.kind === "transition") await invoke(collection, row.id, step.name, {}, version)
      else await update(collection, row.id, { [field]: to.value }, version)
      return true
    } catch (error) {
      tellProblem(error, step.kind === "transition" ? step.label : undefined)
      void client.invalidateQueries({ queryKey: ["lane", collection] })
      return false
    }
  }
  /** Shows the card where it goes before its service answers. */
  const shift = (row: RecordData, from: Lane, to: Lane): void => {
    type Rows = { readonly data: readonly RecordData[] }
    const change = (lane: Lane, make: (rows: readonly RecordData[]) => readonly RecordData[]): void => {
      client.setQueriesData<Rows>(
        { queryKey: ["lane", collection, lane.key] },
        (page) => page && { ...page, data: make(page.data) },
      )
    }
    change(from, (rows) => rows.filter(({ id }) => id !== row.id))
    change(to, (rows) => [{ ...row, [field]: to.value }, ...rows])
  }
  const nameOf = (active: Parameters<typeof takenOf>[0]): string => {
    const row = takenOf(active)?.row
    return row ? titleOf(model, row) : ""
  }
  const total = board?.hasMore ? undefined : board?.lanes.reduce((sum, { count }) => sum + count, 0)
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
        board={{ fields, field }}
      />
      {board?.hasMore && (
        <p role="status" className={classes["note"]}>
          {t.moreLanes(MAX_LANES)}
        </p>
      )}
      {failure !== null ? (
        <Refusal error={failure} again={() => void refetch()} />
      ) : board === undefined ? (
        <BoardSkeleton field={model.fields[field] as UiField} />
      ) : (
        <DndContext
          sensors={sensors}
          collisionDetection={laneUnder}
          onDragStart={({ active }: DragStartEvent) => setDragged(takenOf(active))}
          onDragCancel={() => setDragged(undefined)}
          onDragEnd={drop}
          accessibility={{
            screenReaderInstructions: { draggable: t.instructions },
            announcements: {
              onDragStart: ({ active }) => t.taken(nameOf(active)),
              onDragOver: ({ active, over }) => {
                const [from, to] = [takenOf(active)?.lane, laneAt(over?.id)]
                if (!from || !to || from.key === to.key || canGo(from, to)) return to?.title
                return t.noMove(nameOf(active), to.title)
              },
              onDragEnd: () => undefined,
              onDragCancel: ({ active }) => t.left(nameOf(active)),
            },
          }}
        >
          {/* It scrolls, and without cards there is nothing else in it to go to. */}
          {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
          <div className={classes["board"]} data-board role="region" aria-label={t.board(model.plural)} tabIndex={0}>
            {board.lanes.map((lane) => (
              <LaneColumn
                key={`${field} ${lane.key}`}
                model={model}
                columns={shown}
                lane={lane}
                field={field}
                about={about}
                orderBy={state.orderBy}
                canDrop={dragged && (dragged.lane.key === lane.key || canGo(dragged.lane, lane))}
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
