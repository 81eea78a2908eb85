/**
 * The service that an existing database becomes. A pure function of what its catalogue says.
 *
 * @module
 */
import { collectionName, kebabCase, snakeCase } from "@archipel/core"
import type { Catalogue, FoundColumn, FoundTable } from "@archipel/data"
import { type ColumnRule, rulesOf } from "./checks.ts"
import { type ColumnField, defaultOf, fieldOf } from "./column-field.ts"
import { camelCase, memberNames, Names, pascalCase, referenceWords, singular, wordsOf } from "./names.ts"
import type { Remark } from "./report.ts"
import { quoted } from "./quoted.ts"
import { type LinkTable, type Reference, type Shape, shapeOf, tableKey } from "./shape.ts"

export interface PlannedMember {
  readonly name: string
  /** The builders that it calls, for the imports. */
  readonly builder: string
  /** "text({ maxLength: 40 }).column(\"company_name\")" */
  readonly code: string
  /** What the database says of it, where that is longer than a label. */
  readonly comment?: string
}

export interface PlannedModel {
  readonly name: string
  readonly table: FoundTable
  readonly members: readonly PlannedMember[]
  /** Members of an options object, as code. */
  readonly options: Readonly<Record<string, string>>
  readonly comment?: string
  /** Whether its records are lines of another model's. */
  readonly owned: boolean
  readonly readOnly: boolean
}

export interface PlannedService {
  readonly service: string
  readonly models: readonly PlannedModel[]
  /** Of the report: each table with what it became. */
  readonly tables: readonly { readonly table: string; readonly model: string; readonly note: string }[]
  readonly remarks: readonly Remark[]
}

/** A model while its members are collected: both ends of a relation add to it. */
interface Draft {
  readonly name: string
  readonly table: FoundTable
  readonly names: Names
  readonly members: PlannedMember[]
  /** The member of each reference, and of each column that is a field. */
  readonly relations: Map<Reference, string>
  readonly fields: Map<string, string>
  readonly options: Record<string, string>
}

const listed = (names: readonly string[]): string => `[${names.map(quoted).join(", ")}]`
const MAX_LABEL = 60

/** A short comment is what people call a thing; a longer one explains it. */
const labelOf = (comment: string | null): string | undefined =>
  comment !== null && comment.length <= MAX_LABEL && !/[\r\n]/.test(comment) && comment.trim() !== ""
    ? comment.trim()
    : undefined
const commentOf = (comment: string | null): { comment?: string } =>
  comment === null || labelOf(comment) !== undefined || comment.trim() === "" ? {} : { comment: comment.trim() }

export function planService(catalogue: Catalogue, service: string): PlannedService {
  const remarks: Remark[] = []
  const shape = shapeOf(catalogue, remarks)
  const drafts = draftsOf(catalogue, shape)
  for (const draft of drafts.values()) addColumns(draft, { catalogue, shape, drafts, service, remarks })
  for (const draft of drafts.values()) addLists(draft, { catalogue, shape, drafts, service, remarks })
  for (const link of shape.links) addLinks(link, drafts, service)
  for (const { table, privileges, kind } of drafts.keys()) {
    const missing = ["insert", "update", "delete"].filter((each) => !privileges.includes(each))
    if (kind === "table" && missing.length > 0)
      remarks.push({ code: "access.read", where: table, says: `no ${missing.join(", ")}` })
  }
  const models = [...drafts.values()].map((draft): PlannedModel => {
    const { name, table, members } = draft
    finishOptions(draft, catalogue, shape)
    return {
      name,
      table,
      members,
      options: draft.options,
      ...commentOf(table.comment),
      owned: shape.owners.has(table),
      readOnly: table.kind === "view",
    }
  })
  return { service, models, tables: summary(catalogue, shape, drafts), remarks }
}

interface Around {
  readonly catalogue: Catalogue
  readonly shape: Shape
  readonly drafts: ReadonlyMap<FoundTable, Draft>
  readonly service: string
  readonly remarks: Remark[]
}

function draftsOf({ schemas }: Catalogue, { keys }: Shape): Map<FoundTable, Draft> {
  const names = new Names()
  const drafts = new Map<FoundTable, Draft>()
  for (const table of keys.keys()) {
    const words = singular(wordsOf(table.table))
    const own = pascalCase(words)
    const name = schemas.length > 1 ? names.take(own, pascalCase(wordsOf(table.schema)) + own) : names.take(own)
    drafts.set(table, {
      name,
      table,
      names: memberNames(),
      members: [],
      relations: new Map(),
      fields: new Map(),
      options: {},
    })
  }
  return drafts
}

