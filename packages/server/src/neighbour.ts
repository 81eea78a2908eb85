import { actingFor, isSystem, type Principal } from "@archipel/core"
import type { ServiceRuntime } from "./service-runtime.ts"

/**
 * Another service, as one service sees it: the same interface in the same process and over the network, with the same rights.
 * Whoever is named as the principal, the asking service acts for them: what is done is what both may (RFC 8693, `act`). For the
 * system, whose power ends with its service, the asking service asks in its own name.
 *
 * All of it throws `service.unavailable` when the neighbour does not answer in time.
 */
export type Neighbour = Pick<ServiceRuntime, "query" | "titles" | "change" | "bulk" | "mirror">

/** The neighbours of a service, by service name. */
export type Neighbours = Pick<ReadonlyMap<string, Neighbour>, "get">

/** For whom a service asks another one: the principal, for whom it acts; for the system the service itself. */
export const askingFor = (own: Principal, principal: Principal): Principal =>
  isSystem(principal) ? own : actingFor(own, principal)

/** A service of the same process, as `own` sees it. */
export const localNeighbour = (runtime: ServiceRuntime, own: Principal): Neighbour => ({
  query: (principal, query, context) => runtime.query(askingFor(own, principal), query, context),
  titles: (principal, model, ids, context) => runtime.titles(askingFor(own, principal), model, ids, context),
  change: (principal, change, context, idempotency) =>
    runtime.change(askingFor(own, principal), change, context, idempotency),
  bulk: (principal, changes, options, context, idempotency) =>
    runtime.bulk(askingFor(own, principal), changes, options, context, idempotency),
  mirror: (principal, request, context) => runtime.mirror(askingFor(own, principal), request, context),
})
