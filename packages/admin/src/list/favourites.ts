import { useQuery, useQueryClient } from "@tanstack/react-query"
import { useEffect, useRef } from "react"
import { ProblemError } from "../api/problem.ts"
import { type BulkChange, bulk, query, type RecordData } from "../api/records.ts"
import { usePreference } from "../app/preferences.ts"
import { useUserId } from "../app/session-context.ts"
import type { UiModel } from "../metadata/model.ts"
import { type ListSearch, readListSearch } from "../views/list-search.ts"
import type { ListState } from "./use-list-state.ts"

/** Who sees a favourite beside its owner: nobody, everybody who logs in, or the members of a group, by its id. */
export type Audience = "self" | "everybody" | (string & {})

/** A search that somebody keeps under a name. */
export interface Favourite {
  readonly id: string
  readonly name: string
  readonly search: ListSearch
  /** The list is opened with it: of its owner alone. */
  readonly isDefault: boolean
  readonly audience: Audience
  /** Whose it is, where it is another's. */
  readonly by: string | undefined
}

/** What can be changed of one's own. */
export type FavouriteChange = Partial<Pick<Favourite, "name" | "isDefault" | "audience">>

const COLLECTION = "/api/identity/favourites"
/** More than a menu can show. */
const MAX_FAVOURITES = 200
const none: readonly Favourite[] = []

const idOf = (reference: unknown): string =>
  typeof reference === "object" && reference !== null
    ? String((reference as { readonly id?: unknown }).id)
    : String(reference)

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
    audience: record["audience"] === "group" ? idOf(record["sharedWith"]) : String(record["audience"]),
    by: isMine ? undefined : (owner?.name ?? ""),
  }
}

/** As identity keeps it. */
const shared = (audience: Audience): object =>
  audience === "self" || audience === "everybody"
    ? { audience, sharedWith: null }
    : { audience: "group", sharedWith: audience }

const valuesOf = ({ name, isDefault, audience }: FavouriteChange): object => ({
  ...(name === undefined ? {} : { name }),
  ...(isDefault === undefined ? {} : { isDefault }),
  ...(audience === undefined ? {} : shared(audience)),
})

/** @throws ProblemError for the first that was refused */
async function perform(changes: readonly BulkChange[]): Promise<void> {
  const results = await bulk(COLLECTION, changes)
  for (const result of results) if (!result.ok) throw new ProblemError(result.problem)
}

/** Under which what identity said last is kept in the browser. */
export const favouritesName = (model: string): string => `favourites ${model}`

/**
 * The kept searches of a model: one's own, and what others share. Identity has them; what it said last is kept in the browser, and is
 * there while it does not answer.
 */
export function useFavourites(model: string) {
  const user = useUserId()
  const client = useQueryClient()
  const [kept, keep] = usePreference(favouritesName(model), none)
  const queryKey = ["favourites", user, model]
  const { data, isError, isFetched } = useQuery({
    queryKey,
    queryFn: async ({ signal }) => {
      const select = ["name", "state", "audience", "sharedWith", "isDefault", "owner.name"]
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

interface GroupOption {
  readonly id: string
  readonly name: string
}
const noGroups: readonly GroupOption[] = []

/** The groups that something can be shared with: those that one is in; all of them for those who may see all. */
export function useGroupsToShareWith(): readonly GroupOption[] {
  const user = useUserId()
  const { data } = useQuery({
    queryKey: ["groups to share with", user],
    queryFn: async ({ signal }) => {
      const asked = { select: ["name"], orderBy: ["name"], limit: MAX_FAVOURITES }
      const page = await query("/api/identity/groups", asked, { signal })
      return page.data.map(({ id, name }): GroupOption => ({ id, name: String(name) }))
    },
    staleTime: 300_000,
  })
  return data ?? noGroups
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
