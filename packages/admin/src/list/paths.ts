import { isList, isOne, partsOf, type UiField, type UiModel } from "../metadata/model.ts"
import { modelOptions } from "../metadata/use-metadata.ts"
import { useQueries } from "@tanstack/react-query"

/** A field that a list can use by its path. */
export interface FieldPath {
  readonly path: string
  readonly label: string
  readonly field: UiField
}

/** The fields of a model that may be read. */
export const ownPaths = (model: UiModel): readonly FieldPath[] =>
  Object.entries(model.fields)
    .filter(([, field]) => field.read)
    .map(([name, field]) => ({ path: name, label: field.label, field }))

/** The fields behind the references of a model, for the references that are opened. */
export function useFieldsBehind(
  model: UiModel,
  opened: readonly string[],
): (path: string) => readonly FieldPath[] | undefined {
  const references = opened.flatMap((path) => {
    const field = model.fields[path]
    return field && isOne(field) && field.collection !== undefined
      ? [{ path, collection: field.collection, label: field.label }]
      : []
  })
  const results = useQueries({ queries: references.map(({ collection }) => modelOptions(collection)) })
  return (path) => {
    const at = references.findIndex((each) => each.path === path)
    const target = results[at]?.data
    if (!target) return undefined
    return ownPaths(target)
      .filter(({ field }) => !isList(field))
      .map((each) => ({ ...each, path: `${path}.${each.path}`, label: `${references[at]?.label} · ${each.label}` }))
  }
}

const ungrouped: ReadonlySet<string> = new Set([
  "longText",
  "html",
  "json",
  "file",
  "image",
  "many",
  "manyToMany",
  "uuid",
])
const periods = ["day", "week", "month", "quarter", "year"] as const
export type Period = (typeof periods)[number]

export interface GroupTerm {
  readonly term: string
  readonly label: string
  readonly period: Period | undefined
}

/** What records can be grouped by: fields, references, and what is kept here of other services' records. */
export function groupTerms(model: UiModel): readonly GroupTerm[] {
  return ownPaths(model).flatMap(({ path, label, field }): readonly GroupTerm[] => {
    if (path === "id" || path === "version" || ungrouped.has(field.type)) return []
    if (field.type === "date" || field.type === "datetime")
      return periods.map((period) => ({ term: `${path}:${period}`, label, period }))
    const behind =
      isOne(field) && !field.to.startsWith(`${partsOf(model.collection).service}.`)
        ? (field.mirrored ?? []).map((rest) => ({
            term: `${path}.${rest}`,
            label: `${label} · ${rest}`,
            period: undefined,
          }))
        : []
    return [{ term: path, label, period: undefined }, ...behind]
  })
}
