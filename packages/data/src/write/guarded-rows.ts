/**
 * Rows locked for a change, with what holds of them.
 *
 * @module
 */
import {
  type Condition,
  conditionPaths,
  type KeyPart,
  type OneMember,
  type ResolvedModel,
  type RowValues,
} from "@archipel/core"
import type { Queryable } from "../postgres/database.ts"
import { booleanSql } from "../sql/condition-sql.ts"
import { type BindingSource, bindParameters } from "../sql/parameters.ts"
import { hasIdIn, idType, keyOrder, keyPartsOf, linkJoin, linkTableOf, refersTo, tableOf } from "../sql/key-sql.ts"
import { columnOf, statementBuilder } from "../sql/statement-builder.ts"
import { rowValues, selected } from "./row-values.ts"

/** A locked row as it is now, and which of the conditions asked for hold of it. */
export interface GuardedRow {
  readonly values: RowValues
  holds(condition: Condition): boolean
}

export interface GuardedRequest {
  readonly model: ResolvedModel
  /** Rows with these ids, or those whose reference is one of them. */
  readonly by: "id" | OneMember
  readonly ids: readonly string[]
  readonly conditions: Iterable<Condition>
  /** `update` for rows that are deleted, `none` for a look that changes nothing. */
  readonly strength: "none" | "no key update" | "update"
  /** See `Graph.targets`. */
  readonly targets: ReadonlySet<ResolvedModel>
  /** References that are to change: the records that they lead to, before and after, are locked in one order. */
  readonly moving?: readonly { readonly member: OneMember; readonly id: string | null }[]
}

/**
 * Locks the rows in the order of their ids, then the rows that their rules walk to, and only then looks at them: whoever
 * held a lock before has committed, and nobody takes away a right between the look and the write. The statements travel
 * together, so all of it is one round trip.
 */
export async function guardedRows(
  on: Queryable,
  request: GuardedRequest,
  binding: BindingSource,
): Promise<Map<string, GuardedRow>> {
  const { model, by, ids, strength, targets } = request
  const conditions = [...new Set(request.conditions)].filter((c) => c.kind !== "true" && c.kind !== "false")
  const key = keyOf(model, by)
  const type = `${idType(key)}[]`
  const locking =
    strength === "none"
      ? []
      : [
          `select from ${tableOf(model)} t where ${hasIdIn("t", key, `$1::${type}`)} order by ${keyOrder("t", model)} for ${strength}`,
          ...relationLocks(model, key, conditions, targets),
        ]
  const locks = locking.slice(0, 1).map((text) => on.query({ text }, [ids]))
  if (strength !== "none") locks.push(...moveLocks(request).map(({ text, moved }) => on.query({ text }, [ids, moved])))
  locks.push(...locking.slice(1).map((text) => on.query({ text }, [ids])))
  const builder = statementBuilder()
  const keys = builder.parameter({ kind: "given", name: "ids" }, type)
  const flags = conditions.map((condition, index) => `, ${booleanSql(condition, "t", builder)} as "$${index}"`)
  const text = `select ${selected(model.columns, "t")}${flags.join("")} from ${tableOf(model)} t where ${hasIdIn("t", key, keys)} order by ${keyOrder("t", model)}`
  const read = on.query({ text }, bindParameters(builder.parameters, { ...binding, given: { ids } }))
  const [{ rows }] = await Promise.all([read, ...locks])
  return new Map(
    rows.map((row): [string, GuardedRow] => {
      const values = rowValues(model.columns, row)
      const holds = (condition: Condition): boolean => {
        if (condition.kind === "true" || condition.kind === "false") return condition.kind === "true"
        const index = conditions.indexOf(condition)
        if (index < 0) throw new TypeError("This condition was not asked for.")
        return row[`$${index}`] === "t"
      }
      return [values["id"] as string, { values, holds }]
    }),
  )
}

/** The columns by which rows are found. */
const keyOf = (model: ResolvedModel, by: GuardedRequest["by"]): readonly KeyPart[] =>
  by === "id" ? model.key : keyPartsOf(by)

/** Locks of the sums on both ends of a move, whichever rules lead to one of them. */
function moveLocks({ model, by, moving = [], targets }: GuardedRequest): { text: string; moved: string[] }[] {
  const key = keyOf(model, by)
  const concerned = moving.filter(({ member }) => member.local && targets.has(member.target))
  return [...Map.groupBy(concerned, ({ member }) => member.target)]
    .sort(([a], [b]) => (a.name < b.name ? -1 : 1))
    .map(([target, some]) => {
      const stored = [...new Set(some.map(({ member }) => member))].map(
        (member) =>
          `array(select ${columnOf("t", member)} from ${tableOf(model)} t where ${hasIdIn("t", key, `$1::${idType(key)}[]`)})`,
      )
      const text = `select from ${tableOf(target)} r where ${hasIdIn("r", target.key, `(${stored.join(" || ")} || $2::${idType(target.key)}[])`)} order by ${keyOrder("r", target)} for no key update`
      return { text, moved: some.flatMap(({ id }) => id ?? []) }
    })
}

/** Locks, against changes by others, of the rows that conditions lead to; nearest first. */
export function relationLocks(
  model: ResolvedModel,
  key: readonly KeyPart[],
  conditions: readonly Condition[],
  targets: ReadonlySet<ResolvedModel>,
): string[] {
  const texts = new Map<number, Set<string>>()
  for (const { hops } of conditions.flatMap((condition) => conditionPaths(condition))) {
    for (let depth = 1; depth <= hops.length; depth++) {
      let from = `${tableOf(model)} t`
      let at = "t"
      for (const [index, hop] of hops.slice(0, depth).entries()) {
        const next = `r${index}`
        const table = `${tableOf(hop.target)} ${next}`
        if (hop.kind === "one") from += ` join ${table} on ${refersTo(at, hop, hop.target, next)}`
        else if (hop.kind === "many") from += ` join ${table} on ${refersTo(next, hop.inverse, hop.model, at)}`
        else {
          const link = `l${index}`
          from += ` join ${linkTableOf(hop)} ${link} on ${linkJoin(hop, link, "own", at)} join ${table} on ${linkJoin(hop, link, "target", next)}`
        }
        at = next
      }
      const last = hops[depth - 1]
      const of = last?.kind === "manyToMany" ? `${at}, l${depth - 1}` : at
      const known = texts.get(depth) ?? new Set()
      texts.set(depth, known)
      const strength = last && targets.has(last.target) ? "no key update" : "share"
      const order = last ? keyOrder(at, last.target) : keyOrder(at, model)
      known.add(
        `select from ${from} where ${hasIdIn("t", key, `$1::${idType(key)}[]`)} order by ${order} for ${strength} of ${of}`,
      )
    }
  }
  return [...texts].sort(([a], [b]) => a - b).flatMap(([, set]) => [...set])
}
