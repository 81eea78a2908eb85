import { definitionOf, indexSql, markIndex, qualified } from "../schema/ddl.ts"
import type { IndexSchema, TableSchema } from "../schema/structure.ts"
import type { TableDiff } from "./diff.ts"
import { lostColumns, namesIn, quoted, sameButName } from "./rename-steps.ts"
import type { NewStep } from "./step.ts"
import { catalogueStep, indexStep } from "./step-list.ts"

/** Stands for the schema of pg_trgm, which differs between servers. */
export const TRIGRAM_SCHEMA = ":trigram"

/** Indexes are built and dropped beside running writes. A unique one could refuse what the old release writes, so it comes last. */
export function indexSteps(diff: TableDiff): void {
  const { list, old, next, replaced, added } = diff
  const lost = lostColumns(diff)
  const retyped = new Set(replaced.filter((pair) => pair.old.name === pair.next.name).map((pair) => pair.next.name))
  const nowOf = new Map(replaced.map((pair) => [pair.old.name, pair.next.name]))
  const fresh = new Set(
    added.filter(({ nullable, default: constant }) => nullable && constant === undefined).map(({ name }) => name),
  )
  const settled = new Set<string>()
  for (const index of next.indexes) {
    const same = sameButName(index, old.indexes, lost)
    if (same !== undefined) {
      settled.add(same.name)
      continue
    }
    const isOnRetyped = [...namesIn(index)].some((name) => retyped.has(name))
    const taken = old.indexes.find(({ name }) => name === index.name)
    const phase =
      isOnRetyped ||
      !isHarmless(
        index,
        old.indexes.map((each) => renamed(each, nowOf)),
        fresh,
      )
        ? "contract"
        : "backfill"
    if (taken === undefined) create(diff, index, phase)
    else {
      settled.add(taken.name)
      replace(diff, taken, index, phase)
    }
  }
  for (const index of old.indexes) {
    if (settled.has(index.name)) continue
    const goesWithColumn = [...namesIn(index)].some((name) => lost.has(name))
    const isRefilled = [...namesIn(index)].every((name) => !diff.removed.some((column) => column.name === name))
    if (
      index.unique &&
      !(
        goesWithColumn &&
        isRefilled &&
        next.indexes.some((each) => definitionOf(renamed(index, nowOf)) === definitionOf(each))
      )
    )
      list.add("expand", "relax", dropping(next, index))
    else if (!goesWithColumn) list.add("contract", "unindex", dropping(next, index))
  }
}

/** Whether it refuses nothing that the old release writes. */
function isHarmless(index: IndexSchema, old: readonly IndexSchema[], fresh: ReadonlySet<string>): boolean {
  if (!index.unique || index.columns.some(({ name }) => fresh.has(name))) return true
  const { whereEmpty: _, ...always } = index
  return old.some((each) => each.unique && [index, always].some((one) => definitionOf(one) === definitionOf(each)))
}

/** One of the same name: both are there until the new one is complete, and an old one that only helps until the old release is gone. */
function replace(diff: TableDiff, taken: IndexSchema, index: IndexSchema, phase: "backfill" | "contract"): void {
  const { list, next } = diff
  const beside = { ...index, name: `${index.name.slice(0, 56)}__next` }
  const end = index.unique ? phase : "contract"
  create(diff, beside, phase)
  list.add(end, "index", dropping(next, taken))
  list.add(end, "index", {
    ...catalogueStep(next.name, `${next.source}: ${beside.name} takes the place of ${index.name}`, [
      `alter index if exists ${qualified(next, beside.name)} rename to ${quoted(index.name)}`,
      markIndex(next, index),
    ]),
    ...(index.method === "trigram" ? { needsTrigram: true as const } : {}),
  })
}

const renamed = (index: IndexSchema, names: ReadonlyMap<string, string>): IndexSchema => ({
  ...index,
  columns: index.columns.map((column) => ({ ...column, name: names.get(column.name) ?? column.name })),
  ...(index.whereEmpty === undefined ? {} : { whereEmpty: names.get(index.whereEmpty) ?? index.whereEmpty }),
})

function create({ list, next }: TableDiff, index: IndexSchema, phase: "backfill" | "contract"): void {
  const isTrigram = index.method === "trigram"
  list.add(
    phase,
    "index",
    indexStep(
      next.name,
      `${next.source}: build the index ${index.name}`,
      `create ${index.unique ? "unique " : ""}index concurrently if not exists ${indexSql(next, index, TRIGRAM_SCHEMA)}`,
      index.name,
      "index",
      isTrigram,
    ),
  )
  list.add(phase, "index", {
    ...catalogueStep(next.name, `${next.source}: note what ${index.name} is`, [markIndex(next, index)]),
    lock: "share update exclusive",
    ...(isTrigram ? { needsTrigram: true as const } : {}),
  })
}

const dropping = (table: TableSchema, index: IndexSchema): NewStep =>
  indexStep(
    table.name,
    `${table.source}: drop the index ${index.name}`,
    `drop index concurrently if exists ${qualified(table, index.name)}`,
    index.name,
    "catalogue",
  )
