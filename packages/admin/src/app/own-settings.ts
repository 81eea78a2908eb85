import { useQuery, useQueryClient } from "@tanstack/react-query"
import { useEffect } from "react"
import { query } from "../api/records.ts"
import { request } from "../api/request.ts"
import { firstView } from "./first-view.ts"
import { usePreference } from "./preferences.ts"
import { useUserId } from "./session-context.ts"

/**
 * What somebody chose for themselves wherever they log in. Identity keeps it; the browser has a copy, which holds at once and while
 * identity does not answer.
 *
 * @module
 */
const COLLECTION = "/api/identity/settings"

/**
 * A setting of who is logged in, and what changes it.
 *
 * @param otherwise What holds as long as nothing was chosen. The same object at each call.
 */
export function useOwnSetting(name: string, otherwise: unknown) {
  const user = useUserId()
  const client = useQueryClient()
  const [copy, keep] = usePreference(`own ${user} ${name}`, otherwise)
  const queryKey = ["setting", user, name]
  const { data } = useQuery({
    queryKey,
    queryFn: async ({ signal }) => {
      // The copy holds meanwhile.
      await firstView
      const { data: found } = await query(COLLECTION, { select: ["value"], where: { key: name }, limit: 1 }, { signal })
      return { value: found[0]?.["value"] }
    },
    staleTime: Infinity,
  })
  useEffect(() => {
    if (data && JSON.stringify(data.value) !== JSON.stringify(copy)) keep(data.value)
    // What is chosen here is kept at once, and told to identity: only what it answers is taken up.
    // oxlint-disable-next-line react/exhaustive-deps
  }, [data])
  /** @throws ProblemError where identity does not keep it; then all is as it was */
  const change = async (value: unknown): Promise<void> => {
    keep(value)
    try {
      const values = { user, key: name, value }
      await request(`${COLLECTION}/$upsert?key=user,key`, { method: "PUT", body: values })
      client.setQueryData(queryKey, { value })
    } catch (error) {
      keep(copy)
      throw error
    }
  }
  return [copy, change] as const
}
