import type { ResolvedModel } from "../catalog.ts"
import { ArchipelError } from "../errors.ts"
import { queryLimits } from "../query.ts"
import { isComparison, type WhereScope } from "./bind-where.ts"
import type { ElsewhereNode } from "./read-tree.ts"
import { countValues } from "./shape.ts"
import { isRecord } from "../is-record.ts"

/** The part of a scope that numbers a caller's values. */
export interface CallerValues extends Required<Pick<WhereScope, "operand" | "elsewhere">> {
  /** The number of the next value. */
  next(): number
}

/** Relations that a condition goes through, as far as the contracts known here tell: what they do not know, its service judges. */
function levels(model: ResolvedModel, where: Readonly<Record<string, unknown>>): number {
  const of = ([name, value]: readonly [string, unknown]): number => {
    if ((name === "and" || name === "or") && Array.isArray(value))
      return Math.max(0, ...value.map((item) => (isRecord(item) ? levels(model, item) : 0)))
    if (!isRecord(value)) return 0
    if (name === "not") return levels(model, value)
    const member = model.members.get(name)
    if (member === undefined || member.kind === "field") return 0
    if (member.kind === "one") return isComparison(value, member) ? 0 : 1 + levels(member.target, value)
    return 1 + Math.max(0, ...Object.values(value).map((inner) => (isRecord(inner) ? levels(member.target, inner) : 0)))
  }
  return Math.max(0, ...Object.entries(where).map(of))
}

/**
 * Numbers a caller's values in the order of `shapeOf`, and collects what other services are to be asked.
 *
 * @param first The number of the first value.
 * @param asked Gets the conditions on other services' records: those of one query, `queryLimits.elsewhere` at most.
 */
export function callerValues(first: number, asked: ElsewhereNode[]): CallerValues {
  let values = first
  return {
    next: () => values++,
    operand: () => ({ kind: "value", index: values++ }),
    elsewhere(target, where, path, depth) {
      if (depth + levels(target, where) > queryLimits.depth)
        throw new ArchipelError("query.too_complex", { what: "levels of relations", limit: queryLimits.depth })
      if (asked.length >= queryLimits.elsewhere)
        throw new ArchipelError("query.too_complex", {
          what: "conditions on other services' records",
          limit: queryLimits.elsewhere,
        })
      asked.push({ target, where, path, firstValue: values })
      values += countValues(where)
      return { kind: "found", index: asked.length - 1 }
    },
  }
}
