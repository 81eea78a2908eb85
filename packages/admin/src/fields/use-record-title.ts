import { useEffect, useState } from "react"
import { knownTitle, resolveTitle, type Title } from "../api/titles.ts"
import { useRetry } from "../app/retry.ts"

/** What a record elsewhere is called; undefined until it is known, or where there is none. While its service is away it is asked again. */
export function useRecordTitle(collection: string | undefined, id: string | undefined): Title | undefined {
  const [found, setFound] = useState<{ readonly of: string; readonly title: Title }>()
  const [round, setRound] = useState(0)
  const key = `${collection} ${id}`
  const isAsked = collection !== undefined && id !== undefined
  const known = isAsked ? knownTitle(collection, id) : undefined
  const title = known ?? (found?.of === key ? found.title : undefined)
  const isAway = title !== undefined && "missing" in title && title.missing === "unavailable"
  useRetry(isAway, () => setRound((n) => n + 1))
  const needs = isAsked && known === undefined
  useEffect(() => {
    if (!needs) return
    let isCurrent = true
    void resolveTitle(collection as string, id as string).then(
      (answer) => isCurrent && setFound({ of: key, title: answer }),
    )
    return () => {
      isCurrent = false
    }
  }, [needs, collection, id, key, round])
  return title
}
