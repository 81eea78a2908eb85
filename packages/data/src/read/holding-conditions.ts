import type { Condition, Principal, ResolvedModel } from "@archipel/core"
import type { Queryable } from "../postgres/database.ts"
import type { StopSignal } from "../postgres/stop-signal.ts"
import { booleanSql } from "../sql/condition-sql.ts"
import { bindParameters } from "../sql/parameters.ts"
import { hasId, idType, tableOf } from "../sql/key-sql.ts"
import { statementBuilder } from "../sql/statement-builder.ts"

/** What to ask of one record. */
export interface HoldingRequest {
  readonly model: ResolvedModel
  readonly id: string
  readonly conditions: readonly Condition[]
  /** Whose `me` and claims the conditions mean; what they may see does not matter. */
  readonly principal: Principal
  /** ISO 8601. */
  readonly now: string
}

/**
 * Which of these conditions hold of a record, in one statement and whoever may see it: for explanations, behind their own right.
 *
 * @returns undefined if there is no such record
 */
export async function holdingConditions(
  on: Queryable,
  { model, id, conditions, principal, now }: HoldingRequest,
  options: { readonly signal?: StopSignal } = {},
): Promise<((condition: Condition) => boolean) | undefined> {
  const builder = statementBuilder()
  const key = builder.parameter({ kind: "given", name: "id" }, idType(model.key))
  const flags = conditions.map((condition) => booleanSql(condition, "t", builder))
  const text = `select array_to_json(array[${flags.join(", ")}]::boolean[]) as holds from ${tableOf(model)} t where ${hasId("t", model.key, key)}`
  const values = bindParameters(builder.parameters, { values: [], principal, now, given: { id } })
  const answer = await on.text({ text }, values, options)
  if (answer === null) return undefined
  const holds = JSON.parse(answer) as readonly boolean[]
  const known = new Map(conditions.map((condition, index) => [condition, holds[index] === true]))
  return (condition) => {
    const answered = known.get(condition)
    if (answered === undefined) throw new TypeError("This condition was not asked for.")
    return answered
  }
}
