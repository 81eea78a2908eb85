import type { Principal, Query } from "@archipel/core"
import type { Page } from "@archipel/data"
import type { RequestContext } from "./service-runtime.ts"

/**
 * Another service, as this one reads it: the same interface in the same process and over the network, with the same rights.
 * All of it throws `service.unavailable` when the neighbour does not answer in time.
 */
export interface Neighbour {
  query(principal: Principal, query: Query, context: RequestContext): Promise<Page>
  /** The titles of records by id, where the principal may see them (or the model's titles are public); others are left out. At most 1,000 ids. */
  titles(
    principal: Principal,
    model: string,
    ids: readonly string[],
    context: RequestContext,
  ): Promise<ReadonlyMap<string, string>>
}

/** The neighbours of a service, by service name. */
export type Neighbours = ReadonlyMap<string, Neighbour>
