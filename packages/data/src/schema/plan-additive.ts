/**
 * What a database lacks of its contract, and what cannot be given to it without a decision by people.
 *
 * @module
 */
import {
  addCheck,
  addColumn,
  addForeignKey,
  createFunction,
  createIndex,
  createTable,
  defaultSql,
  definitionOf,
  dropConstraint,
  dropIndex,
  literal,
  markColumn,
  qualified,
} from "./ddl.ts"
import { tableName } from "./introspect.ts"
import { compareRules, type RuleChange } from "./rule-change.ts"
import {
  type ActualSchema,
  type ActualTable,
  type ColumnSchema,
  type DatabaseSchema,
  FRAMEWORK_SCHEMA,
  type TableSchema,
} from "./structure.ts"

export interface PlannedStatement {
  readonly sql: string
  /** The field or table it is for, for the message if the data does not allow it. */
  readonly what: string
  /** Without it the contract's statements fail. */
  readonly isNeeded?: true
}

/** A difference that is not made by itself. */
export interface SchemaRefusal {
  /** "sales.Order.total (column total of table orders)". */
  readonly what: string
  readonly why: string
  /** What to do about it. */
  readonly hint: string
  /** The database only allows or has more than the contract asks for: an earlier contract's program can work with it. */
  readonly isLaxer?: true
}

export interface SchemaPlan {
  /** In the order to run them, in one transaction. */
  readonly statements: readonly PlannedStatement[]
  readonly refused: readonly SchemaRefusal[]
}

interface Draft {
  readonly statements: PlannedStatement[]
  /** After all tables and columns. */
  readonly later: PlannedStatement[]
  readonly refused: SchemaRefusal[]
  readonly trigramSchema: string | undefined
}

/**
 * Adds what is missing (tables, columns, constraints, indexes), and relaxes what has become laxer: a value more for a
 * choice, a longer text, a wider range, more digits, an optional field, another default, one constraint less. Everything
 * that could lose or reject data is refused in words. The same arguments give the same plan; nothing is read or written.
 */
export function planAdditive(desired: DatabaseSchema, actual: ActualSchema): SchemaPlan {
  const trigramSchema = actual.trigram === "available" ? FRAMEWORK_SCHEMA : actual.trigram?.schema
  const draft: Draft = { statements: [], later: [], refused: [], trigramSchema }
  prepare(draft, desired, actual)
  const keyOf = ({ framework, name }: TableSchema): string => `${framework ? "framework" : "service"} ${name}`
  const present = new Map(actual.tables.map((table) => [keyOf(table), table]))
  for (const table of desired.tables) {
    const there = present.get(keyOf(table))
    present.delete(keyOf(table))
    if (there === undefined) addTable(draft, table)
    else compareTable(draft, table, there)
  }
  for (const table of present.values()) {
    // Of the framework's, or of another service in the same schema: not ours to judge.
    if (table.framework || !table.source?.startsWith(`${desired.service}.`)) continue
    draft.refused.push({
      what: `${table.source} (table ${table.name})`,
      why: "the table is there, but the contract has no such model or relation any more",
      hint: "Put it back into the contract. If it was renamed, say its old name with `was`. If its data may go, or it was renamed: `archipel migrate plan`.",
      isLaxer: true,
    })
  }
  return { statements: [...draft.statements, ...draft.later], refused: draft.refused }
}

function prepare(draft: Draft, desired: DatabaseSchema, actual: ActualSchema): void {
  const what = "the framework"
  const add = (...statements: readonly string[]): void => {
    draft.statements.push(...statements.map((sql) => ({ sql, what })))
  }
  if (!actual.hasFrameworkSchema) add(`create schema ${FRAMEWORK_SCHEMA}`)
  if (actual.trigram === "available") add(`create extension if not exists pg_trgm schema ${FRAMEWORK_SCHEMA}`)
  for (const routine of desired.functions) {
    const revision = actual.functions.get(`${routine.name}(${routine.parameters})`)
    if ((revision ?? 0) < routine.revision) add(...createFunction(routine, actual.foldCollation))
  }
}

function addTable(draft: Draft, table: TableSchema): void {
  const what = `${table.source} (table ${tableName(table)})`
  draft.statements.push(...createTable(table).map((sql) => ({ sql, what, isNeeded: true as const })))
  for (const index of table.indexes) addIndex(draft, table, index)
  for (const key of table.foreignKeys) later(draft, what, addForeignKey(table, key))
}

