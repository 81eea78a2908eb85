/**
 * Where a database begins that was made without migrations.
 *
 * @module
 */
import { ArchipelError } from "@archipel/core"
import { planAdditive, type SchemaPlan, type SchemaRefusal } from "../schema/plan-additive.ts"
import type { ActualSchema, TableSchema } from "../schema/structure.ts"
import type { Migration } from "./read-migrations.ts"

function planFrom(service: string, tables: readonly TableSchema[], actual: ActualSchema): SchemaPlan {
  const trigram = actual.trigram === "available" ? undefined : actual.trigram
  const { statements, refused } = planAdditive({ service, tables, functions: [] }, { ...actual, trigram })
  return { statements: statements.filter(({ what }) => what !== "the framework"), refused }
}

const differences = (plan: SchemaPlan | undefined): readonly string[] => [
  ...(plan?.statements ?? [])
    .filter(({ sql }) => !sql.startsWith("comment on"))
    .map(({ sql, what }) => `${what} lacks: ${sql.split("\n")[0]}`),
  ...(plan?.refused ?? []).map(({ what, why }) => `${what}: ${why}`),
]

/** How a database differs from the service's tables of a snapshot. */
export const differencesFrom = (
  service: string,
  tables: readonly TableSchema[],
  actual: ActualSchema,
): readonly string[] => differences(planFrom(service, tables, actual))

/** Whether all of the snapshot is there as it should be, and what is there besides belongs to later snapshots. */
function isWithin(service: string, migration: Migration, later: readonly Migration[], actual: ActualSchema): boolean {
  const own = new Set(migration.snapshot.tables.flatMap(sourcesOf))
  const { statements, refused } = planFrom(service, migration.snapshot.tables, actual)
  const isWhole = statements.every(({ sql }) => sql.startsWith("comment on"))
  const isOwn = ({ what }: SchemaRefusal): boolean => own.has(what.split(" (")[0] ?? "")
  if (!isWhole || refused.some(isOwn)) return false
  const known = new Set(later.flatMap(({ snapshot }) => snapshot.tables.flatMap(sourcesOf)))
  const there = actual.tables.filter(({ framework, source }) => !framework && source?.startsWith(`${service}.`))
  return there.flatMap(sourcesOf).every((source) => own.has(source) || known.has(source))
}

const sourcesOf = ({ source, columns }: TableSchema): string[] =>
  [source, ...columns.map((column) => column.source)].filter((each) => each !== undefined)

/** Where a database stands that has no record of migrations. */
export interface Baseline {
  /** How many of the migrations it has. */
  readonly count: number
  /** What it still lacks of the first one, all of it harmless; then that one counts as had. */
  readonly statements: readonly string[]
}

/**
 * By what is in the database.
 *
 * @throws `migration.unknown_database`
 */
export function baselineOf(service: string, migrations: readonly Migration[], actual: ActualSchema): Baseline {
  const newestFirst = migrations.map((migration, position) => ({ migration, count: position + 1 })).toReversed()
  const plans = newestFirst.map(({ migration }) => planFrom(service, migration.snapshot.tables, actual))
  const exact = newestFirst.find(
    ({ migration }, i) => migration.snapshot.tables.length > 0 && differences(plans[i]).length === 0,
  )
  if (exact !== undefined) return { count: exact.count, statements: [] }
  const hasTables = actual.tables.some(({ framework, source }) => !framework && source?.startsWith(`${service}.`))
  if (!hasTables) return { count: 0, statements: [] }
  const within = newestFirst.find(({ migration, count }) =>
    isWithin(service, migration, migrations.slice(count), actual),
  )
  if (within !== undefined) return { count: within.count, statements: [] }
  const first = plans.at(-1)
  if (first !== undefined && first.refused.length === 0)
    return { count: 1, statements: first.statements.map(({ sql }) => sql) }
  const nearest = plans.map(differences).toSorted((a, b) => a.length - b.length)[0] ?? []
  throw new ArchipelError("migration.unknown_database", { service, differences: nearest.slice(0, 20) })
}
