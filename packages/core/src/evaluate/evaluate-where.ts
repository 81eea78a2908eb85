/**
 * Conditions evaluated in memory: for a form that hides a button, and as the measure of what SQL answers.
 *
 * @module
 */
import { dayIn, dayStart } from "../calendar.ts"
import type { ColumnMember, ListMember, OneMember, ResolvedModel } from "../catalog.ts"
import { ArchipelError } from "../errors.ts"
import { claimOf, type Principal } from "../gate/principal.ts"
import { isUuid, parseOperand } from "../values.ts"
import { type WhereJson, whereOperators } from "../where.ts"
import { type DataRecord, type Dataset, listOf, targetOf } from "./dataset.ts"
import { compareValues, lowered } from "./value-order.ts"
import { isRecord } from "../is-record.ts"

/** What a principal sees. */
export interface Sight {
  record(model: ResolvedModel, record: DataRecord): boolean
  /** Of a record that is seen. */
  cell(model: ResolvedModel, record: DataRecord, field: string): boolean
}

/** What a condition is evaluated against besides the record. */
export interface EvaluationContext {
  readonly principal: Principal
  /** The instant of the request, ISO 8601. */
  readonly now: string
  /** The records that relations lead to; without it nothing is at their end. */
  readonly dataset?: Dataset
  /** What the condition may see, when it is a caller's; everything when it is a rule. */
  readonly sight?: Sight
  /** The record before the change, for `$before`. */
  readonly before?: DataRecord
}

const isSymbol = (value: unknown): boolean => isRecord(value) && Object.keys(value).some((key) => key.startsWith("$"))

/**
 * Whether a record satisfies a condition. Two-valued: whatever is said of an empty value is false, and `not` of it true.
 *
 * The names have to be those of the model; what the gate refuses has no meaning here.
 *
 * @throws `query.invalid` for a value that does not fit its field
 */
export function evaluateWhere(
  model: ResolvedModel,
  where: WhereJson,
  record: DataRecord,
  context: EvaluationContext,
): boolean {
  return Object.entries(where).every(([name, value]) => {
    if (name === "and") return (value as WhereJson[]).every((part) => evaluateWhere(model, part, record, context))
    if (name === "or") return (value as WhereJson[]).some((part) => evaluateWhere(model, part, record, context))
    if (name === "not") return !evaluateWhere(model, value as WhereJson, record, context)
    const member = model.members.get(name)
    if (!member) throw new ArchipelError("query.unknown_field", { model: model.name, field: name })
    if (member.kind === "many" || member.kind === "manyToMany") {
      return Object.entries(value as Record<string, WhereJson>).every(
        ([quantifier, inner]) => anyOf(member, inner, record, context) === (quantifier === "some"),
      )
    }
    return columnSatisfies(member, value, record, context)
  })
}

function anyOf(member: ListMember, where: WhereJson, record: DataRecord, context: EvaluationContext): boolean {
  const { dataset, sight } = context
  if (!dataset || (sight && !sight.cell(member.model, record, member.name))) return false
  return listOf(member, record, dataset).some(
    (target) =>
      (!sight || isSeenThrough(member, target, sight)) && evaluateWhere(member.target, where, target, context),
  )
}

/** Whether a record may be seen, and seen to belong to the list. */
export function isSeenThrough(list: ListMember, target: DataRecord, sight: Sight): boolean {
  const link = list.kind === "many" ? list.by : list.inverse
  return sight.record(list.target, target) && (link === undefined || sight.cell(list.target, target, link))
}

