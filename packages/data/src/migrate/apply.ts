/**
 * Migrations on a database: each step once, in order, and on from where it stopped.
 *
 * @module
 */
import { ArchipelError } from "@archipel/core"
import type { Database } from "../postgres/database.ts"
import type { ConnectionConfig } from "../postgres/connection.ts"
import { schemaRevision } from "../schema/apply-additive.ts"
import { frameworkFunctions } from "../schema/framework-functions.ts"
import { frameworkTables } from "../schema/framework-tables.ts"
import { introspect } from "../schema/introspect.ts"
import { planAdditive } from "../schema/plan-additive.ts"
import { type ActualSchema, FRAMEWORK_SCHEMA } from "../schema/structure.ts"
import { baselineOf } from "./baseline.ts"
import type { Pace } from "./batches.ts"
import { fileOf } from "./migration-files.ts"
import type { Migration } from "./read-migrations.ts"
import { MigrationRecord, type RecordedMigration } from "./record.ts"
import { type CodeStep, runStep, type StepContext } from "./run-step.ts"
import { MigrationSession } from "./session.ts"
import type { FileStep } from "./sql-text.ts"
import type { Phase } from "./step.ts"

/** What happens, for whoever watches. */
export type MigrationNews =
  | { readonly kind: "found"; readonly migration: string }
  | { readonly kind: "step"; readonly migration: string; readonly step: FileStep }
  | { readonly kind: "busy"; readonly migration: string; readonly step: FileStep }
  | { readonly kind: "progress"; readonly migration: string; readonly step: FileStep; readonly rows: number }
  | { readonly kind: "reached"; readonly migration: string; readonly phase: "backfill" | "contract" }

export interface ApplyOptions {
  readonly target: ConnectionConfig
  /** Of the same place. */
  readonly database: Database
  readonly service: string
  readonly migrations: readonly Migration[]
  /** Nobody runs the release before any more: also what it needed goes. An empty database has no such release. Default false. */
  readonly contract?: boolean
  /** Default 500 rows in the first batch, 20,000 rows a second at most. */
  readonly pace?: Partial<Pace>
  /** How long another process that changes the schema is waited for. Default 60 s. */
  readonly waitMs?: number
  /** How often a step is tried whose locks others hold. Default 60, which is about a minute and a half. */
  readonly lockAttempts?: number
  /** Runs `data.ts` and computes stored values anew. */
  readonly codeOf: (migration: Migration) => CodeStep
  readonly onNews?: (news: MigrationNews) => void
}

export interface Applied {
  /** Steps that were run now. */
  readonly steps: number
  /** The migration whose contract phase is still to come, if there is one. */
  readonly waiting: string | undefined
}

/**
 * Brings a database to the last of the migrations. May be interrupted anywhere and called again; of several processes one does it, and
 * the others find it done.
 *
 * @throws `migration.…`, `database.…`
 */
export async function applyMigrations(options: ApplyOptions): Promise<Applied> {
  const { service, migrations, database } = options
  await using session = await MigrationSession.open(options.target, options.lockAttempts)
  await session.lock(options.waitMs ?? 60_000)
  await makeFramework(session, database)
  const actual = await introspect(database)
  const record = new MigrationRecord(session, service)
  const run = new Run(options, session, record, actual)
  const recorded = await run.recorded()
  assertKnown(service, migrations, recorded)
  const isEmpty =
    recorded.length === 0 &&
    !actual.tables.some(({ framework, source }) => !framework && source?.startsWith(`${service}.`))
  const contract = options.contract === true || isEmpty
  let waiting: string | undefined
  for (const [position, migration] of migrations.entries()) {
    const known = recorded.find(({ number }) => number === migration.number)
    if (known?.isContracted) continue
    if (waiting !== undefined)
      throw new ArchipelError("migration.not_contracted", { service, migration: waiting, next: migration.name })
    const isLast = position === migrations.length - 1
    const isComplete = await run.migration(migration, known, contract, isLast)
    if (!isComplete) waiting = migration.name
  }
  return { steps: run.count, waiting }
}

class Run {
  readonly #options: ApplyOptions
  readonly #session: MigrationSession
  readonly #record: MigrationRecord
  readonly #actual: ActualSchema
  count = 0

  constructor(options: ApplyOptions, session: MigrationSession, record: MigrationRecord, actual: ActualSchema) {
    this.#options = options
    this.#session = session
    this.#record = record
    this.#actual = actual
  }