/** The rules of a column's own checks; the others stay in the database, and are remarked once. */
function columnRules(table: FoundTable, column: FoundColumn, remarks: Remark[]): ColumnRule[] {
  const isWhole = /^(?:smallint|integer|bigint)$/.test(column.type)
  const rules: ColumnRule[] = []
  const take = (definition: string, name: string): void => {
    const found = rulesOf(definition, isWhole)
    if (found) rules.push(...found)
    else
      remarks.push({ code: "check.kept", where: `${table.table}.${column.name}`, says: `${name}: \`${definition}\`` })
  }
  for (const { columns, definition, name } of table.checks)
    if (columns.length === 1 && columns[0] === column.name) take(definition, name)
  for (const definition of column.domainChecks) take(definition, `domain ${column.domain}`)
  return rules
}

/** Whether a column needs a field of its own beside the references that it is part of. */
function isField(column: string, table: FoundTable, { keys, references }: Shape): boolean {
  const all = (references.get(table) ?? []).filter(({ columns }) => columns.includes(column))
  if (all.length === 0) return true
  if (all.some(({ columns }) => columns.length === 1)) return false
  const [only, ...others] = all
  if (!only || others.length > 0) return true
  return (keys.get(table) ?? []).includes(column) && !isAbsorbed(only, table, { keys, references })
}

/** Whether a reference of several columns alone has them, so that it can stand for them in the key. */
function isAbsorbed(
  reference: Reference,
  table: FoundTable,
  { keys, references }: Pick<Shape, "keys" | "references">,
): boolean {
  const key = keys.get(table) ?? []
  const isAlone = reference.columns.every(
    (name) => (references.get(table) ?? []).filter(({ columns }) => columns.includes(name)).length === 1,
  )
  return isAlone && reference.columns.every((name) => key.includes(name))
}

function addColumns(draft: Draft, around: Around): void {
  const { table, names } = draft
  const { shape, remarks, catalogue } = around
  const key = shape.keys.get(table) ?? []
  const references = shape.references.get(table) ?? []
  const done = new Set<Reference>()
  for (const { columns, definition, name } of table.checks)
    if (columns.length !== 1)
      remarks.push({ code: "check.kept", where: table.table, says: `${name}: \`${definition}\`` })
  for (const column of table.columns) {
    for (const reference of references) {
      if (!reference.columns.includes(column.name) || done.has(reference)) continue
      // In the place of its last column, so that fields that it shares come first.
      if (
        reference.columns.some(
          (name) => table.columns.findIndex((each) => each.name === name) > table.columns.indexOf(column),
        )
      )
        continue
      done.add(reference)
      if (reference.columns.length === 1 || !isField(column.name, table, shape))
        addReference(draft, reference, column, around)
    }
    if (!isField(column.name, table, shape)) continue
    for (const reference of references) {
      // A reference all of whose columns are fields too has its place behind the last of them.
      if (done.has(reference) && !draft.relations.has(reference)) addReference(draft, reference, undefined, around)
    }
    const isKey = key.includes(column.name)
    const rules = columnRules(table, column, remarks)
    const values = catalogue.values.get(`${tableKey(table)}.${column.name}`) ?? {}
    const field = fieldOf(column, rules, values, { isKey })
    const where = `${table.table}.${column.name}`
    if ("unsupported" in field) {
      remarks.push({ code: "type.unsupported", where, says: field.unsupported })
      if (!column.nullable && column.default === null && table.kind === "table")
        remarks.push({ code: "type.required", where, says: `${column.type}, not null, without a default` })
      continue
    }
    if (field.remark) remarks.push({ ...field.remark, where })
    const isOwnId = isGeneratedKey(column, key, field)
    if (column.name.toLowerCase() === "version") remarks.push({ code: "name.version", where, says: field.builder })
    const words = wordsOf(column.name)
    const name = isOwnId
      ? "id"
      : names.take(camelCase(words), camelCase(`${snakeCase(draft.name)}_${words}`), camelCase(`${words}_value`))
    draft.fields.set(column.name, name)
    draft.members.push({
      name,
      builder: isOwnId && field.builder === "integer" ? "bigint" : field.builder,
      code: fieldCode(
        name,
        column,
        isOwnId && field.builder === "integer" ? { ...field, builder: "bigint", given: "" } : field,
        {
          isUnique: !isKey && table.unique.some((one) => one.length === 1 && one[0] === column.name),
          isView: table.kind === "view",
          isKey,
        },
      ),
      ...commentOf(column.comment),
    })
  }
  for (const reference of references)
    if (!draft.relations.has(reference)) addReference(draft, reference, undefined, around)
}

