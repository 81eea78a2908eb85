/**
 * What of a new snapshot is what of the old one.
 *
 * @module
 */
import type { CheckRule, ColumnSchema, TableSchema } from "../schema/structure.ts"
import type { SchemaSnapshot } from "./snapshot.ts"

export interface ColumnPair {
  readonly old: ColumnSchema
  readonly next: ColumnSchema
}

/** A table that is in both, and its columns. */
export interface TablePair {
  readonly old: TableSchema
  readonly next: TableSchema
  /** Columns that stay where they are. */
  readonly kept: readonly ColumnPair[]
  /** Columns that another column takes over: another name, or the same name with another type. */
  readonly replaced: readonly ColumnPair[]
  readonly added: readonly ColumnSchema[]
  readonly removed: readonly ColumnSchema[]
}

export interface Matched {
  readonly pairs: readonly TablePair[]
  readonly added: readonly TableSchema[]
  readonly removed: readonly TableSchema[]
  /** What cannot be done, a sentence each. */
  readonly mistakes: readonly string[]
}

/** Tables and columns are what they were made from, whatever they are called; a `was` says what that was called before. */
export function matchSnapshots(old: SchemaSnapshot, next: SchemaSnapshot): Matched {
  const mistakes: string[] = []
  const oldSources = new Set(
    old.tables.flatMap(({ source, columns }) => [source, ...columns.map((each) => each.source)]),
  )
  /** A rename that was made by an earlier migration says nothing any more. */
  const before = (source: string | undefined): string | undefined => {
    const was = source === undefined ? undefined : next.renamed[source]
    return was !== undefined && !oldSources.has(source) && oldSources.has(was) ? was : source
  }
  const left = new Map(old.tables.map((table) => [table.source, table]))
  const pairs: TablePair[] = []
  const added: TableSchema[] = []
  for (const table of next.tables) {
    const found = left.get(before(table.source))
    left.delete(before(table.source))
    if (found === undefined) added.push(table)
    else pairs.push(matchColumns(found, table, before, mistakes))
  }
  const taken = new Map(old.tables.map((table) => [table.name, table]))
  for (const table of [...added, ...pairs.filter(({ old, next }) => old.name !== next.name).map(({ next }) => next)]) {
    const other = taken.get(table.name)
    if (other !== undefined)
      mistakes.push(
        `${table.source} would have the table "${table.name}", which is the one of ${other.source} until this migration: say \`was\` if it is the same under another name, else give it another \`table\`.`,
      )
  }
  return { pairs, added, removed: [...left.values()], mistakes }
}

function matchColumns(
  old: TableSchema,
  next: TableSchema,
  before: (source: string | undefined) => string | undefined,
  mistakes: string[],
): TablePair {
  const left = new Map(old.columns.map((column) => [column.name, column]))
  // Both columns of a link table come from one relation.
  const find = (column: ColumnSchema): ColumnSchema | undefined => {
    const same = left.get(column.name)
    if (same !== undefined && same.source === before(column.source)) return same
    return [...left.values()].find(({ source }) => source === before(column.source))
  }
  const kept: ColumnPair[] = []
  const replaced: ColumnPair[] = []
  const added: ColumnSchema[] = []
  for (const column of next.columns) {
    const found = find(column)
    if (found === undefined) {
      added.push(column)
      continue
    }
    left.delete(found.name)
    const pair = { old: found, next: column }
    if (found.name !== column.name && !isSameType(found, column))
      mistakes.push(
        `${column.source} has another name and another type (${found.type}, now ${column.type}): rename it in one migration and change its type in the next.`,
      )
    if (found.name === column.name && isKeptType(found, column)) kept.push(pair)
    else replaced.push(pair)
  }
  const names = new Map(old.columns.map((column) => [column.name, column]))
  const moved = replaced.filter(({ old, next }) => old.name !== next.name).map(({ next }) => next)
  for (const column of [...added, ...moved]) {
    const other = names.get(column.name)
    if (other !== undefined)
      mistakes.push(
        `${column.source} would have the column "${column.name}" of ${old.name}, which is the one of ${other.source} until this migration: say \`.was(…)\` if it is the same field under another name, else give it another \`.column(…)\`.`,
      )
  }
  return { old, next, kept, replaced, added, removed: [...left.values()] }
}

const isSameType = (old: ColumnSchema, next: ColumnSchema): boolean =>
  old.type === next.type && old.collation === next.collation

/** PostgreSQL changes the column's type in place, without touching a row. */
const isKeptType = (old: ColumnSchema, next: ColumnSchema): boolean => isSameType(old, next) || isWiderNumber(old, next)

export function isWiderNumber(old: ColumnSchema, next: ColumnSchema): boolean {
  const [from, to] = [digitsOf(old.type), digitsOf(next.type)]
  return from !== undefined && to !== undefined && from.scale === to.scale && from.precision < to.precision
}

export function digitsOf(type: string): { readonly precision: number; readonly scale: number } | undefined {
  const found = /^numeric\((\d+),(\d+)\)$/.exec(type)
  return found === null ? undefined : { precision: Number(found[1]), scale: Number(found[2]) }
}

/** The columns that a rule speaks of. */
export function columnsOf(rule: CheckRule): ReadonlySet<string> {
  if (rule.kind !== "condition") return new Set([rule.column])
  const withoutTexts = rule.sql.replaceAll(/'(?:[^']|'')*'/g, "''")
  return new Set([...withoutTexts.matchAll(/"((?:[^"]|"")+)"/g)].map(([, name = ""]) => name.replaceAll('""', '"')))
}

/** The rule over columns that are called otherwise now. */
export function renamedRule(rule: CheckRule, names: ReadonlyMap<string, string>): CheckRule {
  if (rule.kind !== "condition") return { ...rule, column: names.get(rule.column) ?? rule.column }
  const sql = rule.sql.replaceAll(/'(?:[^']|'')*'|"((?:[^"]|"")+)"/g, (whole, name: string | undefined) => {
    const other = name === undefined ? undefined : names.get(name)
    return other === undefined ? whole : `"${other}"`
  })
  return { ...rule, sql }
}
