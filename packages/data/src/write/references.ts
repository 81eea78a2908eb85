/**
 * Whether what a request refers to exists and may be read.
 *
 * @module
 */
import {
  type Condition,
  isNew,
  missingReference,
  type Mistake,
  type OneMember,
  type ReferenceCheck,
  type ResolvedModel,
  sameValue,
  type Work,
} from "@archipel/core"
import { conditionSql } from "../sql/condition-sql.ts"
import { hasIdIn, idOf, idType, tableOf } from "../sql/key-sql.ts"
import { bindParameters } from "../sql/parameters.ts"
import { statementBuilder } from "../sql/statement-builder.ts"
import type { WriteSession } from "./write-session.ts"

/** References into other services, which settling asks their owners for together with what else it needs. */
export const remoteReferences = (
  references: readonly ReferenceCheck[],
): { path: string; member: OneMember; id: string }[] =>
  references.flatMap(({ path, member, id }) => (member.kind === "one" && !member.local ? [{ path, member, id }] : []))

/** Without the references that a stored record has already: to name them again is no new look at their target. */
export function changedReferences(references: readonly ReferenceCheck[], work: Work): ReferenceCheck[] {
  const unchanged = new Set<string>()
  for (const row of work.all()) {
    if (isNew(row) || !row.inTree) continue
    for (const member of row.model.columns) {
      if (member.kind === "one" && sameValue(row.before?.[member.name], row.values[member.name]))
        unchanged.add(`${row.path}/${member.name}`)
    }
  }
  return references.filter(({ path }) => !unchanged.has(path))
}

/** The mistakes of local references: one query for each target model. */
export async function missingReferences(
  session: WriteSession,
  references: readonly ReferenceCheck[],
): Promise<Mistake[]> {
  const local = references.filter(({ member }) => member.local)
  const groups = Map.groupBy(local, ({ visible }) => visible)
  const byCondition = new Map<ResolvedModel, Map<Condition, ReferenceCheck[]>>()
  for (const [visible, checks] of groups) {
    for (const check of checks) {
      const known = byCondition.get(check.member.target) ?? new Map<Condition, ReferenceCheck[]>()
      byCondition.set(check.member.target, known)
      known.set(visible, [...(known.get(visible) ?? []), check])
    }
  }
  const found = await Promise.all(
    [...byCondition].flatMap(([target, conditions]) =>
      [...conditions].map(async ([visible, checks]) => {
        const builder = statementBuilder()
        const ids = builder.parameter({ kind: "given", name: "ids" }, `${idType(target.key)}[]`)
        const text = `select ${idOf(target)} as id from ${tableOf(target)} t where ${hasIdIn("t", target.key, ids)} and ${conditionSql(visible, "t", builder)}`
        const values = bindParameters(builder.parameters, {
          ...session.binding,
          given: { ids: [...new Set(checks.map((c) => c.id))] },
        })
        const { rows } = await session.tx.query<{ id: string }>({ text }, values)
        const there = new Set(rows.map((row) => row.id))
        return checks.filter((check) => !there.has(check.id)).map((check) => missingReference(check.path, check.member))
      }),
    ),
  )
  return found.flat()
}
