import {
  ArchipelError,
  type ElsewhereCondition,
  type ErrorCode,
  parseKey,
  type Mistake,
  type Principal,
  queryLimits,
  serviceUnavailable,
} from "@archipel/core"
import { neighbourOf } from "./compose.ts"
import type { Neighbours } from "./neighbour.ts"
import { named, rowsIn } from "./outage.ts"
import type { ComposedPage, RequestContext } from "./service-runtime.ts"

const WHERE = "/where"

/** What a condition names first: what is told of to whom the model does not exist, as of a reference within a service. */
function firstName(where: object): string | undefined {
  for (const [name, value] of Object.entries(where)) {
    if (name !== "and" && name !== "or" && name !== "not") return name
    const parts: readonly unknown[] = Array.isArray(value) ? value : [value]
    for (const part of parts) {
      const found = typeof part === "object" && part !== null ? firstName(part) : undefined
      if (found !== undefined) return found
    }
  }
  return undefined
}

/** A place in the query that was asked there is one in the query that was asked here. */
const placed = (inner: string, { path }: ElsewhereCondition): string =>
  inner === WHERE || inner.startsWith(`${WHERE}/`) ? path + inner.slice(WHERE.length) : inner

const isProblem = <C extends ErrorCode>(error: unknown, code: C): error is ArchipelError<C> =>
  error instanceof ArchipelError && error.code === code

/** What went wrong there, told as of the query that was asked here. */
function retold(error: unknown, condition: ElsewhereCondition, { signal }: RequestContext): unknown {
  if (isProblem(error, "query.too_many_matches"))
    return new ArchipelError(error.code, { ...error.details, path: placed(error.details.path, condition) })
  if (isProblem(error, "query.invalid")) {
    const errors = error.details.errors.map((each): Mistake => ({ ...each, path: placed(each.path, condition) }))
    return new ArchipelError(error.code, { errors })
  }
  return named(error, condition.target.service, signal)
}

async function find(
  condition: ElsewhereCondition,
  neighbours: Neighbours,
  principal: Principal,
  context: RequestContext,
): Promise<readonly string[]> {
  const { target, where, path } = condition
  const { matchesElsewhere: limit } = queryLimits
  let page: ComposedPage
  try {
    page = await neighbourOf(neighbours, target.service).query(
      principal,
      { model: target.name, select: ["id"], where, limit, archived: "any" },
      context,
    )
  } catch (error) {
    const isUnseen = isProblem(error, "access.denied") && error.details.model === target.name
    if (!isUnseen) throw retold(error, condition, context)
    const field = firstName(where)
    if (field === undefined) return []
    throw new ArchipelError("query.unknown_field", { model: target.name, field })
  }
  if (page.next !== null) throw new ArchipelError("query.too_many_matches", { path, model: target.name, limit })
  return rowsIn(page, target.service).map(({ id }) => {
    const key = parseKey(target.key, id)
    if (key === undefined) throw serviceUnavailable(target.service)
    return key
  })
}

/**
 * Asks other services which of their records satisfy conditions: with the rights that the principal has there, equal conditions
 * once, all at the same time. A call each, and none of records: only their ids come.
 *
 * @returns The ids for each condition: at most `queryLimits.matchesElsewhere`.
 * @throws `query.too_many_matches` instead of leaving any out; `service.unavailable`; what the service says of the condition
 */
export function findElsewhere(
  conditions: readonly ElsewhereCondition[],
  neighbours: Neighbours,
  principal: Principal,
  context: RequestContext,
): Promise<readonly (readonly string[])[]> {
  const asked = new Map<string, Promise<readonly string[]>>()
  return Promise.all(
    conditions.map((condition) => {
      const key = `${condition.target.name} ${JSON.stringify(condition.where)}`
      let found = asked.get(key)
      if (found === undefined) asked.set(key, (found = find(condition, neighbours, principal, context)))
      return found
    }),
  )
}
