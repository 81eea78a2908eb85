import { ArchipelError } from "../errors.ts"
import type { Condition } from "./condition.ts"

/** One reason for which a row may be refused: a restriction, a rule of a transition, or the grants of which none matches. */
export interface RulePart {
  /** The ids of the rules that say it: several where any one of them would do. */
  readonly rules: readonly string[]
  readonly condition: Condition
}

const refusedBy = new WeakMap<object, readonly string[]>()

/** The rules that refused what this error tells of; for logs. Empty where no rule did, because none grants it. */
export const rulesOf = (error: unknown): readonly string[] =>
  (typeof error === "object" && error !== null && refusedBy.get(error)) || []

/** The details of a refusal: with its rule where it was a single one. */
const withRule = (rules: readonly string[]): { readonly rule?: string } =>
  rules.length === 1 ? { rule: rules[0] as string } : {}

/** What happened is not allowed by these rules. The problem names a rule where a single one refused; the log names all. */
export function accessDenied(
  model: string,
  operation: string,
  rules: readonly string[] = [],
): ArchipelError<"access.denied"> {
  const error = new ArchipelError("access.denied", { model, operation, ...withRule(rules) })
  refusedBy.set(error, rules)
  return error
}

/** As `accessDenied`, of single fields: none of these rules covers them on this row. */
export function fieldDenied(
  model: string,
  fields: readonly string[],
  rules: readonly string[] = [],
): ArchipelError<"access.field_denied"> {
  const error = new ArchipelError("access.field_denied", { model, fields, ...withRule(rules) })
  refusedBy.set(error, rules)
  return error
}
