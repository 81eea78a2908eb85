import type { WhereJson } from "@archipel/core"
import { formatValue } from "../fields/format.ts"
import type { Language } from "../i18n/language.ts"
import { isList, isOne, type UiField } from "../metadata/model.ts"
import type { ListTexts } from "./text.ts"

/** What a filter says of a field, in the words of the filter builder. */
export type FacetOperator = keyof ListTexts["operators"]

/** One filter that the builder can show and change: a field, an operator, and its values. */
export interface Facet {
  readonly path: string
  readonly operator: FacetOperator
  readonly values: readonly string[]
}

/** Periods that end today, in days. */
export const withinDays = { today: 0, week: -6, month: -29, quarter: -89, year: -364 } as const
export type Within = keyof typeof withinDays

const textual: readonly FacetOperator[] = ["contains", "startsWith", "eq", "not", "isSet", "isEmpty"]
const numbers: readonly FacetOperator[] = ["eq", "gte", "lte", "gt", "lt", "isSet", "isEmpty"]
const dates: readonly FacetOperator[] = ["within", "on", "since", "until", "isSet", "isEmpty"]
const table: Readonly<Partial<Record<UiField["type"], readonly FacetOperator[]>>> = {
  integer: numbers,
  bigint: numbers,
  decimal: numbers,
  money: numbers,
  date: dates,
  datetime: dates.filter((operator) => operator !== "on"),
  bool: ["yes", "no"],
  states: ["in", "not"],
  choice: ["in", "not", "isSet", "isEmpty"],
  many: ["some", "none"],
  manyToMany: ["some", "none"],
  uuid: ["eq", "not", "isSet", "isEmpty"],
  json: ["isSet", "isEmpty"],
  file: ["isSet", "isEmpty"],
  image: ["isSet", "isEmpty"],
  longText: ["contains", "isSet", "isEmpty"],
  html: ["contains", "isSet", "isEmpty"],
}

/** The operators that a field can answer; a field that is always there is never empty. */
export function operatorsOf(field: UiField): readonly FacetOperator[] {
  const all = isOne(field)
    ? (["in", "not", ...(field.to === "identity.User" ? (["me"] as const) : []), "isSet", "isEmpty"] as const)
    : (table[field.type] ?? textual)
  const isAlwaysSet = !isList(field) && field.optional !== true && all.length > 2
  return isAlwaysSet ? all.filter((operator) => operator !== "isSet" && operator !== "isEmpty") : all
}

const withoutValue: ReadonlySet<FacetOperator> = new Set(["isSet", "isEmpty", "me", "some", "none", "yes", "no"])
export const needsValue = (operator: FacetOperator): boolean => !withoutValue.has(operator)
export const takesSeveral = (operator: FacetOperator): boolean => operator === "in"

function comparison({ operator, values }: Facet, field: UiField): unknown {
  const [value = ""] = values
  switch (operator) {
    case "isSet":
      return { isSet: true }
    case "isEmpty":
      return { isSet: false }
    case "me":
      return { $me: "id" }
    case "some":
      return { some: {} }
    case "none":
      return { none: {} }
    case "yes":
    case "no":
      return operator === "yes"
    case "on":
      return value
    case "since":
      return { gte: field.type === "datetime" ? new Date(`${value}T00:00:00`).toISOString() : value }
    case "until":
      return field.type === "datetime"
        ? { lt: new Date(Date.parse(`${value}T00:00:00`) + 86_400_000).toISOString() }
        : { lte: value }
    case "within":
      return {
        gte: { $today: withinDays[value as Within] ?? 0 },
        ...(field.type === "date" ? { lte: { $today: 0 } } : {}),
      }
    case "in":
      return values.length === 1 ? value : { in: values }
    case "eq":
      return field.type === "integer" ? Number(value) : value
    default:
      return { [operator]: field.type === "integer" ? Number(value) : value }
  }
}

/** A facet as the one condition that it is in the address and in queries. */
export function writeFacet(facet: Facet, field: UiField): WhereJson {
  let condition = comparison(facet, field)
  for (const step of facet.path.split(".").toReversed()) condition = { [step]: condition }
  return condition as WhereJson
}

