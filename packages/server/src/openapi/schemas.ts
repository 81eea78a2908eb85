import {
  type ActionDefinition,
  type ColumnMember,
  changeLimits,
  humanName,
  type OneMember,
  type ResolvedModel,
} from "@archipel/core"
import type { VisibleColumn, VisibleModel } from "./visible-model.ts"

/** A JSON Schema (draft 2020-12, which OpenAPI 3.1 takes as it is). */
export type Schema = Readonly<Record<string, unknown>>

/** How schemas of one document are called. */
export interface SchemaNames {
  /** "Order", or "sales.Order" where a document has several services. */
  of(model: ResolvedModel): string
  /** A record that stands within another one. */
  nestedOf(model: ResolvedModel): Schema
}

export const ref = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` })

type Input = ActionDefinition["input"][string]
const decimalPattern = "^-?[0-9]+(\\.[0-9]+)?$"

function fieldSchema(member: Exclude<ColumnMember | Input, { readonly kind: "one" }>): Schema {
  const bounds = {
    ...(member.min === undefined ? {} : { minimum: member.min }),
    ...(member.max === undefined ? {} : { maximum: member.max }),
  }
  const text = member.maxLength === undefined ? {} : { maxLength: member.maxLength }
  switch (member.type) {
    case "text":
    case "longText":
    case "html":
    case "phone":
      return { type: "string", ...text }
    case "email":
      return { type: "string", format: "email", ...text }
    case "url":
      return { type: "string", format: "uri", ...text }
    case "uuid":
      return { type: "string", format: "uuid" }
    case "integer":
      return { type: "integer", format: "int32", ...bounds }
    case "bigint":
      return { type: "string", pattern: "^-?[0-9]{1,19}$" }
    case "decimal":
    case "money":
      return {
        type: "string",
        pattern: decimalPattern,
        description: `Exact, ${member.scale ?? 2} digits after the point${member.currency ? `, in ${member.currency}` : ""}${range(member)}.`,
      }
    case "bool":
      return { type: "boolean" }
    case "date":
      return { type: "string", format: "date" }
    case "datetime":
      return { type: "string", format: "date-time" }
    case "choice":
    case "states":
      return { type: "string", enum: member.values ?? [] }
    case "sequence":
      return { type: "string", description: `Given by the service: ${member.pattern ?? ""}.` }
    case "json":
      return { description: "Any JSON value." }
    case "file":
    case "image":
      return ref("FileReference")
  }
}

const range = ({ min, max }: { readonly min?: unknown; readonly max?: unknown }): string =>
  `${min === undefined ? "" : `, at least ${String(min)}`}${max === undefined ? "" : `, at most ${String(max)}`}`

const nullable = (schema: Schema): Schema => {
  if (typeof schema["type"] === "string" && schema["enum"] === undefined) {
    return { ...schema, type: [schema["type"], "null"] }
  }
  // "Any JSON value" contains null.
  return Object.keys(schema).some((key) => key !== "description") ? { anyOf: [schema, { type: "null" }] } : schema
}

const uuid: Schema = { type: "string", format: "uuid" }

/** The id of a model's records; of adopted tables whatever their key is. */
export const idSchema = ({ key }: ResolvedModel): Schema =>
  key.length === 1 && key[0]?.type === "uuid" ? uuid : { type: "string" }

const referenceSchema = (member: OneMember | Extract<Input, { kind: "one" }>): Schema => ({
  ...("target" in member ? idSchema(member.target) : uuid),
  description: `Id of a ${member.to}.`,
})

/** What is written into a column. */
export function inputSchema(member: ColumnMember | Input): Schema {
  const schema = member.kind === "one" ? referenceSchema(member) : fieldSchema(member)
  return member.optional ? nullable(schema) : schema
}

function readSchema({ member, readable }: VisibleColumn, names: SchemaNames): Schema {
  const plain =
    member.kind === "one"
      ? {
          anyOf: [
            referenceSchema(member),
            names.nestedOf(member.target),
            ...(member.local ? [] : [ref("UnavailableRecord")]),
          ],
        }
      : fieldSchema(member)
  const label = member.label ?? humanName(member.name)
  const schema = member.optional || readable === "sometimes" ? nullable(plain) : plain
  return "$ref" in schema ? { allOf: [schema], title: label, readOnly: true } : { title: label, ...schema }
}

/** The record that a reference becomes when fields of it are selected, where the document does not describe it. */
export const unknownRecord = (model: string): Schema => ({
  type: "object",
  description: `Of ${model}: its id and what was selected.`,
  additionalProperties: true,
})

function readProperties({ columns, lists }: VisibleModel, names: SchemaNames): Record<string, Schema> {
  const properties: Record<string, Schema> = {}
  for (const column of columns) {
    if (column.readable !== "never") properties[column.member.name] = readSchema(column, names)
  }
  for (const { member } of lists) {
    properties[member.name] = {
      type: "array",
      items: names.nestedOf(member.target),
      description: "There where it is selected.",
    }
  }
  return properties
}

const linesName = (model: ResolvedModel, names: SchemaNames, kind: "Create" | "Patch"): string =>
  `${names.of(model)}${kind}`

function listInput(
  { member }: VisibleModel["lists"][number],
  names: SchemaNames,
  operation: "create" | "update",
): Schema {
  if (member.kind === "manyToMany") {
    const ids = { type: "array", items: idSchema(member.target), uniqueItems: true }
    if (operation === "create") return ids
    const change = { type: "object", properties: { $add: ids, $remove: ids }, additionalProperties: false }
    return { anyOf: [ids, change], description: "All links, or which to add and to remove." }
  }
  const create = ref(linesName(member.target, names, "Create"))
  const lines = { type: "array", maxItems: changeLimits.lines }
  if (operation === "create") return { ...lines, items: create }
  const patch = ref(linesName(member.target, names, "Patch"))
  const removal = {
    type: "object",
    properties: { id: idSchema(member.target), $delete: { const: true } },
    required: ["id", "$delete"],
    additionalProperties: false,
  }
  const whole = {
    type: "object",
    properties: { $set: { ...lines, items: { anyOf: [create, patch] } } },
    required: ["$set"],
    additionalProperties: false,
  }
  return {
    anyOf: [{ ...lines, items: { anyOf: [create, patch, removal] } }, whole],
    description: "Lines with an id are changed, others added; { $set } replaces them all.",
  }
}

function writeProperties(
  visible: VisibleModel,
  names: SchemaNames,
  operation: "create" | "update",
): Record<string, Schema> {
  const properties: Record<string, Schema> = {}
  for (const column of visible.columns) {
    if (operation === "create" ? column.creatable : column.updatable) {
      properties[column.member.name] = inputSchema(column.member)
    }
  }
  for (const list of visible.lists) {
    if (list.writable) properties[list.member.name] = listInput(list, names, operation)
  }
  return properties
}

const object = (properties: Record<string, Schema>, required: readonly string[], extra: Schema = {}): Schema => ({
  type: "object",
  ...extra,
  properties,
  ...(required.length > 0 ? { required } : {}),
  additionalProperties: false,
})

/** The schemas of one model: as it is read, created and changed; of lines, as they are written within their parent. */
export function modelSchemas(visible: VisibleModel, names: SchemaNames): Readonly<Record<string, Schema>> {
  const { model, columns, operations } = visible
  const name = names.of(model)
  const schemas: Record<string, Schema> = {}
  if (operations.has("read")) {
    const masked = {
      type: "array",
      items: { type: "string" },
      description: "Fields of this record that may not be seen.",
    }
    const can = {
      type: "array",
      items: { type: "string" },
      description: "What may be done with it; there where it was asked for.",
    }
    schemas[name] = object({ ...readProperties(visible, names), _masked: masked, _can: can }, ["id"], {
      title: model.label ?? humanName(model.localName),
    })
  }
  const required = columns.filter((column) => column.required).map(({ member }) => member.name)
  if (model.owner) {
    const update = writeProperties(visible, names, "update")
    schemas[linesName(model, names, "Create")] = object(writeProperties(visible, names, "create"), required)
    schemas[linesName(model, names, "Patch")] = object({ id: idSchema(model), ...update }, ["id"])
    return schemas
  }
  if (operations.has("create")) {
    schemas[`${name}Create`] = object(
      {
        ...(model.adopted
          ? {}
          : { id: { ...uuid, description: "Chosen by the caller; given by the service when left out." } }),
        ...writeProperties(visible, names, "create"),
      },
      required,
    )
  }
  if (operations.has("update")) {
    const version = { type: "integer", description: "The version seen; another one is refused with 409." }
    schemas[`${name}Update`] = object({ version, ...writeProperties(visible, names, "update") }, [])
  }
  return schemas
}

export const inputsSchema = (inputs: Readonly<Record<string, Input>>): Schema =>
  object(
    Object.fromEntries(Object.entries(inputs).map(([name, input]) => [name, inputSchema(input)])),
    Object.entries(inputs)
      .filter(([, input]) => !input.optional && input.default === undefined)
      .map(([name]) => name),
  )

const exampleId = "01900000-0000-7000-8000-0000000000ab"

function exampleValue(member: ColumnMember): unknown {
  if (member.kind === "one") return exampleId
  switch (member.type) {
    case "integer":
      return typeof member.min === "number" ? Math.max(1, member.min) : 1
    case "bigint":
      return "1"
    case "decimal":
    case "money":
      return (0).toFixed(member.scale ?? 2).replace(/^0/, member.max === "1" ? "0" : "12")
    case "bool":
      return true
    case "date":
      return "2026-01-31"
    case "datetime":
      return "2026-01-31T12:00:00.000Z"
    case "choice":
    case "states":
      return member.values?.[0]
    case "email":
      return "someone@example.com"
    case "phone":
      return "+49 30 1234567"
    case "url":
      return "https://example.com/"
    case "uuid":
      return exampleId
    case "json":
      return {}
    case "file":
    case "image":
      return { id: exampleId, name: "photo.png", type: "image/png", sizeBytes: 1024 }
    default:
      return (member.label ?? humanName(member.name)).slice(0, member.maxLength ?? 100)
  }
}

/** A payload with what a create needs, with one line of each owned list. */
export function createExample(visible: VisibleModel, models: ReadonlyMap<string, VisibleModel>): object {
  const values = visible.columns.filter((c) => c.required).map(({ member }) => [member.name, exampleValue(member)])
  const lines = visible.lists.flatMap(({ member, writable }) => {
    const target = models.get(member.target.name)
    return writable && member.kind === "many" && target ? [[member.name, [createExample(target, models)]]] : []
  })
  return Object.fromEntries([...values, ...lines]) as object
}
