import {
  ArchipelError,
  type Mistake,
  parseJson,
  parseQuery,
  type Query,
  type ResolvedModel,
  whereOperators,
} from "@archipel/core"
import type { Params } from "./params.ts"

/**
 * Queries in addresses: `select=number,customer.name&status=draft&total[gte]=100&orderBy=-total&limit=20`.
 *
 * A parameter that is no word of the query language is a condition on a field, through to-one references with dots, with
 * the operator in brackets. Commas separate the values of lists; a value that contains one goes into `where={JSON}`.
 *
 * @module
 */

const conditionName = /^([A-Za-z][A-Za-z0-9]*(?:\.[A-Za-z][A-Za-z0-9]*)*)(?:\[([^\]]*)\])?$/

const list = (value: string): readonly string[] => value.split(",")
const wholeNumber = (value: string): unknown => (/^\d{1,9}$/.test(value) ? Number(value) : value)

const words: Readonly<Record<string, (value: string) => unknown>> = {
  select: list,
  search: String,
  orderBy: list,
  limit: wholeNumber,
  after: String,
  before: String,
  last: (value) => (value === "true" ? true : value),
  count: String,
  can: (value) => (value === "true" ? true : value),
  archived: String,
  group: list,
}

/** The field at the end of a path, as far as the contracts know it; whether the caller may use it, the gate decides. */
function fieldTypeAt(model: ResolvedModel, names: readonly string[]): string | undefined {
  let here = model
  for (const [i, name] of names.entries()) {
    const member = here.members.get(name)
    if (member?.kind === "field") return i === names.length - 1 ? member.type : undefined
    if (member === undefined) return undefined
    here = member.target
  }
  return undefined
}

/** The JSON value that a field of this type is compared with. What does not fit stays text, and is refused where the field is known. */
function typed(type: string | undefined, text: string): unknown {
  if (type === "integer" && /^-?\d{1,10}$/.test(text)) return Number(text)
  if (type === "bool" && (text === "true" || text === "false")) return text === "true"
  return text
}

function readAggregates(value: string, mistakes: Mistake[]): Readonly<Record<string, string>> {
  const aggregates: Record<string, string> = {}
  for (const each of list(value)) {
    const [, name, aggregate] = /^([A-Za-z][A-Za-z0-9]*):(.+)$/.exec(each) ?? []
    if (name === undefined || aggregate === undefined) {
      mistakes.push(mistake("/aggregates", 'Aggregates are written "revenue:sum(total),orders:count".'))
    } else aggregates[name] = aggregate
  }
  return aggregates
}

const mistake = (path: string, detail: string): Mistake => ({ path, code: "query.invalid", detail })

function readWhere(text: string, mistakes: Mistake[]): object | undefined {
  try {
    const where = parseJson(text)
    if (typeof where === "object" && where !== null && !Array.isArray(where)) return where
    mistakes.push(mistake("/where", "where is a JSON object."))
  } catch (error) {
    if (!(error instanceof ArchipelError) || error.code === "request.too_complex") throw error
    mistakes.push(mistake("/where", "where is not JSON (RFC 8259)."))
  }
  return undefined
}

/** The conditions of one path, by operator. */
interface PathConditions {
  readonly names: readonly string[]
  readonly by: Record<string, unknown>
}

function readCondition(
  model: ResolvedModel,
  name: string,
  value: string,
  paths: Map<string, PathConditions>,
): string | undefined {
  const shown = name.slice(0, 100)
  const match = conditionName.exec(name)
  if (match === null) return `The parameter "${shown}" is neither a word of the query language nor a field.`
  const [, path = "", operator = "eq"] = match
  if (!whereOperators.has(operator)) {
    return `"${operator.slice(0, 100)}" of "${path.slice(0, 100)}" is not an operator: use ${[...whereOperators].join(", ")}.`
  }
  const names = path.split(".")
  const type = fieldTypeAt(model, names)
  if (operator === "isSet" && value !== "true" && value !== "false") return `"${shown}" is true or false.`
  const known = paths.get(path) ?? { names, by: {} }
  paths.set(path, known)
  known.by[operator] =
    operator === "isSet"
      ? value === "true"
      : operator === "in"
        ? list(value).map((each) => typed(type, each))
        : operator === "contains" || operator === "startsWith"
          ? value
          : typed(type, value)
  return undefined
}

function conditionOf({ names, by }: PathConditions): { readonly first: string; readonly value: unknown } {
  const only = Object.keys(by)
  let value: unknown = only.length === 1 && only[0] === "eq" ? by["eq"] : by
  for (let i = names.length - 1; i > 0; i--) value = { [names[i] as string]: value }
  return { first: names[0] as string, value }
}

/** All conditions as one: an object where no two begin with the same name, else with the others in `and`. */
function joined(paths: Iterable<PathConditions>, where: object | undefined): object | undefined {
  const main: Record<string, unknown> = {}
  const others: object[] = where === undefined ? [] : [where]
  let any = false
  for (const path of paths) {
    any = true
    const { first, value } = conditionOf(path)
    if (Object.hasOwn(main, first)) others.push({ [first]: value })
    else main[first] = value
  }
  if (!any) return where
  return others.length === 0 ? main : { ...main, and: others }
}

/**
 * The query that the parameters of an address say.
 *
 * @throws `query.invalid` with all mistakes at once, `query.too_complex`, `request.too_complex`
 */
export function queryFromParams(model: ResolvedModel, params: Params): Query {
  const json: Record<string, unknown> = {}
  const mistakes: Mistake[] = []
  const paths = new Map<string, PathConditions>()
  let where: object | undefined
  for (const [name, value] of params) {
    const word = Object.hasOwn(words, name) ? words[name] : undefined
    if (word) json[name] = word(value)
    else if (name === "where") where = readWhere(value, mistakes)
    else if (name === "aggregates") json["aggregates"] = readAggregates(value, mistakes)
    else {
      const wrong = readCondition(model, name, value, paths)
      if (wrong) mistakes.push(mistake("/where", wrong))
    }
  }
  const all = joined(paths.values(), where)
  if (all) json["where"] = all
  if (mistakes.length > 0) throw new ArchipelError("query.invalid", { errors: mistakes })
  return parseQuery(json, model.name)
}
