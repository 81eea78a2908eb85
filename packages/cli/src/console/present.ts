import { inspect } from "node:util"
import { table } from "../table.ts"

/** A plain object, of whichever global scope: what is typed at a prompt has one of its own. */
function isRecord(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false
  const prototype = Object.getPrototypeOf(value) as object | null
  return prototype === null || Object.getPrototypeOf(prototype) === null
}
/** A list below a record makes a table unreadable. */
const isFlat = (value: unknown): boolean => !Array.isArray(value) && !isRecord(value)

/** A result for a person: lists of flat records as a table, everything else as JavaScript writes it. */
export function present(value: unknown, options: { readonly colors: boolean; readonly width: number }): string {
  if (Array.isArray(value) && value.length > 0 && value.every(isRecord)) {
    const rows = value.map(flatten)
    const names = [...new Set(rows.flatMap((row) => Object.keys(row)))]
    if (rows.every((row) => Object.values(row).every(isFlat))) {
      const text = table(
        names,
        rows.map((row) => names.map((name) => row[name])),
        options.width,
      )
      return `${text}\n${rows.length} ${rows.length === 1 ? "record" : "records"}`
    }
  }
  return inspect(value, { colors: options.colors, depth: 6, breakLength: options.width || 120 })
}

/** A to-one record's fields as columns of their own: "customer.name". */
function flatten(row: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(row).flatMap(([name, value]) =>
      isRecord(value)
        ? Object.entries(flatten(value)).map(([inner, each]) => [`${name}.${inner}`, each])
        : [[name, value]],
    ),
  )
}
