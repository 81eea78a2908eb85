import pg from "pg"
import { definitionOf, markConstraint, qualified } from "../schema/ddl.ts"
import type { CheckSchema, ForeignKeySchema, IndexSchema } from "../schema/structure.ts"
import type { TableDiff } from "./diff.ts"
import { columnsOf } from "./match.ts"
import { catalogueStep } from "./step-list.ts"

export const quoted = pg.escapeIdentifier

/** The columns that are gone when the migration is over, with all that is on them. */
export const lostColumns = ({ replaced, removed }: TableDiff): ReadonlySet<string> =>
  new Set([...replaced.map(({ old }) => old.name), ...removed.map(({ name }) => name)])

/** The foreign key as it is after tables were renamed: PostgreSQL keeps to the table, not to its name. */
export const followed = (diff: TableDiff, key: ForeignKeySchema): ForeignKeySchema => ({
  ...key,
  target: diff.tableNow(key.target),
})

/** What is the same but for its name. */
export function sameButName<D extends CheckSchema | IndexSchema | ForeignKeySchema>(
  wanted: D,
  old: readonly D[],
  lost: ReadonlySet<string>,
): D | undefined {
  const same = old.filter(
    (each) => definitionOf(each) === definitionOf(wanted) && [...namesIn(each)].every((name) => !lost.has(name)),
  )
  return same.find(({ name }) => name === wanted.name) ?? same[0]
}

export function namesIn(each: CheckSchema | IndexSchema | ForeignKeySchema): ReadonlySet<string> {
  if ("rule" in each) return columnsOf(each.rule)
  if ("target" in each) return new Set([each.column])
  return new Set([...each.columns.map(({ name }) => name), ...(each.whereEmpty === undefined ? [] : [each.whereEmpty])])
}

/** Constraints and indexes are named after tables and fields, and follow them. */
export function renameSteps(diff: TableDiff): void {
  const { list, old, next } = diff
  const lost = lostColumns(diff)
  const statements: string[] = []
  const constraint = (from: string, to: string): void => {
    if (from !== to)
      statements.push(`alter table ${qualified(next)} rename constraint ${quoted(from)} to ${quoted(to)}`)
  }
  constraint(old.primaryKey.name, next.primaryKey.name)
  for (const check of next.checks) constraint(sameButName(check, old.checks, lost)?.name ?? check.name, check.name)
  for (const key of next.foreignKeys) {
    const same = sameButName(
      key,
      old.foreignKeys.map((each) => followed(diff, each)),
      lost,
    )
    constraint(same?.name ?? key.name, key.name)
    const before = old.foreignKeys.find(({ name }) => name === same?.name)
    if (before !== undefined && before.target !== key.target) statements.push(markConstraint(next, key))
  }
  for (const index of next.indexes) {
    const same = sameButName(index, old.indexes, lost)
    if (same !== undefined && same.name !== index.name)
      statements.push(`alter index if exists ${quoted(same.name)} rename to ${quoted(index.name)}`)
  }
  if (statements.length > 0)
    list.add(
      "expand",
      "rename",
      catalogueStep(next.name, `${next.source}: rename constraints and indexes with it`, statements),
    )
}
