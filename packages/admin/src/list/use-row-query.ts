import { useMemo } from "react"
import type { UiModel } from "../metadata/model.ts"
import { whereOf } from "../views/list-search.ts"
import { useColumns } from "./columns.ts"
import type { RowQuery } from "./row-source.ts"
import type { ListState } from "./use-list-state.ts"

/** The query of a list's rows: what is shown, and what is needed to act on it. */
export function useRowQuery(model: UiModel, state: ListState) {
  const { columns, isComplete } = useColumns(model, state.paths)
  const rowQuery = useMemo((): RowQuery | undefined => {
    if (!isComplete && columns.length < state.paths.length) return undefined
    const states = Object.entries(model.fields).flatMap(([name, { type, read }]) =>
      type === "states" && read ? [name] : [],
    )
    const needed = [model.display, "version", ...(model.archive ? ["archivedAt"] : []), ...states].filter(
      (name): name is string => name !== undefined && model.fields[name]?.read === true,
    )
    return {
      select: [...new Set(["id", ...columns.map(({ select }) => select), ...needed])],
      where: whereOf(state.facets),
      search: state.search.q,
      orderBy: state.orderBy,
      archived: state.search.archived,
    }
  }, [model, isComplete, columns, state.paths, state.facets, state.search.q, state.orderBy, state.search.archived])
  return { columns, rowQuery }
}