function later(draft: Draft, what: string, statements: readonly string[]): void {
  draft.later.push(...statements.map((sql) => ({ sql, what })))
}

function addIndex(draft: Draft, table: TableSchema, index: TableSchema["indexes"][number]): void {
  if (index.method === "trigram" && draft.trigramSchema === undefined) return
  const columns = index.columns.map(({ name }) => name).join(", ")
  const use = index.unique ? "unique" : "index"
  later(
    draft,
    `${table.source} (${use} on ${columns} of table ${tableName(table)})`,
    createIndex(table, index, draft.trigramSchema),
  )
}

function compareTable(draft: Draft, table: TableSchema, actual: ActualTable): void {
  const key = table.primaryKey.columns.join(", ")
  if (actual.primaryKey.columns.join(", ") !== key) {
    draft.refused.push({
      what: `${table.source} (table ${tableName(table)})`,
      why: `its primary key is ${actual.primaryKey.columns.length === 0 ? "missing" : `(${actual.primaryKey.columns.join(", ")})`} instead of (${key})`,
      hint: "Another program's table has this name: give the model another `table`, or move that table away.",
    })
    return
  }
  const present = new Map(actual.columns.map((column) => [column.name, column]))
  for (const column of table.columns) {
    const there = present.get(column.name)
    present.delete(column.name)
    if (there === undefined) addMissingColumn(draft, table, actual, column)
    else compareColumn(draft, table, actual, column, there)
  }
  if (!table.derived) for (const column of present.values()) judgeSurplusColumn(draft, table, column)
  compareChecks(draft, table, actual)
  compareIndexes(draft, table, actual)
  compareForeignKeys(draft, table, actual)
}

const columnWhat = (table: TableSchema, column: ColumnSchema): string =>
  `${column.source ?? table.source} (column ${column.name} of table ${tableName(table)})`

function addMissingColumn(draft: Draft, table: TableSchema, actual: ActualTable, column: ColumnSchema): void {
  const what = columnWhat(table, column)
  const isFilled = column.nullable || column.default !== undefined || column.identity === true || actual.isEmpty
  if (isFilled) {
    draft.statements.push(...addColumn(table, column).map((sql) => ({ sql, what, isNeeded: true as const })))
    return
  }
  draft.refused.push({
    what,
    why: "the field is new and required, and the table has rows that would have no value",
    hint: "Give the field a constant `.default(…)` or make it `.optional()`. If it was renamed, say its old name with `.was(…)`. Or fill it in the rows that are there: `archipel migrate plan --data`.",
  })
}

function judgeSurplusColumn(draft: Draft, table: TableSchema, column: ColumnSchema): void {
  // A newer release's: the framework's tables only ever get columns that an older one can leave out.
  if (table.framework && column.source === table.source && (column.nullable || column.default !== undefined)) return
  const what = columnWhat(table, column)
  if (column.source !== undefined) {
    draft.refused.push({
      what,
      why: "the column is there, but the contract has no such field any more",
      hint: "Put the field back. If it was renamed, say its old name with `.was(…)`. If its data may go, or it was renamed: `archipel migrate plan`.",
      ...(column.nullable || column.default !== undefined ? { isLaxer: true } : {}),
    })
  } else if (!column.nullable && column.default === undefined && !column.identity) {
    draft.refused.push({
      what,
      why: "the column is required, no field fills it, and Archipel did not make it",
      hint: `Let it be empty or give it a default: alter table ${qualified(table)} alter column ${column.name} drop not null.`,
    })
  }
}

function compareColumn(
  draft: Draft,
  table: TableSchema,
  actual: ActualTable,
  column: ColumnSchema,
  there: ColumnSchema,
): void {
  const what = columnWhat(table, column)
  const alter = `alter table ${qualified(table)} alter column "${column.name}"`
  const add = (sql: string): void => {
    draft.statements.push({ sql, what })
  }
  if (column.type !== there.type) {
    if (isWiderNumber(there.type, column.type)) add(`${alter} type ${column.type}`)
    else {
      draft.refused.push({
        what,
        why: `the column's type is ${there.type}, and the contract asks for ${column.type}`,
        hint: table.derived
          ? `The other service has changed the field's type. Drop the table, which is made and filled anew: drop table ${qualified(table)}.`
          : "Keep the field's type; or convert the values that are there: `archipel migrate plan`.",
      })
      return
    }
  }
  if (column.collation !== there.collation) {
    draft.refused.push({
      what,
      why: `the column's collation is "${there.collation ?? "none"}" instead of "${column.collation ?? "none"}"`,
      hint: `Change it in a quiet hour, since its indexes are built anew: ${alter} type ${column.type} collate "${column.collation ?? "default"}".`,
    })
  }
  if (column.nullable && !there.nullable) add(`${alter} drop not null`)
  if (!column.nullable && there.nullable) {
    if (actual.isEmpty) add(`${alter} set not null`)
    else {
      draft.refused.push({
        what,
        why: "the field has become required, and the column may be empty in rows that are there",
        hint: "Keep it `.optional()`; or require it of the rows that are there: `archipel migrate plan`.",
        isLaxer: true,
      })
    }
  }
  if (column.default !== there.default) {
    const constant = defaultSql(column)
    add(constant === undefined ? `${alter} drop default` : `${alter} set default ${constant}`)
  }
  if (column.source !== there.source) add(markColumn(table, column))
}