const isPlain = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

function readComparison(value: unknown, field: UiField): Omit<Facet, "path"> | undefined {
  if (value === null) return { operator: "isEmpty", values: [] }
  if (typeof value === "boolean") return { operator: value ? "yes" : "no", values: [] }
  if (typeof value === "string" || typeof value === "number") {
    const operator = operatorsOf(field).includes("in") ? "in" : field.type === "date" ? "on" : "eq"
    return { operator, values: [String(value)] }
  }
  if (!isPlain(value)) return undefined
  const entries = Object.entries(value)
  if ("$me" in value) return { operator: "me", values: [] }
  const [first, second] = entries
  if (first === undefined) return undefined
  const [name, given] = first
  if (isPlain(given) && "$today" in given && name === "gte") {
    const period = Object.entries(withinDays).find(([, days]) => days === given["$today"])?.[0]
    return period === undefined ? undefined : { operator: "within", values: [period] }
  }
  if (second !== undefined) return undefined
  if (name === "isSet") return { operator: given === true ? "isSet" : "isEmpty", values: [] }
  if (name === "some" || name === "none") return { operator: name, values: [] }
  if (name === "in" && Array.isArray(given)) return { operator: "in", values: given.map(String) }
  if (typeof given !== "string" && typeof given !== "number") return undefined
  const text = String(given)
  if (field.type === "date" && (name === "gte" || name === "lte"))
    return { operator: name === "gte" ? "since" : "until", values: [text] }
  if (field.type === "datetime" && (name === "gte" || name === "lt")) {
    const at = new Date(Date.parse(text) - (name === "lt" ? 86_400_000 : 0))
    if (Number.isNaN(at.getTime())) return undefined
    const day = [
      at.getFullYear(),
      String(at.getMonth() + 1).padStart(2, "0"),
      String(at.getDate()).padStart(2, "0"),
    ].join("-")
    return { operator: name === "gte" ? "since" : "until", values: [day] }
  }
  const known: readonly string[] = operatorsOf(field)
  return known.includes(name) ? { operator: name as FacetOperator, values: [text] } : undefined
}

/** The path that a condition is about: its single members down to what is compared. */
export function pathOf(where: WhereJson, fieldAt: (path: string) => UiField | undefined): string | undefined {
  let value: unknown = where
  const steps: string[] = []
  while (isPlain(value) && Object.keys(value).length === 1) {
    const step = Object.keys(value)[0] as string
    const path = [...steps, step].join(".")
    if (fieldAt(path) === undefined) break
    steps.push(step)
    value = value[step]
  }
  return steps.length === 0 ? undefined : steps.join(".")
}

/** A condition as the builder shows it; undefined where it says more than a builder can. */
export function readFacet(where: WhereJson, fieldAt: (path: string) => UiField | undefined): Facet | undefined {
  const path = pathOf(where, fieldAt)
  const field = path === undefined ? undefined : fieldAt(path)
  if (path === undefined || field === undefined) return undefined
  let value: unknown = where
  for (const step of path.split(".")) value = (value as Readonly<Record<string, unknown>>)[step]
  const read = readComparison(value, field)
  return read && { path, ...read }
}

/** "Status is one of Draft, Confirmed" */
export function facetWords(
  facet: Facet,
  field: UiField,
  options: {
    readonly label: string
    readonly t: ListTexts
    readonly language: Language
    readonly titleOf: (id: string) => string
  },
): string {
  const { label, t, language, titleOf } = options
  const { operator, values } = facet
  const word = operator === "in" && values.length === 1 ? t.operators.eq : t.operators[operator]
  const shown = values.map((value) =>
    operator === "within"
      ? (t.within[value as Within] ?? value)
      : isOne(field)
        ? titleOf(value)
        : field.type === "datetime"
          ? formatValue({ ...field, type: "date" }, value, language)
          : formatValue(field, value, language),
  )
  return [label, word, shown.join(", ")].filter(Boolean).join(" ")
}
