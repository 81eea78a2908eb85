/**
 * What settling reads, from the transaction's database.
 *
 * @module
 */
import type { Aggregated, ColumnMember, LockMode, ResolvedModel, RowValues, SettleSource } from "@archipel/core"
import type { Queryable } from "../postgres/database.ts"
import { conditionSql } from "../sql/condition-sql.ts"
import { type BindingSource, bindParameters } from "../sql/parameters.ts"
import { columnOf, identifier, statementBuilder, valueType } from "../sql/statement-builder.ts"
import { rowValues, selected, tableOf, withId } from "./row-values.ts"

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
    where: string,
    ids: readonly string[],
    lock: LockMode,
    columns: readonly ColumnMember[] | undefined,
  ): Promise<RowValues[]> => {
    const wanted = withId(model, columns ?? model.columns)
    const text = `select ${selected(wanted, "t")} from ${tableOf(model)} t where ${where} = any($1::uuid[]) order by t.id${locking ? LOCKS[lock] : ""}`
    const { rows } = await on.query({ text }, [ids])
    return rows.map((row) => rowValues(wanted, row))
  }
  return {
    rows: (model, ids, lock, columns) => read(model, "t.id", ids, lock, columns),
    referring: (member, ids, lock, columns) => read(member.model, columnOf("t", member), ids, lock, columns),
    async links(member, side, ids) {
      const [own, target] = [identifier(member.ownColumn), identifier(member.targetColumn)]
      const text = `select ${own} as own, ${target} as target from ${identifier(member.linkTable)} where ${side === "own" ? own : target} = any($1::uuid[]) order by 1, 2`
      const { rows } = await on.query<{ own: string; target: string }>({ text }, [ids])
      return rows
    },
    async aggregate({ over, of, where }, parents, except) {
      if (over.kind !== "many") throw new TypeError("Links are added up in memory.")
      const builder = statementBuilder()
      const parent = columnOf("t", over.inverse)
      const given = (name: string): string => builder.parameter({ kind: "given", name }, "uuid[]")
      const value = of ? columnOf("t", of) : undefined
      const isNumber = of !== undefined && ["numeric", "integer", "bigint"].includes(valueType(of))
      const ordered = of !== undefined && !["uuid", "jsonb", "boolean"].includes(valueType(of))
      const text = `select ${parent} as parent, count(${value ?? "*"}) as count, ${isNumber ? `sum(${value})` : "null"} as sum, ${ordered ? `min(${value})` : "null"} as min, ${ordered ? `max(${value})` : "null"} as max from ${tableOf(over.target)} t where ${parent} = any(${given("parents")}) and not t.id = any(${given("except")}) and (${conditionSql(where, "t", builder)}) group by 1`
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
