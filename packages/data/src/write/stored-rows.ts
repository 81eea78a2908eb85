/**
 * What settling reads, from the transaction's database.
 *
 * @module
 */
import type {
  Aggregated,
  ColumnMember,
  KeyPart,
  LockMode,
  ResolvedModel,
  RowValues,
  SettleSource,
} from "@archipel/core"
import type { Queryable } from "../postgres/database.ts"
import { conditionSql } from "../sql/condition-sql.ts"
import {
  hasIdIn,
  idOfColumns,
  idType,
  keyOrder,
  keyPartsOf,
  linkEnds,
  linkTableOf,
  partColumns,
  tableOf,
} from "../sql/key-sql.ts"
import { type BindingSource, bindParameters } from "../sql/parameters.ts"
import { columnOf, statementBuilder, valueType } from "../sql/statement-builder.ts"
import { rowValues, selected, withId } from "./row-values.ts"

const LOCKS: Readonly<Record<LockMode, string>> = { none: "", share: " for share", change: " for no key update" }

/** Reads another service's records, as `SettleSource.remote`. */
export type RemoteReader = (
  model: ResolvedModel,
  ids: readonly string[],
  paths: readonly string[],
  named: readonly string[],
) => Promise<ReadonlyMap<string, object> | undefined>

/** @param locking Whether rows are locked as settling asks; not in a transaction that only reads. */
export function storedRows(on: Queryable, binding: BindingSource, remote: RemoteReader, locking = true): SettleSource {
  const read = async (
    model: ResolvedModel,
    key: readonly KeyPart[],
    ids: readonly string[],
    lock: LockMode,
    columns: readonly ColumnMember[] | undefined,
  ): Promise<RowValues[]> => {
    const wanted = withId(model, columns ?? model.columns)
    const text = `select ${selected(wanted, "t")} from ${tableOf(model)} t where ${hasIdIn("t", key, `$1::${idType(key)}[]`)} order by ${keyOrder("t", model)}${locking ? LOCKS[lock] : ""}`
    const { rows } = await on.query({ text }, [ids])
    return rows.map((row) => rowValues(wanted, row))
  }
  return {
    rows: (model, ids, lock, columns) => read(model, model.key, ids, lock, columns),
    referring: (member, ids, lock, columns) => read(member.model, keyPartsOf(member), ids, lock, columns),
    async links(member, side, ids) {
      const { own, target } = linkEnds(member)
      const id = (parts: readonly KeyPart[]): string => idOfColumns(parts, partColumns("l", parts))
      const by = side === "own" ? own : target
      const text = `select ${id(own)} as own, ${id(target)} as target from ${linkTableOf(member)} l where ${hasIdIn("l", by, `$1::${idType(by)}[]`)} order by 1, 2`
      const { rows } = await on.query<{ own: string; target: string }>({ text }, [ids])
      return rows
    },
    async aggregate({ over, of, where }, parents, except) {
      if (over.kind !== "many") throw new TypeError("Links are added up in memory.")
      const builder = statementBuilder()
      const parent = columnOf("t", over.inverse)
      const given = (name: string, key: readonly KeyPart[]): string =>
        builder.parameter({ kind: "given", name }, `${idType(key)}[]`)
      const toParent = keyPartsOf(over.inverse)
      const { key } = over.target
      const value = of ? columnOf("t", of) : undefined
      const isNumber = of !== undefined && ["numeric", "integer", "bigint"].includes(valueType(of))
      const ordered = of !== undefined && !["uuid", "jsonb", "boolean"].includes(valueType(of))
      const text = `select ${parent} as parent, count(${value ?? "*"}) as count, ${isNumber ? `sum(${value})` : "null"} as sum, ${ordered ? `min(${value})` : "null"} as min, ${ordered ? `max(${value})` : "null"} as max from ${tableOf(over.target)} t where ${hasIdIn("t", toParent, given("parents", toParent))} and not ${hasIdIn("t", key, given("except", key))} and (${conditionSql(where, "t", builder)}) group by 1`
      const values = bindParameters(builder.parameters, { ...binding, given: { parents, except } })
      const { rows } = await on.query<Record<"parent" | "count" | "sum" | "min" | "max", string | null>>(
        { text },
        values,
      )
      return new Map(
        rows.map((row): [string, Aggregated] => {
          const canonical = (column: "min" | "max"): unknown =>
            of === undefined ? null : rowValues([of], { [of.columnName]: row[column] })[of.name]
          return [
            row.parent as string,
            { count: Number(row.count), sum: row.sum, min: canonical("min"), max: canonical("max") },
          ]
        }),
      )
    },
    remote,
  }
}
