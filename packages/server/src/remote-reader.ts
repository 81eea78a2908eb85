import { ArchipelError, type Catalog, isSystem, type Principal, queryLimits, type ResolvedModel } from "@archipel/core"
import type { ElsewhereContext, RemoteReader } from "@archipel/data"
import { neighbourOf, portions } from "./compose.ts"
import type { Neighbours } from "./neighbour.ts"
import { isOutage } from "./outage.ts"
import type { RequestContext } from "./service-runtime.ts"

const NO_TRACE = "0".repeat(32)

type Row = Readonly<Record<string, unknown>>

/** A service that asks for itself: with every role that the known contracts declare, until rights are given to services one by one. */
export const servicePrincipal = (name: string, catalog: Catalog): Principal => ({
  kind: "service",
  id: name,
  roles: [...catalog.contracts.values()].flatMap((c) => c.roles.map((role) => `${c.name}.${role}`)),
  claims: {},
  timeZone: "UTC",
})

export interface RemoteReaderOptions {
  readonly service: string
  readonly catalog: Catalog
  readonly neighbours: Neighbours
}

/**
 * How a write sees other services' records: every cell that the service's logic depends on, because a suggestion may use what its
 * user may not read (a cost, a credit limit). Of the records that the user names in this write only those that the user may see there;
 * what the service's own records refer to already counts for everybody.
 */
export function remoteReader({ service, catalog, neighbours }: RemoteReaderOptions) {
  const own = servicePrincipal(service, catalog)
  return (principal: Principal, { traceId, ...rest }: ElsewhereContext): RemoteReader => {
    const isTrusted = isSystem(principal) || principal.kind === "service"
    const context: RequestContext = { traceId: traceId ?? NO_TRACE, ...rest }
    const rows = async (
      as: Principal,
      model: ResolvedModel,
      ids: readonly string[],
      select: readonly string[],
    ): Promise<Row[]> => {
      const neighbour = neighbourOf(neighbours, model.service)
      const pages = await Promise.all(
        portions(ids).map((part) =>
          neighbour.query(
            as,
            { model: model.name, select, where: { id: { in: part } }, limit: queryLimits.page, archived: "any" },
            context,
          ),
        ),
      )
      return pages.flatMap(({ data }) => JSON.parse(data) as Row[])
    }
    const visibleIds = async (model: ResolvedModel, ids: readonly string[]): Promise<ReadonlySet<string>> => {
      if (isTrusted || ids.length === 0) return new Set(ids)
      try {
        return new Set((await rows(principal, model, ids, ["id"])).map((row) => row["id"] as string))
      } catch (error) {
        // No right to the model at all: to this user none of its records exist.
        if (error instanceof ArchipelError && error.code === "access.denied") return new Set()
        throw error
      }
    }
    return async (model, ids, paths, named) => {
      try {
        // Where nothing but its existence is asked, seeing a record is enough.
        const known = paths.length === 0 && !isTrusted ? new Set(named) : new Set<string>()
        const asked = ids.filter((id) => !known.has(id))
        const [visible, values] = await Promise.all([
          visibleIds(model, named),
          asked.length === 0 ? [] : rows(own, model, asked, ["id", ...paths]),
        ])
        const hidden = new Set(named.filter((id) => !visible.has(id)))
        const found = [...[...known].map((id): Row => ({ id })), ...values]
        return new Map(found.filter(({ id }) => !hidden.has(id as string)).map((row) => [row["id"] as string, row]))
      } catch (error) {
        if (isOutage(error, context.signal)) return undefined
        throw error
      }
    }
  }
}
