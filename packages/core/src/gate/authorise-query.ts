import { ArchipelError } from "../errors.ts"
import { type Query, queryLimits } from "../query.ts"
import type { AuthorisedQuery } from "./authorised.ts"
import { bindWhere, invalidQuery, searchable } from "./bind-where.ts"
import { callerValues } from "./caller-values.ts"
import { allOf, always } from "./condition.ts"
import { possibilities } from "./possibilities.ts"
import type { Principal } from "./principal.ts"
import { groupTree } from "./read-group.ts"
import { archiveFilter, orderTerms, pageLimit, type ReadScope, readableColumns, recordNode } from "./read-record.ts"
import type { ElsewhereCondition, ElsewhereNode, PageTree, ReadTree } from "./read-tree.ts"
import type { Rights } from "./rights.ts"
import { mergeSelect } from "./select-tree.ts"
import { accessDenied } from "./rule-part.ts"
import { type Shape, shapeOf, withValues } from "./shape.ts"

function readScope(rights: Rights, query: Query): { scope: ReadScope; next(): number } {
  let nodes = 0
  const asked: ElsewhereNode[] = []
  const { next, ...values } = callerValues(0, asked)
  const scope: ReadScope = {
    rights,
    mirrors: rights.service.mirrors,
    archived: query.archived,
    asked,
    ...values,
    node: () => {
      if (++nodes > queryLimits.filterNodes)
        throw new ArchipelError("query.too_complex", { what: "comparisons", limit: queryLimits.filterNodes })
    },
  }
  return { scope, next }
}

function narrow(rights: Rights, query: Query): ReadTree {
  const behaviour = rights.service.models.get(query.model)
  if (!behaviour) throw new ArchipelError("query.unknown_model", { model: query.model })
  const { model } = behaviour
  const mine = rights.of(model)
  if (mine.read.kind === "false") throw accessDenied(model.name, "read")
  const { scope, next } = readScope(rights, query)
  const asked = query.where ? bindWhere(model, query.where, scope) : always
  const where = allOf([mine.read, archiveFilter(model, query.archived), asked])
  let search: PageTree["search"]
  if (query.search !== undefined) {
    const fields = searchable(model)
      .map((member) => ({ name: member.name, member, readable: mine.readable(member) }))
      .filter((f) => f.readable.kind !== "false")
    if (fields.length === 0) throw invalidQuery("/search", `${model.name} has no text to search.`)
    search = { index: next(), fields }
  }
  if (query.group || query.aggregates) return groupTree(model, query, where, search, scope)
  if (query.after !== undefined && query.before !== undefined)
    throw invalidQuery("/before", "A page is after a cursor or before one.")
  if (query.last && (query.after ?? query.before) !== undefined)
    throw invalidQuery("/last", "The last page needs no cursor.")
  const cursor =
    query.after === undefined && query.before === undefined
      ? undefined
      : ({ direction: query.after === undefined ? "before" : "after", index: next() } as const)
  const select = query.select ? mergeSelect(query.select, next()) : readableColumns(model, rights)
  return {
    kind: "page",
    elsewhere: scope.asked,
    root: recordNode(model, select, scope),
    where,
    ...(search ? { search } : {}),
    orderBy: orderTerms(model, query.orderBy ?? [], scope),
    limit: pageLimit(query.limit, queryLimits.defaultPage),
    ...(cursor ? { cursor } : {}),
    last: query.last ?? false,
    ...(query.can ? { can: possibilities(rights, behaviour) } : {}),
    ...(query.count ? { count: query.count } : {}),
  }
}

/** A shape, and the key that it had last: the same text again is found without being read. */
interface KnownShape extends Shape {
  lastRights: string
  lastKey: string
}

const shapes = new WeakMap<Query, KnownShape>()

const withoutKey = (query: Query): KnownShape => ({ ...shapeOf(query), lastRights: "", lastKey: "" })

/** Of a query that nobody can change any more, its shape is made once: those are kept to be asked again. */
function knownShapeOf(query: Query): KnownShape {
  const known = shapes.get(query)
  if (known !== undefined) return known
  const shape = withoutKey(query)
  if (Object.isFrozen(query)) shapes.set(query, shape)
  return shape
}

function keyOf(rights: Rights, known: KnownShape): string {
  if (known.lastKey === "" || known.lastRights !== rights.key) {
    known.lastRights = rights.key
    known.lastKey = `${rights.key}|${known.shape}`
  }
  return known.lastKey
}

/**
 * The gate for reading: what a principal with these rights may see of what a query asks. Pure.
 *
 * Names are checked when the tree is asked for; a source that has a plan under `key` need not, because only a query that
 * passed can have made one.
 */
export function authoriseQuery(rights: Rights, principal: Principal, query: Query): AuthorisedQuery {
  const known = knownShapeOf(query)
  let tree: ReadTree | undefined
  return {
    query,
    rights,
    principal,
    key: keyOf(rights, known),
    values: known.values,
    tree: () => (tree ??= narrow(rights, query)),
  } as unknown as AuthorisedQuery
}

/**
 * What other services are asked for a query, from the tree of any query with the same key: the same conditions with this one's
 * values. Their answers, in this order, are what its `found` operands stand for.
 */
export function conditionsElsewhere(
  nodes: readonly ElsewhereNode[],
  { values }: Pick<AuthorisedQuery, "values">,
): readonly ElsewhereCondition[] {
  return nodes.map(({ target, where, path, firstValue }) => {
    let index = firstValue
    return { target, where: withValues(where, () => values[index++]), path }
  })
}
