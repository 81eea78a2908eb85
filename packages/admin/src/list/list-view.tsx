import { useNavigate } from "@tanstack/react-router"
import { IconInbox, IconSearchOff } from "@tabler/icons-react"
import { type ClipboardEvent, lazy, Suspense, useEffect, useMemo, useReducer, useRef, useState } from "react"
import { problemOf } from "../api/problem.ts"
import { query, type RecordData, update } from "../api/records.ts"
import { announce } from "../app/announce.ts"
import { EmptyState } from "../app/empty-state.tsx"
import { Refusal } from "../app/refusal.tsx"
import { isOutage, useRetry } from "../app/retry.ts"
import { withKit } from "../app/kit.ts"
import { useFirstView } from "../app/first-view.ts"
import { useIsNarrow } from "../app/use-is-narrow.ts"
import { useShortcuts } from "../app/shortcuts.ts"
import { holdKeys } from "../app/type-ahead.ts"
import { tellProblem } from "../app/toasts.tsx"
import { isOne, partsOf } from "../metadata/model.ts"
import { useModel } from "../metadata/use-metadata.ts"
import { splitList } from "../views/list-search.ts"
import type { RecordsViewProps } from "../views/registry.ts"
import { type CellEdit, isEditableColumn } from "./editable.ts"
import { formatTsv, MAX_ROWS, parseTsv } from "../form/tsv.ts"
import { useLanguage } from "../i18n/language.ts"
import { rangeOf } from "./cell-range.ts"
import { cellText } from "./cell-text.ts"
import { sortKeyOf, valueAt } from "./columns.ts"
import { useDefaultFavourite } from "./favourites.ts"
import { Grid } from "./grid.tsx"
import { loadCellEditor } from "./grid-rows.tsx"
import { type Items, rowItems } from "./items.ts"
import { memoryOf } from "./list-memory.ts"
import { ListSkeleton } from "./list-skeleton.tsx"
import { MAX_SELECTED, useSelection } from "./selection.ts"
import { useListTexts } from "./text.ts"
import { loadTools, Toolbar, type ToolName } from "./toolbar.tsx"
import { useTotals } from "./totals.ts"
import { useFormAtHand } from "./use-form-at-hand.ts"
import { useGroups } from "./use-groups.ts"
import { useListState } from "./use-list-state.ts"
import { useRowQuery } from "./use-row-query.ts"
import { useRows } from "./use-rows.ts"
import type { VirtualRows } from "./use-virtual-rows.ts"
import classes from "./list-view.module.css"

export { askFirstRows } from "./first-rows.ts"

const loadSelectionBar = withKit(() => import("./selection-bar.tsx"))
const SelectionBar = lazy(async () => ({ default: (await loadSelectionBar()).SelectionBar }))

const loadPaste = withKit(() => import("./paste-cells.ts"))

const nothing: ReadonlyMap<string, string> = new Map()

