/**
 * The records before and after one in an ordered list, found by the values it has there: no position is counted, so it costs the same
 * in a list of a million.
 *
 * @module
 */
import type { Values } from "./form-state.ts"

type WhereJson = Readonly<Record<string, unknown>>

interface Term {
  readonly path: string
  readonly descending: boolean
}

const termsOf = (orderBy: readonly string[]): readonly Term[] => [
  ...orderBy.map((term) =>
    term.startsWith("-") ? { path: term.slice(1), descending: true } : { path: term, descending: false },
  ),
  ...(orderBy.some((term) => term.replace(/^-/, "") === "id") ? [] : [{ path: "id", descending: false }]),
]

export const turned = (orderBy: readonly string[]): readonly string[] =>
  termsOf(orderBy).map(({ path, descending }) => (descending ? path : `-${path}`))

/** What has to be known of the record. */
export const orderPaths = (orderBy: readonly string[]): readonly string[] => termsOf(orderBy).map(({ path }) => path)

export function valueAt(record: Values, path: string): unknown {
  let value: unknown = record
  for (const part of path.split(".")) {
    if (typeof value !== "object" || value === null) return value === undefined ? null : value
    value = (value as Values)[part] ?? null
  }
  return value
}

const at = (path: string, condition: unknown): WhereJson =>
  path.split(".").reduceRight<unknown>((inner, part) => ({ [part]: inner }), condition) as WhereJson

/** Empty values come last, descending first. */
function beyond({ path, descending }: Term, value: unknown): WhereJson | undefined {
  if (value === null) return descending ? at(path, { isSet: true }) : undefined
  if (descending) return at(path, { lt: value })
  return { or: [at(path, { gt: value }), at(path, { isSet: false })] }
}

/** The records after this one in the order; those before it come after it in the order `turned` gives. */
export function afterWhere(record: Values, orderBy: readonly string[]): WhereJson {
  const branches: WhereJson[] = []
  const equal: WhereJson[] = []
  for (const term of termsOf(orderBy)) {
    const value = valueAt(record, term.path)
    const further = term.path === "id" ? at("id", { [term.descending ? "lt" : "gt"]: value }) : beyond(term, value)
    if (further !== undefined) branches.push(equal.length === 0 ? further : { and: [...equal, further] })
    equal.push(at(term.path, value === null ? { isSet: false } : { eq: value }))
    if (term.path === "id") break
  }
  return { or: branches }
}
