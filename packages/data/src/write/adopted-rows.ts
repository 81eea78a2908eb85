/**
 * New and changed rows of adopted tables: their keys, what the database gives them, and what stands for their version.
 *
 * @module
 */
import {
  type ColumnMember,
  type FieldMember,
  type InsertNode,
  keyText,
  keyValues,
  type Mistake,
  type PresetCell,
  presetValues,
  sharedValues,
  type ResolvedModel,
  type RowValues,
  type UpdateNode,
  type WorkRow,
} from "@archipel/core"
import type { Queryable } from "../postgres/database.ts"
import { hasIdIn, idType, tableOf } from "../sql/key-sql.ts"
import { literal } from "../sql/statement-builder.ts"
import { fromStored } from "../sql/stored-value.ts"
import type { Applied } from "./apply-tree.ts"
import { newId } from "./new-id.ts"
import { rowValues, selected } from "./row-values.ts"
import type { WriteSession } from "./write-session.ts"

const AUTOMATIC: ReadonlySet<string> = new Set(["version", "createdAt", "createdBy", "updatedAt", "updatedBy"])

/** Whether the framework writes a member as it writes its own tables'. */
export const isAutomatic = (member: ColumnMember): boolean =>
  member.writtenBy === "framework" && AUTOMATIC.has(member.name) && member.stored?.kind !== "transaction"

export const isAutomaticName = (model: ResolvedModel, name: string): boolean =>
  model.columns.some((member) => member.name === name && isAutomatic(member))

/** What the columns' own defaults gave, by new record. */
export type Drawn = ReadonlyMap<InsertNode, RowValues>

const inserts = (node: InsertNode | UpdateNode): InsertNode[] => [
  ...(node.kind === "insert" ? [node] : []),
  ...node.lines.flatMap((lines) => lines.nodes.flatMap((line) => (line.kind === "delete" ? [] : inserts(line)))),
]

/** The fields of a new record that its table's defaults give. */
const generatedOf = (node: InsertNode): FieldMember[] =>
  node.model.columns.filter(
    (member): member is FieldMember =>
      member.kind === "field" &&
      member.generated === true &&
      !node.cells.some((cell) => cell.member === member) &&
      !node.presets.some((preset: PresetCell) => preset.member === member),
  )

/**
 * Draws keys from sequences and values from other defaults before rows are written, so that history, events and lines know them.
 * Two statements for each model that has any, the first of them once in the life of the process.
 */
export async function drawGenerated(session: WriteSession, root: InsertNode | UpdateNode): Promise<Drawn> {
  const drawn = new Map<InsertNode, RowValues>()
  const wanted = inserts(root).filter((node) => node.model.adopted && generatedOf(node).length > 0)
  for (const [model, nodes] of Map.groupBy(wanted, ({ model }) => model)) {
    for (const some of Map.groupBy(nodes, (node) =>
      generatedOf(node)
        .map(({ name }) => name)
        .join(),
    ).values()) {
      const members = generatedOf(some[0] as InsertNode)
      const defaults = await defaultsOf(session.tx, model)
      const values = members.map((member, index) => {
        const sql = `(${defaults.get(member.columnName) ?? "null"})`
        return `${member.stored?.kind === "type" ? fromStored(member, member.stored.type, sql) : sql} as v${index}`
      })
      const { rows } = await session.tx.query<Record<string, string | null>>(
        { text: `select ${values.join(", ")} from generate_series(1, $1::integer)` },
        [some.length],
      )
      for (const [position, node] of some.entries()) {
        const row = rows[position] ?? {}
        const byColumn = Object.fromEntries(
          members.map(({ columnName }, index) => [columnName, row[`v${index}`] ?? null]),
        )
        drawn.set(node, rowValues(members, byColumn))
      }
    }
  }
  return drawn
}

const defaults = new WeakMap<ResolvedModel, ReadonlyMap<string, string>>()

/** The default expressions of a table's columns, as its owner wrote them; of an identity column its sequence's next number. */
async function defaultsOf(on: Queryable, model: ResolvedModel): Promise<ReadonlyMap<string, string>> {
  const known = defaults.get(model)
  if (known) return known
  const table = literal(tableOf(model))
  const { rows } = await on.query<{ column: string; expression: string | null; sequence: string | null }>({
    text: `select a.attname as column, pg_get_expr(d.adbin, d.adrelid) as expression,
      case when a.attidentity <> '' then pg_get_serial_sequence(${table}, a.attname) end as sequence
      from pg_attribute a left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
      where a.attrelid = ${table}::regclass and a.attnum > 0 and a.attgenerated = '' and (d.adbin is not null or a.attidentity <> '')`,
  })
  const found = new Map(
    rows.map(({ column, expression, sequence }) => [
      column,
      sequence === null ? (expression ?? "null") : `nextval(${literal(sequence)}::regclass)`,
    ]),
  )
  defaults.set(model, found)
  return found
}

