import { useEffect, useState, useSyncExternalStore } from "react"
import { onChange } from "../api/changes.ts"
import { query } from "../api/records.ts"
import type { SortKey } from "./interpolate.ts"
import { type RowQuery, RowSource } from "./row-source.ts"

/** Sources that are kept for the way back; those used least go first. */
const MAX_SOURCES = 6
const sources = new Map<string, RowSource>()

/** Sources that were asked before what shows them was drawn: what they have is the latest. */
const early = new Set<RowSource>()

const keyOf = (collection: string, rowQuery: RowQuery): string => `${collection} ${JSON.stringify(rowQuery)}`

/**
 * Asks for the first rows of a list that is about to be drawn.
 *
 * @returns when they are here, or were refused
 */
export async function askEarly(collection: string, rowQuery: RowQuery, sortKey: SortKey | undefined): Promise<void> {
  if (sources.has(keyOf(collection, rowQuery))) return
  const source = sourceFor(collection, rowQuery, sortKey)
  early.add(source)
  const { promise, resolve } = Promise.withResolvers<void>()
  const stop = source.subscribe(resolve)
  await promise
  stop()
}

function sourceFor(collection: string, rowQuery: RowQuery, sortKey: SortKey | undefined): RowSource {
  const key = keyOf(collection, rowQuery)
  let source = sources.get(key)
  if (source === undefined || source.state.error !== undefined) {
    source?.close()
    source = new RowSource({
      query: rowQuery,
      sortKey,
      ask: (asked, signal) => query(collection, asked, { signal }),
    })
  } else if (!early.delete(source)) {
    void source.refresh()
  }
  sources.delete(key)
  sources.set(key, source)
  if (sources.size > MAX_SOURCES) {
    const [oldest, old] = sources.entries().next().value as [string, RowSource]
    sources.delete(oldest)
    old.close()
  }
  return source
}

onChange((collection) => {
  for (const [key, source] of sources) if (key.startsWith(`${collection} `)) void source.refresh()
})

/** A query as it says itself, and its rows. */
interface Asked {
  readonly key: string
  readonly source: RowSource
}

const unsubscribed = (): (() => void) => () => {}

/**
 * The rows of a query. Until the first of a new query are here, those of the one before stay in view (`isStale`); answers of a query
 * that is no longer asked go nowhere.
 *
 * @param rowQuery undefined as long as it is not known what to ask for
 */
export function useRows(
  collection: string,
  rowQuery: RowQuery | undefined,
  sortKey: SortKey | undefined,
): { readonly source: RowSource | undefined; readonly isStale: boolean } {
  const key = rowQuery && JSON.stringify(rowQuery)
  const [asked, setAsked] = useState<Asked | undefined>(() => {
    const source = rowQuery && sources.get(keyOf(collection, rowQuery))
    return key !== undefined && source && early.has(source) ? { key, source } : undefined
  })
  const [shown, setShown] = useState<RowSource>()
  useEffect(() => {
    if (rowQuery === undefined || key === undefined) return
    const source = sourceFor(collection, rowQuery, sortKey)
    setAsked((before) => (before?.source === source && before.key === key ? before : { key, source }))
    // The query is compared by what it says.
    // oxlint-disable-next-line react/exhaustive-deps
  }, [collection, key])
  const wanted = asked?.source
  const state = useSyncExternalStore(wanted?.subscribe ?? unsubscribed, () => wanted?.state)
  const isHere = state !== undefined && (state.total !== undefined || state.error !== undefined)
  if (wanted !== undefined && isHere && shown !== wanted) setShown(wanted)
  const source = isHere ? wanted : shown
  useSyncExternalStore(source?.subscribe ?? unsubscribed, () => source?.version)
  return { source, isStale: source !== wanted || asked?.key !== key }
}