/** A key of one column that the database gives is the record's id. */
const isGeneratedKey = (column: FoundColumn, key: readonly string[], { builder }: ColumnField): boolean =>
  key.length === 1 &&
  key[0] === column.name &&
  (column.identity !== "" || column.default !== null) &&
  ["integer", "bigint", "uuid", "text"].includes(builder)

function fieldCode(
  name: string,
  column: FoundColumn,
  field: ColumnField,
  options: { readonly isUnique: boolean; readonly isView: boolean; readonly isKey: boolean },
): string {
  let code = `${field.builder}(${field.given})`
  if (field.columnType !== undefined) code += `.column(${quoted(column.name)}, ${quoted(field.columnType)})`
  else if (column.name !== snakeCase(name)) code += `.column(${quoted(column.name)})`
  if (options.isKey ? false : column.nullable || options.isView) code += ".optional()"
  if (column.generated) code += '.generated("always")'
  else if (column.identity !== "") code += ".generated()"
  else if (column.default !== null) {
    const constant = defaultOf(column.default, field)
    code += constant === undefined ? ".generated()" : `.default(${constant})`
  }
  if (options.isUnique) code += ".unique()"
  const label = labelOf(column.comment)
  return label === undefined ? code : `${code}.label(${quoted(label)})`
}

function addReference(draft: Draft, reference: Reference, column: FoundColumn | undefined, around: Around): void {
  const { table, names } = draft
  const { shape, drafts, service } = around
  const target = drafts.get(reference.target) as Draft
  // The column that is this reference's alone names it; else its target does.
  const own = reference.columns.filter(
    (name) =>
      (shape.references.get(table) ?? []).filter(({ columns }) => columns.includes(name)).length === 1 &&
      !draft.fields.has(name),
  )
  const [only] = own
  const words = only === undefined ? "" : referenceWords(only)
  // The name of the target's key says what identifies it, not what it is to this record.
  const isKeyName = shape.keys.get(reference.target)?.includes(only ?? "") === true && words === wordsOf(only ?? "")
  const byColumn = own.length === 1 && words !== "" && !isKeyName ? camelCase(words) : undefined
  const byTarget = camelCase(snakeCase(target.name))
  const name = names.take(byColumn ?? byTarget, byTarget, `${byTarget}Reference`)
  const columns = reference.columns.map((each) => table.columns.find((found) => found.name === each) as FoundColumn)
  const isOptional = columns.some(({ nullable }) => nullable)
  const how =
    shape.owners.get(table) === reference ||
    reference.onDelete === "restrict" ||
    (reference.onDelete === "clear" && !isOptional)
      ? ""
      : `, { onDelete: ${quoted(reference.onDelete)} }`
  let code = `one(${quoted(`${service}.${target.name}`)}${how})`
  if (reference.columns.length > 1 || reference.columns[0] !== `${snakeCase(name)}_id`)
    code += `.column(${reference.columns.map(quoted).join(", ")})`
  if (isOptional) code += ".optional()"
  const key = shape.keys.get(table) ?? []
  const isUnique = table.unique.some(
    (one) => one.length === reference.columns.length && one.every((each) => reference.columns.includes(each)),
  )
  if (isUnique && !(key.length === reference.columns.length && key.every((each) => reference.columns.includes(each))))
    code += ".unique()"
  const label = column && labelOf(column.comment)
  if (label !== undefined) code += `.label(${quoted(label)})`
  draft.relations.set(reference, name)
  draft.members.push({ name, builder: "one", code, ...(column ? commentOf(column.comment) : {}) })
}

/** "orders", "orderDetails": what records of a model are called as a list of another. */
const listWords = (name: string): string => camelCase(collectionName(name).replaceAll("-", "_"))

function addLists(draft: Draft, { shape, drafts, service }: Around): void {
  for (const other of drafts.values()) {
    const all = [...other.relations].filter(([reference]) => reference.target === draft.table)
    for (const [reference, by] of all) {
      const plural = listWords(other.name)
      const named = `${plural}As${pascalCase(snakeCase(by))}`
      const name = all.length === 1 ? draft.names.take(plural, named) : draft.names.take(named)
      const owned = shape.owners.get(other.table) === reference ? ".owned()" : ""
      draft.members.push({
        name,
        builder: "many",
        code: `many(${quoted(`${service}.${other.name}`)}, ${quoted(by)})${owned}`,
      })
    }
  }
}

