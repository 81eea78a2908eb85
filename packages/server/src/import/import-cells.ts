/**
 * Texts of a table as values of fields.
 *
 * @module
 */
import { type ColumnMember, type FieldMember, parseValue, type Query, queryLimits } from "@archipel/core"
import type { ImportColumn } from "./import-columns.ts"

/** What is wrong with one cell, or with a row as a whole. */
export interface ImportError {
  /** As a spreadsheet counts: the header is row 1. */
  readonly row: number
  /** The column's header; null where it is none in particular. */
  readonly column: string | null
  readonly code: string
  readonly detail: string
}

export type Cell =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly code: string; readonly detail: string }

const booleans: ReadonlyMap<string, boolean> = new Map([
  ...["true", "yes", "1", "x", "oui", "vrai"].map((text): [string, boolean] => [text, true]),
  ...["false", "no", "0", "non", "faux"].map((text): [string, boolean] => [text, false]),
])

/** The JSON value that a text stands for; what does not fit stays a text, and is refused with the field's words. */
function plainValue(member: ColumnMember, text: string): unknown {
  if (member.kind === "one") return text
  const trimmed = member.type === "text" || member.type === "longText" || member.type === "html" ? text : text.trim()
  if (member.type === "integer" && /^-?\d{1,15}$/.test(trimmed)) return Number(trimmed)
  if (member.type === "bool") return booleans.get(trimmed.toLowerCase()) ?? trimmed
  return trimmed
}

/** A value as the field takes it. An empty cell is an empty value. */
export function cellOf({ member }: ImportColumn, text: string): Cell {
  if (text === "") return { ok: true, value: null }
  const parsed = parseValue(member, plainValue(member, text))
  return parsed.ok
    ? { ok: true, value: parsed.value }
    : { ok: false, code: parsed.code, detail: `${member.name} ${parsed.detail}` }
}

/** Ids of records by the texts that name them; null for texts that name several. */
export type Found = ReadonlyMap<string, string | null>

/** Values of one query: two of them in a page would still be seen. */
const PORTION = queryLimits.page / 2

/**
 * The records of a model whose `field` has one of these texts, as the caller sees them: one query for 500 texts.
 *
 * @param ask Asks the service of the model.
 */
export async function findByText(
  field: FieldMember,
  texts: Iterable<string>,
  ask: (query: Query) => Promise<string>,
): Promise<Found> {
  const { name } = field
  const model = field.model.name
  // Names and keys of archived records are free for others.
  const archived = name === "id" ? "any" : "exclude"
  // Several texts may mean one value: "1" and "1.00".
  const byValue = new Map<string, string[]>()
  for (const text of new Set(texts)) {
    const parsed = parseValue(field, plainValue(field, text))
    if (!parsed.ok) continue
    const value = String(parsed.value)
    byValue.set(value, [...(byValue.get(value) ?? []), text])
  }
  const all = [...byValue.keys()]
  const found = new Map<string, string | null>()
  for (let from = 0; from < all.length; from += PORTION) {
    const values = all.slice(from, from + PORTION).map((value) => plainValue(field, value))
    const where = { [name]: { in: values } }
    const data = await ask({ model, select: ["id", name], where, limit: queryLimits.page, archived })
    for (const row of JSON.parse(data) as Readonly<Record<string, unknown>>[]) {
      for (const text of byValue.get(String(row[name])) ?? [])
        found.set(text, found.has(text) ? null : (row["id"] as string))
    }
  }
  return found
}
