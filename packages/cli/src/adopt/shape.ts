/**
 * What the tables of a database are to each other: whose key is which, links, lines.
 *
 * @module
 */
import type { Catalogue, FoundForeignKey, FoundTable, TableName } from "@archipel/data"
import { fieldOf } from "./column-field.ts"
import { singular, wordsOf } from "./names.ts"
import type { Remark } from "./report.ts"

export const tableKey = ({ schema, table }: TableName): string => `${schema}.${table}`

/** A reference that a relation can be: to what identifies the rows of a table that is adopted too. */
export interface Reference {
  readonly columns: readonly string[]
  /** In the order of the target's key. */
  readonly target: FoundTable
  readonly onDelete: "restrict" | "cascade" | "clear"
}

export interface LinkTable {
  readonly table: FoundTable
  readonly own: Reference
  readonly target: Reference
}

export interface Shape {
  /** The tables that become models, with the columns that identify their rows. */
  readonly keys: ReadonlyMap<FoundTable, readonly string[]>
  readonly references: ReadonlyMap<FoundTable, readonly Reference[]>
  readonly links: readonly LinkTable[]
  /** The reference to the parent, of tables whose rows are lines of it. */
  readonly owners: ReadonlyMap<FoundTable, Reference>
}

const same = (one: readonly string[], other: readonly string[]): boolean =>
  one.length === other.length && one.every((name) => other.includes(name))

const IDENTIFYING: ReadonlySet<string> = new Set(["text", "integer", "bigint", "uuid", "date", "choice"])

export function shapeOf(catalogue: Catalogue, remarks: Remark[]): Shape {
  const keys = keysOf(catalogue, remarks)
  const byName = new Map([...keys.keys()].map((table) => [tableKey(table), table]))
  const references = new Map(
    [...keys.keys()].map((table) => [
      table,
      distinct(table.foreignKeys.flatMap((key) => referenceOf(table, key, byName, keys, remarks) ?? [])),
    ]),
  )
  const links = [...keys.keys()].flatMap((table) => linkOf(table, references, keys) ?? [])
  for (const { table } of links) {
    keys.delete(table)
    references.delete(table)
  }
  return { keys, references, links, owners: ownersOf(keys, references) }
}

function keysOf({ tables, viewKeys }: Catalogue, remarks: Remark[]): Map<FoundTable, readonly string[]> {
  const keys = new Map<FoundTable, readonly string[]>()
  for (const table of tables) {
    const where = table.table
    const key = table.kind === "view" ? viewKeys.get(tableKey(table)) : keyOf(table, tables)
    if (key === undefined) {
      const says =
        table.kind === "view"
          ? "no column, and no two, differ in all rows"
          : "it has no primary key, and no unique one without empty values"
      remarks.push({ code: "key.missing", where, says })
      continue
    }
    const wrong = key.find((name) => {
      const column = table.columns.find((each) => each.name === name)
      const field = column && fieldOf(column, [], {}, { isKey: true })
      return !field || !("builder" in field) || !IDENTIFYING.has(field.builder)
    })
    if (wrong !== undefined) {
      const type = table.columns.find(({ name }) => name === wrong)?.type
      remarks.push({ code: "key.unsupported", where: `${where}.${wrong}`, says: `its type is ${type}` })
      continue
    }
    if (table.kind === "view") remarks.push({ code: "view.key", where, says: key.join(", ") })
    keys.set(table, key)
  }
  return keys
}

/** The primary key; or the one unique key that all references to the table mean instead, or that has to stand for a missing one. */
function keyOf(table: FoundTable, tables: readonly FoundTable[]): readonly string[] | undefined {
  const whole = table.unique.filter((names) =>
    names.every((name) => table.columns.find((column) => column.name === name)?.nullable === false),
  )
  const meant = tables.flatMap(({ foreignKeys }) =>
    foreignKeys.filter(({ target }) => tableKey(target) === tableKey(table)).map(({ targetColumns }) => targetColumns),
  )
  const [first] = meant
  const natural =
    first && !same(first, table.primaryKey) && meant.every((names) => same(names, first))
      ? whole.find((names) => same(names, first))
      : undefined
  return natural ?? (table.primaryKey.length > 0 ? table.primaryKey : whole[0])
}

