import { useNavigate, useSearch } from "@tanstack/react-router"
import { useMemo } from "react"
import { keepPreference, preference, usePreference } from "../app/preferences.ts"
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

const layoutName = (model: UiModel): string => `layout ${model.name}`

/** The layout of a person as it is kept now. */
export const layoutOf = (model: UiModel): Layout => preference(layoutName(model), noLayout)

/** @param columns As the address names them */
export const pathsOf = (model: UiModel, columns: string | undefined, layout: Layout): readonly string[] =>
  columns ? splitList(columns) : (layout.columns ?? defaultPaths(model))

/** @param sort As the address has it */
export const orderOf = (model: UiModel, sort: string | undefined): readonly string[] =>
  sort ? splitList(sort) : defaultOrder(model)

/** The state of a list, and what changes it: the address, and the person's own layout where the address says nothing. */
export function useListState(model: UiModel) {
  const search = useSearch({ from: "/$service/$collection" })
  const navigate = useNavigate({ from: "/$service/$collection" })
  const [layout, setLayout] = usePreference(layoutName(model), noLayout)
  const facets = useMemo(() => readFacets(search.where), [search.where])
  const paths = useMemo(() => pathsOf(model, search.columns, layout), [search.columns, layout, model])
  const orderBy = useMemo(() => orderOf(model, search.sort), [search.sort, model])
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
      keepPreference(layoutName(model), { ...layout, widths: { ...layout.widths, [path]: Math.round(width) } })
    },
  }
}

export type ListState = ReturnType<typeof useListState>
