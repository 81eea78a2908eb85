import { preference } from "../app/preferences.ts"
import { queryClient } from "../app/queries.ts"
import type { UiModel } from "../metadata/model.ts"
import { modelOptions } from "../metadata/use-metadata.ts"
import { type ListSearch, readFacets } from "../views/list-search.ts"
import { resolveColumn, sortKeyOf } from "./columns.ts"
import { type Favourite, favouritesName } from "./favourites.ts"
import { rowQueryOf } from "./use-row-query.ts"
import { layoutOf, orderOf, pathsOf } from "./use-list-state.ts"
import { askEarly } from "./use-rows.ts"

const none: readonly Favourite[] = []

/**
 * Asks for the first rows of the list at an address before it is drawn, where it is known what they are: not of groups, nor of a list
 * that opens with a favourite, nor with columns of models that nobody described yet.
 *
 * @returns when they are here, or at once where nothing is asked
 */
export async function askFirstRows(model: UiModel, search: ListSearch): Promise<void> {
  const isPlain = Object.values(search).every((value) => value === undefined)
  if (search.group !== undefined) return
  if (isPlain && preference(favouritesName(model.name), none).some(({ isDefault }) => isDefault)) return
  const paths = pathsOf(model, search.columns, layoutOf(model))
  const modelAt = (collection: string): UiModel | undefined =>
    queryClient.getQueryData(modelOptions(collection).queryKey)
  const columns = paths.flatMap((path) => resolveColumn(model, path, modelAt) ?? [])
  if (columns.length < paths.length) return
  const orderBy = orderOf(model, search.sort)
  const { q, archived } = search
  const rowQuery = rowQueryOf(model, columns, { facets: readFacets(search.where), orderBy, search: q, archived })
  await askEarly(model.collection, rowQuery, sortKeyOf(model, orderBy))
}
