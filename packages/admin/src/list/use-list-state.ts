import { useNavigate, useSearch } from "@tanstack/react-router"
import { useMemo } from "react"
import { keepPreference, usePreference } from "../app/preferences.ts"
import type { UiModel } from "../metadata/model.ts"
import { type ListSearch, readFacets, splitList } from "../views/list-search.ts"
import { defaultPaths } from "./columns.ts"
import { defaultOrder } from "./default-order.ts"

/** Columns of a person for a model, with their widths in pixels where they were drawn. */
export interface Layout {
  readonly columns?: readonly string[]
  readonly widths?: Readonly<Record<string, number>>
}
const noLayout: Layout = {}

/** The state of a list, and what changes it: the address, and the person's own layout where the address says nothing. */
export function useListState(model: UiModel) {
  const search = useSearch({ from: "/$service/$collection" })
  const navigate = useNavigate({ from: "/$service/$collection" })
  const layoutName = `layout ${model.name}`
  const [layout, setLayout] = usePreference(layoutName, noLayout)
  const facets = useMemo(() => readFacets(search.where), [search.where])
  const paths = useMemo(
    () => (search.columns ? splitList(search.columns) : (layout.columns ?? defaultPaths(model))),
    [search.columns, layout.columns, model],
  )
  const orderBy = useMemo(() => (search.sort ? splitList(search.sort) : defaultOrder(model)), [search.sort, model])
  const groupBy = useMemo(() => splitList(search.group), [search.group])
  return {
    search,
    facets,
    paths,
    orderBy,
    groupBy,
    widths: layout.widths ?? {},
    /** Changes the address. @param replace Without a step back to what was before: while typing. */
    change(next: Partial<Record<keyof ListSearch, string | undefined>>, replace = false) {
      void navigate({ search: (before) => ({ ...before, ...next }) as ListSearch, replace })
    },
    /** undefined is back to the usual columns. */
    setColumns(columns: readonly string[] | undefined) {
      setLayout({ ...layout, ...(columns ? { columns } : { columns: defaultPaths(model) }) })
      void navigate({ search: (before) => ({ ...before, columns: columns?.join(",") }) as ListSearch, replace: true })
    },
    setWidth(path: string, width: number) {
      keepPreference(layoutName, { ...layout, widths: { ...layout.widths, [path]: Math.round(width) } })
    },
  }
}

export type ListState = ReturnType<typeof useListState>
