/**
 * A migration of a large table under writes: that none fails, and how long the slowest waits.
 *
 * @module
 */

import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as delay } from "node:timers/promises"
import {
  choice,
  contract,
  type ContractDefinition,
  decimal,
  identity,
  model,
  one,
  resolveCatalog,
  text,
  uuid,
} from "@archipel/core"
import { openDatabase } from "@archipel/data"
import {
  applyMigrations,
  diffSnapshots,
  emptySnapshot,
  folderName,
  migrationFiles,
  readMigrations,
  type SchemaSnapshot,
  snapshotOf,
} from "@archipel/data/migrate"
import { Client } from "pg"
import { startDatabaseServer } from "./database-server.ts"
import type { BenchOptions } from "./options.ts"
import { table } from "./summary.ts"

/** What the slowest write may wait for. */
const GOAL_MS = 500
const WRITERS = 4
/** Of each writer: together well above 200 writes a second. */
const PAUSE_MS = 10
const customers = 1_000

interface PhaseRow {
  readonly phase: string
  readonly seconds: number
  readonly writes: number
  readonly failures: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly longestMs: number
  /** The step that ran when the longest one began. */
  readonly duringLongest: string
}

const Customer = model({ name: text() })
const before = (): ContractDefinition =>
  contract("bench", {
    roles: [],
    models: { Customer, Order: model({ number: text(), customerId: uuid(), total: decimal(), note: text() }) },
  }).definition
/** A required field with a default, an index, a foreign key, a check, and a rename. */
const after = (): ContractDefinition =>
  contract("bench", {
    roles: [],
    models: {
      Customer,
      Order: model(
        {
          number: text(),
          customer: one("bench.Customer").was("customerId"),
          total: decimal().index(),
          remark: text().was("note"),
          priority: choice("normal", "high").default("normal"),
        },
        { checks: { notNegative: { total: { gte: "0" } } } },
      ),
    },
  }).definition

const insertOld =
  "insert into orders (id, number, customer_id, total, note, version, created_at, updated_at) values (gen_random_uuid(), $1, $2, 5, 'new', 1, now(), now())"
const updateOld = "update orders set note = $2, version = version + 1 where id = $1"
const insertNew =
  "insert into orders (id, number, customer_id, total, remark, priority, version, created_at, updated_at) values (gen_random_uuid(), $1, $2, 5, 'new', 'high', 1, now(), now())"
const updateNew = "update orders set remark = $2, version = version + 1 where id = $1"

