import { useMemo } from "react"
import type { UiModel } from "../metadata/model.ts"
import { whereOf } from "../views/list-search.ts"
import { type Column, useColumns } from "./columns.ts"
import type { RowQuery } from "./row-source.ts"
import type { ListState } from "./use-list-state.ts"

/** The query of a list's rows: what is shown, and what is needed to act on it. */
export function rowQueryOf(
  model: UiModel,
  columns: readonly Column[],
  state: Pick<ListState, "facets" | "orderBy"> & Pick<RowQuery, "search" | "archived">,
): RowQuery {
  const states = Object.entries(model.fields).flatMap(([name, { type, read }]) =>
    type === "states" && read ? [name] : [],
  )
  const needed = [model.display, "version", ...(model.archive ? ["archivedAt"] : []), ...states].filter(
    (name): name is string => name !== undefined && model.fields[name]?.read === true,
  )
  return {
    select: [...new Set(["id", ...columns.map(({ select }) => select), ...needed])],
    where: whereOf(state.facets),
    search: state.search,
    orderBy: state.orderBy,
    archived: state.archived,
  }
}

export function useRowQuery(model: UiModel, state: ListState) {
  const { columns, isComplete } = useColumns(model, state.paths)
  const { paths, facets, orderBy } = state
  const { q, archived } = state.search
  const rowQuery = useMemo((): RowQuery | undefined => {
    if (!isComplete && columns.length < paths.length) return undefined
    return rowQueryOf(model, columns, { facets, orderBy, search: q, archived })
  }, [model, isComplete, columns, paths, facets, q, orderBy, archived])
  return { columns, rowQuery }
}
