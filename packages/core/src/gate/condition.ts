import type { ColumnMember, ListMember, OneMember } from "../catalog.ts"

/** Where the other side of a comparison comes from. None of it is ever text of a statement: all are bound parameters. */
export type Operand =
  /** The nth value that the caller's query contains, in the order of `shapeOf`. */
  | { readonly kind: "value"; readonly index: number }
  /** A constant of a rule. */
  | { readonly kind: "constant"; readonly value: unknown }
  | { readonly kind: "me" }
  | { readonly kind: "claim"; readonly name: string }
  /** The current day in the principal's time zone, plus days. */
  | { readonly kind: "today"; readonly days: number }
  /** The value that the same record had before the change. */
  | { readonly kind: "before"; readonly member: ColumnMember }

/** How a column compares with an operand. `not` and `isSet` are conditions of their own. */
export type Comparison = "eq" | "in" | "lt" | "lte" | "gt" | "gte" | "contains" | "startsWith"

/**
 * A condition with its names resolved. Two-valued: a comparison with an empty (or masked) value is false, `not` of it is true;
 * a to-one step to nothing is false.
 */
export type Condition =
  | { readonly kind: "true" }
  | { readonly kind: "false" }
  | { readonly kind: "and" | "or"; readonly of: readonly Condition[] }
  | { readonly kind: "not"; readonly of: Condition }
  | {
      readonly kind: "compare"
      readonly member: ColumnMember
      readonly comparison: Comparison
      readonly operand: Operand
      /** When the cell may be read; where it may not, it counts as empty. */
      readonly readable: Condition
    }
  | { readonly kind: "isSet"; readonly member: ColumnMember; readonly readable: Condition }
  /** The target of a local reference exists and satisfies. */
  | { readonly kind: "one"; readonly member: OneMember; readonly where: Condition; readonly readable: Condition }
  /** At least one record of the list satisfies. */
  | { readonly kind: "some"; readonly member: ListMember; readonly where: Condition }

/** Holds of every row. */
export const always: Condition = { kind: "true" }
/** Holds of no row. */
export const never: Condition = { kind: "false" }

/** Conjunction, simplified: so that rights that say nothing cost nothing. */
export function allOf(conditions: readonly Condition[]): Condition {
  const kept: Condition[] = []
  for (const condition of conditions) {
    if (condition.kind === "false") return never
    if (condition.kind === "and") kept.push(...condition.of)
    else if (condition.kind !== "true") kept.push(condition)
  }
  const needed = unabsorbed(kept, "or")
  return needed.length === 0 ? always : needed.length === 1 ? (needed[0] as Condition) : { kind: "and", of: needed }
}

/** Disjunction, simplified; of nothing, false. */
export function anyOf(conditions: readonly Condition[]): Condition {
  const kept: Condition[] = []
  for (const condition of conditions) {
    if (condition.kind === "true") return always
    if (condition.kind === "or") kept.push(...condition.of)
    else if (condition.kind !== "false") kept.push(condition)
  }
  const needed = unabsorbed(kept, "and")
  return needed.length === 0 ? never : needed.length === 1 ? (needed[0] as Condition) : { kind: "or", of: needed }
}

/** More than rules and their combinations have; what callers write may have more, and need not be compared pair by pair. */
const MAX_COMPARED = 16

/**
 * The conditions without those that say nothing besides another one: equal ones once, and by the law of absorption
 * (a or (a and b) = a, a and (a or b) = a) those whose inner parts are all there are of another and more. Roles often grant the
 * same rows, one of them with a further limit.
 */
function unabsorbed(conditions: readonly Condition[], inner: "and" | "or"): readonly Condition[] {
  if (conditions.length < 2 || conditions.length > MAX_COMPARED) return conditions
  const partsOf = (condition: Condition): readonly Condition[] =>
    condition.kind === inner ? (condition as Extract<Condition, { kind: "and" | "or" }>).of : [condition]
  const isWithin = (few: readonly Condition[], many: readonly Condition[]): boolean =>
    few.length <= many.length && few.every((part) => many.some((other) => sameCondition(part, other)))
  return conditions.filter((condition, index) => {
    if (isCallers(condition)) return true
    const parts = partsOf(condition)
    return !conditions.some((other, at) => {
      if (at === index) return false
      const others = partsOf(other)
      // Of equal ones the first stays.
      return isWithin(others, parts) && (at < index || !isWithin(parts, others))
    })
  })
}

/** Whether a value of the caller's is in it, which is checked where it is bound and so must not get lost. */
function isCallers(condition: Condition): boolean {
  switch (condition.kind) {
    case "and":
    case "or":
      return condition.of.some(isCallers)
    case "not":
      return isCallers(condition.of)
    case "compare":
      return condition.operand.kind === "value"
    case "one":
    case "some":
      return isCallers(condition.where)
    default:
      return false
  }
}

function sameCondition(a: Condition, b: Condition): boolean {
  if (a === b) return true
  switch (a.kind) {
    case "true":
    case "false":
      return a.kind === b.kind
    case "and":
    case "or":
      return (
        a.kind === b.kind &&
        a.of.length === b.of.length &&
        a.of.every((part, index) => sameCondition(part, b.of[index] as Condition))
      )
    case "not":
      return b.kind === "not" && sameCondition(a.of, b.of)
    case "compare":
      return (
        b.kind === "compare" &&
        a.member === b.member &&
        a.comparison === b.comparison &&
        sameOperand(a.operand, b.operand) &&
        sameCondition(a.readable, b.readable)
      )
    case "isSet":
      return b.kind === "isSet" && a.member === b.member && sameCondition(a.readable, b.readable)
    case "one":
      return (
        b.kind === "one" &&
        a.member === b.member &&
        sameCondition(a.where, b.where) &&
        sameCondition(a.readable, b.readable)
      )
    case "some":
      return b.kind === "some" && a.member === b.member && sameCondition(a.where, b.where)
  }
}

function sameOperand(a: Operand, b: Operand): boolean {
  switch (a.kind) {
    case "value":
      return b.kind === "value" && a.index === b.index
    case "constant":
      return b.kind === "constant" && sameConstant(a.value, b.value)
    case "me":
      return b.kind === "me"
    case "claim":
      return b.kind === "claim" && a.name === b.name
    case "today":
      return b.kind === "today" && a.days === b.days
    case "before":
      return b.kind === "before" && a.member === b.member
  }
}

const sameConstant = (a: unknown, b: unknown): boolean =>
  a === b ||
  (Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((item, index) => item === b[index]))

/** The negation, simplified. */
export function not(condition: Condition): Condition {
  if (condition.kind === "true") return never
  if (condition.kind === "false") return always
  return condition.kind === "not" ? condition.of : { kind: "not", of: condition }
}
