import { useEffect, useState } from "react"
import { knownTitle, resolveTitle, type Title } from "../api/titles.ts"

/** What a record elsewhere is called; undefined until it is known, or where there is none. */
export function useRecordTitle(collection: string | undefined, id: string | undefined): Title | undefined {
  const [found, setFound] = useState<{ readonly of: string; readonly title: Title }>()
  const key = `${collection} ${id}`
  const known = collection !== undefined && id !== undefined ? knownTitle(collection, id) : undefined
  const needs = collection !== undefined && id !== undefined && known === undefined
  useEffect(() => {
    if (!needs) return
    let isCurrent = true
    void resolveTitle(collection as string, id as string).then((title) => isCurrent && setFound({ of: key, title }))
    return () => {
      isCurrent = false
    }
  }, [needs, collection, id, key])
  return known ?? (found?.of === key ? found.title : undefined)
}