function addLinks({ table, own, target }: LinkTable, drafts: ReadonlyMap<FoundTable, Draft>, service: string): void {
  const [from, to] = [drafts.get(own.target), drafts.get(target.target)]
  if (!from || !to) return
  const isSelf = from === to
  const byColumn = (columns: readonly string[]): string => camelCase(referenceWords(columns.at(-1) as string))
  const linkWords = camelCase(wordsOf(table.table))
  const name = isSelf
    ? from.names.take(`${byColumn(target.columns)}Links`, linkWords)
    : from.names.take(listWords(to.name), linkWords)
  const through = `{ table: ${quoted(table.table)}, own: ${listed(own.columns)}, target: ${listed(target.columns)} }`
  from.members.push({
    name,
    builder: "manyToMany",
    code: `manyToMany(${quoted(`${service}.${to.name}`)}).through(${through})`,
  })
  const back = isSelf
    ? to.names.take(`${byColumn(own.columns)}Links`, linkWords)
    : to.names.take(listWords(from.name), linkWords)
  to.members.push({
    name: back,
    builder: "manyToMany",
    code: `manyToMany(${quoted(`${service}.${from.name}`)}, { inverse: ${quoted(name)} })`,
  })
}

const TITLE = /^(?:name|title|label|subject|full_name|display_name)$|_(?:name|title)$|name$/i

function finishOptions(draft: Draft, { defaultSchema }: Catalogue, shape: Shape): void {
  const { table, options, name, members, fields, relations } = draft
  const key = shape.keys.get(table) ?? []
  const collection = collectionName(name)
  const own = kebabCase(camelCase(wordsOf(table.table)))
  const isPluralWrong =
    own !== collection && own.startsWith(collection.slice(0, 3)) && kebabCase(singular(wordsOf(table.table))) !== own
  options["table"] = quoted(table.table)
  if (table.schema !== defaultSchema) options["schema"] = quoted(table.schema)
  if (isPluralWrong) options["plural"] = quoted(camelCase(wordsOf(table.table)))
  const memberOf = (column: string): string | undefined =>
    fields.get(column) ?? [...relations].find(([{ columns }]) => columns.length === 1 && columns[0] === column)?.[1]
  if (!members.some((member) => member.name === "id")) {
    const named = key.flatMap((column) => {
      const field = memberOf(column)
      if (field !== undefined) return [field]
      const absorbed = [...relations].find(
        ([reference]) => reference.columns.includes(column) && isAbsorbed(reference, table, shape),
      )
      return absorbed ? [absorbed[1]] : []
    })
    options["key"] = listed([...new Set(named)])
  }
  if (table.kind === "view") options["view"] = "true"
  const texts = table.columns.filter(({ name: column }) =>
    members.some((member) => member.name === fields.get(column) && member.builder === "text"),
  )
  const title =
    texts.find(({ name: column }) => TITLE.test(column)) ?? texts.find(({ name: column }) => !key.includes(column))
  if (title && title !== texts[0]) options["title"] = quoted(fields.get(title.name) as string)
  const label = labelOf(table.comment)
  if (label !== undefined) options["label"] = quoted(label)
  const unique = table.unique.flatMap((columns) => {
    const named = columns.map(memberOf)
    return columns.length > 1 && !named.includes(undefined) && !columns.every((column) => key.includes(column))
      ? [listed(named as string[])]
      : []
  })
  if (unique.length > 0) options["unique"] = `[${unique.join(", ")}]`
}

function summary(
  { tables }: Catalogue,
  shape: Shape,
  drafts: ReadonlyMap<FoundTable, Draft>,
): PlannedService["tables"] {
  return tables.map((table) => {
    const draft = drafts.get(table)
    const link = shape.links.find((each) => each.table === table)
    if (link) {
      const name = ({ target }: Reference): string => drafts.get(target)?.name ?? target.table
      return { table: table.table, model: "", note: `links ${name(link.own)} and ${name(link.target)}` }
    }
    if (!draft) return { table: table.table, model: "", note: "left out" }
    const owner = shape.owners.get(table)
    const note = table.kind === "view" ? "a view: read only" : owner ? `lines of ${drafts.get(owner.target)?.name}` : ""
    return { table: table.table, model: draft.name, note }
  })
}
