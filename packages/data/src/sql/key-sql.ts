/**
 * Keys in SQL: the columns that identify a row, and ids made of them.
 *
 * @module
 */
import type { ColumnMember, KeyPart, ManyToManyMember, ResolvedModel } from "@archipel/core"
import { identifier } from "./identifier.ts"

/** The columns of an id or of a reference, in the order of the key. */
export const keyPartsOf = (member: ColumnMember): readonly KeyPart[] =>
  member.stored?.kind === "key" ? member.stored.parts : [{ column: member.columnName, type: "uuid" }]

/** "t.id", "t.\"order_id\"". */
export const partColumn = (alias: string, column: string): string =>
  `${alias}.${column === "id" ? column : identifier(column)}`

export const partColumns = (alias: string, parts: readonly Pick<KeyPart, "column">[]): string[] =>
  parts.map(({ column }) => partColumn(alias, column))

/** The type of a parameter that is an id. */
export const idType = (parts: readonly KeyPart[]): string => (parts.length === 1 ? (parts[0]?.type ?? "uuid") : "text")

/** Of texts alone; everything else has none of the characters that are encoded. */
const encoded = ({ type }: KeyPart, sql: string): string =>
  type === "text" ? `replace(replace(${sql}::text, '%', '%25'), ',', '%2C')` : `${sql}::text`

/** The id that columns make: of one its value, of several a text; NULL where one of them is. */
export function idOfColumns(parts: readonly KeyPart[], columns: readonly string[]): string {
  const [only] = columns
  const first = parts[0]
  if (columns.length === 1 && only && first) return first.columnType === undefined ? only : `${only}::${first.type}`
  return `(${parts.map((part, index) => encoded(part, columns[index] as string)).join(" || ',' || ")})`
}

/** The values of an id, one expression for each column, of the column's own type. */
export function valuesOfId(parts: readonly KeyPart[], id: string): string[] {
  const cast = ({ type, columnType }: KeyPart, sql: string): string =>
    columnType === undefined ? (type === "text" ? sql : `${sql}::${type}`) : `${sql}::${columnType}`
  const [only] = parts
  if (parts.length === 1 && only) return [only.columnType === undefined ? id : `(${id})::${only.columnType}`]
  return parts.map((part, index) => {
    const value = `split_part(${id}, ',', ${index + 1})`
    return part.type === "text" ? cast(part, `replace(replace(${value}, '%2C', ','), '%25', '%')`) : cast(part, value)
  })
}

export const equalColumns = (left: readonly string[], right: readonly string[]): string =>
  left.map((column, index) => `${column} = ${right[index]}`).join(" and ")

/** That a row has this id. @param id An expression of `idType`. */
export const hasId = (alias: string, parts: readonly KeyPart[], id: string): string =>
  equalColumns(partColumns(alias, parts), valuesOfId(parts, id))

/** That a row has one of these ids. @param ids An expression of a list of `idType`. */
export function hasIdIn(alias: string, parts: readonly KeyPart[], ids: string): string {
  const columns = partColumns(alias, parts)
  const [only] = parts
  if (parts.length === 1 && only)
    return `${columns[0]} = any(${only.columnType === undefined ? ids : `(${ids})::${only.columnType}[]`})`
  return `(${columns.join(", ")}) in (select ${valuesOfId(parts, "k.id").join(", ")} from unnest(${ids}) as k(id))`
}

/** That the reference of one row is the other one. */
export const refersTo = (alias: string, member: ColumnMember, target: ResolvedModel, targetAlias: string): string =>
  equalColumns(partColumns(targetAlias, target.key), partColumns(alias, keyPartsOf(member)))

/** The id of a row of `t`. */
export const idOf = ({ key }: ResolvedModel): string => idOfColumns(key, partColumns("t", key))

/** The columns of a key to order by. */
export const keyOrder = (alias: string, { key }: ResolvedModel): string => partColumns(alias, key).join(", ")

/** A model's table, with its schema where that is another one. */
export const tableOf = ({ schema, table }: ResolvedModel): string =>
  schema === undefined ? identifier(table) : `${identifier(schema)}.${identifier(table)}`

/** The table of a many-to-many relation; one that was there before is in the schema of the model that declares it. */
export const linkTableOf = (member: ManyToManyMember): string => {
  const { schema } = member.declaring ? member.model : member.target
  return schema === undefined ? identifier(member.linkTable) : `${identifier(schema)}.${identifier(member.linkTable)}`
}

/** Both ends of a link table's rows, as keys of what they refer to. */
export const linkEnds = (
  member: ManyToManyMember,
): { readonly own: readonly KeyPart[]; readonly target: readonly KeyPart[] } => {
  const end = (columns: readonly string[], { key }: ResolvedModel): readonly KeyPart[] =>
    key.map((part, index) => ({ ...part, column: columns[index] as string }))
  return { own: end(member.ownColumns, member.model), target: end(member.targetColumns, member.target) }
}

/** That a row of a link table belongs to a row of one of its ends. */
export const linkJoin = (member: ManyToManyMember, link: string, end: "own" | "target", alias: string): string =>
  equalColumns(
    partColumns(alias, (end === "own" ? member.model : member.target).key),
    partColumns(link, linkEnds(member)[end]),
  )
