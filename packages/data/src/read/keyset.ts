/**
 * Where a page begins: the rows behind a given one in an order.
 *
 * @module
 */
import type { OrderTerm } from "@archipel/core"
import { valuesOfId } from "../sql/key-sql.ts"
import { type StatementBuilder, valueType } from "../sql/statement-builder.ts"
import { mayBeEmpty, type PathJoins } from "./value-path.ts"

interface Term {
  readonly expression: string
  readonly parameter: string
  /** Whether the rows behind have greater values; empty counts as the greatest. */
  readonly ascending: boolean
  readonly isEmpty: boolean
  readonly mayBeEmpty: boolean
}

/**
 * The condition that a row comes after the cursor's, or before it when `reversed`. Empty values are the greatest, as in
 * PostgreSQL's order. Which of the cursor's values are empty is known here, so that the condition stays one that an index can
 * begin at: a comparison of rows where directions agree, else a bound on the first value and the rest as alternatives.
 *
 * @param empty Which of the cursor's values are empty.
 */
export function keysetSql(
  terms: readonly OrderTerm[],
  empty: readonly boolean[],
  reversed: boolean,
  joins: PathJoins,
  builder: StatementBuilder,
): string {
  const resolved = terms.flatMap(({ value, descending }, position): Term[] => {
    const isEmpty = empty[position] ?? false
    const { member } = value
    const columns = joins.columns(value)
    const isId = member.name === "id" && value.steps.length === 0 && member.model.adopted
    const parameter = isEmpty ? "null" : builder.parameter({ kind: "cursor", position }, valueType(member))
    const parameters = isId ? valuesOfId(member.model.key, parameter) : [parameter]
    return columns.map((expression, index) => ({
      expression,
      parameter: parameters[index] ?? parameter,
      ascending: descending === reversed,
      isEmpty,
      mayBeEmpty: mayBeEmpty(value),
    }))
  })
  const all = behind(resolved)
  const [first] = resolved
  // Alternatives alone would make PostgreSQL read from the beginning.
  const bound = first && resolved.length > 1 && !isRow(resolved) ? boundSql(first) : undefined
  return bound ? `${bound} and ${all}` : all
}

function behind(terms: readonly Term[]): string {
  const [first, ...rest] = terms
  if (!first) return "false"
  if (rest.length > 0 && isRow(terms)) {
    const expressions = terms.map(({ expression }) => expression).join(", ")
    return `(${expressions}) ${first.ascending ? ">" : "<"} (${terms.map(({ parameter }) => parameter).join(", ")})`
  }
  const beyond = strictSql(first)
  if (rest.length === 0) return beyond
  const equal = first.isEmpty ? `${first.expression} is null` : `${first.expression} = ${first.parameter}`
  const tie = `(${equal} and ${behind(rest)})`
  return beyond === "false" ? tie : `(${beyond} or ${tie})`
}

/** Whether SQL's comparison of rows says the same: one direction, and no empty value that would have to come behind. */
const isRow = (terms: readonly Term[]): boolean =>
  terms.every((t) => !t.isEmpty && t.ascending === terms[0]?.ascending && !(t.ascending && t.mayBeEmpty))

function strictSql({ expression, parameter, ascending, isEmpty, mayBeEmpty: nullable }: Term): string {
  if (isEmpty) return ascending ? "false" : `${expression} is not null`
  if (!ascending) return `${expression} < ${parameter}`
  return nullable ? `(${expression} > ${parameter} or ${expression} is null)` : `${expression} > ${parameter}`
}

function boundSql({ expression, parameter, ascending, isEmpty, mayBeEmpty: nullable }: Term): string | undefined {
  if (isEmpty) return ascending ? `${expression} is null` : undefined
  if (!ascending) return `${expression} <= ${parameter}`
  return nullable ? undefined : `${expression} >= ${parameter}`
}
