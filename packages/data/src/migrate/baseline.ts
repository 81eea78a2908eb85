/**
 * Where a database begins that was made without migrations.
 *
 * @module
 */
import { ArchipelError } from "@archipel/core"
import { planAdditive } from "../schema/plan-additive.ts"
import type { ActualSchema, DatabaseSchema, TableSchema } from "../schema/structure.ts"
import type { Migration } from "./read-migrations.ts"

/** How a database differs from the service's tables of a snapshot. */
export function differencesFrom(
  service: string,
  tables: readonly TableSchema[],
  actual: ActualSchema,
): readonly string[] {
  const desired: DatabaseSchema = { service, tables, functions: [] }
  const { statements, refused } = planAdditive(desired, {
    ...actual,
    trigram: actual.trigram === "available" ? undefined : actual.trigram,
  })
  return [
    ...statements
      .filter(({ what, sql }) => what !== "the framework" && !sql.startsWith("comment on"))
      .map(({ sql, what }) => `${what} lacks: ${sql.split("\n")[0]}`),
    ...refused.map(({ what, why }) => `${what}: ${why}`),
  ]
}

/** Whether everything of the snapshot is there, and what is there besides belongs to later snapshots. */
function isWithin(service: string, migration: Migration, later: readonly Migration[], actual: ActualSchema): boolean {
  const known = new Set(later.flatMap(({ snapshot }) => snapshot.tables.flatMap(sourcesOf)))
  const own = new Set(migration.snapshot.tables.flatMap(sourcesOf))
  const there = actual.tables.filter(({ framework, source }) => !framework && source?.startsWith(`${service}.`))
  const present = new Set(there.flatMap(sourcesOf))
  return (
    [...own].every((source) => present.has(source)) &&
    [...present].every((source) => own.has(source) || known.has(source))
  )
}

const sourcesOf = ({ source, columns }: TableSchema): string[] =>
  [source, ...columns.map((column) => column.source)].filter((each) => each !== undefined)

/**
 * How many of the migrations the database has by what is in it.
 *
 * @throws `migration.unknown_database`
 */
export function baselineOf(service: string, migrations: readonly Migration[], actual: ActualSchema): number {
  const hasTables = actual.tables.some(({ framework, source }) => !framework && source?.startsWith(`${service}.`))
  if (!hasTables) return 0
  const newestFirst = migrations.map((migration, position) => ({ migration, count: position + 1 })).toReversed()
  const differences = newestFirst.map(({ migration }) => differencesFrom(service, migration.snapshot.tables, actual))
  const exact = newestFirst[differences.findIndex((each) => each.length === 0)]
  if (exact !== undefined) return exact.count
  const within = newestFirst.find(({ migration, count }) =>
    isWithin(service, migration, migrations.slice(count), actual),
  )
  if (within !== undefined) return within.count
  // Made by a start, on the way to the first migration.
  const first = migrations[0]
  if (
    first !== undefined &&
    migrations.length === 1 &&
    isWithin(service, { ...first, snapshot: { ...first.snapshot, tables: [] } }, migrations, actual)
  )
    return 0
  const nearest = differences.toSorted((a, b) => a.length - b.length)[0] ?? []
  throw new ArchipelError("migration.unknown_database", { service, differences: nearest.slice(0, 20) })
}