/** Prints what happened. @returns the exit code: 1 if a write failed */
export async function benchMigrate(options: BenchOptions, note: (line: string) => void): Promise<number> {
  const rows = options.migrate ?? 0
  await using server = await startDatabaseServer(note)
  await server.create("migrate")
  const target = { connectionString: server.url("migrate") }
  await using database = openDatabase(target)
  const folder = await mkdtemp(join(tmpdir(), "archipel-bench-migrate-"))
  try {
    const steps: Step[] = []
    const first = await plan(folder, emptySnapshot("bench"), before(), 1, "first")
    const apply = (contractToo: boolean) =>
      applyMigrations({
        target,
        database,
        service: "bench",
        migrations: readMigrations(folder, "bench"),
        contract: contractToo,
        codeOf: () => () => Promise.reject(new TypeError("no step is code")),
        onNews: (news) => {
          if (news.kind !== "step") return
          note(`${news.step.phase} ${news.step.id} ${news.step.title}`)
          steps.push({ at: performance.now(), title: news.step.title })
        },
      })
    await apply(false)
    note(`seeding ${rows.toLocaleString("en")} rows`)
    await server.run("migrate", seed(rows))
    await plan(folder, first, after(), 2, "second")
    const measured = [
      await underWrites(target.connectionString, "expand, backfill", steps, insertOld, updateOld, () => apply(false)),
      await underWrites(target.connectionString, "contract", steps, insertNew, updateNew, () => apply(true)),
    ]
    console.log(
      `\nA migration of ${rows.toLocaleString("en")} rows under writes (the longest at most ${GOAL_MS} ms):\n`,
    )
    console.log(migrateTable(measured))
    return measured.some(({ failures }) => failures > 0) ||
      (options.enforce && measured.some(({ longestMs }) => longestMs > GOAL_MS))
      ? 1
      : 0
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function plan(
  folder: string,
  from: SchemaSnapshot,
  definition: ContractDefinition,
  number: number,
  name: string,
): Promise<SchemaSnapshot> {
  const to = snapshotOf({ catalog: resolveCatalog([identity.definition, definition]), service: "bench" })
  const planned = { number, name, from, to, steps: diffSnapshots(from, to) }
  const path = join(folder, folderName(planned))
  await mkdir(path)
  for (const [file, content] of migrationFiles(planned)) await writeFile(join(path, file), content)
  return to
}

const seed = (rows: number): string => `
  insert into customers (id, name, version, created_at, updated_at)
  select ('00000000-0000-7000-8000-' || lpad(i::text, 12, '0'))::uuid, 'Customer ' || i, 1, now(), now() from generate_series(1, ${customers}) i;
  insert into orders (id, number, customer_id, total, note, version, created_at, updated_at)
  select gen_random_uuid(), 'SO-' || i, ('00000000-0000-7000-8000-' || lpad((i % ${customers} + 1)::text, 12, '0'))::uuid, i % 1000, 'Note of order ' || i, 1, now(), now()
  from generate_series(1, ${rows}) i;
  analyze`

interface Step {
  readonly at: number
  readonly title: string
}

/** Writes as one release does while `run` runs. */
async function underWrites(
  connectionString: string,
  phase: string,
  steps: readonly Step[],
  insert: string,
  update: string,
  run: () => Promise<unknown>,
): Promise<PhaseRow> {
  const writes: { readonly began: number; readonly took: number }[] = []
  const failed: unknown[] = []
  let isOver = false
  const write = async (writer: number): Promise<void> => {
    const client = new Client({ connectionString, connectionTimeoutMillis: 10_000 })
    await client.connect()
    try {
      const { rows } = await client.query<{ id: string }>(`select id from orders limit 1000 offset ${writer * 1000}`)
      for (let n = 0; !isOver; n++) {
        const began = performance.now()
        try {
          if (n % 2 === 0)
            await client.query(insert, [
              `W${writer}-${n}`,
              `00000000-0000-7000-8000-${String((n % customers) + 1).padStart(12, "0")}`,
            ])
          else await client.query(update, [rows[n % rows.length]?.id, `changed ${n}`])
        } catch (error) {
          failed.push(error)
        }
        const took = performance.now() - began
        writes.push({ began, took })
        await delay(Math.max(0, PAUSE_MS - took))
      }
    } finally {
      await client.end()
    }
  }
  const began = performance.now()
  const writing = Promise.all(Array.from({ length: WRITERS }, (_, writer) => write(writer)))
  try {
    await run()
  } finally {
    isOver = true
    await writing
  }
  for (const error of failed.slice(0, 3)) console.error(error)
  const sorted = writes.toSorted((a, b) => a.took - b.took)
  const at = (share: number): number => sorted[Math.floor(sorted.length * share)]?.took ?? Number.NaN
  const longest = sorted.at(-1) ?? { began: 0, took: Number.NaN }
  return {
    phase,
    seconds: (performance.now() - began) / 1000,
    writes: writes.length,
    failures: failed.length,
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    longestMs: longest.took,
    duringLongest: steps.findLast(({ at }) => at <= longest.began)?.title ?? "",
  }
}

const migrateTable = (rows: readonly PhaseRow[]): string =>
  table(
    ["phase", "s", "writes", "writes/s", "failed", "p50 ms", "p99 ms", "longest ms", "during"],
    rows.map((row) => [
      row.phase,
      row.seconds.toFixed(1),
      row.writes.toLocaleString("en"),
      (row.writes / row.seconds).toFixed(0),
      String(row.failures),
      row.p50Ms.toFixed(1),
      row.p99Ms.toFixed(1),
      row.longestMs.toFixed(0),
      row.duringLongest,
    ]),
  )
