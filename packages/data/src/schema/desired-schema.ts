/**
 * The database that a service's contract asks for.
 *
 * @module
 */
import {
  ArchipelError,
  type Catalog,
  type ColumnMember,
  DefinitionError,
  type KeptModel,
  type ManyToManyMember,
  type ResolvedModel,
  searchable,
} from "@archipel/core"
import { compileCheck } from "./check-condition.ts"
import { mirrorTable } from "./mirror-table.ts"
import { columnSchema, fieldRules, isNullable, unindexable } from "./column-schema.ts"
import { ConstraintNames, MAX_IDENTIFIER_BYTES } from "./constraint-name.ts"
import { frameworkFunctions } from "./framework-functions.ts"
import { frameworkTables } from "./framework-tables.ts"
import type { CheckSchema, DatabaseSchema, ForeignKeySchema, IndexSchema, TableSchema } from "./structure.ts"

/** The members that record who changed a record: of any service, also when the user is gone, and never searched by. */
const isAuditReference = (member: ColumnMember): boolean =>
  member.writtenBy === "framework" && (member.name === "createdBy" || member.name === "updatedBy")

/** Whether the database itself keeps a reference intact. */
const isForeignKey = (member: ColumnMember): boolean =>
  member.kind === "one" && member.local && !isAuditReference(member) && !member.target.adopted

/**
 * Tables, constraints and indexes of one service with the framework's own. A pure function of the contracts.
 *
 * @param kept What the service keeps of other services' records.
 * @throws DefinitionError naming every part of the contract that has no form in a database.
 */
export function desiredSchema(catalog: Catalog, service: string, kept: readonly KeptModel[] = []): DatabaseSchema {
  const mistakes: string[] = []
  const models = [...catalog.models.values()].filter((model) => model.service === service && !model.adopted)
  const links = models.flatMap((model) =>
    model.lists.filter(
      (list): list is ManyToManyMember => list.kind === "manyToMany" && list.declaring && list.through === undefined,
    ),
  )
  const owners = new Map<string, string>()
  const claim = (table: string, by: string): void => {
    const other = owners.get(table)
    if (other !== undefined)
      mistakes.push(
        `${by} and ${other} would share the table "${table}": name one of them with \`table\` or \`plural\`.`,
      )
    if (Buffer.byteLength(table) > MAX_IDENTIFIER_BYTES)
      mistakes.push(`${by}: the table's name "${table}" is longer than ${MAX_IDENTIFIER_BYTES} bytes.`)
    owners.set(table, by)
  }
  for (const model of models) claim(model.table, model.name)
  for (const link of links) claim(link.linkTable, `${link.model.name}.${link.name}`)
  for (const { model, table } of kept) claim(table, `${service}'s mirror of ${model.name}`)
  const names = new ConstraintNames(owners.keys())
  const tables = [
    ...models.map((model) => modelTable(model, names, mistakes)),
    ...links.map((link) => linkTable(link, names)),
    ...kept.map((each) => mirrorTable(each, names)),
  ]
  if (mistakes.length > 0) throw new DefinitionError(mistakes)
  return { service, tables: [...tables, ...frameworkTables], functions: frameworkFunctions }
}

function modelTable(model: ResolvedModel, names: ConstraintNames, mistakes: string[]): TableSchema {
  const byColumn = new Map<string, ColumnMember>()
  for (const member of model.columns) {
    const other = byColumn.get(member.columnName)
    if (other)
      mistakes.push(
        `${model.name}: "${member.name}" and "${other.name}" would share the column "${member.columnName}".`,
      )
    byColumn.set(member.columnName, member)
    if (member.kind === "field" && member.type === "sequence" && member.pattern?.match(/\{0+\}/g)?.length !== 1) {
      mistakes.push(
        `${model.name}.${member.name}: a sequence's pattern has one run of zeros for the counter, such as "{00000}".`,
      )
    }
    if (member.kind === "one" && member.onDelete === "clear" && !isNullable(member)) {
      mistakes.push(
        `${model.name}.${member.name} is cleared when its target is deleted, so it must be \`.optional()\`.`,
      )
    }
  }
  return {
    framework: false,
    name: model.table,
    source: model.name,
    columns: model.columns.map(columnSchema),
    primaryKey: { name: names.name(model.table, "pkey"), columns: ["id"] },
    checks: checksOf(model, names, mistakes),
    indexes: indexesOf(model, names, mistakes),
    foreignKeys: model.columns.flatMap((member): ForeignKeySchema[] =>
      member.kind === "one" && isForeignKey(member)
        ? [
            {
              name: names.name(model.table, member.columnName, "fkey"),
              column: member.columnName,
              target: member.target.table,
              onDelete:
                model.owner?.inverse === member || member.onDelete === "cascade"
                  ? "cascade"
                  : member.onDelete === "clear"
                    ? "clear"
                    : "refuse",
            },
          ]
        : [],
    ),
  }
}

