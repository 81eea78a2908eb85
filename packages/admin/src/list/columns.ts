import { useQueries } from "@tanstack/react-query"
import { useState } from "react"
import { automatic, isList, isOne, partsOf, type UiField, type UiModel } from "../metadata/model.ts"
import { modelOptions } from "../metadata/use-metadata.ts"
import type { RecordData } from "../api/records.ts"
import { isIdentifier } from "../fields/format.ts"
import type { SortKey } from "./interpolate.ts"

/** A column of a list: a field of the model, or one behind its references ("customer.country.code"). */
export interface Column {
  readonly path: string
  /** What is asked for to show it. */
  readonly select: string
  readonly label: string
  readonly field: UiField
  /** The model that the field belongs to, and its name there. */
  readonly model: UiModel
  readonly name: string
  /** What it is ordered by; undefined where it orders nothing. */
  readonly order: string | undefined
  /** What it is grouped by; undefined where it groups nothing. */
  readonly group: string | undefined
  /** Whether it can be added up. */
  readonly isSummed: boolean
}

const wide: ReadonlySet<string> = new Set(["longText", "html", "json", "file", "image", "uuid"])
/** Types that order and group nothing. */
const unordered: ReadonlySet<string> = new Set(["longText", "html", "json", "file", "image", "many", "manyToMany"])
/** Columns where nobody chose any. */
const DEFAULT_COLUMNS = 7

/** How much a field says in a list: the record's name, what every record has, what follows from it, the rest. */
function rank(name: string, field: UiField, model: UiModel): number {
  if (name === model.display) return 0
  if (field.type === "states") return 1
  if ((isOne(field) || field.type === "date") && !field.optional) return 1
  if (field.type === "money" && field.writtenBy === "compute") return 2
  if (isOne(field)) return 3
  return field.type === "choice" || field.type === "bool" ? 4 : 5
}

/** A reference for the path to its title: it shows that, and can be filtered, grouped and edited besides. */
function referenceFor(model: UiModel, path: string): string {
  const [name = "", title, ...rest] = path.split(".")
  const field = model.fields[name]
  return field && isOne(field) && rest.length === 0 && title === field.display ? name : path
}

/** The columns that its service names; otherwise those that say most of a record: its name, then the others in the contract's order. */
export function defaultPaths(model: UiModel): readonly string[] {
  if (model.views?.list !== undefined) return model.views.list.map((path) => referenceFor(model, path))
  const fields = Object.entries(model.fields).filter(
    ([name, field]) => field.read && !isList(field) && !wide.has(field.type) && !automatic.has(name),
  )
  const chosen = fields
    .toSorted(([a, one], [b, other]) => rank(a, one, model) - rank(b, other, model))
    .slice(0, DEFAULT_COLUMNS)
  const names = fields.filter((field) => chosen.includes(field)).map(([name]) => name)
  return model.display !== undefined && names.includes(model.display)
    ? [model.display, ...names.filter((name) => name !== model.display)]
    : names
}

/** Whether the records a path leads through are at hand where the model's are: of its own service, or kept there. */
function isAtHand(model: UiModel, reference: UiField, rest: string): boolean {
  if (!isOne(reference)) return false
  return reference.to.startsWith(`${partsOf(model.collection).service}.`) || reference.mirrored?.includes(rest) === true
}

/** @returns undefined as long as a model on the way is not known, or where the path leads nowhere */
export function resolveColumn(
  model: UiModel,
  path: string,
  modelAt: (collection: string) => UiModel | undefined,
): Column | undefined {
  const steps = path.split(".")
  let owner = model
  let atHand = true
  const labels: string[] = []
  for (const [i, step] of steps.entries()) {
    const field = owner.fields[step]
    if (field === undefined || !field.read || isList(field)) return undefined
    labels.push(field.label)
    const rest = steps.slice(i + 1).join(".")
    if (rest === "") {
      const display = isOne(field) ? field.display : undefined
      const ordered = isOne(field)
        ? display !== undefined && isAtHand(owner, field, display)
          ? `${path}.${display}`
          : undefined
        : unordered.has(field.type)
          ? undefined
          : path
      return {
        path,
        select: display === undefined ? path : `${path}.${display}`,
        label: labels.slice(-2).join(" · "),
        field,
        model: owner,
        name: step,
        order: atHand ? ordered : undefined,
        group: atHand && !unordered.has(field.type) && !(isOne(field) && i > 0) ? path : undefined,
        isSummed: i === 0 && (field.type === "money" || (field.type === "integer" && !isIdentifier(field))),
      }
    }
    if (!isOne(field) || field.collection === undefined) return undefined
    if (i === 0) atHand = isAtHand(owner, field, rest)
    const next = modelAt(field.collection)
    if (next === undefined) return undefined
    owner = next
  }
  return undefined
}

