/**
 * Stored values computed anew, after their definition has changed.
 *
 * @module
 */
import { type ColumnMember, graphOf, rightsOf, type ServiceDefinition, systemPrincipal } from "@archipel/core"
import type { Queryable } from "../postgres/database.ts"
import { schemaMeaning } from "../schema/constraint-meaning.ts"
import { complete, newApplied } from "./perform.ts"
import { storedRows } from "./stored-rows.ts"
import { bindingOf, type WriteEnvironment, type WriteSession } from "./write-session.ts"

export interface Recomputing {
  readonly service: ServiceDefinition
  /** As history tells it. */
  readonly reason: string
  readonly now: () => Date
}

/**
 * Computes one field of some records in a transaction, with all that follows from it. Records whose value differs are changed as by any
 * write: with version, history and events. Nothing else of them is judged.
 */
export async function recompute(
  { service, reason, now }: Recomputing,
  tx: Queryable,
  field: ColumnMember,
  ids: readonly string[],
): Promise<void> {
  const principal = systemPrincipal(reason)
  const instant = now().toISOString()
  const remote = async () => undefined
  const environment: WriteEnvironment = {
    service,
    graph: graphOf(service),
    meaning: schemaMeaning(service.catalog, service.name),
    remote: () => remote,
    elsewhere: undefined,
  }
  const session: WriteSession = {
    environment,
    tx,
    principal,
    rights: rightsOf(service, principal),
    binding: bindingOf(principal, instant),
    now: instant,
    origin: { traceId: null, via: null, reason },
    remote,
    context: { traceId: null },
    written: { count: 0 },
  }
  const applied = newApplied(session)
  const stored = await storedRows(tx, session.binding, remote).rows(field.model, ids, "change")
  const rows = stored.map((values) => applied.work.load(field.model, values, { locked: true }))
  const [first] = rows
  if (first !== undefined) await complete(applied, first, [], undefined, field)
}
