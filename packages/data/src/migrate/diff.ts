/**
 * From one snapshot to the next: the steps that change a database in use without keeping anybody waiting.
 *
 * While both releases run, the database accepts what either of them writes: what is stricter comes last, what is laxer first.
 *
 * @module
 */
import { ArchipelError } from "@archipel/core"
import { addForeignKey, createIndex, createTable, literal, markColumn, mark, qualified } from "../schema/ddl.ts"
import { FRAMEWORK_SCHEMA, type TableSchema } from "../schema/structure.ts"
import { columnSteps, letGo } from "./column-steps.ts"
import { checkSteps } from "./check-steps.ts"
import { foreignKeySteps } from "./foreign-key-steps.ts"
import { TRIGRAM_SCHEMA, indexSteps } from "./index-steps.ts"
import { oldNameView } from "./in-step.ts"
import { matchSnapshots, type Matched, type TablePair } from "./match.ts"
import type { SchemaSnapshot } from "./snapshot.ts"
import { quoted, renameSteps } from "./rename-steps.ts"
import type { MigrationStep } from "./step.ts"
import { batchesStep, catalogueStep, StepList } from "./step-list.ts"

/** What the steps of one table need to know. */
export interface TableDiff extends TablePair {
  readonly service: string
  readonly list: StepList
  /** What a table of the old snapshot is called in the new one. */
  readonly tableNow: (name: string) => string
}

/**
 * Pure and deterministic: the same snapshots give the same steps.
 *
 * @throws `migration.impossible` with everything that no migration can do in one step.
 */
export function diffSnapshots(old: SchemaSnapshot, next: SchemaSnapshot): readonly MigrationStep[] {
  const matched = matchSnapshots(old, next)
  const { service } = next
  if (matched.mistakes.length > 0)
    throw new ArchipelError("migration.impossible", { service, mistakes: matched.mistakes })
  const list = new StepList()
  const names = new Map(matched.pairs.map((pair) => [pair.old.name, pair.next.name]))
  const tableNow = (name: string): string => names.get(name) ?? name
  for (const pair of matched.pairs) {
    const diff: TableDiff = { ...pair, service, list, tableNow }
    renameTable(diff)
    renameSteps(diff)
    columnSteps(diff)
    checkSteps(diff)
    indexSteps(diff)
    foreignKeySteps(diff)
  }
  for (const table of matched.added) addTable(list, table)
  removeTables(list, matched)
  renameCounters(list, old, next)
  recomputed(list, old, next, matched)
  return list.steps
}

function renameTable({ list, old, next }: TableDiff): void {
  if (old.name === next.name) {
    if (old.source !== next.source)
      list.add(
        "expand",
        "rename",
        catalogueStep(next.name, `${next.source}: note that it was ${old.source}`, marks(next, old)),
      )
  } else {
    list.add(
      "expand",
      "rename",
      catalogueStep(
        next.name,
        `${next.source}: rename the table ${old.name} to ${next.name}, and keep the old name usable`,
        [
          `alter table ${qualified(old)} rename to ${quoted(next.name)}`,
          ...oldNameView(old, next),
          ...marks(next, old),
        ],
      ),
    )
    list.add(
      "contract",
      "old names",
      catalogueStep(next.name, `${next.source}: take the old name ${old.name} away`, [
        `drop view if exists ${qualified(old)}`,
      ]),
    )
  }
  if (old.source !== next.source && old.source !== undefined && next.source !== undefined)
    for (const column of ["model", "parent_model"])
      list.add(
        "contract",
        "history",
        batchesStep(
          `${FRAMEWORK_SCHEMA}.history`,
          `${next.source}: its history is told under the new name (${column})`,
          `update ${FRAMEWORK_SCHEMA}.history set ${column} = ${literal(next.source)} where :rows and ${column} = ${literal(old.source)}`,
          ["id"],
        ),
      )
}

/** What a table and its columns were made from, in the comments that tell. */
const marks = (next: TableSchema, old: TableSchema): string[] => [
  `comment on table ${qualified(next)} is ${mark(next.source ?? "")}`,
  // Only of columns that are there already.
  ...next.columns
    .filter(({ name }) => old.columns.some((each) => each.name === name))
    .map((column) => markColumn(next, column)),
]

