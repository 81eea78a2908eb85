/**
 * The structure of a database as SQL. Nothing newer than PostgreSQL 14.
 *
 * The comment on each object says what it was made from. It goes with the object, so what was made or changed by hand is
 * told apart, and the definition is compared without reading SQL back.
 *
 * @module
 */
import pg from "pg"
import { encodeValue } from "../postgres/statement.ts"
import { searchExpression } from "./search-expression.ts"
import {
  type CheckRule,
  type CheckSchema,
  type ColumnSchema,
  FRAMEWORK_SCHEMA,
  type ForeignKeySchema,
  type FunctionSchema,
  type IndexSchema,
  type TableSchema,
} from "./structure.ts"

const quoted = pg.escapeIdentifier
/** `pg` puts a blank before texts with a backslash. */
export const literal = (text: string): string => pg.escapeLiteral(text).trim()

/** Begins the comment on everything made here. */
export const MARK = "Archipel: "
export const mark = (what: string): string => literal(MARK + what)

/** What the comment of a constraint or an index holds: its definition without the name. */
export const definitionOf = ({ name: _, ...definition }: ForeignKeySchema | IndexSchema | CheckSchema): string =>
  JSON.stringify(definition)

/** The service's tables lie where unqualified names are looked up. */
export const qualified = (table: Pick<TableSchema, "framework" | "name">, name = table.name): string =>
  table.framework ? `${FRAMEWORK_SCHEMA}.${quoted(name)}` : quoted(name)

const baseType = (type: string): string => (type.startsWith("numeric") ? "numeric" : type)

/** Defaults that are calculated, by the beginning of their column's type: a text may be "now()" and mean it. */
const calculated: Readonly<Record<string, string>> = {
  "now()": "timestamp",
  "pg_current_xact_id()": "xid8",
  "gen_random_uuid()": "uuid",
}

export function defaultSql({ type, default: constant }: ColumnSchema): string | undefined {
  if (constant === undefined) return undefined
  const calculatedType = calculated[constant]
  return calculatedType !== undefined && type.startsWith(calculatedType)
    ? constant
    : `${literal(constant)}::${baseType(type)}`
}

export function columnSql(column: ColumnSchema): string {
  const constant = defaultSql(column)
  return [
    quoted(column.name),
    column.type,
    column.collation && `collate ${quoted(column.collation)}`,
    column.nullable ? "" : "not null",
    column.identity && "generated always as identity",
    constant && `default ${constant}`,
  ]
    .filter(Boolean)
    .join(" ")
}

export function ruleSql(rule: CheckRule): string {
  if (rule.kind === "condition") return rule.sql
  const column = quoted(rule.column)
  switch (rule.kind) {
    case "length":
      return `char_length(${column}) <= ${rule.max}`
    case "values":
      // One constant instead of one for each value: PostgreSQL reads a check's text anew for every statement that writes the table.
      return `${column} = any (${literal(String(encodeValue(rule.values)))}::text[])`
    case "range":
      return [
        rule.min === undefined ? "" : `${column} >= ${literal(rule.min)}`,
        rule.max === undefined ? "" : `${column} <= ${literal(rule.max)}`,
      ]
        .filter(Boolean)
        .join(" and ")
  }
}

export const checkSql = ({ name, rule }: CheckSchema): string => `constraint ${quoted(name)} check (${ruleSql(rule)})`

/**
 * Room for a new version of a record in the page of the old one, so that a change of fields without an index enters none of the
 * table's indexes: records are changed more often than made.
 */
const FILL_PERCENT = 90

/** Kinds of columns in the order in which they lie in a row. */
const PLACES = [
  "bigint",
  "four bytes",
  "boolean",
  "amount",
  "choice",
  "time",
  "version",
  "key",
  "reference",
  "text",
  "other",
] as const

/** With every change one more, and looked at only then. */
const VERSION = "version"
/** Shown more often than looked for. At the end of a row they take no room: that is where it is filled up to eight bytes. */
const WRITTEN_AT: ReadonlySet<string> = new Set(["created_at", "updated_at"])

/**
 * Columns as they lie in a row. PostgreSQL finds a column by passing all before it, and a row of a hundred bytes and more is fetched into
 * the processor in parts; so what lists are filtered, grouped and summed by comes first, then the times that they are sorted by, which an index
 * mostly knows, and what is only followed or shown comes last. A sum by status over a few thousand rows costs a sixth less than in the
 * contract's order. Nothing else depends on it: statements name their columns.
 */
