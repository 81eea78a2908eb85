import { useNavigate } from "@tanstack/react-router"
import { IconInbox, IconSearchOff } from "@tabler/icons-react"
import { lazy, Suspense, useEffect, useMemo, useRef, useState } from "react"
import { problemOf } from "../api/problem.ts"
import { announce } from "../app/announce.ts"
import { EmptyState } from "../app/empty-state.tsx"
import { Refusal } from "../app/refusal.tsx"
import { isOutage, useRetry } from "../app/retry.ts"
import { withKit } from "../app/kit.ts"
import { useFirstView } from "../app/first-view.ts"
import { useIsNarrow } from "../app/use-is-narrow.ts"
import { holdKeys } from "../app/type-ahead.ts"
import { tellProblem } from "../app/toasts.tsx"
import { useLanguage } from "../i18n/language.ts"
import { partsOf } from "../metadata/model.ts"
import { useModel } from "../metadata/use-metadata.ts"
import type { RecordsViewProps } from "../views/registry.ts"
import { sortKeyOf } from "./columns.ts"
import { useDefaultFavourite } from "./favourites.ts"
import { Grid } from "./grid.tsx"
import { type Items, rowItems } from "./items.ts"
import { listClipboard } from "./list-clipboard.ts"
import { memoryOf } from "./list-memory.ts"
import { ListSkeleton } from "./list-skeleton.tsx"
import { selectMatching } from "./select-matching.ts"
import { useSelection } from "./selection.ts"
import { sortTerms } from "./sort-terms.ts"
import { useListTexts } from "./text.ts"
import { loadTools, Toolbar, type ToolName } from "./toolbar.tsx"
import { useTotals } from "./totals.ts"
import { useCellEdit } from "./use-cell-edit.ts"
import { useCursor } from "./use-cursor.ts"
import { useFormAtHand } from "./use-form-at-hand.ts"
import { useGroups } from "./use-groups.ts"
import { useListKeys } from "./use-list-keys.ts"
import { useListState } from "./use-list-state.ts"
import { useRowQuery } from "./use-row-query.ts"
import { useRows } from "./use-rows.ts"
import type { VirtualRows } from "./use-virtual-rows.ts"
import classes from "./list-view.module.css"

export { askFirstRows } from "./first-rows.ts"

const loadSelectionBar = withKit(() => import("./selection-bar.tsx"))
const SelectionBar = lazy(async () => ({ default: (await loadSelectionBar()).SelectionBar }))

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

  const cursor = useCursor({ items, columnCount: columns.length, memory, grid, virtual })
  const shown = { model, columns, items, memory, cursor, setFailed }
  const { edit, editAt, editActive, endEdit, saveEdit } = useCellEdit({ ...shown, grid })
  const { copy, paste } = listClipboard({ ...shown, source, language, texts: t })
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
  const toggleAll = (): void => {
    if (selection.size > 0) return selection.clear()
    const rows = [...(source?.loaded() ?? [])]
    selection.set(rows, true)
  }
  const openTool = (name: ToolName): void => {
    holdKeys(loadTools())
    setTool(name)
  }
  useListKeys({
    items,
    memory,
    cursor,
    grid,
    input,
    openTool,
    create: model.rights.create ? () => open("new") : undefined,
    openActive,
    editActive,
  })

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
            sort={(path, add) => state.change({ sort: sortTerms(state.search.sort, path, add) })}
            resize={state.setWidth}
            open={open}
            toggleGroup={(id) => grouped.groups?.toggle(id)}
            editAt={editAt}
            endEdit={endEdit}
            saveEdit={saveEdit}
            activate={cursor.activate}
            toggleRow={cursor.toggleRow}
            reachTo={cursor.reachTo}
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
              selectMatching={() => {
                if (rowQuery) selectMatching(collection, rowQuery, selection).catch((e: unknown) => tellProblem(e))
              }}
              setFailed={setFailed}
              setGone={(ids, gone) => source?.setGone(ids, gone)}
            />
          )}
        </Suspense>
      </div>
    </div>
  )
}
