import {
  IconChevronRight,
  IconColumns3,
  IconDots,
  IconFilter,
  IconLayoutKanban,
  IconList,
  IconPlus,
  IconSearch,
  IconStack2,
  IconStar,
} from "@tabler/icons-react"
import { Link, useNavigate } from "@tanstack/react-router"
import { lazy, type ReactElement, type ReactNode, type RefObject, Suspense, useEffect, useRef, useState } from "react"
import { withKit } from "../app/kit.ts"
import { useTitle } from "../app/use-title.ts"
import { partsOf, type UiModel } from "../metadata/model.ts"
import { useService } from "../metadata/use-metadata.ts"
import { recordsViews, type RecordsViewName } from "../views/registry.ts"
import { writeFacets } from "../views/list-search.ts"
import { FacetPills } from "./facet-pills.tsx"
import type { RowQuery } from "./row-source.ts"
import { useListTexts } from "./text.ts"
import { ToolButton } from "./tool-button.tsx"
import type { ListState } from "./use-list-state.ts"
import classes from "./toolbar.module.css"

/** Words are searched for after a pause of typing. */
const PAUSE_MS = 220

const icon = { size: 15, stroke: 1.8, "aria-hidden": true } as const

export const loadTools = withKit(() => import("./tools.tsx"))
const FilterTool = lazy(async () => ({ default: (await loadTools()).FilterTool }))
const GroupMenu = lazy(async () => ({ default: (await loadTools()).GroupMenu }))
const BoardMenu = lazy(async () => ({ default: (await loadTools()).BoardMenu }))
const ColumnsMenu = lazy(async () => ({ default: (await loadTools()).ColumnsMenu }))
const FavouritesMenu = lazy(async () => ({ default: (await loadTools()).FavouritesMenu }))
const MoreMenu = lazy(async () => ({ default: (await loadTools()).MoreMenu }))

/** The fields whose values can be the columns of a board, and the one whose values are. */
export interface BoardChoice {
  readonly fields: readonly string[]
  readonly field: string
}

export type ToolName = "filter" | "group" | "columns" | "favourites" | "more"

interface Opening {
  readonly opened: boolean
  readonly setOpened: (open: boolean) => void
  readonly button: ReactElement
}

/** A button, and what it opens once it was first pressed. */
function Tool({
  isOpen,
  setOpen,
  button,
  children,
}: {
  readonly isOpen: boolean
  readonly setOpen: (open: boolean) => void
  readonly button: (props: { readonly onClick: () => void; readonly onPointerEnter: () => void }) => ReactElement
  readonly children: (opening: Opening) => ReactNode
}) {
  const [isUsed, setUsed] = useState(false)
  if (isOpen && !isUsed) setUsed(true)
  const plain = button({ onClick: () => setOpen(!isOpen), onPointerEnter: () => void loadTools() })
  if (!isUsed) return plain
  return <Suspense fallback={plain}>{children({ opened: isOpen, setOpened: setOpen, button: plain })}</Suspense>
}

function SearchInput({
  model,
  state,
  input,
}: {
  readonly model: UiModel
  readonly state: ListState
  readonly input: RefObject<HTMLInputElement | null>
}) {
  const t = useListTexts()
  const [words, setWords] = useState(state.search.q ?? "")
  const [known, setKnown] = useState(state.search.q)
  // Back and forward change what is searched for, too.
  if (known !== state.search.q) {
    setKnown(state.search.q)
    if ((state.search.q ?? "") !== words.trim()) setWords(state.search.q ?? "")
  }
  const latest = useRef(state)
  useEffect(() => {
    latest.current = state
  })
  useEffect(() => {
    const q = words.trim() || undefined
    if (q === latest.current.search.q) return
    const timer = setTimeout(() => latest.current.change({ q }, true), PAUSE_MS)
    return () => clearTimeout(timer)
  }, [words])
  return (
    <input
      ref={input}
      type="search"
      className={classes["search"]}
      placeholder={t.search(model.plural)}
      aria-label={t.search(model.plural)}
      value={words}
      onChange={(event) => setWords(event.currentTarget.value)}
      onKeyDown={(event) => {
        if (event.key === "Enter") state.change({ q: words.trim() || undefined }, true)
        if (event.key === "Escape" && words === "") event.currentTarget.blur()
        else if (event.key === "Escape") setWords("")
        if (event.key === "Backspace" && words === "" && state.facets.length > 0)
          state.change({ where: writeFacets(state.facets.slice(0, -1)) })
      }}
    />
  )
}

const viewIcons: Readonly<Record<RecordsViewName, ReactNode>> = {
  list: <IconList {...icon} />,
  kanban: <IconLayoutKanban {...icon} />,
}