function laidOut({ columns, primaryKey, checks }: TableSchema): readonly ColumnSchema[] {
  const choices = new Set(checks.map(({ rule }) => (rule.kind === "values" ? rule.column : undefined)))
  const kindOf = ({ name, type }: ColumnSchema): (typeof PLACES)[number] => {
    if (primaryKey.columns.includes(name)) return "key"
    if (name === VERSION) return "version"
    if (choices.has(name)) return "choice"
    if (type === "bigint") return "bigint"
    if (type.startsWith("timestamp")) return "time"
    if (/^(integer|date)$/.test(type)) return "four bytes"
    if (type === "boolean") return "boolean"
    if (type.startsWith("numeric")) return "amount"
    if (type === "uuid") return "reference"
    return type === "text" ? "text" : "other"
  }
  const place = (column: ColumnSchema): number => {
    if (WRITTEN_AT.has(column.name)) return 2 * PLACES.length
    const kind = kindOf(column)
    // Computed amounts may be empty for a moment and hardly ever are; whatever else may be empty comes after what may not.
    return PLACES.indexOf(kind) + (column.nullable && kind !== "amount" ? PLACES.length : 0)
  }
  return columns.toSorted((a, b) => place(a) - place(b))
}

/** @param ifMissing Passes over a table that is there. */
export function createTable(table: TableSchema, ifMissing = false): string[] {
  const key = table.primaryKey
  const parts = [
    ...(table.framework ? table.columns : laidOut(table)).map(columnSql),
    `constraint ${quoted(key.name)} primary key (${key.columns.map(quoted).join(", ")})`,
    ...table.checks.map(checkSql),
  ]
  return [
    `create table ${ifMissing ? "if not exists " : ""}${qualified(table)} (\n  ${parts.join(",\n  ")}\n)${table.framework ? "" : ` with (fillfactor = ${FILL_PERCENT})`}`,
    `comment on table ${qualified(table)} is ${mark(table.source ?? "")}`,
    ...table.columns.map((column) => markColumn(table, column)),
    ...table.checks.map((check) => markConstraint(table, check)),
  ]
}

export const markColumn = (table: TableSchema, column: ColumnSchema): string =>
  `comment on column ${qualified(table)}.${quoted(column.name)} is ${mark(column.source ?? "")}`

export const markConstraint = (table: TableSchema, constraint: CheckSchema | ForeignKeySchema): string =>
  `comment on constraint ${quoted(constraint.name)} on ${qualified(table)} is ${mark(definitionOf(constraint))}`

export const addColumn = (table: TableSchema, column: ColumnSchema): string[] => [
  `alter table ${qualified(table)} add column ${columnSql(column)}`,
  markColumn(table, column),
]

export const addCheck = (table: TableSchema, check: CheckSchema): string[] => [
  `alter table ${qualified(table)} add ${checkSql(check)}`,
  markConstraint(table, check),
]

export const dropConstraint = (table: TableSchema, name: string): string =>
  `alter table ${qualified(table)} drop constraint ${quoted(name)}`

export const dropIndex = (table: TableSchema, name: string): string => `drop index ${qualified(table, name)}`

// "no action" refuses at the end of the statement, so that a record and what refers to it can go in one.
const deletions = { refuse: "no action", cascade: "cascade", clear: "set null" } as const

export const foreignKeySql = (table: TableSchema, key: ForeignKeySchema): string =>
  `constraint ${quoted(key.name)} foreign key (${quoted(key.column)}) references ${qualified(table, key.target)} (id) on delete ${deletions[key.onDelete]}`

export const addForeignKey = (table: TableSchema, key: ForeignKeySchema): string[] => [
  `alter table ${qualified(table)} add ${foreignKeySql(table, key)}`,
  markConstraint(table, key),
]

/** @param trigramSchema Where the extension pg_trgm is; an index of trigrams is made only with it. */
export const createIndex = (table: TableSchema, index: IndexSchema, trigramSchema?: string): string[] => [
  `create ${index.unique ? "unique " : ""}index ${indexSql(table, index, trigramSchema)}`,
  markIndex(table, index),
]

export const markIndex = (table: TableSchema, index: IndexSchema): string =>
  `comment on index ${qualified(table, index.name)} is ${mark(definitionOf(index))}`

/** What follows `create index`. */
export function indexSql(table: TableSchema, index: IndexSchema, trigramSchema?: string): string {
  const columns =
    index.method === "trigram"
      ? `(${searchExpression(index.columns.map(({ name }) => name))}) ${quoted(trigramSchema ?? FRAMEWORK_SCHEMA)}.gin_trgm_ops`
      : index.columns.map(({ name, descending }) => quoted(name) + (descending ? " desc" : "")).join(", ")
  const method = index.method === "trigram" ? "gin" : index.method
  const where = index.whereEmpty === undefined ? "" : ` where ${quoted(index.whereEmpty)} is null`
  return `${quoted(index.name)} on ${qualified(table)} using ${method} (${columns})${where}`
}

export function createFunction(routine: FunctionSchema, foldCollation: string): string[] {
  const signature = `${FRAMEWORK_SCHEMA}.${routine.name}(${routine.parameters})`
  return [
    `create or replace function ${signature} ${routine.definition.replaceAll(":fold:", foldCollation)}`,
    `comment on function ${signature} is ${mark(String(routine.revision))}`,
  ]
}
