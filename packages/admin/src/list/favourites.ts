import { useEffect, useRef } from "react"
import { usePreference } from "../app/preferences.ts"
import type { UiModel } from "../metadata/model.ts"
import type { ListSearch } from "../views/list-search.ts"
import type { ListState } from "./use-list-state.ts"

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

/** Opens a list with the search that somebody wants it to begin with, if its address says nothing. */
export function useDefaultFavourite(model: UiModel, state: ListState): void {
  const { favourites } = useFavourites(model.name)
  const begun = useRef(false)
  useEffect(() => {
    if (begun.current) return
    begun.current = true
    const favourite = favourites.find(({ isDefault }) => isDefault)
    if (favourite && Object.values(state.search).every((value) => value === undefined))
      state.change(favourite.search, true)
  }, [favourites, state])
}
