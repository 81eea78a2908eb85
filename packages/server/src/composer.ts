import {
  actingFor,
  type AuthorisedQuery,
  isSystem,
  type Principal,
  type Query,
  type ServiceDefinition,
} from "@archipel/core"
import { composeGroups, composePage, needsNeighbours } from "./compose.ts"
import type { Neighbours } from "./neighbour.ts"
import { servicePrincipal } from "./remote-reader.ts"
import type { RequestContext } from "./service-runtime.ts"

/** Puts other services' records into the answers of one. */
export interface Composer {
  /** The data as it is where the query needs nobody else. */
  composed(data: string, authorised: AuthorisedQuery, context: RequestContext): Promise<string>
  /** Whether `composed` would change anything. */
  isNeeded(authorised: AuthorisedQuery): boolean
  /** For whom other services are asked: the principal, for whom this service acts; for the system, whose power ends with its service, the service itself. */
  askingFor(principal: Principal): Principal
}

/** Remembered query shapes; what falls out is decided anew. */
const MAX_SHAPES = 2_000

/** Whether a query could need another service, seen from its text alone: the cheap test before the true one. */
const mayNeedNeighbours = (query: Query): boolean =>
  query.group !== undefined ||
  (query.select?.some((entry) => typeof entry !== "string" || entry.includes(".")) ?? false)

export function createComposer(
  { name, catalog }: Pick<ServiceDefinition, "name" | "catalog">,
  neighbours: Neighbours,
): Composer {
  const shapes = new Map<string, boolean>()
  const own = servicePrincipal(name, catalog)
  const composer: Composer = {
    askingFor: (principal) => (isSystem(principal) ? own : actingFor(own, principal)),
    isNeeded(authorised) {
      if (!mayNeedNeighbours(authorised.query)) return false
      const known = shapes.get(authorised.key)
      if (known !== undefined) return known
      const needs = needsNeighbours(authorised)
      if (shapes.size >= MAX_SHAPES) shapes.delete(shapes.keys().next().value as string)
      shapes.set(authorised.key, needs)
      return needs
    },
    async composed(data, authorised, context) {
      if (!composer.isNeeded(authorised)) return data
      const tree = authorised.tree()
      const principal = composer.askingFor(authorised.principal)
      return tree.kind === "page"
        ? composePage(data, tree, neighbours, principal, context)
        : composeGroups(data, tree, neighbours, principal, context)
    },
  }
  return composer
}

/** The service that a model's name begins with. */
export const serviceOf = (model: string): string => model.split(".")[0] as string
