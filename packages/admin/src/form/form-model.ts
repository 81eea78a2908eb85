/**
 * What a form has, from what its service publishes: which fields are read, which are written, which lists belong to the record.
 *
 * @module
 */
import { automatic, isList, type UiField, type UiMany, type UiModel } from "../metadata/model.ts"
import type { Values } from "./form-state.ts"

/** Lines that are written with their record. */
export interface OwnedList {
  readonly name: string
  readonly field: UiMany
  readonly model: UiModel
  /** The line's fields in the contract's order, without those that only the framework needs. */
  readonly columns: readonly (readonly [string, UiField])[]
}

export interface FormModel {
  readonly model: UiModel
  readonly lists: readonly OwnedList[]
  readonly links: ReadonlySet<string>
  /** What is read of a record for its form. */
  readonly select: readonly string[]
  /** Whether the service says of each record what may be done with it. */
  readonly tellsCan: boolean
}

const isOwned = (field: UiField): field is UiMany => field.type === "many" && field.owned === true

/** The addresses of the models of a model's owned lines: their descriptions are needed as well. */
export const lineCollections = (model: UiModel): readonly string[] =>
  Object.values(model.fields)
    .filter(isOwned)
    .map(({ collection }) => collection)

const columnsOf = (model: UiModel, parent: string | undefined): readonly (readonly [string, UiField])[] =>
  Object.entries(model.fields).filter(
    ([name, field]) =>
      !automatic.has(name) && name !== parent && !isList(field) && (field.read || field.create || field.update),
  )

const readable = (model: UiModel): readonly string[] =>
  Object.entries(model.fields)
    .filter(([, field]) => field.read && !isList(field))
    .map(([name]) => name)

/** @param lineModels By address. */
export function formModelOf(model: UiModel, lineModels: ReadonlyMap<string, UiModel>): FormModel {
  const lists: OwnedList[] = []
  const links = new Set<string>()
  const select = [...readable(model)]
  for (const [name, field] of Object.entries(model.fields)) {
    const lineModel = isOwned(field) ? lineModels.get(field.collection) : undefined
    if (isOwned(field) && lineModel) {
      lists.push({ name, field, model: lineModel, columns: columnsOf(lineModel, field.by ?? lineModel.owner?.field) })
      select.push(
        ...readable(lineModel)
          .filter((line) => line !== "id")
          .map((line) => `${name}.${line}`),
      )
    } else if (field.type === "manyToMany") {
      links.add(name)
      select.push(`${name}.id`)
    }
  }
  return { model, lists, links, select, tellsCan: model.searchable !== undefined }
}

/** A record as the form has it: links as ids. */
export function formRecord(record: Values, { links }: FormModel): Values {
  const values: Record<string, unknown> = { ...record }
  for (const name of links) values[name] = ((record[name] ?? []) as readonly { id: string }[]).map(({ id }) => id)
  return values
}

/** Whether a field may be given when a record is made, or changed when it is there. */
export const isWritable = (field: Pick<UiField, "create" | "update">, isNew: boolean): boolean =>
  isNew ? field.create : field.update

/** Of what was typed, that which the model still takes. */
export function accepted(edits: Values, model: UiModel, isNew: boolean): Values {
  const taken = Object.entries(edits).filter(([name]) => {
    const field = model.fields[name]
    return field !== undefined && isWritable(field, isNew)
  })
  return taken.length === Object.keys(edits).length ? edits : Object.fromEntries(taken)
}
