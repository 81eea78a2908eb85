import { ArchipelError, type Db, dbOver, type Executor, type Principal, serviceUnavailable } from "@archipel/core"
import { neighbourOf } from "./compose.ts"
import { serviceOf } from "./composer.ts"
import type { Neighbours } from "./neighbour.ts"
import type { RequestContext, ServiceRuntime } from "./service-runtime.ts"

/** Of work that no request began. */
export const NO_TRACE = "0".repeat(32)

/**
 * All services as code of a program uses them, for one principal.
 *
 * @param services Every one that can be asked.
 * @param local Those of this process: only they can take part in a transaction.
 */
export function dbOf(services: Neighbours, local: ReadonlyMap<string, ServiceRuntime>) {
  const executor = (principal: Principal, context: RequestContext): Executor => ({
    query: (query) => neighbourOf(services, serviceOf(query.model)).query(principal, query, context),
    change: (change) => neighbourOf(services, serviceOf(change.model)).change(principal, change, context),
    async bulk(changes) {
      const own = serviceOf(changes[0]?.model ?? "")
      const other = changes.find(({ model }) => serviceOf(model) !== own)
      if (other) throw new ArchipelError("change.spans_services", { service: serviceOf(other.model), own })
      const how = { atomic: true, records: false }
      const results = await neighbourOf(services, own).bulk(principal, changes, how, context)
      return results.map((result) => {
        if (!result.ok) throw result.error
        return result.answer
      })
    },
    transaction(name, run) {
      const runtime = local.get(name)
      if (!runtime) throw serviceUnavailable(name)
      return runtime.transaction(principal, run, context)
    },
  })
  return (principal: Principal, context: Partial<RequestContext> = {}): Db =>
    dbOver(executor(principal, { traceId: NO_TRACE, ...context }))
}
