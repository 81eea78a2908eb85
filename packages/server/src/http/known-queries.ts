import { parseJson, parseQuery, type Query, type ResolvedModel } from "@archipel/core"
import { readParams } from "./params.ts"
import { queryFromParams } from "./query-params.ts"

/** Longer texts are rarely asked twice, and would fill the memory that is meant for many. */
const MAX_TEXT = 1_000
/** Of one model and kind: with the texts' bound half a megabyte at most. */
const MAX_QUERIES = 500

/** In an address, or in a body. */
const hasCursor = /(?:^|&)(?:after|before)=|"(?:after|before)"/

/** What reads a query from its text. @throws what is wrong with the text */
type QueryReader = (model: ResolvedModel, text: string) => Query

function frozen<T>(value: T): T {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    for (const inner of Object.values(value)) frozen(inner)
  }
  return value
}

/**
 * Remembers the queries of the texts that come again and again: the first pages of lists, the sums of a dashboard. What a query says
 * depends on its text alone, so whoever asks next gets the same object, which is frozen.
 */
function remembering(read: QueryReader): QueryReader {
  const byModel = new WeakMap<ResolvedModel, Map<string, Query>>()
  return (model, text) => {
    if (text.length > MAX_TEXT || hasCursor.test(text)) return read(model, text)
    let known = byModel.get(model)
    if (known === undefined) byModel.set(model, (known = new Map()))
    const remembered = known.get(text)
    if (remembered !== undefined) return remembered
    const query = frozen(read(model, text))
    // The oldest; what is asked often is soon there again.
    if (known.size >= MAX_QUERIES) known.delete(known.keys().next().value as string)
    known.set(text, query)
    return query
  }
}

/** The query of an address: what follows "?", without it. */
export const queryOfSearch = remembering((model, search) => queryFromParams(model, readParams(search)))

/** The query of a body. */
export const queryOfBody = remembering((model, text) => parseQuery(parseJson(text), model.name))
