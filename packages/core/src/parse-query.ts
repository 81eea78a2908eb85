import { ArchipelError, type Mistake } from "./errors.ts"
import { jsonLimits, pointer } from "./parse-json.ts"
import { type Query, queryLimits, type SelectEntry } from "./query.ts"
import type { WhereJson } from "./where.ts"

/** What a reader of one request collects on the way: everything wrong, and how much there is. */
interface Reading {
  readonly mistakes: Mistake[]
  selected: number
  compared: number
}

type Json = Readonly<Record<string, unknown>>
type Read<T> = (value: unknown, path: string, reading: Reading) => T | undefined

const isObject = (value: unknown): value is Json => typeof value === "object" && value !== null && !Array.isArray(value)

const wrong = (reading: Reading, path: string, detail: string): undefined => {
  reading.mistakes.push({ path, code: "query.invalid", detail })
  return undefined
}

const tooComplex = (what: string, limit: number) => new ArchipelError("query.too_complex", { what, limit })

const textOf =
  (what: string, max: number): Read<string> =>
  (value, path, reading) =>
    typeof value === "string" && value.length > 0 && value.length <= max
      ? value
      : wrong(reading, path, `${what} is a text of 1 to ${max} characters.`)

const oneOf =
  <const V extends readonly unknown[]>(...values: V): Read<V[number]> =>
  (value, path, reading) =>
    values.includes(value)
      ? (value as V[number])
      : wrong(reading, path, `"${path.slice(1)}" is one of ${values.map((v) => JSON.stringify(v)).join(", ")}.`)

const listOf =
  <T>(what: string, limit: number, item: Read<T>): Read<readonly T[]> =>
  (value, path, reading) => {
    if (!Array.isArray(value)) return wrong(reading, path, `A list of ${what} is expected.`)
    if (value.length > limit) throw tooComplex(what, limit)
    const items: T[] = []
    for (let i = 0; i < value.length; i++) {
      const read = item(value[i], `${path}/${i}`, reading)
      if (read !== undefined) items.push(read)
    }
    return items
  }

const limit: Read<number> = (value, path, reading) =>
  Number.isInteger(value) && (value as number) >= 1 && (value as number) <= queryLimits.page
    ? (value as number)
    : wrong(reading, path, `A limit is a whole number from 1 to ${queryLimits.page}.`)

const groupLimit: Read<number> = (value, path, reading) =>
  Number.isInteger(value) && (value as number) >= 1 && (value as number) <= queryLimits.groups
    ? (value as number)
    : wrong(reading, path, `The limit of groups is a whole number from 1 to ${queryLimits.groups}.`)

const fieldPath = textOf("The path of a field", queryLimits.path)
const orderBy = listOf("order terms", queryLimits.orderTerms, fieldPath)

/** A condition as it travels. Its names are for the gate; its size and nesting are not. */
function condition(value: unknown, path: string, reading: Reading): WhereJson | undefined {
  if (!isObject(value)) return wrong(reading, path, "A condition is an object.")
  compare(value, path, reading, 0)
  return value
}

function compare(value: unknown, path: string, reading: Reading, depth: number): void {
  if (depth > jsonLimits.depth) throw tooComplex("levels of conditions", jsonLimits.depth)
  if (++reading.compared > queryLimits.filterNodes) throw tooComplex("comparisons", queryLimits.filterNodes)
  if (Array.isArray(value)) {
    wrong(reading, path, "A list of values is written { in: […] }.")
    return
  }
  if (!isObject(value)) return
  for (const [name, inner] of Object.entries(value)) {
    const at = pointer(path, name)
    if (!Array.isArray(inner)) {
      if (name === "and" || name === "or") wrong(reading, at, `"${name}" takes a list of conditions.`)
      else if ((name === "some" || name === "none") && !isObject(inner))
        wrong(reading, at, `"${name}" takes a condition.`)
      else compare(inner, at, reading, depth + 1)
      continue
    }
    if (name === "and" || name === "or") {
      inner.forEach((each, i) => {
        if (isObject(each)) compare(each, `${at}/${i}`, reading, depth + 1)
        else wrong(reading, `${at}/${i}`, "A condition is an object.")
      })
    } else if (name === "in") {
      if (inner.length > queryLimits.inValues) throw tooComplex("values of one list", queryLimits.inValues)
      if (inner.some((each) => typeof each === "object")) wrong(reading, at, "The values of a list are plain.")
    } else wrong(reading, at, "A list of values is written { in: […] }.")
  }
}

