/**
 * Records as JSON with what belongs to them, to any depth, in one statement.
 *
 * @module
 */
import type { ColumnMember, ListNode, OneNode, Possibility, RecordNode } from "@archipel/core"
import { MAX_IDENTIFIER_BYTES } from "../schema/constraint-name.ts"
import { conditionSql } from "../sql/condition-sql.ts"
import { equalColumns, linkEnds, linkJoin, linkTableOf, partColumns, keyPartsOf, tableOf } from "../sql/key-sql.ts"
import { identifier, literal, type StatementBuilder } from "../sql/statement-builder.ts"
import {
  arrayText,
  constantJson,
  type JsonEntry,
  type JsonText,
  nullableJson,
  objectText,
  presentJson,
  wireJson,
  wireSql,
} from "./json-value.ts"
import { type RowScope, rowScope } from "./row-scope.ts"
import { orderSql, pathJoins } from "./value-path.ts"

export interface RecordJsonOptions {
  /** Whether the whole record may be one that must not be seen: it then says what is masked even if none of its own cells could be. */
  readonly hideable?: boolean
  /**
   * Takes the joins behind the row by which other records are reached: of many rows PostgreSQL then reads these together. When left out
   * each row reads its own, which is less work for a page.
   */
  readonly joins?: string[] | undefined
}

/** What a record's JSON is made of: its entries in order. */
export function recordJson(
  node: RecordNode,
  row: RowScope,
  builder: StatementBuilder,
  { hideable = false, joins }: RecordJsonOptions = {},
): JsonEntry[] {
  const values = new Map<string, JsonText>()
  const masks = new Map<string, string>()
  for (const { name, member, readable } of [...node.fields, ...node.remotes]) {
    const mask = row.mask(readable)
    masks.set(name, mask)
    values.set(name, cellJson(mask, member, row.column(member), builder))
  }
  for (const one of node.ones) {
    masks.set(one.name, row.mask(one.readable))
    values.set(one.name, oneJson(one, row, builder, joins))
  }
  for (const list of node.lists) {
    const mask = row.mask(list.readable)
    masks.set(list.name, mask)
    values.set(
      list.name,
      shownList(mask, () => listJson(list, row, builder)),
    )
  }
  const entries = node.names.map((name) => ({ name, value: values.get(name) ?? NULL }))
  if (node.maskable || hideable) entries.push({ name: "_masked", value: maskedNames(node.names, masks) })
  return entries
}

/**
 * The select list of which `row_to_json` makes the JSON of a record of cells alone that everybody sees, byte for byte as
 * `recordJson` does. For a single row that is an eighth cheaper than JSON put together as text. Undefined where there are no
 * cells, or one has a name that PostgreSQL would cut.
 */
export function flatJson({ names, fields, remotes }: RecordNode, row: RowScope): string | undefined {
  const members = new Map([...fields, ...remotes].map(({ name, member }) => [name, member]))
  const columns: string[] = []
  for (const name of names) {
    const member = members.get(name)
    if (member === undefined || Buffer.byteLength(name) > MAX_IDENTIFIER_BYTES) return undefined
    columns.push(`${wireSql(member, row.column(member))} as ${identifier(name)}`)
  }
  return columns.length === 0 ? undefined : columns.join(", ")
}

/** A masked list counts as empty, as a masked value does. */
const NO_RECORDS = constantJson("[]")
const NULL = constantJson("null")

function cellJson(mask: string, member: ColumnMember, column: string, { jsonOf }: StatementBuilder): JsonText {
  if (mask === "false") return NULL
  const json = wireJson(member, column, jsonOf)
  if (mask !== "true") return nullableJson(`case when ${mask} then ${json} end`)
  return member.kind === "field" && member.name === "id" ? presentJson(json) : nullableJson(json)
}

function shownList(mask: string, list: () => string): JsonText {
  if (mask === "false") return NO_RECORDS
  return presentJson(mask === "true" ? list() : `case when ${mask} then ${list()} else '[]' end`)
}

function maskedNames(names: readonly string[], masks: ReadonlyMap<string, string>): JsonText {
  const cases = names.flatMap((name) => {
    const mask = masks.get(name) ?? "true"
    if (mask === "true") return []
    return mask === "false" ? [literal(name)] : [`case when not ${mask} then ${literal(name)} end`]
  })
  if (cases.length === 0) return constantJson("[]")
  return presentJson(`array_to_json(array_remove(array[${cases.join(", ")}]::text[], null))::text`)
}

