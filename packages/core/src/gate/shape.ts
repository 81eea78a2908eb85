import type { Query, SelectEntry } from "../query.ts"
import type { WhereJson } from "../where.ts"

/** What two queries share that differ in users' values only, and those values in the order they were met. */
export interface Shape {
  readonly shape: string
  readonly values: readonly unknown[]
}

/** Operands that are decided by who asks or when, not by a value. */
const symbolic = (value: object): boolean =>
  "$me" in value || "$claim" in value || "$today" in value || "$before" in value

function whereShape(where: unknown, values: unknown[]): string {
  if (typeof where !== "object" || where === null || Array.isArray(where)) {
    values.push(where)
    return "?"
  }
  let shape = "{"
  for (const key in where) {
    if (!Object.hasOwn(where, key)) continue
    const value = (where as Record<string, unknown>)[key]
    shape += `${JSON.stringify(key)}:`
    if (value === null) shape += "null"
    else if (key === "isSet" && typeof value === "boolean") shape += String(value)
    else if (typeof value !== "object") {
      values.push(value)
      shape += "?"
    } else if (Array.isArray(value)) {
      if (key === "and" || key === "or") shape += `[${value.map((item) => whereShape(item, values)).join()}]`
      else {
        values.push(value)
        shape += "[?]"
      }
    } else shape += symbolic(value) ? JSON.stringify(value) : whereShape(value, values)
    shape += ","
  }
  return `${shape}}`
}

/** How many values a condition contains. */
export function countValues(where: object): number {
  const values: unknown[] = []
  whereShape(where, values)
  return values.length
}

const isFixed = (key: string, value: unknown): boolean =>
  value === null ||
  (key === "isSet" && typeof value === "boolean") ||
  (typeof value === "object" && !Array.isArray(value) && symbolic(value))

/** A condition of the same shape as `where` with other values, taken in the order in which `countValues` counts them. */
export function withValues(where: WhereJson, next: () => unknown): WhereJson {
  const replaced = (value: unknown): unknown =>
    typeof value === "object" && value !== null && !Array.isArray(value) ? withValues(value as WhereJson, next) : next()
  return Object.fromEntries(
    Object.entries(where).map(([key, value]) => {
      if (isFixed(key, value)) return [key, value]
      const isList = (key === "and" || key === "or") && Array.isArray(value)
      return [key, isList ? value.map(replaced) : replaced(value)]
    }),
  )
}

function selectShape(select: readonly SelectEntry[], values: unknown[]): string {
  let shape = "["
  for (const entry of select) {
    if (typeof entry === "string") shape += JSON.stringify(entry)
    else {
      shape += `{${JSON.stringify(entry.path)}`
      if (entry.select) shape += selectShape(entry.select, values)
      if (entry.where) shape += `w${whereShape(entry.where, values)}`
      if (entry.orderBy) shape += `o${JSON.stringify(entry.orderBy)}`
      if (entry.limit !== undefined) shape += `l${entry.limit}`
      shape += "}"
    }
    shape += ","
  }
  return `${shape}]`
}

/**
 * The shape of a query: the text that a compiled plan is kept under. Values of conditions, the search text and cursors
 * are taken out; names, structure and limits stay. The order of values is the root condition, the search, the cursor, then the
 * conditions of the select entries from left to right, each after the entries nested in it: the order in which
 * `authoriseQuery` counts them.
 */
export function shapeOf(query: Query): Shape {
  const values: unknown[] = []
  let shape = query.model
  if (query.where) shape += `w${whereShape(query.where, values)}`
  if (query.search !== undefined) {
    values.push(query.search)
    shape += "s"
  }
  if (query.after !== undefined || query.before !== undefined) {
    values.push(query.after ?? query.before)
    shape += query.after === undefined ? "b" : "a"
  }
  if (query.select) shape += `[${selectShape(query.select, values)}`
  if (query.orderBy) shape += `o${JSON.stringify(query.orderBy)}`
  if (query.limit !== undefined) shape += `l${query.limit}`
  if (query.last) shape += "z"
  if (query.count) shape += `c${query.count}`
  if (query.can) shape += "k"
  if (query.archived) shape += `r${query.archived}`
  if (query.group) shape += `g${JSON.stringify([query.group, query.aggregates])}`
  else if (query.aggregates) shape += `G${JSON.stringify(query.aggregates)}`
  return { shape, values }
}
