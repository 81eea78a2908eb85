import { useEffect, useState, useSyncExternalStore } from "react"
import { onChange } from "../api/changes.ts"
import { query } from "../api/records.ts"
import type { SortKey } from "./interpolate.ts"
import { type RowQuery, RowSource } from "./row-source.ts"

/** Sources that are kept for the way back; those used least go first. */
const MAX_SOURCES = 6
const sources = new Map<string, RowSource>()

function sourceFor(collection: string, rowQuery: RowQuery, sortKey: SortKey | undefined): RowSource {
  const key = `${collection} ${JSON.stringify(rowQuery)}`
  let source = sources.get(key)
  if (source === undefined || source.state.error !== undefined) {
    source?.close()
    source = new RowSource({
      query: rowQuery,
      sortKey,
      ask: (asked, signal) => query(collection, asked, { signal }),
    })
  } else {
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
  const [asked, setAsked] = useState<{ readonly key: string; readonly source: RowSource }>()
  const [shown, setShown] = useState<RowSource>()
  useEffect(() => {
    if (rowQuery === undefined || key === undefined) return
    setAsked({ key, source: sourceFor(collection, rowQuery, sortKey) })
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
