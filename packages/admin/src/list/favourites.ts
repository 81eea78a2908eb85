import { usePreference } from "../app/preferences.ts"
import type { ListSearch } from "../views/list-search.ts"

/** A search that somebody keeps under a name. */
export interface Favourite {
  readonly id: string
  readonly name: string
  readonly search: ListSearch
  /** The list is opened with it. */
  readonly isDefault: boolean
}

const none: readonly Favourite[] = []

/** The kept searches of a model, of this person in this browser. */
export function useFavourites(model: string) {
  const [favourites, setFavourites] = usePreference(`favourites ${model}`, none)
  return {
    favourites,
    add(favourite: Omit<Favourite, "id">) {
      const others = favourite.isDefault ? favourites.map((each) => ({ ...each, isDefault: false })) : favourites
      setFavourites([
        ...others.filter(({ name }) => name !== favourite.name),
        { ...favourite, id: crypto.randomUUID() },
      ])
    },
    remove(id: string) {
      setFavourites(favourites.filter((each) => each.id !== id))
    },
  }
}
