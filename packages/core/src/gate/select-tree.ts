import { ArchipelError } from "../errors.ts"
import { queryLimits, type SelectEntry } from "../query.ts"
import { countValues } from "./shape.ts"

/** Select entries merged by their first name: what is asked of one record. */
export interface SelectTree {
  readonly entries: Map<string, SelectTreeEntry>
}
export interface SelectTreeEntry {
  /** What is asked of the relation; undefined if only its id. */
  nested: SelectTree | undefined
  /** Condition, order and limit of a list; at most one entry of a list has them. */
  options: Exclude<SelectEntry, string> | undefined
  /** Index of the first value in the condition of `options`. */
  firstValue: number
}

const empty = (): SelectTree => ({ entries: new Map() })

/**
 * @param firstValue How many values of the query come before those in the select entries. Merging changes the order of entries,
 *   never the numbers of their values: those are counted in the order of `shapeOf`.
 * @throws `query.too_complex`, `query.invalid` for a list with two conditions
 */
export function mergeSelect(select: readonly SelectEntry[], firstValue: number): SelectTree {
  const root = empty()
  let nextValue = firstValue
  let count = 0
  const add = (into: SelectTree, list: readonly SelectEntry[], depth: number) => {
    for (const item of list) {
      if (++count > queryLimits.selectNodes)
        throw new ArchipelError("query.too_complex", { what: "selected fields", limit: queryLimits.selectNodes })
      const path = typeof item === "string" ? item : item.path
      let at = into
      let entry: SelectTreeEntry | undefined
      const names = path.split(".")
      if (depth + names.length > queryLimits.depth + 1)
        throw new ArchipelError("query.too_complex", { what: "levels of relations", limit: queryLimits.depth })
      for (const [i, name] of names.entries()) {
        entry = at.entries.get(name)
        if (!entry) at.entries.set(name, (entry = { nested: undefined, options: undefined, firstValue: 0 }))
        if (i < names.length - 1) at = entry.nested ??= empty()
      }
      if (typeof item === "string" || !entry) continue
      if (item.select) add((entry.nested ??= empty()), item.select, depth + names.length)
      if (item.where || item.orderBy || item.limit !== undefined) {
        if (entry.options) {
          throw new ArchipelError("query.invalid", {
            errors: [
              {
                path: "/select",
                code: "query.invalid",
                detail: `${path} is selected twice with conditions of its own.`,
              },
            ],
          })
        }
        entry.options = item
        entry.firstValue = nextValue
        if (item.where) nextValue += countValues(item.where)
      }
    }
  }
  add(root, select, 0)
  return root
}

/** The entries that a merged tree stands for: what is asked of another service. */
export const toSelectEntries = (tree: SelectTree): SelectEntry[] =>
  [...tree.entries].map(([path, { nested, options }]) => {
    if (!nested && !options) return path
    const { where, orderBy, limit } = options ?? {}
    return {
      path,
      ...(nested ? { select: toSelectEntries(nested) } : {}),
      ...(where ? { where } : {}),
      ...(orderBy ? { orderBy } : {}),
      ...(limit === undefined ? {} : { limit }),
    }
  })