/** The records of a model as rows: searched, filtered, grouped, edited. All of its state is in the address. */
export function ListView({ collection }: RecordsViewProps) {
  const model = useModel(collection)
  const t = useListTexts()
  const navigate = useNavigate()
  const isNarrow = useIsNarrow()
  const language = useLanguage()
  const state = useListState(model)
  useDefaultFavourite(model, state)
  // Not where the router is about to be: that is already the record which is opened from here.
  const address = `${collection}?${JSON.stringify(state.search)}`
  const memory = memoryOf(address)
  const [, render] = useReducer((n: number) => n + 1, 0)
  const { columns, rowQuery } = useRowQuery(model, state)
  const sortKey = useMemo(() => sortKeyOf(model, state.orderBy), [model, state.orderBy])
  const isGrouped = state.groupBy.length > 0
  const summed = columns.filter(({ isSummed }) => isSummed).map(({ path }) => path)
  const { source, isStale } = useRows(collection, isGrouped ? undefined : rowQuery, sortKey)
  const known = source?.state
  const grouped = useGroups(model, rowQuery, state.groupBy, summed, memory.openGroups, known?.total)
  const about = { where: rowQuery?.where, search: rowQuery?.search, archived: rowQuery?.archived }
  const hasRows = isGrouped ? grouped.groups !== undefined && !grouped.isStale : !isStale && known?.total !== undefined
  useFirstView(hasRows)
  useFormAtHand(hasRows)
  const totals = useTotals(collection, about, summed, hasRows)
  useEffect(() => {
    if (totals.data && source && !isStale && !totals.isFetching) source.setTotal(totals.data.count)
  }, [totals.data, totals.isFetching, source, isStale])

  const input = useRef<HTMLInputElement>(null)
  const grid = useRef<HTMLDivElement>(null)
  const virtual = useRef<VirtualRows>(null)
  const [tool, setTool] = useState<ToolName>()
  const [edit, setEdit] = useState<CellEdit>()
  const [failed, setFailed] = useState(nothing)
  // Rows stay in view until the groups that take their place are here.
  const showsGroups = isGrouped && (grouped.groups !== undefined || source === undefined)
  const items: Items | undefined = showsGroups ? grouped.groups : source && rowItems(source)
  const { selection } = memory
  useSelection(selection)
  // Once something was selected it stays: what was refused is told there.
  const [hasSelection, setHasSelection] = useState(false)
  if (selection.size > 0 && !hasSelection) setHasSelection(true)
  const { service, name } = partsOf(collection)

  const count = known?.total === undefined ? undefined : { total: known.total, isExact: known.isExact }
  const shownCount = isGrouped ? (totals.data ? { total: totals.data.count, isExact: true } : undefined) : count
  const announced = useRef<string>(undefined)
  const saidCount = shownCount?.isExact && !isStale ? t.shown(shownCount.total) : undefined
  useEffect(() => {
    if (saidCount === undefined) return
    if (announced.current !== undefined && announced.current !== saidCount) announce(saidCount)
    announced.current = saidCount
  }, [saidCount])

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
  const open = (id: string, newTab = false): void => {
    const to = {
      to: "/$service/$collection/$id",
      params: { service, collection: name, id },
      search: state.search,
    } as const
    if (newTab) window.open(`${import.meta.env.BASE_URL}${service}/${name}/${id}`, "_blank", "noopener")
    else void navigate(to)
  }
  const openActive = (): boolean => {
    const at = memory.active?.index
    if (at === undefined) return false
    const item = items?.at(at)
    if (item?.kind === "group") grouped.groups?.toggle(item.group.id)
    else if (item?.row) open(item.row.id)
    return true
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
  /** Moves the end of the range of cells, which begins where the active cell was. */
  const reachTo = (index: number, column: number): void => {
    const corner = memory.corner ?? memory.active ?? { index: 0, column: 0 }
    activate(index, Math.max(0, Math.min(columns.length - 1, column)))
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
  const toggleAll = (): void => {
    if (selection.size > 0) return selection.clear()
    const rows = [...(source?.loaded() ?? [])]
    selection.set(rows, true)
  }
  const clear = (): boolean => {
    if (memory.corner === undefined && selection.size === 0) return false
    memory.corner = undefined
    selection.clear()
    render()
    return true
  }
  const selectMatching = async (): Promise<void> => {
    if (rowQuery === undefined) return
    try {
      let after: string | undefined
      for (let n = 0; n < MAX_SELECTED / 1_000; n++) {
        const { select, where, search, orderBy, archived } = rowQuery
        const page = await query(collection, {
          select,
          limit: 1_000,
          ...(where === undefined ? {} : { where }),
          ...(search === undefined ? {} : { search }),
          ...(orderBy.length === 0 ? {} : { orderBy }),
          ...(archived === undefined ? {} : { archived }),
          ...(after === undefined ? {} : { after }),
        })
        selection.set(page.data, true)
        if (page.next === null) break
        after = page.next
      }
    } catch (error) {
      tellProblem(error)
    }
  }
  const editAt = (index: number, column: number): boolean => {
    const row = rowAt(index)
    const at = columns[column]
    if (!row || !at || !isEditableColumn(model, at)) return false
    memory.active = { index, column }
    holdKeys(loadCellEditor())
    setEdit({ index, column, row })
    return true
  }
  const endEdit = (move: "stay" | "down" | "next" | "previous"): void => {
    const { index, column } = edit ?? { index: 0, column: 0 }
    setEdit(undefined)
    if (move === "stay") return
    grid.current?.focus({ preventScroll: true })
    if (move === "down") {
      activate(index + 1, column)
      return
    }
    const by = move === "next" ? 1 : -1
    for (let at = column + by; at >= 0 && at < columns.length; at += by) if (editAt(index, at)) return
    activate(index, column)
  }
  const saveEdit = ({ row, column, index }: CellEdit, value: unknown): void => {
    const at = columns[column]
    const item = items?.at(index)
    if (value === undefined || !at || item?.kind !== "row") return
    const { source: own } = item
    own.patch(row.id, { ...row, [at.name]: isOne(at.field) && value !== null ? { id: value } : value })
    const version = typeof row["version"] === "number" ? row["version"] : undefined
    update(collection, row.id, { [at.name]: value }, version).then(
      (fresh) => {
        own.patch(row.id, {
          ...row,
          ...pick(
            fresh,
            columns.map(({ path }) => path),
          ),
          ...(isOne(at.field) ? { [at.name]: fresh[at.name] ?? null } : {}),
          version: fresh["version"],
        })
        announce(t.saved)
      },
      (error: unknown) => {
        own.patch(row.id, undefined)
        setFailed(new Map([[row.id, error instanceof Error ? error.message : String(error)]]))
        tellProblem(error, at.label)
      },
    )
  }
  const sort = (path: string, add: boolean): void => {
    // What nobody asked for is not gone on from.
    const asked = splitList(state.search.sort)
    const at = asked.findIndex((term) => term === path || term === `-${path}`)
    const next = at < 0 ? path : asked[at] === path ? `-${path}` : undefined
    const others = add ? asked.filter((_, i) => i !== at) : []
    const terms =
      next === undefined
        ? others
        : add && at >= 0
          ? asked.map((term, i) => (i === at ? next : term))
          : [...others, next]
    state.change({ sort: terms.length === 0 ? undefined : terms.join(",") })
  }
  /** What is copied: a range of cells, else the selected rows, else the active cell. */
  const copied = (): readonly (readonly string[])[] => {
    const { active, corner } = memory
    const texts = (row: RecordData, from = 0, to = columns.length - 1): readonly string[] =>
      columns.slice(from, to + 1).map((column) => cellText(column, valueAt(row, column.path), language))
    if (active === undefined || (corner === undefined && selection.size > 0))
      return selection
        .rows()
        .toSorted((a, b) => (source?.indexOf(a.id) ?? 0) - (source?.indexOf(b.id) ?? 0))
        .map((row) => texts(row))
    const { first, last, left, right } = rangeOf(active, corner ?? active)
    return Array.from({ length: Math.min(last - first + 1, MAX_ROWS) }, (_, i) => {
      const row = rowAt(first + i)
      return row ? texts(row, left, right) : []
    })
  }
  const copy = (event: ClipboardEvent): void => {
    const rows = copied()
    if (rows.length === 0) return
    event.preventDefault()
    event.clipboardData.setData("text/plain", formatTsv(rows))
    announce(t.copied(rows.length))
  }
  const paste = (event: ClipboardEvent): void => {
    const { active, corner } = memory
    const texts = parseTsv(event.clipboardData.getData("text/plain"))
    if (active === undefined || items === undefined || texts.length === 0) return
    event.preventDefault()
    const range = rangeOf(active, corner ?? active)
    void loadPaste().then(({ pasteCells }) =>
      pasteCells({ model, columns, items, range, texts, language, setFailed }).catch((error: unknown) =>
        tellProblem(error),
      ),
    )
  }
  const isInGrid = (): boolean =>
    document.activeElement === grid.current ||
    document.activeElement === document.body ||
    document.activeElement?.id === "content"

  const useTool = (name: ToolName) => (): void => {
    holdKeys(loadTools())
    setTool(name)
  }
  const create = (): void => open("new")
  useShortcuts(t.keys.title, [
    { id: "list.search", keys: "/", label: t.keys.search, run: () => input.current?.focus() },
    { id: "list.filter", keys: "f", label: t.keys.filter, run: useTool("filter"), isCommand: true },
    { id: "list.group", keys: "Shift+g", label: t.group, run: useTool("group"), isCommand: true },
    { id: "list.columns", keys: "Shift+c", label: t.columns, run: useTool("columns"), isCommand: true },
    { id: "list.favourites", keys: "Shift+f", label: t.favourites, run: useTool("favourites"), isCommand: true },
    ...(model.rights.create
      ? [
          { id: "list.create", keys: "n", label: t.keys.create, run: create, isCommand: true },
          { id: "list.create.always", keys: "Alt+n", label: t.keys.create, run: create, always: true },
        ]
      : []),
    { id: "list.next", keys: "j", label: t.keys.next, run: () => step(1) },
    { id: "list.next.arrow", keys: "ArrowDown", label: t.keys.next, run: () => isInGrid() && step(1) },
    { id: "list.previous", keys: "k", label: t.keys.previous, run: () => step(-1) },
    { id: "list.previous.arrow", keys: "ArrowUp", label: t.keys.previous, run: () => isInGrid() && step(-1) },
    {
      id: "list.first",
      keys: "Home",
      label: t.keys.first,
      run: () => isInGrid() && activate(0, memory.active?.column ?? 0, "start"),
    },
    {
      id: "list.last",
      keys: "End",
      label: t.keys.last,
      run: () => {
        if (!isInGrid() || !items) return false
        items.needEnd()
        activate(items.length - 1, memory.active?.column ?? 0)
      },
    },
    { keys: "Enter", id: "list.open", label: t.keys.open, run: () => isInGrid() && openActive() },
    {
      id: "list.select",
      keys: "x",
      label: t.keys.select,
      run: () => memory.active !== undefined && toggleRow(memory.active.index, false),
    },
    { id: "list.extendDown", keys: "Shift+ArrowDown", label: t.keys.extendDown, run: () => isInGrid() && extend(1) },
    { id: "list.extendUp", keys: "Shift+ArrowUp", label: t.keys.extendUp, run: () => isInGrid() && extend(-1) },
    { id: "list.rangeRight", keys: "Shift+ArrowRight", label: t.keys.range, run: () => isInGrid() && reach(0, 1) },
    { id: "list.rangeLeft", keys: "Shift+ArrowLeft", label: t.keys.range, run: () => isInGrid() && reach(0, -1) },
    {
      id: "list.edit",
      keys: "e",
      label: t.keys.edit,
      run: () => memory.active !== undefined && editFirst(memory.active),
    },
    { id: "list.clear", keys: "Escape", label: t.keys.clear, run: clear },
    { id: "list.copy", keys: "Mod+c", label: t.keys.copy },
    { id: "list.paste", keys: "Mod+v", label: t.keys.paste },
  ])
  const editFirst = ({ index, column }: { readonly index: number; readonly column: number }): boolean => {
    if (editAt(index, column)) return true
    return columns.some((_, at) => editAt(index, at))
  }

  const failure = isGrouped ? grouped.error : known?.error
  // What is here stays in view, whatever comes after it.
  const isHere = isGrouped ? grouped.groups !== undefined : known?.total !== undefined
  const error = isHere ? undefined : failure
  const retry = (): void => (isGrouped ? void grouped.groups?.refresh() : source?.retry())
  const isEmpty = items !== undefined && items.length === 0 && (isGrouped || known?.total === 0)
  // An id only tells apart what is equal in all else.
  const shownOrder = useMemo(() => state.orderBy.filter((term) => term !== "id" && term !== "-id"), [state.orderBy])
  const isSearched = state.facets.length > 0 || state.search.q !== undefined
  const partial = isGrouped ? grouped.partial : (known?.partial ?? [])
  useRetry(partial.length > 0 || (isHere && isOutage(failure)), () =>
    isGrouped ? void grouped.groups?.refresh() : void source?.refresh(),
  )
  return (
    <div className={classes["view"]}>
      <Toolbar
        model={model}
        state={state}
        rowQuery={rowQuery}
        count={shownCount}
        input={input}
        tool={tool}
        setTool={setTool}
      />
      {partial.length > 0 && (
        <p role="status" className={classes["partial"]}>
          {t.partial(partial.join(", "))}
        </p>
      )}
      {isHere && failure !== undefined && (
        <p role="alert" className={classes["partial"]}>
          {problemOf(failure).detail ?? problemOf(failure).title}
          <button type="button" className={`button ${classes["again"]}`} data-kind="inherit" onClick={retry}>
            {t.again}
          </button>
        </p>
      )}
      <div className={classes["body"]}>
        {error !== undefined ? (
          <Refusal error={error} again={retry} />
        ) : items === undefined || (known === undefined && !isGrouped) ? (
          <ListSkeleton />
        ) : isEmpty ? (
          <EmptyState
            icon={
              isSearched ? (
                <IconSearchOff size={36} stroke={1.4} aria-hidden />
              ) : (
                <IconInbox size={36} stroke={1.4} aria-hidden />
              )
            }
            title={isSearched ? t.nothing : t.empty(model.plural)}
          >
            {isSearched ? t.nothingWhy : t.emptyWhy}
          </EmptyState>
        ) : (
          <Grid
            of={address}
            model={model}
            columns={columns}
            widths={state.widths}
            items={items}
            version={showsGroups ? grouped.version : source?.version}
            orderBy={shownOrder}
            totals={totals.data?.sums}
            memory={memory}
            isStale={isGrouped ? !showsGroups || grouped.isStale : isStale}
            isNarrow={isNarrow}
            edit={edit}
            failed={failed}
            label={t.grid(model.plural)}
            grid={grid}
            virtual={virtual}
            sort={sort}
            resize={state.setWidth}
            open={open}
            toggleGroup={(id) => grouped.groups?.toggle(id)}
            editAt={editAt}
            endEdit={endEdit}
            saveEdit={saveEdit}
            activate={activate}
            toggleRow={toggleRow}
            reachTo={reachTo}
            copy={copy}
            paste={paste}
            toggleAll={toggleAll}
            isGrouped={showsGroups}
            canSelect={!isNarrow}
          />
        )}
        <Suspense>
          {hasSelection && (
            <SelectionBar
              model={model}
              selection={selection}
              total={shownCount?.isExact ? shownCount.total : undefined}
              selectMatching={() => void selectMatching()}
              setFailed={setFailed}
              setGone={(ids, gone) => source?.setGone(ids, gone)}
            />
          )}
        </Suspense>
      </div>
    </div>
  )
}

/** Of a record as it was read again, the cells that a list shows as they are: those of its own without references. */
function pick(fresh: RecordData, paths: readonly string[]): object {
  return Object.fromEntries(
    paths
      .filter((path) => !path.includes(".") && typeof valueAt(fresh, path) !== "object" && path in fresh)
      .map((path) => [path, fresh[path]]),
  )
}