/** The names of what may be done with a row, as a JSON array. */
export function namesThatHold(can: readonly Possibility[], row: RowScope): JsonText {
  const cases = can.map(({ name, condition }) => {
    const mask = row.mask(condition)
    return mask === "true" ? literal(name) : `case when ${mask} then ${literal(name)} end`
  })
  if (cases.length === 0) return constantJson("[]")
  return presentJson(`array_to_json(array_remove(array[${cases.join(", ")}]::text[], null))::text`)
}

/** The record of a to-one reference: read for each row, or joined behind them all. */
function oneJson(one: OneNode, row: RowScope, builder: StatementBuilder, joins: string[] | undefined): JsonText {
  const { member, node } = one
  const hideable = one.visible.kind !== "true"
  const target = rowScope(builder, builder.alias(), builder.alias())
  const visible = target.mask(one.visible)
  const within: string[] | undefined = joins && []
  const full =
    visible === "false" ? undefined : objectText(recordJson(node, target, builder, { hideable, joins: within }))
  const hidden = hideable ? objectText(hiddenEntries(one, target, builder)) : undefined
  const mask = row.mask(one.readable)
  const reference = row.parts(member)
  const isTarget = (alias: string): string =>
    equalColumns(partColumns(alias, member.target.key), reference) + (mask === "true" ? "" : ` and ${mask}`)
  const table = tableOf(member.target)
  // `offset 0` keeps the masks from being computed again wherever they are used.
  const computed = (): string =>
    `(select ${target.selectList()} from ${table} ${target.base} where ${isTarget(target.base)} offset 0) ${target.alias}`
  const json = full && hidden ? `case when ${visible} then ${full} else ${hidden} end` : (full ?? hidden)
  if (!joins || !within) {
    const from = target.isComputed ? computed() : `${table} ${target.alias} where ${isTarget(target.alias)}`
    // Nothing keeps the keys of a view unique.
    return nullableJson(`(select ${json} from ${from}${member.target.readOnly ? " limit 1" : ""})`)
  }
  const id = target.column(idOf(one))
  joins.push(
    target.isComputed
      ? `left join lateral ${computed()} on true`
      : `left join ${table} ${target.alias} on ${isTarget(target.alias)}`,
    ...within,
  )
  return nullableJson(`case when ${id} is not null then ${json} end`)
}

const idOf = (one: OneNode): ColumnMember => one.member.target.members.get("id") as ColumnMember

/** What a reference shows of a record that may not be seen: the id, which is the reference itself, and a public title. */
function hiddenEntries({ node, publicTitle }: OneNode, target: RowScope, builder: StatementBuilder): JsonEntry[] {
  const masked: string[] = []
  const entries = node.names.map((name): JsonEntry => {
    const field = node.fields.find((f) => f.name === name)
    const isShown = field && (name === "id" || (publicTitle && name === node.model.title))
    if (!isShown) masked.push(name)
    if (isShown) return { name, value: cellJson("true", field.member, target.column(field.member), builder) }
    return { name, value: node.lists.some((list) => list.name === name) ? NO_RECORDS : NULL }
  })
  entries.push({ name: "_masked", value: constantJson(JSON.stringify(masked)) })
  return entries
}

/** A list with its own condition, order and limit: a subselect for each row of the page. */
function listJson(list: ListNode, parent: RowScope, builder: StatementBuilder): string {
  const { member, node } = list
  const base = builder.alias()
  const row = rowScope(builder, builder.alias(), base)
  const json = objectText(recordJson(node, row, builder))
  const parentKey = parent.parts(member.model.members.get("id") as ColumnMember)
  const paths = pathJoins(builder, base)
  const order = orderSql(list.orderBy, paths)
  const table = `${tableOf(member.target)} ${base}`
  const link = builder.alias()
  const [from, belongs] =
    member.kind === "many"
      ? [table, equalColumns(partColumns(base, keyPartsOf(member.inverse)), parentKey)]
      : [
          `${linkTableOf(member)} ${link} join ${table} on ${linkJoin(member, link, "target", base)}`,
          equalColumns(partColumns(link, linkEnds(member).own), parentKey),
        ]
  const where = list.where.kind === "true" ? belongs : `${belongs} and ${conditionSql(list.where, base, builder)}`
  const rows = `select ${row.selectList()} from ${from}${paths.sql()} where ${where} order by ${order} limit ${list.limit}`
  return `(select ${arrayText(json)} from (${rows}) ${row.alias})`
}
