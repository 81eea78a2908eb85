import type { AuthorisedQuery, Query } from "@archipel/core"
import { composeGroups, composePage, needsNeighbours } from "./compose.ts"
import type { Neighbours } from "./neighbour.ts"
import type { RequestContext } from "./service-runtime.ts"

/** Puts other services' records into the answers of one. */
export interface Composer {
  /** The data as it is where the query needs nobody else. */
  composed(data: string, authorised: AuthorisedQuery, context: RequestContext): Promise<string>
  /** Whether `composed` would change anything. */
  isNeeded(authorised: AuthorisedQuery): boolean
}

/** Remembered query shapes; what falls out is decided anew. */
const MAX_SHAPES = 2_000

/** Whether a query could need another service, seen from its text alone: the cheap test before the true one. */
const mayNeedNeighbours = (query: Query): boolean =>
  query.group !== undefined ||
  (query.select?.some((entry) => typeof entry !== "string" || entry.includes(".")) ?? false)

export function createComposer(neighbours: Neighbours): Composer {
  const shapes = new Map<string, boolean>()
  const composer: Composer = {
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
      return tree.kind === "page"
        ? composePage(data, tree, neighbours, authorised.principal, context)
        : composeGroups(data, tree, neighbours, authorised.principal, context)
    },
  }
  return composer
}

/** The service that a model's name begins with. */
export const serviceOf = (model: string): string => model.split(".")[0] as string
