import { useQuery, useQueryClient } from "@tanstack/react-query"
import { useEffect, useRef } from "react"
import { ProblemError } from "../api/problem.ts"
import { type BulkChange, bulk, query, type RecordData } from "../api/records.ts"
import { usePreference } from "../app/preferences.ts"
import { useUserId } from "../app/session-context.ts"
import type { UiModel } from "../metadata/model.ts"
import { type ListSearch, readListSearch } from "../views/list-search.ts"
import type { ListState } from "./use-list-state.ts"

/** A search that somebody keeps under a name. */
export interface Favourite {
  readonly id: string
  readonly name: string
  readonly search: ListSearch
  /** The list is opened with it: of its owner alone. */
  readonly isDefault: boolean
  /** Whether others see it, too. */
  readonly isShared: boolean
  /** Whose it is, where it is another's. */
  readonly by: string | undefined
}

/** What can be changed of one's own. */
export type FavouriteChange = Partial<Pick<Favourite, "name" | "isDefault" | "isShared">>

const COLLECTION = "/api/identity/favourites"
/** More than a menu can show. */
const MAX_FAVOURITES = 200
const none: readonly Favourite[] = []

function favouriteOf(record: RecordData, user: string): Favourite {
  const owner = record["owner"] as { readonly id: string; readonly name?: string } | null
  const state = record["state"]
  const isMine = owner?.id === user
  return {
    id: record.id,
    name: String(record["name"]),
    // Who shared it may have another release of the list.
    search: readListSearch(typeof state === "object" && state !== null ? (state as Record<string, unknown>) : {}),
    isDefault: isMine && record["isDefault"] === true,
    isShared: record["audience"] !== "self",
    by: isMine ? undefined : (owner?.name ?? ""),
  }
}

const valuesOf = ({ name, isDefault, isShared }: FavouriteChange): object => ({
  ...(name === undefined ? {} : { name }),
  ...(isDefault === undefined ? {} : { isDefault }),
  ...(isShared === undefined ? {} : { audience: isShared ? "everybody" : "self", sharedWith: null }),
})

/** @throws ProblemError for the first that was refused */
async function perform(changes: readonly BulkChange[]): Promise<void> {
  const results = await bulk(COLLECTION, changes)
  for (const result of results) if (!result.ok) throw new ProblemError(result.problem)
}

/**
 * The kept searches of a model: one's own, and what others share. Identity has them; what it said last is kept in the browser, and is
 * there while it does not answer.
 */
export function useFavourites(model: string) {
  const user = useUserId()
  const client = useQueryClient()
  const [kept, keep] = usePreference(`favourites ${model}`, none)
  const queryKey = ["favourites", user, model]
  const { data, isError, isFetched } = useQuery({
    queryKey,
    queryFn: async ({ signal }) => {
      const select = ["name", "state", "audience", "isDefault", "owner.name"]
      const asked = { select, where: { model }, orderBy: ["name"], limit: MAX_FAVOURITES }
      return (await query(COLLECTION, asked, { signal })).data.map((record) => favouriteOf(record, user))
    },
    staleTime: 30_000,
  })
  const latest = useRef(keep)
  useEffect(() => {
    latest.current = keep
  })
  useEffect(() => {
    if (data) latest.current(data)
  }, [data])
  const favourites = data ?? kept
  /** One list is opened with one of them. */
  const noDefault = (): readonly BulkChange[] =>
    favourites
      .filter(({ isDefault }) => isDefault)
      .map(({ id }) => ({ operation: "update", id, values: { isDefault: false } }))
  const done = async (changes: readonly BulkChange[]): Promise<void> => {
    try {
      await perform(changes)
    } finally {
      await client.invalidateQueries({ queryKey })
    }
  }
  return {
    favourites,
    /** Whether identity said what there is, or that it does not answer. */
    isKnown: isFetched,
    /** Nothing can be kept or changed now. */
    isAway: isError,
    /** Keeps a search; one of the same name is replaced. */
    add(search: ListSearch, name: string, more: FavouriteChange): Promise<void> {
      const before = favourites.find((each) => each.name === name && each.by === undefined)
      const values = { ...valuesOf({ ...more, name }), model, state: search }
      const change: BulkChange = before
        ? { operation: "update", id: before.id, values }
        : { operation: "create", values }
      return done([...(more.isDefault ? noDefault() : []), change])
    },
    change(id: string, change: FavouriteChange): Promise<void> {
      return done([...(change.isDefault ? noDefault() : []), { operation: "update", id, values: valuesOf(change) }])
    },
    remove: (id: string): Promise<void> => done([{ operation: "delete", id }]),
  }
}

/** Opens a list with the search that somebody wants it to begin with, if its address says nothing. */
export function useDefaultFavourite(model: UiModel, state: ListState): void {
  const { favourites, isKnown } = useFavourites(model.name)
  const begun = useRef(false)
  useEffect(() => {
    const favourite = favourites.find(({ isDefault }) => isDefault)
    if (begun.current || (!favourite && !isKnown)) return
    begun.current = true
    if (favourite && Object.values(state.search).every((value) => value === undefined))
      state.change(favourite.search, true)
  }, [favourites, isKnown, state])
}
