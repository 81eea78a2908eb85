import {
  type AuthorisedQuery,
  conditionsElsewhere,
  type ElsewhereNode,
  isRecord,
  type Principal,
  type Query,
  whereOperators,
} from "@archipel/core"
import type { ReadOptions } from "@archipel/data"
import { type ComposedData, composeGroups, composePage, neighbourOf, showsNeighbours } from "./compose.ts"
import { findElsewhere } from "./find-elsewhere.ts"
import type { Neighbours } from "./neighbour.ts"
import type { ComposedPage, RequestContext } from "./service-runtime.ts"

/** Asks other services what a query of one needs of them: for its conditions before it runs, for its answer afterwards. */
export interface Composer {
  /** Another service's records, as this one asks it for the principal. @throws `service.unavailable` */
  elsewhere(principal: Principal, query: Query, context: RequestContext): Promise<ComposedPage>
  /** Whether the query needs other services at all. @throws as `AuthorisedQuery.tree` */
  isNeeded(authorised: AuthorisedQuery): boolean
  /** What the query's conditions on other services' records find; undefined where it has none. @throws as `findElsewhere` */
  found(authorised: AuthorisedQuery, context: RequestContext): Promise<ReadOptions["found"]>
  /** The data with other services' records in it; as it is where the query shows none. @throws as `composePage` */
  composed(data: string, authorised: AuthorisedQuery, context: RequestContext): Promise<ComposedData>
}

/** What all queries of one shape need of other services. */
interface Needs {
  readonly elsewhere: readonly ElsewhereNode[]
  readonly shown: boolean
}

/** Remembered query shapes; what falls out is decided anew. */
const MAX_SHAPES = 2_000
const NOTHING: Needs = { elsewhere: [], shown: false }

/** Whether a field is surely compared with values. Of nothing: `{}` holds of every record that is referred to. */
function compares(value: unknown): boolean {
  if (!isRecord(value)) return true
  const said = Object.entries(value)
  return (
    said.length > 0 &&
    said.every(([name, inner]) => name.startsWith("$") || (whereOperators.has(name) && !isRecord(inner)))
  )
}

const mayLeadElsewhere = (where: object): boolean =>
  Object.entries(where).some(([name, value]) => name === "and" || name === "or" || !compares(value))

/** Whether a query could need another service, seen from its text alone: the cheap test before the true one. */
const mayNeedNeighbours = ({ group, select, where }: Query): boolean =>
  group !== undefined ||
  (select?.some((entry) => typeof entry !== "string" || entry.includes(".")) ?? false) ||
  (where !== undefined && mayLeadElsewhere(where))

export function createComposer(neighbours: Neighbours): Composer {
  const shapes = new Map<string, Needs>()
  const needsOf = (authorised: AuthorisedQuery): Needs => {
    if (!mayNeedNeighbours(authorised.query)) return NOTHING
    const known = shapes.get(authorised.key)
    if (known !== undefined) return known
    const tree = authorised.tree()
    const needs: Needs = { elsewhere: tree.elsewhere, shown: showsNeighbours(tree) }
    if (shapes.size >= MAX_SHAPES) shapes.delete(shapes.keys().next().value as string)
    shapes.set(authorised.key, needs)
    return needs
  }
  return {
    elsewhere: async (principal, query, context) =>
      neighbourOf(neighbours, serviceOf(query.model)).query(principal, query, context),
    isNeeded(authorised) {
      const { elsewhere, shown } = needsOf(authorised)
      return shown || elsewhere.length > 0
    },
    async found(authorised, context) {
      const { elsewhere } = needsOf(authorised)
      if (elsewhere.length === 0) return undefined
      return findElsewhere(conditionsElsewhere(elsewhere, authorised), neighbours, authorised.principal, context)
    },
    async composed(data, authorised, context) {
      if (!needsOf(authorised).shown) return { data }
      const tree = authorised.tree()
      const composition = { neighbours, principal: authorised.principal, context }
      return tree.kind === "page" ? composePage(data, tree, composition) : composeGroups(data, tree, composition)
    },
  }
}

/** The service that a model's name begins with. */
export const serviceOf = (model: string): string => model.split(".")[0] as string
