import { dayIn, dayStart } from "../calendar.ts"
import type { ColumnMember } from "../catalog.ts"
import { compareDecimals } from "../decimal.ts"
import type { Condition, Operand } from "../gate/condition.ts"
import { parseOperand } from "../values.ts"
import { referenceOf, type Work, type WorkRow } from "./work.ts"

/** What a condition may ask besides the record. */
export interface ConditionScope {
  readonly me: string | null
  claim(name: string): unknown
  /** The instant of the write, ISO 8601. */
  readonly now: string
  /** IANA name; days begin and end there. */
  readonly timeZone: string
}

/** Order of texts by code point, as the database's collation has it. */
function compareTexts(a: string, b: string): number {
  const [left, right] = [[...a], [...b]]
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const difference = (left[i]?.codePointAt(0) ?? 0) - (right[i]?.codePointAt(0) ?? 0)
    if (difference !== 0) return difference
  }
  return left.length - right.length
}

/** Negative, zero or positive: the order of two canonical values of one column. */
export function compareValues(member: ColumnMember, a: unknown, b: unknown): number {
  if (member.kind === "field" && ["decimal", "money", "bigint", "integer"].includes(member.type)) {
    return compareDecimals(String(a), String(b))
  }
  if (typeof a === "boolean" && typeof b === "boolean") return Number(a) - Number(b)
  return compareTexts(String(a), String(b))
}

function operandValue(operand: Operand, row: WorkRow, scope: ConditionScope): unknown {
  switch (operand.kind) {
    case "constant":
      return operand.value
    case "me":
      return scope.me
    case "claim":
      return scope.claim(operand.name)
    case "today":
      return dayIn(scope.now, scope.timeZone, operand.days)
    case "before":
      return row.before?.[operand.member.name] ?? null
    case "value":
    case "found":
      throw new TypeError("A rule has no values of a query.")
  }
}

function holdsCompare(
  condition: Extract<Condition, { kind: "compare" }>,
  row: WorkRow,
  scope: ConditionScope,
): boolean {
  const { member, comparison } = condition
  const value = row.values[member.name] ?? null
  const raw = operandValue(condition.operand, row, scope)
  if (value === null || raw === null || raw === undefined) return false
  const canonical = (other: unknown): unknown => {
    if (condition.operand.kind === "today" && member.kind === "field" && member.type === "datetime")
      return dayStart(String(other), scope.timeZone)
    const parsed = parseOperand(member, other)
    return parsed.ok ? parsed.value : undefined
  }
  if (comparison === "in") {
    const values = Array.isArray(raw) ? raw : [raw]
    return values.some((other) => {
      const one = canonical(other)
      return one !== undefined && compareValues(member, value, one) === 0
    })
  }
  if (comparison === "contains") return String(value).toLowerCase().includes(String(raw).toLowerCase())
  if (comparison === "startsWith") return String(value).toLowerCase().startsWith(String(raw).toLowerCase())
  const other = canonical(raw)
  if (other === undefined) return false
  const order = compareValues(member, value, other)
  return comparison === "eq"
    ? order === 0
    : comparison === "lt"
      ? order < 0
      : comparison === "lte"
        ? order <= 0
        : comparison === "gt"
          ? order > 0
          : order >= 0
}

/** Whether a rule holds of a record in memory. The records it walks to must be loaded; lists of records are those of `work`. */
export function holds(condition: Condition, row: WorkRow, work: Work, scope: ConditionScope): boolean {
  switch (condition.kind) {
    case "true":
      return true
    case "false":
      return false
    case "and":
      return condition.of.every((part) => holds(part, row, work, scope))
    case "or":
      return condition.of.some((part) => holds(part, row, work, scope))
    case "not":
      return !holds(condition.of, row, work, scope)
    case "isSet":
      return (row.values[condition.member.name] ?? null) !== null
    case "compare":
      return holdsCompare(condition, row, scope)
    case "one": {
      const id = referenceOf(row, condition.member)
      const target = id === undefined ? undefined : work.row(condition.member.target, id)
      return target !== undefined && !target.deleted && holds(condition.where, target, work, scope)
    }
    case "some": {
      const { member } = condition
      if (member.kind === "manyToMany") throw new TypeError("Links are tested in the database.")
      return [...work.ofModel(member.target).values()].some(
        (other) => referenceOf(other, member.inverse) === row.id && holds(condition.where, other, work, scope),
      )
    }
  }
}
