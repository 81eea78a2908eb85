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

/** What a record's JSON is made of: its entries in order, and the joins that they need behind the row. */
export interface RecordJson {
  readonly entries: readonly JsonEntry[]
  readonly joins: readonly string[]
}

/**
 * @param hideable Whether the whole record may be one that must not be seen: it then says what is masked even if none of
 *   its own cells could be.
 */
export function recordJson(node: RecordNode, row: RowScope, builder: StatementBuilder, hideable = false): RecordJson {
  const values = new Map<string, JsonText>()
  const masks = new Map<string, string>()
  const joins: string[] = []
  for (const { name, member, readable } of [...node.fields, ...node.remotes]) {
    const mask = row.mask(readable)
    masks.set(name, mask)
    values.set(name, cellJson(mask, member, row.column(member)))
  }
  for (const one of node.ones) {
    masks.set(one.name, row.mask(one.readable))
    values.set(one.name, oneJson(one, row, joins, builder))
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
  return { entries, joins }
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

function cellJson(mask: string, member: ColumnMember, column: string): JsonText {
  if (mask === "false") return NULL
  const json = wireJson(member, column)
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

/** The record of a to-one reference: joined behind the row, so that it is fetched for the rows of the page only. */
function oneJson(one: OneNode, row: RowScope, joins: string[], builder: StatementBuilder): JsonText {
  const { member, node } = one
  const hideable = one.visible.kind !== "true"
  const target = rowScope(builder, builder.alias(), builder.alias())
  const id = target.column(idOf(one))
  const visible = target.mask(one.visible)
  const full = visible === "false" ? undefined : recordJson(node, target, builder, hideable)
  const object = full && objectText(full.entries)
  const hidden = hideable ? objectText(hiddenEntries(one, target)) : undefined
  const mask = row.mask(one.readable)
  const reference = row.parts(member)
  const isTarget = (alias: string): string =>
    equalColumns(partColumns(alias, member.target.key), reference) + (mask === "true" ? "" : ` and ${mask}`)
  const table = tableOf(member.target)
  joins.push(
    target.isComputed
      ? // `offset 0` keeps the masks from being computed again wherever they are used.
        `left join lateral (select ${target.selectList()} from ${table} ${target.base} where ${isTarget(target.base)} offset 0) ${target.alias} on true`
      : `left join ${table} ${target.alias} on ${isTarget(target.alias)}`,
    ...(full?.joins ?? []),
  )
  const cases = [`when ${id} is null then null`]
  if (object && hidden) cases.push(`when ${visible} then ${object}`)
  return nullableJson(`case ${cases.join(" ")} else ${hidden ?? object} end`)
}

const idOf = (one: OneNode): ColumnMember => one.member.target.members.get("id") as ColumnMember

/** What a reference shows of a record that may not be seen: the id, which is the reference itself, and a public title. */
function hiddenEntries({ node, publicTitle }: OneNode, target: RowScope): JsonEntry[] {
  const masked: string[] = []
  const entries = node.names.map((name): JsonEntry => {
    const field = node.fields.find((f) => f.name === name)
    const isShown = field && (name === "id" || (publicTitle && name === node.model.title))
    if (!isShown) masked.push(name)
    if (isShown) return { name, value: cellJson("true", field.member, target.column(field.member)) }
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
  const { entries, joins } = recordJson(node, row, builder)
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
  const json = objectText(entries)
  if (joins.length === 0) return `(select ${arrayText(json)} from (${rows}) ${row.alias})`
  const numbered = `(select x.*, row_number() over () as "$n" from (${rows}) x) ${row.alias}`
  return `(select ${arrayText(json, { order: `${row.alias}."$n"` })} from ${numbered} ${joins.join(" ")})`
}