const nestedMembers: Readonly<Record<string, Read<unknown>>> = {
  path: fieldPath,
  select: (value, path, reading) => select(value, path, reading),
  where: condition,
  orderBy,
  limit,
}

const selectEntry: Read<SelectEntry> = (value, path, reading) => {
  if (++reading.selected > queryLimits.selectNodes) throw tooComplex("selected fields", queryLimits.selectNodes)
  if (typeof value === "string") return fieldPath(value, path, reading)
  if (!isObject(value)) return wrong(reading, path, "A selected field is a path, or an object with a path.")
  if (!Object.hasOwn(value, "path")) return wrong(reading, path, 'A selected list names its "path".')
  return members(value, nestedMembers, path, reading) as SelectEntry
}

const select: Read<readonly SelectEntry[]> = (value, path, reading) =>
  Array.isArray(value) && value.length === 0
    ? wrong(reading, path, "At least one field is selected.")
    : listOf("selected fields", queryLimits.selectNodes, selectEntry)(value, path, reading)

const aggregates: Read<Readonly<Record<string, string>>> = (value, path, reading) => {
  if (!isObject(value)) return wrong(reading, path, "Aggregates are an object: a name, and what it is.")
  const named = Object.entries(value)
  if (named.length > queryLimits.aggregates) throw tooComplex("aggregates", queryLimits.aggregates)
  for (const [name, aggregate] of named) {
    const at = pointer(path, name)
    if (!/^[A-Za-z][A-Za-z0-9]{0,50}$/.test(name)) {
      wrong(reading, at, "The name of an aggregate is letters and digits, at most 51 characters.")
    }
    if (typeof aggregate !== "string" || aggregate.length > queryLimits.path) {
      wrong(reading, at, 'An aggregate is a text like "count" or "sum(total)".')
    }
  }
  return value as Readonly<Record<string, string>>
}

const pageMembers: Readonly<Record<string, Read<unknown>>> = {
  select,
  where: condition,
  search: textOf("A search text", queryLimits.search),
  orderBy,
  limit,
  after: textOf("A cursor", queryLimits.cursor),
  before: textOf("A cursor", queryLimits.cursor),
  last: oneOf(true),
  count: oneOf("exact", "estimate"),
  can: oneOf(true),
  archived: oneOf("exclude", "any", "only"),
  group: listOf("group terms", queryLimits.groupTerms, fieldPath),
  aggregates,
}
const groupMembers = { ...pageMembers, limit: groupLimit }

function members(value: Json, known: Readonly<Record<string, Read<unknown>>>, path: string, reading: Reading): Json {
  const result: Record<string, unknown> = {}
  for (const [name, inner] of Object.entries(value)) {
    const at = pointer(path, name)
    if (!Object.hasOwn(known, name)) {
      wrong(reading, at, `"${name.slice(0, 60)}" is not part of a query.`)
      continue
    }
    const read = (known[name] as Read<unknown>)(inner, at, reading)
    if (read !== undefined) result[name] = read
  }
  return result
}

/**
 * A query that came as JSON: its structure and its bounds. Whether its names exist, and may be used, the gate decides.
 *
 * @param model The model that the address names; the JSON may repeat it, or must name one if there is no address.
 * @throws `query.invalid` with all mistakes at once, `query.too_complex`
 */
export function parseQuery(json: unknown, model?: string): Query {
  const reading: Reading = { mistakes: [], selected: 0, compared: 0 }
  if (!isObject(json)) {
    throw new ArchipelError("query.invalid", {
      errors: [{ path: "", code: "query.invalid", detail: "A query is an object." }],
    })
  }
  const { model: named = model, ...rest } = json
  if (typeof named !== "string" || (model !== undefined && named !== model)) {
    wrong(reading, "/model", model === undefined ? 'The query names its "model".' : `The model here is ${model}.`)
  }
  const grouped = Object.hasOwn(rest, "group") || Object.hasOwn(rest, "aggregates")
  const query = members(rest, grouped ? groupMembers : pageMembers, "", reading)
  const pages = ["after", "before", "last"].filter((name) => Object.hasOwn(query, name))
  if (pages.length > 1) wrong(reading, `/${pages[1]}`, "A page is named by one of after, before and last.")
  if (grouped) {
    for (const name of ["select", "after", "before", "last", "count", "can"]) {
      if (Object.hasOwn(query, name)) wrong(reading, `/${name}`, `A grouped query has no "${name}".`)
    }
  }
  if (reading.mistakes.length > 0) throw new ArchipelError("query.invalid", { errors: reading.mistakes.slice(0, 100) })
  return { model: named as string, ...query }
}