/** What nesting says of a line: its parent, and the fields that share columns with the reference to it. */
export function nestedValues(
  model: ResolvedModel,
  parent: { readonly by: string; readonly id: string } | undefined,
): RowValues {
  const member = parent && model.members.get(parent.by)
  if (!parent || member?.kind !== "one") return {}
  return { [parent.by]: parent.id, ...sharedValues(member, parent.id) }
}

/** The id of a new record: of its key's values, which the parent, the caller, a grant or the database gives. */
export function adoptedId(
  { session, work, mistakes, drawn }: Applied,
  node: InsertNode,
  parent?: { readonly by: string; readonly id: string },
): string {
  const { model, path } = node
  const presets = presetValues(node.presets, model, "create", session, () => true)
  const nested = nestedValues(model, parent)
  const valueOf = (member: ColumnMember): unknown => {
    if (member.name === parent?.by) return parent.id
    const cell = [...node.cells, ...presets].find((given) => given.member === member)
    return cell?.value ?? drawn.get(node)?.[member.name] ?? nested[member.name]
  }
  const values = model.keyMembers.map((member) => valueOf(member) ?? null)
  const missing = model.keyMembers.filter((_, index) => values[index] === null)
  for (const { name } of missing) {
    if (!session.isDraft)
      mistakes.push({ path: `${path}/${name}`, code: "value.required", detail: `${name} is required.` })
  }
  if (missing.length > 0) return temporaryId(model)
  const parts = model.keyMembers.flatMap((member, index) => {
    const columns = member.stored?.kind === "key" ? member.stored.parts.length : 1
    return keyValues(String(values[index]), columns)
  })
  const id = keyText(parts)
  if (work.row(model, id) === undefined) return id
  mistakes.push({ path, code: "line.duplicate", detail: "Two records of this change have the same key." })
  return temporaryId(model)
}

let temporary = 0

/** An id in the form of the key for a record that is never written: of a draft, or of a change that is refused. */
const temporaryId = ({ key }: ResolvedModel): string =>
  keyText(key.map(({ type }) => (type === "bigint" ? String(--temporary) : type === "date" ? "0001-01-01" : newId())))

/** That what two members say of a column that both have is the same. */
export function sharedColumnMistakes(row: WorkRow): Mistake[] {
  if (!row.model.adopted) return []
  return row.model.columns.flatMap((member) => {
    const id = row.values[member.name]
    if (member.stored?.kind !== "key" || member.name === "id" || typeof id !== "string") return []
    const { parts } = member.stored
    const values = keyValues(id, parts.length)
    return parts.flatMap(({ sharedWith }, index): Mistake[] => {
      if (sharedWith === undefined || String(row.values[sharedWith] ?? "") === values[index]) return []
      return [
        {
          path: `${row.path}/${member.name}`,
          code: "value.conflict",
          detail: `${member.name} names another ${sharedWith} than the record has; both are one column.`,
        },
      ]
    })
  })
}

/** Reads back what only the written row tells: the number of the transaction, and the columns that the database computes. */
export async function readStamps(on: Queryable, rows: readonly WorkRow[]): Promise<void> {
  const written = rows.filter(({ model, deleted }) => model.adopted && !deleted)
  await Promise.all(
    [...Map.groupBy(written, ({ model }) => model)].map(async ([model, some]) => {
      const id = model.members.get("id") as ColumnMember
      const read = model.columns.filter(
        (member) => member.stored?.kind === "transaction" || (member.kind === "field" && member.generated === "always"),
      )
      if (read.length === 0) return
      const columns = [id, ...read]
      const text = `select ${selected(columns, "t")} from ${tableOf(model)} t where ${hasIdIn("t", model.key, `$1::${idType(model.key)}[]`)}`
      const { rows: stored } = await on.query({ text }, [some.map((row) => row.id)])
      const byId = new Map(stored.map((row) => [row[id.columnName], rowValues(read, row)]))
      for (const row of some) Object.assign(row.values, byId.get(row.id))
    }),
  )
}
