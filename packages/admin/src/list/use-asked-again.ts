import { useQueryClient } from "@tanstack/react-query"
import { useEffect } from "react"
import { onChange } from "../api/changes.ts"

/**
 * Asks again for what is shown of a collection when something in it is changed here.
 *
 * @param kinds The first part of the keys of what is asked for, before the collection. Another array is another set.
 */
export function useAskedAgain(collection: string, kinds: readonly string[]): void {
  const client = useQueryClient()
  useEffect(
    () =>
      onChange((changed) => {
        if (changed !== collection) return
        for (const kind of kinds) void client.invalidateQueries({ queryKey: [kind, collection] })
      }),
    [client, collection, kinds],
  )
}