function addTable(list: StepList, table: TableSchema): void {
  const ifMissing = (statement: string): string =>
    statement.replace(/^create (unique )?index /, "create $1index if not exists ")
  const own = table.indexes.filter(({ method }) => method !== "trigram")
  list.add(
    "expand",
    "create",
    catalogueStep(table.name, `${table.source}: make the table ${table.name}`, [
      ...createTable(table, true),
      ...own.flatMap((index) => createIndex(table, index).map(ifMissing)),
    ]),
  )
  for (const index of table.indexes.filter(({ method }) => method === "trigram"))
    list.add("expand", "create", {
      ...catalogueStep(
        table.name,
        `${table.source}: make the index ${index.name} for searches`,
        createIndex(table, index, TRIGRAM_SCHEMA).map(ifMissing),
      ),
      needsTrigram: true,
    })
  for (const key of table.foreignKeys)
    list.add("expand", "refer", {
      ...catalogueStep(table.name, `${table.source}: refer to ${key.target} (${key.column})`, [
        `alter table ${qualified(table)} drop constraint if exists ${quoted(key.name)}`,
        ...addForeignKey(table, key),
      ]),
    })
}

function removeTables(list: StepList, { removed }: Matched): void {
  for (const table of removed) {
    for (const key of table.foreignKeys) list.add("expand", "relax", letGo(table, key, table.source ?? table.name))
    list.add(
      "contract",
      "drop tables",
      catalogueStep(
        table.name,
        `${table.source}: drop the table ${table.name}`,
        [`drop table if exists ${qualified(table)}`],
        table.derived ? undefined : `all rows of ${table.name} (${table.source})`,
      ),
    )
  }
}

/** Numbers go on: until the old release is gone both names count together. */
function renameCounters(list: StepList, old: SchemaSnapshot, next: SchemaSnapshot): void {
  for (const [source, counter] of Object.entries(next.counters)) {
    const was = old.counters[next.renamed[source] ?? source]
    if (was === undefined || was === counter || old.counters[source] !== undefined) continue
    const table = next.tables.find(({ columns }) => columns.some((column) => column.source === source))?.name ?? ""
    list.add(
      "expand",
      "in step",
      catalogueStep(table, `${source}: count on where ${next.renamed[source]} is`, [
        `insert into ${FRAMEWORK_SCHEMA}.counter_names (name, counter) values (${literal(counter)}, ${literal(was)}) on conflict (name) do update set counter = excluded.counter`,
      ]),
    )
    list.add(
      "contract",
      "counters",
      catalogueStep(table, `${source}: its counters get its name`, [
        `select ${FRAMEWORK_SCHEMA}.rename_counter(${literal(was)}, ${literal(counter)})`,
      ]),
    )
  }
}

/** Stored values whose definition is another one, and those of fields that had none. */
function recomputed(list: StepList, old: SchemaSnapshot, next: SchemaSnapshot, { pairs }: Matched): void {
  const isRetyping = pairs.some(({ replaced }) => replaced.some((pair) => pair.old.name === pair.next.name))
  for (const { old: before, next: table } of pairs)
    for (const column of table.columns) {
      const { source } = column
      const revision = source === undefined ? undefined : next.computed[source]
      if (source === undefined || revision === undefined) continue
      const was = old.computed[source] ?? old.computed[next.renamed[source] ?? source]
      if (was === revision) continue
      const step = {
        table: table.name,
        mode: "recompute",
        lock: "none",
        cost: "rows",
        statements: [],
        key: table.primaryKey.columns,
        field: source,
      } as const
      // What it follows from may still be of the old type.
      if (!isRetyping)
        list.add("backfill", "recompute", {
          ...step,
          title: `${source}: compute the values of the rows that are there`,
        })
      if (isRetyping || before.columns.some((each) => each.source === source || each.source === next.renamed[source]))
        list.add("contract", "recompute", {
          ...step,
          title: `${source}: compute what the old release has written meanwhile`,
        })
    }
}