/** More digits before the point change no row. */
function isWiderNumber(from: string, to: string): boolean {
  const digits = (type: string): readonly number[] | undefined =>
    /^numeric\((\d+),(\d+)\)$/.exec(type)?.slice(1).map(Number)
  const [old, wanted] = [digits(from), digits(to)]
  return old !== undefined && wanted !== undefined && old[1] === wanted[1] && (old[0] ?? 0) < (wanted[0] ?? 0)
}

function compareChecks(draft: Draft, table: TableSchema, actual: ActualTable): void {
  const present = new Map(actual.checks.map((check) => [check.name, check]))
  for (const check of table.checks) {
    const there = present.get(check.name)
    present.delete(check.name)
    const subject =
      check.rule.kind === "condition" ? `check ${check.rule.code}` : `${check.rule.kind} of ${check.rule.column}`
    const what = `${table.source} (${subject} in table ${tableName(table)})`
    if (there === undefined) {
      if (refuseForeign(draft, table, actual, check.name, what)) continue
      later(draft, what, addCheck(table, check))
      continue
    }
    const change: RuleChange = compareRules(there.rule, check.rule)
    if (change.kind === "same") continue
    if (change.kind === "narrower" && !actual.isEmpty) {
      draft.refused.push({
        what,
        why: `${change.why}, and rows that are there may not satisfy that`,
        hint: "Keep the old rule; or let the rows that are there obey the new one: `archipel migrate plan`.",
        isLaxer: true,
      })
      continue
    }
    later(draft, what, [dropConstraint(table, check.name), ...addCheck(table, check)])
  }
  for (const { name } of present.values()) {
    // With its column, if that is refused.
    later(draft, `${table.source} (constraint ${name})`, [dropConstraint(table, name)])
  }
}

function compareIndexes(draft: Draft, table: TableSchema, actual: ActualTable): void {
  const present = new Map(actual.indexes.map((index) => [index.name, index]))
  for (const index of table.indexes) {
    const there = present.get(index.name)
    present.delete(index.name)
    const what = `${table.source} (index ${index.name})`
    if (there === undefined) {
      if (!refuseForeign(draft, table, actual, index.name, what)) addIndex(draft, table, index)
    } else if (definitionOf(there) !== definitionOf(index)) {
      later(draft, what, [dropIndex(table, index.name)])
      addIndex(draft, table, index)
    }
  }
  for (const { name } of present.values()) later(draft, `${table.source} (index ${name})`, [dropIndex(table, name)])
}

function compareForeignKeys(draft: Draft, table: TableSchema, actual: ActualTable): void {
  const present = new Map(actual.foreignKeys.map((key) => [key.name, key]))
  for (const key of table.foreignKeys) {
    const there = present.get(key.name)
    present.delete(key.name)
    const what = `${table.source} (reference ${key.column} of table ${tableName(table)} to ${key.target})`
    if (there === undefined) {
      if (!refuseForeign(draft, table, actual, key.name, what)) later(draft, what, addForeignKey(table, key))
    } else if (definitionOf(there) !== definitionOf(key)) {
      later(draft, what, [dropConstraint(table, key.name), ...addForeignKey(table, key)])
    }
  }
  for (const { name } of present.values())
    later(draft, `${table.source} (constraint ${name})`, [dropConstraint(table, name)])
}

function refuseForeign(draft: Draft, table: TableSchema, actual: ActualTable, name: string, what: string): boolean {
  if (!actual.foreign.has(name)) return false
  draft.refused.push({
    what,
    why: `something of the name ${name} is there that was made or changed by hand`,
    hint: `Drop or rename it, so that it is made as the contract says (table ${literal(tableName(table))}).`,
  })
  return true
}