function ViewSwitch({ model, state }: { readonly model: UiModel; readonly state: ListState }) {
  const t = useListTexts()
  const names = (Object.keys(recordsViews) as RecordsViewName[]).filter((name) => recordsViews[name].fits(model))
  if (names.length < 2) return null
  const now = state.search.view ?? "list"
  return (
    <div className={classes["views"]} role="group">
      {names.map((name) => (
        <button
          key={name}
          type="button"
          className={classes["view"]}
          aria-pressed={now === name}
          aria-label={t[name]}
          title={t[name]}
          onPointerEnter={() => void recordsViews[name].load()}
          onClick={() => state.change({ view: name === "list" ? undefined : name })}
        >
          {viewIcons[name]}
        </button>
      ))}
    </div>
  )
}

export interface ToolbarProps {
  readonly model: UiModel
  readonly state: ListState
  readonly rowQuery: RowQuery | undefined
  readonly count: { readonly total: number; readonly isExact: boolean } | undefined
  readonly input: RefObject<HTMLInputElement | null>
  readonly tool: ToolName | undefined
  readonly setTool: (tool: ToolName | undefined) => void
  /** Of a board: what its columns can be the values of, and are. A list has groups and columns to choose. */
  readonly board?: BoardChoice
}

/** The head of the views of many records: where one is, what is searched for, and how it is shown. */
export function Toolbar({ model, state, rowQuery, count, input, tool, setTool, board }: ToolbarProps) {
  const t = useListTexts()
  const navigate = useNavigate()
  const { service, name } = partsOf(model.collection)
  const { data: index } = useService(service)
  useTitle(model.plural)
  const about = (name: ToolName) => ({
    isOpen: tool === name,
    setOpen: (open: boolean) => setTool(open ? name : undefined),
  })
  const setFacets = (facets: typeof state.facets): void => state.change({ where: writeFacets(facets) })
  return (
    <header className={classes["toolbar"]}>
      <div className={classes["line"]}>
        <nav aria-label={t.breadcrumb} className={classes["crumbs"]}>
          <Link to="/" className={classes["crumb"]}>
            {index?.title ?? service}
          </Link>
          <IconChevronRight size={14} className={classes["separator"]} aria-hidden />
          <h1 className={classes["title"]}>{model.plural}</h1>
        </nav>
        <span className={classes["count"]}>{count ? t.records(count.total, count.isExact) : ""}</span>
        <span className={classes["spring"]} />
        <ViewSwitch model={model} state={state} />
        <Tool
          {...about("more")}
          button={(props) => <ToolButton {...props} icon={<IconDots {...icon} />} label={t.more} data-icon />}
        >
          {(opening) => <MoreMenu model={model} state={state} rowQuery={rowQuery} {...opening} />}
        </Tool>
        {model.rights.create && (
          <button
            type="button"
            className={`button ${classes["new"]}`}
            data-kind="primary"
            data-primary
            onClick={() =>
              void navigate({
                to: "/$service/$collection/$id",
                params: { service, collection: name, id: "new" },
                search: state.search,
              })
            }
          >
            <IconPlus size={15} stroke={2.2} aria-hidden />
            {t.newOne}
          </button>
        )}
      </div>
      <div className={classes["line"]}>
        <div className={classes["searchBar"]} role="search">
          <IconSearch {...icon} />
          <FacetPills model={model} facets={state.facets} change={setFacets} />
          <SearchInput model={model} state={state} input={input} />
        </div>
        <Tool
          {...about("filter")}
          button={(props) => <ToolButton {...props} icon={<IconFilter {...icon} />} label={t.filter} />}
        >
          {(opening) => (
            <FilterTool
              model={model}
              state={state}
              add={(condition) => setFacets([...state.facets, condition])}
              {...opening}
            />
          )}
        </Tool>
        {board === undefined ? (
          <Tool
            {...about("group")}
            button={(props) => (
              <ToolButton {...props} icon={<IconStack2 {...icon} />} label={t.group} badge={state.groupBy.length} />
            )}
          >
            {(opening) => <GroupMenu model={model} state={state} {...opening} />}
          </Tool>
        ) : (
          <Tool
            {...about("group")}
            button={(props) => (
              <ToolButton
                {...props}
                icon={<IconLayoutKanban {...icon} />}
                label={t.boardBy(model.fields[board.field]?.label ?? board.field)}
              />
            )}
          >
            {(opening) => <BoardMenu model={model} state={state} board={board} {...opening} />}
          </Tool>
        )}
        {board === undefined && (
          <Tool
            {...about("columns")}
            button={(props) => <ToolButton {...props} icon={<IconColumns3 {...icon} />} label={t.columns} />}
          >
            {(opening) => <ColumnsMenu model={model} state={state} {...opening} />}
          </Tool>
        )}
        <Tool
          {...about("favourites")}
          button={(props) => <ToolButton {...props} icon={<IconStar {...icon} />} label={t.favourites} />}
        >
          {(opening) => <FavouritesMenu model={model} state={state} {...opening} />}
        </Tool>
      </div>
    </header>
  )
}
