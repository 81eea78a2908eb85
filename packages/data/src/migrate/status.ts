/**
 * How far migrations have come on a database, and whether it still is what they made. Changes nothing.
 *
 * @module
 */
import type { Database } from "../postgres/database.ts"
import { introspect } from "../schema/introspect.ts"
import { baselineOf, differencesFrom } from "./baseline.ts"
import type { Migration } from "./read-migrations.ts"
import { MigrationRecord, type RecordedMigration } from "./record.ts"
import type { FileStep } from "./sql-text.ts"

export interface MigrationStatus {
  readonly migration: Migration
  /** `expanded`: both releases can run, and the contract phase is to come. `running`: it stopped or is under way between two steps. */
  readonly state: "applied" | "expanded" | "running" | "pending"
  /** What is to be run, in order; of a step in batches with the rows that are done. */
  readonly left: readonly { readonly step: FileStep; readonly rows: number }[]
  /** Whether the files are other ones than those that ran. */
  readonly isEdited: boolean
}

export interface DatabaseStatus {
  readonly migrations: readonly MigrationStatus[]
  /** Migrations that ran here and are not in the folder: of a newer release. */
  readonly unknown: readonly string[]
  /** What is other than the last migration made it; nothing is said while one is under way. */
  readonly drift: readonly string[]
}

/** @throws `migration.unknown_database` */
export async function migrationStatus(
  database: Database,
  service: string,
  migrations: readonly Migration[],
): Promise<DatabaseStatus> {
  const actual = await introspect(database)
  const hasRecord = actual.tables.some(({ framework, name }) => framework && name === "migrations")
  const record = new MigrationRecord(
    {
      query: async <Row extends object>(text: string, values: readonly unknown[] = []) =>
        (await database.query<Row>({ text }, values, { parse: true })).rows,
      execute: () => Promise.reject(new TypeError("A status changes nothing.")),
    },
    service,
  )
  const recorded = hasRecord ? await record.migrations() : []
  const baseline = recorded.length === 0 ? baselineOf(service, migrations, actual).count : 0
  const states = await Promise.all(
    migrations.map(async (migration, position): Promise<MigrationStatus> => {
      if (position < baseline) return { migration, state: "applied", left: [], isEdited: false }
      const known = recorded.find(({ number }) => number === migration.number)
      const steps = known === undefined ? undefined : await record.steps(migration.number)
      const left = known?.isContracted
        ? []
        : migration.steps
            .filter(({ id }) => !steps?.get(id)?.isFinished)
            .map((step) => ({ step, rows: steps?.get(step.id)?.rows ?? 0 }))
      return {
        migration,
        state: stateOf(known),
        left,
        isEdited: known !== undefined && known.checksum !== migration.checksum,
      }
    }),
  )
  const unknown = recorded.filter(({ name }) => migrations.every((migration) => migration.name !== name))
  const last = states.findLast(({ state }) => state !== "pending")
  const drift = last?.state === "applied" ? differencesFrom(service, last.migration.snapshot.tables, actual) : []
  return { migrations: states, unknown: unknown.map(({ name }) => name), drift }
}

const stateOf = (known: RecordedMigration | undefined): MigrationStatus["state"] =>
  known === undefined ? "pending" : known.isContracted ? "applied" : known.isExpanded ? "expanded" : "running"
