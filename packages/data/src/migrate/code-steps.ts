/**
 * Steps that are more than SQL: a migration's own `data.ts`, and stored values that logic computes.
 *
 * @module
 */
import { setTimeout as delay } from "node:timers/promises"
import { pathToFileURL } from "node:url"
import { ArchipelError, type ColumnMember, type ServiceDefinition } from "@archipel/core"
import type { Kysely } from "kysely"
import { kyselyOver } from "../kysely.ts"
import type { Database } from "../postgres/database.ts"
import type { Transaction } from "../postgres/transaction.ts"
import { qualified } from "../schema/ddl.ts"
import { recompute } from "../write/recompute.ts"
import type { Migration } from "./read-migrations.ts"
import { type Executor, MigrationRecord } from "./record.ts"
import { quoted } from "./rename-steps.ts"
import type { CodeStep } from "./run-step.ts"
import type { FileStep } from "./sql-text.ts"

/** One batch of a data migration, in a transaction of its own. */
export interface DataBatch<Tables> {
  /** Obeys no rights, and writes neither history nor events. */
  readonly db: Kysely<Tables>
  /** What the batch before returned; undefined in the first one. */
  readonly after: string | undefined
  /** About as many rows as a batch should have. */
  readonly limit: number
}

/** Does one batch. @returns where the next one goes on; undefined when nothing is left */
export type DataMigration<Tables> = (batch: DataBatch<Tables>) => Promise<string | undefined>

/**
 * What a migration's `data.ts` exports by default: called again and again, each time in a transaction that also keeps where it is, so
 * that a run that was interrupted goes on from there. It runs beside both releases, after new columns were added and renamed ones
 * filled; `Tables` comes from the `tables.ts` that was written with the migration.
 */
export const dataMigration = <Tables>(batch: DataMigration<Tables>): DataMigration<Tables> => batch

export interface CodeStepOptions {
  readonly database: Database
  /** Of the release that the migrations belong to. */
  readonly service: ServiceDefinition
  readonly now?: () => Date
}

/** For `applyMigrations`. */
export const codeSteps =
  ({ database, service, now = () => new Date() }: CodeStepOptions) =>
  (migration: Migration): CodeStep =>
  async (step, known, { number, pace, onProgress }) => {
    const batch = step.mode === "data" ? await dataBatch(migration) : recomputeBatch(service, step, migration, now)
    let position = known?.position?.[0]
    let rows = known?.rows ?? 0
    for (;;) {
      const began = performance.now()
      const next = await database.transaction(
        async (tx) => {
          const record = new MigrationRecord(executorOf(tx), migration.service)
          await record.started(number, step.id)
          const reached = await batch(tx, position, pace.batchRows)
          if (reached === undefined) await record.finished(number, step.id)
          else await record.moved(number, step.id, [reached], pace.batchRows)
          return reached
        },
        { retry: true },
      )
      if (next === undefined) return
      position = next
      rows += pace.batchRows
      onProgress(rows)
      const wanted = (pace.batchRows / pace.rowsPerSecond) * 1000 - (performance.now() - began)
      if (wanted > 0) await delay(wanted)
    }
  }

type Batch = (tx: Transaction, after: string | undefined, limit: number) => Promise<string | undefined>

const executorOf = (tx: Transaction): Executor => ({
  query: async <Row extends object>(text: string, values: readonly unknown[] = []) =>
    (await tx.query<Row>({ text }, values, { parse: true })).rows,
  execute: async (text, values = []) => (await tx.query({ text }, values)).count,
})

async function dataBatch({ data = "" }: Migration): Promise<Batch> {
  const module = (await import(pathToFileURL(data).href)) as { readonly default?: DataMigration<unknown> }
  const run = module.default
  if (typeof run !== "function")
    throw new ArchipelError("migration.invalid_file", {
      file: data,
      reason: "it does not end with `export default dataMigration<Tables>(…)`",
    })
  return (tx, after, limit) => run({ db: kyselyOver<unknown>(tx), after, limit })
}

function recomputeBatch(service: ServiceDefinition, step: FileStep, migration: Migration, now: () => Date): Batch {
  const field = fieldOf(service, step, migration)
  const key = quoted(step.key?.[0] ?? "id")
  const table = qualified({ framework: false, name: step.table })
  const reason = `${migration.name}: ${step.title}`
  return async (tx, after, limit) => {
    const where = after === undefined ? "" : ` where ${key} > $2`
    const { rows } = await tx.query<{ id: string }>(
      { text: `select ${key}::text as id from ${table}${where} order by ${key} limit $1` },
      after === undefined ? [limit] : [limit, after],
    )
    const ids = rows.map(({ id }) => id)
    if (ids.length > 0) await recompute({ service, reason, now }, tx, field, ids)
    return ids.length < limit ? undefined : ids.at(-1)
  }
}

function fieldOf(service: ServiceDefinition, { field = "" }: FileStep, migration: Migration): ColumnMember {
  const at = field.lastIndexOf(".")
  const member = service.catalog.models.get(field.slice(0, at))?.members.get(field.slice(at + 1))
  if (member?.kind === "field" || member?.kind === "one") return member
  throw new ArchipelError("migration.unknown", { service: service.name, migrations: [migration.name] })
}