/** The collections that must be known to resolve these paths, as far as they are known to be on the way. */
function wanted(
  model: UiModel,
  paths: readonly string[],
  modelAt: (collection: string) => UiModel | undefined,
): readonly string[] {
  const all = new Set<string>()
  for (const path of paths) {
    let owner: UiModel | undefined = model
    for (const step of path.split(".").slice(0, -1)) {
      const field: UiField | undefined = owner?.fields[step]
      if (!field || !isOne(field) || field.collection === undefined) break
      all.add(field.collection)
      owner = modelAt(field.collection)
    }
  }
  return [...all]
}

/** The columns of paths, as far as the models on their way are known by now. */
export function useColumns(
  model: UiModel,
  paths: readonly string[],
): { readonly columns: readonly Column[]; readonly isComplete: boolean } {
  // Through at most two references: asked for one after the other.
  const first = wanted(model, paths, () => undefined)
  const near = useModels(first)
  const second = wanted(model, paths, near.modelAt)
  const far = useModels(second)
  const columns = useSame(paths.flatMap((path) => resolveColumn(model, path, far.modelAt) ?? []))
  return { columns, isComplete: near.isSettled && far.isSettled }
}

/** The columns of before as long as they say the same: rows that have them need not be made again. */
function useSame(columns: readonly Column[]): readonly Column[] {
  const [known, setKnown] = useState(columns)
  if (known === columns || isSame(known, columns)) return known
  setKnown(columns)
  return columns
}

const isSame = (before: readonly Column[], now: readonly Column[]): boolean =>
  before.length === now.length &&
  before.every((column, i) => (Object.keys(column) as (keyof Column)[]).every((key) => column[key] === now[i]?.[key]))

function useModels(collections: readonly string[]) {
  return useQueries({
    queries: collections.map((collection) => modelOptions(collection)),
    combine: (results) => {
      const known = new Map(results.flatMap(({ data }) => (data ? [[data.collection, data] as const] : [])))
      return {
        modelAt: (collection: string) => known.get(collection),
        isSettled: results.every(({ isPending }) => !isPending),
      }
    },
  })
}

/** The value of a path in a row. */
export function valueAt(row: RecordData, path: string): unknown {
  let value: unknown = row
  for (const step of path.split(".")) {
    if (typeof value !== "object" || value === null) return undefined
    value = (value as Readonly<Record<string, unknown>>)[step]
  }
  return value
}

export const isMaskedAt = (row: RecordData, path: string): boolean => {
  const at = path.lastIndexOf(".")
  const owner = at < 0 ? row : valueAt(row, path.slice(0, at))
  const masked =
    typeof owner === "object" && owner !== null ? (owner as { readonly _masked?: unknown })._masked : undefined
  return Array.isArray(masked) && masked.includes(path.slice(at + 1))
}

const widths: Readonly<Partial<Record<UiField["type"], number>>> = {
  sequence: 130,
  bool: 90,
  date: 120,
  datetime: 168,
  integer: 96,
  money: 124,
  decimal: 110,
  states: 128,
  choice: 120,
  one: 180,
}
export const widthOf = (column: Column): number =>
  widths[column.field.type] ?? (column.name === column.model.display ? 220 : 170)

const scales: Readonly<Partial<Record<UiField["type"], SortKey["scale"]>>> = {
  integer: "number",
  bigint: "number",
  decimal: "number",
  money: "number",
  date: "date",
  datetime: "datetime",
}

/** What positions can be reckoned by under an order: numbers and times of the model itself, and ids, which tell when they were made. */
export function sortKeyOf(model: UiModel, orderBy: readonly string[]): SortKey | undefined {
  const term = orderBy[0] ?? "id"
  const isDescending = term.startsWith("-")
  const path = isDescending ? term.slice(1) : term
  const scale = path === "id" ? "uuid7" : scales[model.fields[path]?.type ?? "text"]
  if (scale === undefined) return undefined
  return {
    path,
    scale,
    isDescending,
    valueOf(row) {
      const value = row?.[path]
      return value === null || value === undefined ? undefined : String(value)
    },
  }
}
