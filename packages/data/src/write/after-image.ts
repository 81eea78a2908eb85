/**
 * What must hold of records once they are written.
 *
 * @module
 */
import { ArchipelError, type Condition, isNew } from "@archipel/core"
import { booleanSql } from "../sql/condition-sql.ts"
import { bindParameters } from "../sql/parameters.ts"
import { statementBuilder } from "../sql/statement-builder.ts"
import type { AfterCheck } from "./apply-tree.ts"
import { relationLocks } from "./guarded-rows.ts"
import { tableOf } from "./row-values.ts"
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
        const locks = relationLocks(model, "t.id", [condition], session.environment.graph.targets).map((text) =>
          session.tx.query({ text }, [ids]),
        )
        const builder = statementBuilder()
        const keys = builder.parameter({ kind: "given", name: "ids" }, "uuid[]")
        const text = `select t.id from ${tableOf(model)} t where t.id = any(${keys}) and not (${booleanSql(condition, "t", builder)})`
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
  if (whole) throw new ArchipelError("access.denied", { model: whole.row.model.name, operation: whole.operation })
  const [cell] = refused
  if (!cell) return
  const fields = refused.filter((check) => check.row.model === cell.row.model).map((check) => check.field ?? "")
  throw new ArchipelError("access.field_denied", { model: cell.row.model.name, fields: [...new Set(fields)] })
}