function checksOf(model: ResolvedModel, names: ConstraintNames, mistakes: string[]): CheckSchema[] {
  const checks: CheckSchema[] = []
  for (const member of model.columns) {
    if (member.kind !== "field") continue
    for (const rule of fieldRules(member)) {
      checks.push({ name: names.name(model.table, member.columnName, rule.kind), rule })
    }
  }
  for (const [code, where] of Object.entries(model.checks)) {
    try {
      const { sql } = compileCheck(model, where)
      checks.push({ name: names.name(model.table, code, "check"), rule: { kind: "condition", code, sql } })
    } catch (error) {
      if (!(error instanceof RangeError || error instanceof ArchipelError)) throw error
      mistakes.push(
        `${model.name}: the check "${code}" cannot be a constraint: ${error.message.replace(/^\[.*?\] |\.$/g, "")}.`,
      )
    }
  }
  return checks
}

function indexesOf(model: ResolvedModel, names: ConstraintNames, mistakes: string[]): IndexSchema[] {
  const found = new Map<string, IndexSchema>()
  const add = (index: Omit<IndexSchema, "name">, suffix: string): void => {
    const words = index.columns.map(({ name, descending }) => (descending ? `${name}_desc` : name))
    const key = JSON.stringify(index)
    if (!found.has(key)) found.set(key, { name: names.name(model.table, ...words, suffix), ...index })
  }
  const resolve = (fields: readonly string[], use: string): ColumnMember[] => {
    const members = fields.map((field) => model.members.get(field.replace(/^-/, "")) as ColumnMember)
    const reason = unindexable(members)
    if (reason) mistakes.push(`${model.name}: ${use} (${fields.join(", ")}) is not possible: ${reason}.`)
    return members
  }
  const archivedAt = model.archive ? (model.members.get("archivedAt") as ColumnMember).columnName : undefined
  for (const fields of model.unique) {
    const members = resolve(fields, "unique")
    // A number that was given once is not given again, whatever became of its record.
    const isForGood = members.length === 1 && members[0]?.kind === "field" && members[0].type === "sequence"
    add(
      {
        unique: true,
        method: "btree",
        columns: members.map(({ columnName }) => ({ name: columnName })),
        ...(archivedAt === undefined || isForGood ? {} : { whereEmpty: archivedAt }),
      },
      "key",
    )
  }
  const declared = [
    ...model.indexes,
    ...model.columns.filter((member) => member.kind === "field" && member.index).map(({ name }) => [name]),
  ]
  for (const fields of declared) {
    const members = resolve(fields, "index")
    const columns = members.map(({ columnName }, position) =>
      fields[position]?.startsWith("-") ? ({ name: columnName, descending: true } as const) : { name: columnName },
    )
    // Lists end their order with the id in the last field's direction; with it a page is read from the index alone.
    const descending = columns.at(-1)?.descending
    if (!members.some(({ name }) => name === "id"))
      columns.push(descending ? { name: "id", descending } : { name: "id" })
    add({ method: "btree", columns }, "idx")
  }
  for (const member of model.columns) {
    if (member.kind !== "one" || isAuditReference(member)) continue
    const isCovered = [...found.values()].some(
      ({ columns, whereEmpty }) => whereEmpty === undefined && columns[0]?.name === member.columnName,
    )
    if (!isCovered) add({ method: "btree", columns: [{ name: member.columnName }] }, "idx")
  }
  const searched = searchable(model)
  // Lines are found through their parents.
  if (searched.length > 0 && model.owner === undefined) {
    const index = { method: "trigram", columns: searched.map(({ columnName }) => ({ name: columnName })) } as const
    found.set("search", { name: names.name(model.table, "search"), ...index })
  }
  return [...found.values()]
}

function linkTable(link: ManyToManyMember, names: ConstraintNames): TableSchema {
  const table = link.linkTable
  const source = `${link.model.name}.${link.name}`
  const linkEnds = [...link.ownColumns, ...link.targetColumns]
  const [own, target] = linkEnds as [string, string]
  const side = (column: string, to: ResolvedModel): ForeignKeySchema => ({
    name: names.name(table, column, "fkey"),
    column,
    target: to.table,
    onDelete: "cascade",
  })
  return {
    framework: false,
    name: table,
    source,
    columns: linkEnds.map((name) => ({ name, type: "uuid", nullable: false, source })),
    primaryKey: { name: names.name(table, "pkey"), columns: linkEnds },
    checks: [],
    indexes: [
      {
        name: names.name(table, "reverse", "idx"),
        method: "btree",
        columns: [{ name: target }, { name: own }],
      },
    ],
    foreignKeys: [side(own, link.model), side(target, link.target)],
  }
}
