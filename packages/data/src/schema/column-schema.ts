/**
 * How a member of a model is stored: type, emptiness, default.
 *
 * @module
 */
import type { ColumnMember, FieldMember, FieldType } from "@archipel/core"
import { idType } from "../sql/key-sql.ts"
import type { CheckRule, ColumnSchema } from "./structure.ts"

/**
 * The one order of texts: by code point, which is also the order of their UTF-8 bytes. It is the same on every server
 * and version, indexes never go out of date with a system library, and code can reproduce it.
 */
export const TEXT_COLLATION = "C"

/** Bytes that an index entry surely holds (PostgreSQL: a third of a page, 2,704, with its header). */
const MAX_INDEXED_BYTES = 2_600
const BYTES_PER_CHARACTER = 4

const stored: Readonly<Record<FieldType, string>> = {
  text: "text",
  longText: "text",
  html: "text",
  email: "text",
  phone: "text",
  url: "text",
  choice: "text",
  states: "text",
  sequence: "text",
  uuid: "uuid",
  integer: "integer",
  bigint: "bigint",
  decimal: "numeric",
  money: "numeric",
  bool: "boolean",
  date: "date",
  datetime: "timestamp(3) with time zone",
  json: "jsonb",
  file: "jsonb",
  image: "jsonb",
}

/** The type of a member's column, as `format_type` prints it. */
export function columnType(member: ColumnMember): string {
  if (member.kind === "one") return member.stored?.kind === "key" ? idType(member.stored.parts) : "uuid"
  const type = stored[member.type]
  return type === "numeric" ? `numeric(${member.precision ?? 20},${member.scale ?? 2})` : type
}

/**
 * Whether a member's column may be empty. Besides optional members these are computed ones, which get their value later
 * in the same transaction (and, new in a table with rows, by a job), and sequences that a transition assigns.
 */
export const isNullable = (member: ColumnMember): boolean =>
  member.optional === true ||
  member.writtenBy === "compute" ||
  (member.kind === "field" && member.assignedOn !== undefined)

export function columnSchema(member: ColumnMember): ColumnSchema {
  const type = columnType(member)
  const constant = constantDefault(member)
  return {
    name: member.columnName,
    type,
    ...(type === "text" ? { collation: TEXT_COLLATION } : {}),
    nullable: isNullable(member),
    ...(constant === undefined ? {} : { default: constant }),
    source: `${member.model.name}.${member.name}`,
  }
}

/** Only what would be right for rows that exist already: "now", "today" and "me" have no meaning for them. */
function constantDefault(member: ColumnMember): string | undefined {
  if (member.kind === "one") return undefined
  if (member.writtenBy === "framework" && member.name === "version") return "1"
  if (member.writtenBy === "framework" && (member.name === "createdAt" || member.name === "updatedAt")) return "now()"
  const value = member.default
  if (value === undefined || value === null) return undefined
  if ((member.type === "datetime" && value === "now") || (member.type === "date" && value === "today")) return undefined
  const text = member.type === "json" ? JSON.stringify(value) : String(value)
  return canonicalConstant(columnType(member), text)
}

/** One text for equal values of a type, so that a default compares with what PostgreSQL made of it. */
export function canonicalConstant(type: string, text: string): string {
  if (type === "jsonb") return JSON.stringify(sorted(JSON.parse(text)))
  if (type === "uuid") return text.toLowerCase()
  if (type.startsWith("timestamp")) return new Date(text.replace(/([+-]\d\d)$/, "$1:00")).toISOString()
  if (type.startsWith("numeric")) return text.includes(".") ? text.replace(/\.?0+$/, "") : text
  return text
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== "object" || value === null) return value
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(entries.map(([key, inner]) => [key, sorted(inner)]))
}

/** What every value of a field satisfies by its definition alone. */
export function fieldRules(member: FieldMember): readonly CheckRule[] {
  const column = member.columnName
  const rules: CheckRule[] = []
  if (member.maxLength !== undefined) rules.push({ kind: "length", column, max: member.maxLength })
  if (member.values !== undefined) rules.push({ kind: "values", column, values: member.values })
  if (member.min !== undefined || member.max !== undefined) {
    rules.push({
      kind: "range",
      column,
      ...(member.min === undefined ? {} : { min: String(member.min) }),
      ...(member.max === undefined ? {} : { max: String(member.max) }),
    })
  }
  return rules
}

/**
 * Why these members cannot be indexed together, if they cannot. One text must fit whatever its letters are; several
 * long ones together only fit as the ASCII that such texts nearly always are, and PostgreSQL refuses the rest.
 */
export function unindexable(members: readonly ColumnMember[]): string | undefined {
  let characters = 0
  for (const member of members) {
    if (member.kind === "one") continue
    const { name, type, maxLength = 0 } = member
    if (type === "json" || type === "file" || type === "image") return `"${name}" is ${type}, which has no order`
    // Addresses are ASCII but for rare cases.
    const perCharacter = type === "url" || type === "email" ? 1 : BYTES_PER_CHARACTER
    if (maxLength * perCharacter > MAX_INDEXED_BYTES) {
      return `"${name}" may have ${maxLength} characters, and an index takes at most ${MAX_INDEXED_BYTES / perCharacter}: give it a smaller \`maxLength\``
    }
    characters += maxLength
  }
  return characters > MAX_INDEXED_BYTES
    ? `the texts may have ${characters} characters together, and an index takes at most ${MAX_INDEXED_BYTES}: give them a smaller \`maxLength\``
    : undefined
}
