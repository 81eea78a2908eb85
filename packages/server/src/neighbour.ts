import type { ServiceRuntime } from "./service-runtime.ts"

/**
 * Another service, as this one reads it: the same interface in the same process and over the network, with the same rights.
 * All of it throws `service.unavailable` when the neighbour does not answer in time.
 */
export type Neighbour = Pick<ServiceRuntime, "query" | "titles">

/** The neighbours of a service, by service name. */
export type Neighbours = ReadonlyMap<string, Neighbour>