function columnSatisfies(
  member: ColumnMember,
  value: unknown,
  record: DataRecord,
  context: EvaluationContext,
): boolean {
  const isSeen = !context.sight || context.sight.cell(member.model, record, member.name)
  const cell = isSeen ? (record[member.name] ?? null) : null
  if (value === null) return cell === null
  if (Array.isArray(value)) return satisfies(member, "in", value, cell, context)
  if (!isRecord(value) || isSymbol(value)) return satisfies(member, "eq", value, cell, context)
  const entries = Object.entries(value)
  const isNested =
    member.kind === "one" &&
    entries.some(([key, inner]) => !whereOperators.has(key) || (key === "not" && isRecord(inner) && !isSymbol(inner)))
  if (!isNested) return entries.every(([operator, operand]) => satisfies(member, operator, operand, cell, context))
  // The id of another service's record is a cell of this one: it counts though that record may be gone or hidden.
  if (!member.local && Object.keys(value).join() === "id") return columnSatisfies(member, value["id"], record, context)
  return cell !== null && targetSatisfies(member, value, record, context)
}

function targetSatisfies(member: OneMember, where: WhereJson, record: DataRecord, context: EvaluationContext): boolean {
  const { dataset, sight } = context
  const target = dataset && targetOf(member, record, dataset)
  if (!target || (sight && !sight.record(member.target, target))) return false
  return evaluateWhere(member.target, where, target, context)
}

function satisfies(
  member: ColumnMember,
  operator: string,
  operand: unknown,
  cell: unknown,
  context: EvaluationContext,
): boolean {
  if (operator === "isSet") return (cell !== null) === operand
  if (operator === "not") return !(operand === null ? cell === null : satisfies(member, "eq", operand, cell, context))
  if (operand === null) return cell === null
  // Checked also where nothing is compared with them.
  const alternatives = resolved(member, operator, operand, context)
  return cell !== null && alternatives.some((other) => compares(member, operator, cell, other))
}

function compares(member: ColumnMember, operator: string, cell: unknown, other: unknown): boolean {
  switch (operator) {
    case "contains":
      return lowered(String(cell)).includes(lowered(String(other)))
    case "startsWith":
      return lowered(String(cell)).startsWith(lowered(String(other)))
    case "lt":
      return compareValues(member, cell, other) < 0
    case "lte":
      return compareValues(member, cell, other) <= 0
    case "gt":
      return compareValues(member, cell, other) > 0
    case "gte":
      return compareValues(member, cell, other) >= 0
    default:
      return compareValues(member, cell, other) === 0
  }
}

/** The values that a cell is compared with, any of which may hold; none for what has no value here. */
function resolved(
  member: ColumnMember,
  operator: string,
  operand: unknown,
  context: EvaluationContext,
): readonly unknown[] {
  if (isRecord(operand)) {
    if ("$me" in operand) return userOf(context.principal)
    if ("$claim" in operand) return claimed(member, operator, claimOf(context.principal, String(operand["$claim"])))
    if ("$today" in operand) return [dayOf(member, Number(operand["$today"]), context)]
    const old = context.before?.[String(operand["$before"])] ?? null
    return old === null ? [] : [old]
  }
  const isText = operator === "contains" || operator === "startsWith"
  return (Array.isArray(operand) ? operand : [operand]).map((value) => {
    if (isText && typeof value === "string") return value
    const parsed = parseOperand(member, value)
    if (parsed.ok) return parsed.value
    const mistake = { path: `/where/${member.name}`, code: parsed.code, detail: `${member.name}: ${parsed.detail}` }
    throw new ArchipelError("query.invalid", { errors: [mistake] })
  })
}

const userOf = ({ kind, id }: Principal): readonly string[] => (kind === "user" && isUuid(id) ? [id.toLowerCase()] : [])

function claimed(member: ColumnMember, operator: string, claim: unknown): readonly unknown[] {
  if (operator === "contains" || operator === "startsWith") return typeof claim === "string" ? [claim] : []
  if (Array.isArray(claim) && operator !== "eq" && operator !== "in") return []
  return (Array.isArray(claim) ? claim : [claim]).flatMap((item) => {
    const parsed = parseOperand(member, item)
    return parsed.ok ? [parsed.value] : []
  })
}

function dayOf(member: ColumnMember, days: number, { now, principal }: EvaluationContext): string {
  const day = dayIn(now, principal.timeZone, days)
  return member.kind === "field" && member.type === "datetime" ? dayStart(day, principal.timeZone) : day
}
