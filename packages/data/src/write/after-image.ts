/**
 * What must hold of records once they are written.
 *
 * @module
 */
import { accessDenied, type Condition, fieldDenied, isNew } from "@archipel/core"
import { booleanSql } from "../sql/condition-sql.ts"
import { hasId, hasIdIn, idOf, idType, tableOf } from "../sql/key-sql.ts"
import { bindParameters } from "../sql/parameters.ts"
import { statementBuilder } from "../sql/statement-builder.ts"
import type { AfterCheck } from "./apply-tree.ts"
import { relationLocks } from "./guarded-rows.ts"
import type { WriteSession } from "./write-session.ts"

const usesBefore = (condition: Condition): boolean => {
  switch (condition.kind) {
    case "compare":
      return condition.operand.kind === "before"
    case "and":
    case "or":
      return condition.of.some(usesBefore)
    case "not":
      return usesBefore(condition.of)
    case "one":
    case "some":
      return usesBefore(condition.where)
    default:
      return false
  }
}

/**
 * Looks at the stored rows as they are now: one query for each condition (and row, if it compares with the row before).
 *
 * @throws `access.denied`, `access.field_denied`
 */
export async function checkAfter(session: WriteSession, checks: readonly AfterCheck[]): Promise<void> {
  const open = checks.filter(({ condition }) => condition.kind !== "true")
  const groups = Map.groupBy(open, (check) => check.condition)
  const asked = [...groups].flatMap(([condition, some]) =>
    (usesBefore(condition) ? some.map((check) => [check]) : [some]).map(
      async (batch): Promise<AfterCheck | undefined> => {
        const [first] = batch
        if (!first) return undefined
        const { model } = first.row
        const ids = [...new Set(batch.map((check) => check.row.id))]
        const locks = relationLocks(model, model.key, [condition], session.environment.graph.targets).map((text) =>
          session.tx.query({ text }, [ids]),
        )
        const builder = statementBuilder()
        const keys = builder.parameter({ kind: "given", name: "ids" }, `${idType(model.key)}[]`)
        const text = `select ${idOf(model)} as id from ${tableOf(model)} t where ${hasIdIn("t", model.key, keys)} and not (${booleanSql(condition, "t", builder)})`
        const before = isNew(first.row) ? {} : (first.row.before ?? {})
        const values = bindParameters(builder.parameters, { ...session.binding, before, given: { ids } })
        const [{ rows }] = await Promise.all([session.tx.query<{ id: string }>({ text }, values), ...locks])
        const refused = new Set(rows.map((row) => row.id))
        return batch.find((check) => refused.has(check.row.id))
      },
    ),
  )
  const refused = (await Promise.all(asked)).filter((check) => check !== undefined)
  const whole = refused.find((check) => check.field === undefined)
  if (whole) throw accessDenied(whole.row.model.name, whole.operation, await refusing(session, whole))
  const [cell] = refused
  if (!cell) return
  const fields = refused.filter((check) => check.row.model === cell.row.model).map((check) => check.field ?? "")
  throw fieldDenied(cell.row.model.name, [...new Set(fields)])
}

/** The rules that a written row does not satisfy: asked for only once it is refused. */
async function refusing(session: WriteSession, { row, parts = [] }: AfterCheck): Promise<string[]> {
  if (parts.length <= 1) return parts.flatMap(({ rules }) => rules)
  const builder = statementBuilder()
  const { key } = row.model
  const id = builder.parameter({ kind: "given", name: "id" }, idType(key))
  const flags = parts.map(({ condition }) => booleanSql(condition, "t", builder))
  const text = `select array[${flags.join(", ")}]::text[] as holds from ${tableOf(row.model)} t where ${hasId("t", key, id)}`
  const before = isNew(row) ? {} : (row.before ?? {})
  const values = bindParameters(builder.parameters, { ...session.binding, before, given: { id: row.id } })
  const { rows } = await session.tx.query<{ holds: string }>({ text }, values)
  const holds = rows[0]?.holds.replaceAll(/[{}]/g, "").split(",") ?? []
  return parts.filter((_, index) => holds[index] !== "true").flatMap(({ rules }) => rules)
}
