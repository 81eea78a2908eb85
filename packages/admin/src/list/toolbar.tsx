import { Menu } from "@mantine/core"
import { IconArchive, IconChevronRight, IconDots, IconDownload, IconLayoutKanban, IconList, IconPlus, IconSearch, IconStack2, IconX } from "@tabler/icons-react"
import { Link, useNavigate } from "@tanstack/react-router"
import { type ReactNode, type RefObject, useEffect, useRef, useState } from "react"
import { partsOf, type UiModel } from "../metadata/model.ts"
import { useService } from "../metadata/use-metadata.ts"
import { recordsViews, type RecordsViewName } from "../views/registry.ts"
import { writeFacets } from "../views/list-search.ts"
import { ColumnsMenu } from "./columns-menu.tsx"
import { FacetPills } from "./facet-pills.tsx"
import { FavouritesMenu } from "./favourites-menu.tsx"
import { FilterButton } from "./filter-builder.tsx"
import tool from "./filter-builder.module.css"
import { exportRecords } from "./export.ts"
import { groupTerms } from "./paths.ts"
import type { RowQuery } from "./row-source.ts"
import { useListTexts } from "./text.ts"
import type { ListState } from "./use-list-state.ts"
import classes from "./toolbar.module.css"

/** Words are searched for after a pause of typing. */
const PAUSE_MS = 220

const icon = { size: 15, stroke: 1.8, "aria-hidden": true } as const

function SearchInput({ model, state, input }: { readonly model: UiModel; readonly state: ListState; readonly input: RefObject<HTMLInputElement | null> }) {
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
          if (event.key === "Escape") (words === "" ? event.currentTarget.blur() : setWords(""))
          if (event.key === "Backspace" && words === "" && state.facets.length > 0)
            state.change({ where: writeFacets(state.facets.slice(0, -1)) })
        }}
      />
  )
}

function GroupMenu({ model, state }: { readonly model: UiModel; readonly state: ListState }) {
  const t = useListTexts()
  const terms = groupTerms(model)
  const chosen = state.groupBy
  const toggle = (term: string): void => {
    const next = chosen.includes(term) ? chosen.filter((each) => each !== term) : [...chosen, term]
    state.change({ group: next.length === 0 ? undefined : next.join(",") })
  }
  const nameOf = ({ label, period }: (typeof terms)[number]): string => (period ? t.by(label, t.periods[period]) : label)
  const dates = Map.groupBy(terms.filter(({ period }) => period), ({ term }) => term.split(":", 1)[0] as string)
  return (
    <Menu position="bottom-start" closeOnItemClick={false} width={240}>
      <Menu.Target>
        <button type="button" className={tool["tool"]} aria-label={t.group}>
          <IconStack2 {...icon} />
          <span className={tool["toolLabel"]}>{t.group}</span>
          {chosen.length > 0 && <span className={tool["badge"]}>{chosen.length}</span>}
        </button>
      </Menu.Target>
      <Menu.Dropdown className={classes["tall"] ?? ""}>
        {chosen.length > 0 && (
          <>
            {chosen.map((term) => {
              const known = terms.find((each) => each.term === term)
              return (
                <Menu.Item key={term} rightSection={<IconX size={13} aria-hidden />} onClick={() => toggle(term)}>
                  {known ? nameOf(known) : term}
                </Menu.Item>
              )
            })}
            <Menu.Divider />
          </>
        )}
        {terms
          .filter(({ term, period }) => !period && !chosen.includes(term))
          .map((each) => (
            <Menu.Item key={each.term} onClick={() => toggle(each.term)}>
              {nameOf(each)}
            </Menu.Item>
          ))}
        {[...dates].map(([path, each]) => (
          <Menu.Sub key={path} position="right-start">
            <Menu.Sub.Target>
              <Menu.Sub.Item>{each[0]?.label}</Menu.Sub.Item>
            </Menu.Sub.Target>
            <Menu.Sub.Dropdown>
              {each.map(({ term, period }) => (
                <Menu.Item key={term} onClick={() => toggle(term)}>
                  {period && t.periods[period]}
                </Menu.Item>
              ))}
            </Menu.Sub.Dropdown>
          </Menu.Sub>
        ))}
      </Menu.Dropdown>
    </Menu>
  )
}

function MoreMenu({ model, state, rowQuery }: { readonly model: UiModel; readonly state: ListState; readonly rowQuery: RowQuery | undefined }) {
  const t = useListTexts()
  return (
    <Menu position="bottom-end" width={230}>
      <Menu.Target>
        <button type="button" className={tool["tool"]} aria-label={t.more}>
          <IconDots {...icon} />
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{t.export}</Menu.Label>
        {(["csv", "ndjson"] as const).map((format) => (
          <Menu.Item key={format} leftSection={<IconDownload {...icon} />} disabled={rowQuery === undefined} onClick={() => rowQuery && void exportRecords(model.collection, rowQuery, format)}>
            {format === "csv" ? t.exportCsv : t.exportNdjson}
          </Menu.Item>
        ))}
        {model.archive && (
          <>
            <Menu.Divider />
            <Menu.Label>{t.archived}</Menu.Label>
            {(["exclude", "any", "only"] as const).map((value) => (
              <Menu.Item
                key={value}
                role="menuitemradio"
                aria-checked={(state.search.archived ?? "exclude") === value}
                leftSection={<IconArchive {...icon} />}
                onClick={() => state.change({ archived: value === "exclude" ? undefined : value })}
              >
                {t.archiveds[value]}
              </Menu.Item>
            ))}
          </>
        )}
      </Menu.Dropdown>
    </Menu>
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
  readonly isFilterOpen: boolean
  readonly setFilterOpen: (open: boolean) => void
  /** Whether the columns can be chosen: of a list. */
  readonly hasColumns: boolean
}

/** The head of the views of many records: where one is, what is searched for, and how it is shown. */
export function Toolbar({ model, state, rowQuery, count, input, isFilterOpen, setFilterOpen, hasColumns }: ToolbarProps) {
  const t = useListTexts()
  const navigate = useNavigate()
  const { service, name } = partsOf(model.collection)
  const { data: index } = useService(service)
  const setFacets = (facets: typeof state.facets): void => state.change({ where: writeFacets(facets) })
  return (
    <header className={classes["toolbar"]}>
      <div className={classes["line"]}>
        <nav aria-label="Breadcrumb" className={classes["crumbs"]}>
          <Link to="/" className={classes["crumb"]}>
            {index?.title ?? service}
          </Link>
          <IconChevronRight size={14} className={classes["separator"]} aria-hidden />
          <h1 className={classes["title"]}>{model.plural}</h1>
        </nav>
        <span className={classes["count"]}>{count ? t.records(count.total, count.isExact) : ""}</span>
        <span className={classes["spring"]} />
        <ViewSwitch model={model} state={state} />
        <MoreMenu model={model} state={state} rowQuery={rowQuery} />
        {model.rights.create && (
          <button
            type="button"
            className={classes["new"]}
            onClick={() => void navigate({ to: "/$service/$collection/$id", params: { service, collection: name, id: "new" }, search: state.search })}
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
        <FilterButton model={model} add={(condition) => setFacets([...state.facets, condition])} isOpen={isFilterOpen} setOpen={setFilterOpen} />
        <GroupMenu model={model} state={state} />
        {hasColumns && <ColumnsMenu model={model} state={state} />}
        <FavouritesMenu model={model} state={state} />
      </div>
    </header>
  )
}

