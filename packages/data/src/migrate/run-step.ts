/**
 * One step of a migration on a database.
 *
 * @module
 */
import { ArchipelError } from "@archipel/core"
import pg from "pg"
import { sqlState } from "../postgres/sql-state.ts"
import { type BatchesOptions, type Pace, runBatches } from "./batches.ts"
import { TRIGRAM_SCHEMA } from "./index-steps.ts"
import type { Migration } from "./read-migrations.ts"
import type { MigrationRecord, RecordedStep } from "./record.ts"
import { isBusy, type MigrationSession } from "./session.ts"
import type { FileStep } from "./sql-text.ts"

/** What runs a step that is more than SQL, from where it stopped; it records how far it came in its own transactions. */
export type CodeStep = (
  step: FileStep,
  known: RecordedStep | undefined,
  options: Pick<BatchesOptions, "number" | "pace" | "onProgress">,
) => Promise<void>

export interface StepContext {
  readonly migration: Migration
  readonly session: MigrationSession
  readonly record: MigrationRecord
  readonly pace: Pace
  /** Schema of pg_trgm, if it is there. */
  readonly trigramSchema: string | undefined
  readonly runCode: CodeStep
  readonly onBusy: (step: FileStep) => void
  readonly onProgress: (step: FileStep, rows: number) => void
}

/** Safe to be called again after it was interrupted anywhere. @throws `migration.…` naming the step */
export async function runStep(step: FileStep, known: RecordedStep | undefined, context: StepContext): Promise<void> {
  const { migration, session, record, trigramSchema } = context
  if (step.needsTrigram && trigramSchema === undefined) return record.finished(migration.number, step.id)
  const quotedSchema = pg.escapeIdentifier(trigramSchema ?? "")
  const placed: FileStep = {
    ...step,
    statements: step.statements.map((statement) =>
      statement.replaceAll(pg.escapeIdentifier(TRIGRAM_SCHEMA), quotedSchema),
    ),
  }
  try {
    if (step.mode === "transaction") await runTransaction(placed, context)
    else if (step.mode === "alone") await runAlone(placed, context)
    else {
      const options = {
        number: migration.number,
        pace: context.pace,
        onProgress: (rows: number) => context.onProgress(step, rows),
      }
      if (step.mode === "batches")
        await runBatches(placed, known, { ...options, session, record, onBusy: () => context.onBusy(step) })
      else await context.runCode(placed, known, options)
    }
  } catch (error) {
    throw await explained(error, step, context)
  }
}

async function runTransaction(step: FileStep, { migration, session, record, onBusy }: StepContext): Promise<void> {
  await session.transaction(
    async () => {
      for (const statement of step.statements) await session.execute(statement)
      await record.finished(migration.number, step.id)
    },
    () => onBusy(step),
  )
}

async function runAlone(step: FileStep, { migration, session, record }: StepContext): Promise<void> {
  await record.started(migration.number, step.id)
  if (step.index !== undefined) await dropInvalid(session, step.index)
  for (const statement of step.statements) {
    try {
      await session.execute(statement)
    } catch (error) {
      if (step.index !== undefined) await dropInvalid(session, step.index)
      throw error
    }
  }
  await record.finished(migration.number, step.id)
}

/** What is left of an index whose building failed or was interrupted: it costs every write and serves no read. */
async function dropInvalid(session: MigrationSession, index: string): Promise<void> {
  const [found] = await session.query<{ found: boolean }>(
    "select true as found from pg_index where indexrelid = to_regclass($1) and not indisvalid",
    [pg.escapeIdentifier(index)],
  )
  if (found !== undefined) await session.execute(`drop index concurrently if exists ${pg.escapeIdentifier(index)}`)
}

async function explained(error: unknown, step: FileStep, { migration, session }: StepContext): Promise<unknown> {
  if (error instanceof ArchipelError && error.code.startsWith("migration.")) return error
  const state = sqlState(error)
  const place = { service: migration.service, migration: migration.name, step: `${step.id} (${step.title})` }
  const cause = { cause: error }
  const why =
    error instanceof pg.DatabaseError
      ? [error.message, error.detail].filter(Boolean).join(": ")
      : String((error as Error).message)
  const isRefused = state?.startsWith("23") || state === "22001" || state === "22003"
  if (isRefused || (error instanceof ArchipelError && error.code.startsWith("record.")))
    return new ArchipelError("migration.rows_refused", { ...place, table: step.table, why }, cause)
  if (isBusy(error)) {
    const holders = await session.holdersOf(step.table)
    return new ArchipelError("migration.locked", { ...place, table: step.table, holders }, cause)
  }
  if (state === "42501") return new ArchipelError("migration.not_permitted", { ...place, why }, cause)
  // The database went away: nothing is wrong with the step.
  if (error instanceof ArchipelError) return error
  return new ArchipelError("migration.failed", { ...place, why }, cause)
}