function referenceOf(
  table: FoundTable,
  { columns, target, targetColumns, onDelete }: FoundForeignKey,
  byName: ReadonlyMap<string, FoundTable>,
  keys: ReadonlyMap<FoundTable, readonly string[]>,
  remarks: Remark[],
): Reference | undefined {
  const where = `${table.table}.${columns.join(", ")}`
  const found = byName.get(tableKey(target))
  const key = found && keys.get(found)
  if (!found || !key) {
    remarks.push({ code: "reference.outside", where, says: `refers to ${target.table}` })
    return undefined
  }
  if (!same(targetColumns, key)) {
    remarks.push({ code: "reference.unique", where, says: `refers to ${targetColumns.join(", ")} of ${target.table}` })
    return undefined
  }
  return {
    columns: key.map((name) => columns[targetColumns.indexOf(name)] as string),
    target: found,
    onDelete: onDelete === "c" ? "cascade" : onDelete === "n" ? "clear" : "restrict",
  }
}

const distinct = (all: readonly Reference[]): Reference[] =>
  all.filter((one, index) => all.findIndex((other) => same(one.columns, other.columns)) === index)

const isReferredTo = (table: FoundTable, references: ReadonlyMap<FoundTable, readonly Reference[]>): boolean =>
  [...references.values()].some((all) => all.some(({ target }) => target === table))

/** A table of two references and nothing else, each pair of them once. */
function linkOf(
  table: FoundTable,
  references: ReadonlyMap<FoundTable, readonly Reference[]>,
  keys: ReadonlyMap<FoundTable, readonly string[]>,
): LinkTable | undefined {
  const [own, target, ...others] = references.get(table) ?? []
  if (table.kind === "view" || !own || !target || others.length > 0) return undefined
  const columns = [...own.columns, ...target.columns]
  const isWhole =
    new Set(columns).size === columns.length &&
    same(
      columns,
      table.columns.map(({ name }) => name),
    )
  if (!isWhole || !same(columns, keys.get(table) ?? []) || isReferredTo(table, references)) return undefined
  // Declared by the side that the key begins with.
  const first = (keys.get(table) ?? [])[0] as string
  return own.columns.includes(first) ? { table, own, target } : { table, own: target, target: own }
}

/** Lines: rows that are deleted with their parent, or whose key and name begin with its. */
function ownersOf(
  keys: ReadonlyMap<FoundTable, readonly string[]>,
  references: ReadonlyMap<FoundTable, readonly Reference[]>,
): Map<FoundTable, Reference> {
  const owners = new Map<FoundTable, Reference>()
  for (const [table, key] of keys) {
    if (table.kind === "view") continue
    const candidates = (references.get(table) ?? []).filter(
      ({ target, columns }) => target !== table && target.kind === "table" && isRequired(table, columns),
    )
    const isPart = ({ columns }: Reference): boolean =>
      columns.length < key.length && columns.every((name) => key.includes(name))
    const named = candidates.filter(
      (one) => isNamedAfter(table, one.target) && (isPart(one) || one.onDelete === "cascade"),
    )
    const cascading = candidates.filter(({ onDelete }) => onDelete === "cascade")
    const chosen = [named, cascading].find((some) => some.length === 1)?.[0]
    if (chosen && !leadsTo(chosen.target, table, owners)) owners.set(table, chosen)
  }
  return owners
}

const isRequired = (table: FoundTable, columns: readonly string[]): boolean =>
  columns.every((name) => table.columns.find((column) => column.name === name)?.nullable === false)

/** "order_details" of "orders". */
const isNamedAfter = ({ table }: TableName, target: TableName): boolean =>
  `${wordsOf(table)}_`.startsWith(`${singular(wordsOf(target.table))}_`)

function leadsTo(from: FoundTable, to: FoundTable, owners: ReadonlyMap<FoundTable, Reference>): boolean {
  for (let at: FoundTable | undefined = from; at; at = owners.get(at)?.target) if (at === to) return true
  return false
}
