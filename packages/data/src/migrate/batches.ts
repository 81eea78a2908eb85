/**
 * Rows changed some at a time, in the order of their key, from where it stopped.
 *
 * @module
 */
import { setTimeout as delay } from "node:timers/promises"
import pg from "pg"
import { literal } from "../schema/ddl.ts"
import type { MigrationRecord, RecordedStep } from "./record.ts"
import type { MigrationSession } from "./session.ts"
import type { FileStep } from "./sql-text.ts"

/** A batch that takes longer holds up writers of its rows: then they become smaller. */
const SLOW_MS = 150
const FAST_MS = 40
const MIN_ROWS = 50
const MAX_ROWS = 5_000

export interface Pace {
  /** Rows of the first batch. */
  readonly batchRows: number
  /** At most so many rows a second. */
  readonly rowsPerSecond: number
}

export interface BatchesOptions {
  readonly session: MigrationSession
  readonly record: MigrationRecord
  readonly number: number
  readonly pace: Pace
  readonly onBusy: () => void
  readonly onProgress: (rows: number) => void
}

/** @param known What was recorded of the step. */
export async function runBatches(
  step: FileStep,
  known: RecordedStep | undefined,
  options: BatchesOptions,
): Promise<void> {
  const { session, record, number, pace, onBusy, onProgress } = options
  const [statement = ""] = step.statements
  const key = step.key ?? ["id"]
  const table = step.table.split(".").map(pg.escapeIdentifier).join(".")
  let position = known?.position ?? null
  let rows = known?.rows ?? 0
  let size = pace.batchRows
  await record.started(number, step.id)
  for (;;) {
    const began = performance.now()
    const batch = await session.transaction(async () => {
      const end = await lastOf(session, table, key, position, size)
      const condition = [
        ...(position === null ? [] : [compared(key, ">", position)]),
        ...(end === undefined ? [] : [compared(key, "<=", end)]),
      ]
      const changed = await session.execute(statement.replaceAll(":rows", () => condition.join(" and ") || "true"))
      if (end === undefined) await record.finished(number, step.id)
      else await record.moved(number, step.id, end, size)
      return { end, changed }
    }, onBusy)
    rows += batch.end === undefined ? batch.changed : size
    onProgress(rows)
    if (batch.end === undefined) return
    position = batch.end
    const took = performance.now() - began
    const wanted = (size / pace.rowsPerSecond) * 1000
    if (took > SLOW_MS) size = Math.max(MIN_ROWS, Math.floor(size / 2))
    else if (took < FAST_MS) size = Math.min(MAX_ROWS, size * 2)
    if (wanted > took) await delay(wanted - took)
  }
}

/** The key of the last row of a full batch; undefined when fewer rows are left. */
async function lastOf(
  session: MigrationSession,
  table: string,
  key: readonly string[],
  position: readonly string[] | null,
  size: number,
): Promise<readonly string[] | undefined> {
  const names = key.map(pg.escapeIdentifier)
  const after = position === null ? "" : ` where ${compared(key, ">", position)}`
  const [row] = await session.query<Record<string, string>>(
    `select ${names.map((name, i) => `${name}::text as k${i}`).join(", ")} from ${table}${after} order by ${names.join(", ")} offset ${size - 1} limit 1`,
  )
  return row === undefined ? undefined : key.map((_, i) => row[`k${i}`] ?? "")
}

const compared = (key: readonly string[], operator: ">" | "<=", values: readonly string[]): string =>
  `(${key.map(pg.escapeIdentifier).join(", ")}) ${operator} (${values.map(literal).join(", ")})`
