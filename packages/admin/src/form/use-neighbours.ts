import { useQuery, useQueryClient } from "@tanstack/react-query"
import { useEffect } from "react"
import type { WhereJson } from "@archipel/core"
import { query } from "../api/records.ts"
import { defaultOrder } from "../list/default-order.ts"
import { type ListSearch, readFacets, splitList, whereOf } from "../views/list-search.ts"
import type { FormModel } from "./form-model.ts"
import { afterWhere, orderPaths, turned } from "./neighbours.ts"
import { recordOptions } from "./record-query.ts"

export interface Neighbours {
  readonly previous: string | undefined
  readonly next: string | undefined
}

export const noNeighbours: Neighbours = { previous: undefined, next: undefined }

/**
 * The records beside this one in the list that the address names; undefined until that is known. They are fetched ahead, so that going on
 * takes no waiting.
 */
export function useNeighbours(
  form: FormModel,
  id: string,
  search: ListSearch,
  isAsked: boolean,
): Neighbours | undefined {
  const client = useQueryClient()
  const { collection } = form.model
  const orderBy = search.sort ? splitList(search.sort) : defaultOrder(form.model)
  const list = { where: search.where, sort: search.sort, q: search.q, archived: search.archived }
  const { data } = useQuery({
    queryKey: ["neighbours", collection, id, list],
    enabled: isAsked,
    staleTime: 30_000,
    retry: false,
    queryFn: async ({ signal }) => {
      const where = whereOf(readFacets(search.where))
      const asked = {
        ...(search.q ? { search: search.q } : {}),
        ...(search.archived ? { archived: search.archived } : {}),
      }
      const own = await query(
        collection,
        { select: orderPaths(orderBy), where: { id }, archived: "any", limit: 1 } as never,
        { signal },
      )
      const record = own.data[0]
      if (record === undefined) return noNeighbours
      const beside = async (order: readonly string[]): Promise<string | undefined> => {
        const beyond = afterWhere(record, order) as WhereJson
        const page = await query(
          collection,
          {
            select: ["id"],
            orderBy: [...order],
            limit: 1,
            where: where ? { and: [where, beyond] } : beyond,
            ...asked,
          } as never,
          { signal },
        )
        return page.data[0]?.id
      }
      const [previous, next] = await Promise.all([beside(turned(orderBy)), beside(orderBy)])
      return { previous, next }
    },
  })
  const { previous, next } = data ?? noNeighbours
  useEffect(() => {
    for (const each of [next, previous]) if (each !== undefined) void client.prefetchQuery(recordOptions(form, each))
  }, [client, form, previous, next])
  return data
}
