import {
  ArchipelError,
  type Catalog,
  type ErrorCode,
  harmfulTo,
  UseCollector,
  usesOfChange,
  usesOfQuery,
} from "@archipel/core"
import type { Neighbour, Neighbours } from "../neighbour.ts"
import type { ContractWatch } from "./contract-watch.ts"

export interface GuardOptions {
  readonly neighbours: Neighbours
  readonly watch: Pick<ContractWatch, "misfitOf" | "look">
  /** The contracts that this program was built with. */
  readonly catalog: Catalog
}

/** What a neighbour answers to names that it does not have. */
const namesRefused: ReadonlySet<ErrorCode> = new Set([
  "query.unknown_field",
  "query.unknown_model",
  "query.invalid",
  "request.invalid",
])

type Collect = (uses: UseCollector) => void

/**
 * Neighbours that are not asked for what their contracts do not have any more: such calls are refused with what is missing, in words, and
 * all others go on. While contracts fit it costs nothing.
 *
 * Each call throws `service.contract_differs` besides what the neighbour answers.
 */
export function guardedNeighbours({ neighbours, watch, catalog }: GuardOptions): Neighbours {
  /** @throws `service.contract_differs` if the call needs what is missing */
  const assertFits = (service: string, collect: Collect): void => {
    const misfit = watch.misfitOf(service)
    if (misfit === undefined) return
    const uses = new UseCollector("")
    collect(uses)
    const [first] = harmfulTo(misfit.missing, uses.uses())
    if (first === undefined) return
    const { running, builtWith } = misfit
    throw new ArchipelError("service.contract_differs", {
      service,
      running,
      builtWith,
      member: first.path,
      words: first.words,
    })
  }
  const guarded = async <R>(service: string, collect: Collect, ask: () => Promise<R>): Promise<R> => {
    try {
      assertFits(service, collect)
    } catch {
      // It may have been put right since: nobody waits for the next look.
      await watch.look(service)
      assertFits(service, collect)
    }
    try {
      return await ask()
    } catch (error) {
      if (error instanceof ArchipelError && namesRefused.has(error.code)) {
        await watch.look(service)
        assertFits(service, collect)
      }
      throw error
    }
  }
  const guard = (service: string, neighbour: Neighbour): Neighbour => ({
    query: (principal, query, context) =>
      guarded(
        service,
        (uses) => usesOfQuery(uses, catalog, query),
        () => neighbour.query(principal, query, context),
      ),
    titles: (principal, model, ids, context) =>
      guarded(
        service,
        (uses) => usesOfQuery(uses, catalog, { model }),
        () => neighbour.titles(principal, model, ids, context),
      ),
    change: (principal, change, context, idempotency) =>
      guarded(
        service,
        (uses) => usesOfChange(uses, catalog, change),
        () => neighbour.change(principal, change, context, idempotency),
      ),
    bulk: (principal, changes, options, context, idempotency) =>
      guarded(
        service,
        (uses) => {
          for (const change of changes) usesOfChange(uses, catalog, change)
        },
        () => neighbour.bulk(principal, changes, options, context, idempotency),
      ),
    mirror: (principal, request, context) =>
      guarded(
        service,
        (uses) => {
          for (const { model, fields } of request.models) usesOfQuery(uses, catalog, { model, select: fields })
        },
        () => neighbour.mirror(principal, request, context),
      ),
  })
  const known = new Map<string, { readonly of: Neighbour; readonly guarded: Neighbour }>()
  return {
    get(service) {
      const neighbour = neighbours.get(service)
      if (neighbour === undefined) return undefined
      let entry = known.get(service)
      if (entry?.of !== neighbour) known.set(service, (entry = { of: neighbour, guarded: guard(service, neighbour) }))
      return entry.guarded
    },
  }
}
