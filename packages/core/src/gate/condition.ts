import type { ColumnMember, ListMember, OneMember } from "../catalog.ts"

/** Where the other side of a comparison comes from. None of it is ever text of a statement: all are bound parameters. */
export type Operand =
  /** The nth value that the caller's query contains, in the order of `shapeOf`. */
  | { readonly kind: "value"; readonly index: number }
  /** The ids that the nth condition on another service's records found there: `ReadTree.elsewhere`. */
  | { readonly kind: "found"; readonly index: number }
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
    else if (condition.kind !== "true" && !kept.includes(condition)) kept.push(condition)
  }
  return kept.length === 0 ? always : kept.length === 1 ? (kept[0] as Condition) : { kind: "and", of: kept }
}

/** Disjunction, simplified; of nothing, false. */
export function anyOf(conditions: readonly Condition[]): Condition {
  const kept: Condition[] = []
  for (const condition of conditions) {
    if (condition.kind === "true") return always
    if (condition.kind === "or") kept.push(...condition.of)
    else if (condition.kind !== "false" && !kept.includes(condition)) kept.push(condition)
  }
  return kept.length === 0 ? never : kept.length === 1 ? (kept[0] as Condition) : { kind: "or", of: kept }
}

/** The negation, simplified. */
export function not(condition: Condition): Condition {
  if (condition.kind === "true") return never
  if (condition.kind === "false") return always
  return condition.kind === "not" ? condition.of : { kind: "not", of: condition }
}
