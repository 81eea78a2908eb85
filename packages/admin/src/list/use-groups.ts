import { useEffect, useState, useSyncExternalStore } from "react"
import { onChange } from "../api/changes.ts"
import { query } from "../api/records.ts"
import type { UiModel } from "../metadata/model.ts"
import { sortKeyOf } from "./columns.ts"
import { GroupSource } from "./group-source.ts"
import type { RowQuery } from "./row-source.ts"

const none: readonly string[] = []
const never = (): (() => void) => () => {}

/**
 * The groups of a list, where it is grouped.
 *
 * @param size Records in all, as far as it is known
 */
export function useGroups(
  model: UiModel,
  rowQuery: RowQuery | undefined,
  terms: readonly string[],
  summed: readonly string[],
  open: Set<string>,
  size: number | undefined,
) {
  const { collection } = model
  const key = rowQuery && terms.length > 0 ? JSON.stringify([rowQuery, terms, summed]) : undefined
  const [asked, setAsked] = useState<{ readonly key: string; readonly source: GroupSource }>()
  const [shown, setShown] = useState<GroupSource>()
  useEffect(() => {
    if (key === undefined || rowQuery === undefined) {
      setAsked(undefined)
      setShown(undefined)
      return
    }
    const made = new GroupSource({
      query: rowQuery,
      terms,
      summed,
      open,
      size,
      sortKey: sortKeyOf(model, rowQuery.orderBy),
      valuesOf: (term) => (model.fields[term] as { readonly values?: readonly string[] } | undefined)?.values,
      ask: (asked, signal) => query(collection, asked, { signal }),
    })
    setAsked({ key, source: made })
    const stop = onChange((changed) => {
      if (changed === collection) void made.refresh()
    })
    return () => {
      stop()
      made.close()
    }
    // The query is compared by what it says.
    // oxlint-disable-next-line react/exhaustive-deps
  }, [collection, key, open])
  const source = asked?.source
  const version = useSyncExternalStore(source?.subscribe ?? never, () => source?.version)
  if (source && source !== shown && (source.isLoaded || source.error !== undefined)) setShown(source)
  const groups = source?.isLoaded ? source : shown
  const isStale = source !== shown || asked?.key !== key
  return { groups, error: source?.error, partial: groups?.partial ?? none, version, isStale }
}
