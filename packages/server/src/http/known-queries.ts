import type { Query, ResolvedModel } from "@archipel/core"
import { readParams } from "./params.ts"
import { queryFromParams } from "./query-params.ts"

/** Longer addresses are rarely asked twice, and would fill the memory that is meant for many. */
const MAX_SEARCH = 1_000
/** Of one model: with the addresses' bound some hundred kilobytes. */
const MAX_QUERIES = 200

const hasCursor = /(?:^|&)(?:after|before)=/

function frozen<T>(value: T): T {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    for (const inner of Object.values(value)) frozen(inner)
  }
  return value
}

/**
 * Reads the queries of addresses, and remembers those of the ones that come again and again: the first pages of lists. What a
 * query says depends on its address alone, so whoever asks next gets the same object, which is frozen.
 */
export function createQueryReader(): (model: ResolvedModel, search: string) => Query {
  const byModel = new WeakMap<ResolvedModel, Map<string, Query>>()
  return (model, search) => {
    if (search.length > MAX_SEARCH || hasCursor.test(search)) return queryFromParams(model, readParams(search))
    let known = byModel.get(model)
    if (known === undefined) byModel.set(model, (known = new Map()))
    const remembered = known.get(search)
    if (remembered !== undefined) return remembered
    const query = frozen(queryFromParams(model, readParams(search)))
    // The oldest; what is asked often is soon there again.
    if (known.size >= MAX_QUERIES) known.delete(known.keys().next().value as string)
    known.set(search, query)
    return query
  }
}
