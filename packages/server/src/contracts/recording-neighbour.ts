import { type Catalog, type UseCollector, usesOfChange, usesOfQuery } from "@archipel/core"
import type { Neighbour } from "../neighbour.ts"

/** A neighbour of whom it is noted what is asked of it. */
export const recordingNeighbour = (neighbour: Neighbour, catalog: Catalog, uses: UseCollector): Neighbour => ({
  query(principal, query, context) {
    usesOfQuery(uses, catalog, query)
    return neighbour.query(principal, query, context)
  },
  titles(principal, model, ids, context) {
    usesOfQuery(uses, catalog, { model })
    return neighbour.titles(principal, model, ids, context)
  },
  change(principal, change, context, idempotency) {
    usesOfChange(uses, catalog, change)
    return neighbour.change(principal, change, context, idempotency)
  },
  bulk(principal, changes, options, context, idempotency) {
    for (const change of changes) usesOfChange(uses, catalog, change)
    return neighbour.bulk(principal, changes, options, context, idempotency)
  },
  // What a service mirrors, its definition says.
  mirror: (principal, request, context) => neighbour.mirror(principal, request, context),
})
