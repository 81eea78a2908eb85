import type { ColumnMember } from "../catalog.ts"
import { divide, sum as decimalSum } from "../decimal.ts"
import type { Condition } from "../gate/condition.ts"
import type { ResolvedRollup } from "../service-definition.ts"
import { conditionPaths } from "./dependency-path.ts"
import { compareValues, type ConditionScope, holds } from "./evaluate-condition.ts"
import type { Loading } from "./loading.ts"
import { type PathTree, pathTree } from "./path-tree.ts"
import type { Aggregated, SettleSource } from "./source.ts"
import { isChanged, isNew, referenceOf, type Work, type WorkRow } from "./work.ts"

class Accumulator {
  readonly #of: ColumnMember | undefined
  #count = 0
  readonly #terms: string[] = []
  #min: unknown = null
  #max: unknown = null

  constructor(of: ColumnMember | undefined) {
    this.#of = of
  }

  merge(stored: Aggregated): void {
    this.#count += stored.count
    if (stored.sum !== null) this.#terms.push(stored.sum)
    this.#extreme(stored.min)
    this.#extreme(stored.max)
  }

  add(row: WorkRow): void {
    if (!this.#of) {
      this.#count++
      return
    }
    const value = row.values[this.#of.name] ?? null
    if (value === null) return
    this.#count++
    if (isNumeric(this.#of)) this.#terms.push(String(value))
    this.#extreme(value)
  }

  #extreme(value: unknown): void {
    if (!this.#of || value === null || value === undefined) return
    if (this.#min === null || compareValues(this.#of, value, this.#min) < 0) this.#min = value
    if (this.#max === null || compareValues(this.#of, value, this.#max) > 0) this.#max = value
  }

  result({ aggregate, field }: ResolvedRollup): unknown {
    const number = (text: string): unknown => (field.kind === "field" && field.type === "integer" ? Number(text) : text)
    switch (aggregate) {
      case "count":
        return number(String(this.#count))
      case "sum":
        return number(decimalSum(this.#terms))
      case "avg":
        return this.#count === 0
          ? null
          : number(divide(decimalSum(this.#terms), this.#count, field.kind === "field" ? (field.scale ?? 0) : 0))
      case "min":
        return this.#min
      case "max":
        return this.#max
    }
  }
}

/** Whether values of a column can be added up. */
export const isNumeric = (member: ColumnMember): boolean =>
  member.kind === "field" && ["integer", "bigint", "decimal", "money"].includes(member.type)

const trees = new WeakMap<Condition, PathTree>()

/** What a condition looks at, made once. */
function treeOf(where: Condition): PathTree {
  let tree = trees.get(where)
  if (!tree) trees.set(where, (tree = pathTree(conditionPaths(where))))
  return tree
}

/**
 * A rollup's value for each of `rows`: what is stored, in one query for all of them, without the records that this write
 * changes, and those from memory. So nothing has to be written before it can be added up.
 */
export async function rollUp(
  rollup: ResolvedRollup,
  rows: readonly WorkRow[],
  work: Work,
  loading: Loading,
  source: SettleSource,
  scope: ConditionScope,
): Promise<ReadonlyMap<string, unknown>> {
  const { over, of, where } = rollup
  const sums = new Map(rows.map((row) => [row.id, new Accumulator(of)]))
  const tree = treeOf(where)
  if (over.kind === "manyToMany") {
    const needed = of ? { ...tree, columns: new Set([...tree.columns, of]) } : tree
    await loading.tree({ columns: new Set(), hops: new Map([[over, needed]]), remotes: new Map() }, rows, true)
    for (const row of rows) {
      for (const id of loading.linksOf(over, row)) {
        const target = work.row(over.target, id)
        if (target && !target.deleted && holds(where, target, work, scope)) sums.get(row.id)?.add(target)
      }
    }
  } else {
    const changed = [...work.ofModel(over.target).values()].filter(isChanged)
    const parents = rows.filter((row) => !isNew(row)).map((row) => row.id)
    if (parents.length > 0) {
      const except = changed.filter((row) => !isNew(row)).map((row) => row.id)
      for (const [id, stored] of await source.aggregate(rollup, parents.sort(), except.sort()))
        sums.get(id)?.merge(stored)
    }
    await loading.tree(
      tree,
      changed.filter((row) => !row.deleted),
      true,
    )
    for (const row of changed) {
      const parent = referenceOf(row, over.inverse)
      const accumulator = parent === undefined ? undefined : sums.get(parent)
      if (accumulator && holds(where, row, work, scope)) accumulator.add(row)
    }
  }
  return new Map(rows.map((row) => [row.id, sums.get(row.id)?.result(rollup) ?? null]))
}
