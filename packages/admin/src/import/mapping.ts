/**
 * What the columns of a table fill: which fields can be filled, and which ones the names of the columns say.
 *
 * @module
 */
import { isList, isOne, type UiField, type UiModel, type UiOne } from "../metadata/model.ts"

/** What a column can fill, as `$import` names it: "name", or "country.code" for a reference by a key of its target. */
export interface Target {
  readonly path: string
  readonly label: string
}

/** By column, the path that it fills; undefined where it is left out. */
export type Mapping = readonly (string | undefined)[]

/** No text stands for their values. */
const unfilled: ReadonlySet<string> = new Set(["file", "image", "json"])

export const fieldOf = (path: string): string => path.split(".", 1)[0] as string

const canFill = (name: string, field: UiField): boolean => {
  if (isList(field) || unfilled.has(field.type)) return false
  // The state that a record is led to, by transitions.
  return name === "id" || field.type === "states" || field.create || field.update
}

const isKeyField = (name: string, field: UiField | undefined): boolean =>
  field !== undefined && field.read && !isOne(field) && !isList(field) && (name === "id" || field.unique === true)

/** A reference is found by its target's title, by its id, or by a unique field of it, as far as the target is known. */
function referenceTargets(name: string, field: UiOne, target: UiModel | undefined): readonly Target[] {
  const keys = Object.entries(target?.fields ?? {}).filter(
    ([key, each]) => isKeyField(key, each) && key !== field.display && key !== "id",
  )
  return [
    { path: name, label: field.label },
    ...keys.map(([key, { label }]) => ({ path: `${name}.${key}`, label: `${field.label} · ${label}` })),
    { path: `${name}.id`, label: `${field.label} · ID` },
  ]
}

/** All that can be filled, in the contract's order. @param modelAt A model that references lead to, if it is known. */
export function targetsOf(model: UiModel, modelAt: (collection: string) => UiModel | undefined): readonly Target[] {
  return Object.entries(model.fields).flatMap(([name, field]): readonly Target[] => {
    if (!canFill(name, field)) return []
    if (!isOne(field)) return [{ path: name, label: field.label }]
    return referenceTargets(name, field, field.collection === undefined ? undefined : modelAt(field.collection))
  })
}

const simple = (text: string): string =>
  text
    .normalize("NFD")
    .replaceAll(/\p{M}/gu, "")
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}.]+/gu, "")

/** The target that a column's name says: its path, its label, or the path of a reference's title as exports have it. */
function guessed(header: string, targets: readonly Target[], model: UiModel): string | undefined {
  const asked = simple(header)
  if (asked === "") return undefined
  const titled = Object.entries(model.fields).find(
    ([name, field]) => isOne(field) && field.display !== undefined && simple(`${name}.${field.display}`) === asked,
  )
  return (
    targets.find(({ path }) => simple(path) === asked)?.path ??
    titled?.[0] ??
    targets.find(({ label }) => simple(label) === asked)?.path
  )
}

/** What the columns fill by their names. A field is filled by one column: the first that names it. */
export function guessMapping(headers: readonly string[], targets: readonly Target[], model: UiModel): Mapping {
  const taken = new Set<string>()
  return headers.map((header) => {
    const path = guessed(header, targets, model)
    if (path === undefined || taken.has(fieldOf(path))) return undefined
    taken.add(fieldOf(path))
    return path
  })
}

/** The fields that say which record a row is, among those that are filled. */
export const keysOf = (model: UiModel, mapping: Mapping): readonly Target[] =>
  mapping
    .filter((path): path is string => path !== undefined && !path.includes(".") && isKeyField(path, model.fields[path]))
    .map((path) => ({ path, label: model.fields[path]?.label ?? path }))

/** The key that is meant where nobody says: what is there for nothing else. A unique name may be meant as a new one. */
export const guessKey = (model: UiModel, mapping: Mapping): string | undefined =>
  model.rights.update
    ? keysOf(model, mapping).find(({ path }) => path === "id" || path === "externalId")?.path
    : undefined

/** Labels of fields without which a new record is refused, and which no column fills. */
export const missingOf = (model: UiModel, mapping: Mapping): readonly string[] =>
  Object.entries(model.fields)
    .filter(
      ([name, { required, create }]) => required && create && !mapping.some((path) => path && fieldOf(path) === name),
    )
    .map(([, { label }]) => label)