  /** What ran here; of a database that was made without migrations, what it has by its tables. */
  async recorded(): Promise<readonly RecordedMigration[]> {
    const { service, migrations, onNews } = this.#options
    const recorded = await this.#record.migrations()
    if (recorded.length > 0) return recorded
    const { count, statements } = baselineOf(service, migrations, this.#actual)
    const found = migrations.slice(0, count)
    await this.#session.transaction(async () => {
      for (const statement of statements) await this.#session.execute(statement)
      for (const migration of found) await this.#record.begin(migration, true)
      const last = found.at(-1)
      if (last !== undefined) await this.#record.revision(revisionAt(last), statements)
    })
    for (const { name } of found) onNews?.({ kind: "found", migration: name })
    return count === 0 ? recorded : this.#record.migrations()
  }

  /** @returns whether it is complete. */
  async migration(
    migration: Migration,
    known: RecordedMigration | undefined,
    contract: boolean,
    isLast: boolean,
  ): Promise<boolean> {
    const { onNews } = this.#options
    if (known === undefined) {
      assertConsents(migration)
      assertFree(migration, this.#actual)
      await this.#record.begin(migration)
    }
    if (!known?.isExpanded) {
      await this.#phases(migration, ["expand", "backfill"])
      await this.#session.transaction(async () => {
        await this.#record.reached(migration.number, "expanded_at")
        // What a start of the new release looks for.
        if (isLast)
          await this.#record.revision(
            revisionAt(migration),
            migration.steps.map(({ title }) => title),
          )
      })
      onNews?.({ kind: "reached", migration: migration.name, phase: "backfill" })
    }
    if (!contract && migration.steps.some(({ phase }) => phase === "contract")) return false
    await this.#phases(migration, ["contract"])
    await this.#record.reached(migration.number, "contracted_at")
    onNews?.({ kind: "reached", migration: migration.name, phase: "contract" })
    return true
  }

  async #phases(migration: Migration, wanted: readonly Phase[]): Promise<void> {
    const { service: _, pace, onNews, codeOf } = this.#options
    const known = await this.#record.steps(migration.number)
    const told = { migration: migration.name }
    const context: StepContext = {
      migration,
      session: this.#session,
      record: this.#record,
      pace: { batchRows: pace?.batchRows ?? 500, rowsPerSecond: pace?.rowsPerSecond ?? 20_000 },
      trigramSchema: typeof this.#actual.trigram === "object" ? this.#actual.trigram.schema : undefined,
      runCode: codeOf(migration),
      onBusy: (step) => onNews?.({ kind: "busy", step, ...told }),
      onProgress: (step, rows) => onNews?.({ kind: "progress", step, rows, ...told }),
    }
    for (const step of migration.steps) {
      if (!wanted.includes(step.phase) || known.get(step.id)?.isFinished) continue
      onNews?.({ kind: "step", step, ...told })
      await runStep(step, known.get(step.id), context)
      this.count++
    }
  }
}

const revisionAt = ({ service, snapshot }: Migration): string =>
  schemaRevision({ service, tables: [...snapshot.tables, ...frameworkTables], functions: frameworkFunctions })

/** The framework's own tables and functions, which no migration is planned for: they only ever get more. */
async function makeFramework(session: MigrationSession, database: Database): Promise<void> {
  const actual = await introspect(database)
  const desired = { service: "", tables: frameworkTables, functions: frameworkFunctions }
  const { statements, refused } = planAdditive(desired, actual)
  if (refused.length > 0) throw new ArchipelError("schema.refused", { service: FRAMEWORK_SCHEMA, refused })
  if (statements.length === 0) return
  await session.transaction(async () => {
    for (const { sql } of statements) await session.execute(sql)
  })
}

function assertKnown(service: string, migrations: readonly Migration[], recorded: readonly RecordedMigration[]): void {
  const byNumber = new Map(migrations.map((migration) => [migration.number, migration]))
  const unknown = recorded.filter(({ number, name }) => byNumber.get(number)?.name !== name)
  if (unknown.length > 0)
    throw new ArchipelError("migration.unknown", { service, migrations: unknown.map(({ name }) => name) })
  for (const { number, checksum, name } of recorded) {
    const migration = byNumber.get(number)
    if (migration !== undefined && migration.checksum !== checksum)
      throw new ArchipelError("migration.edited", { migration: name, file: migration.folder, isApplied: true })
  }
}

/** Before anything of a migration is done. */
function assertConsents(migration: Migration): void {
  const losses = migration.steps.flatMap((step) =>
    step.loss === undefined || step.consent !== undefined
      ? []
      : [{ step: step.id, what: step.loss, file: `${migration.name}/${fileOf[step.phase]}` }],
  )
  if (losses.length > 0)
    throw new ArchipelError("migration.needs_consent", {
      service: migration.service,
      migration: migration.name,
      losses,
    })
}

/** Another program's table of the same name is not taken for the one to be made. */
function assertFree({ service, snapshot }: Migration, actual: ActualSchema): void {
  const differences = actual.tables
    .filter(({ framework, source }) => !framework && source === undefined)
    .filter(({ name }) => snapshot.tables.some((table) => table.name === name))
    .map(
      ({ name }) => `table ${name}: another program made it; give the model another \`table\`, or move that one away`,
    )
  if (differences.length > 0) throw new ArchipelError("migration.unknown_database", { service, differences })
}
