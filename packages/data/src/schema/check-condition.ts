/**
 * Conditions of a contract's `checks` as SQL of a constraint.
 *
 * @module
 */
import {
  bindWhere,
  type ColumnMember,
  type Comparison,
  type Condition,
  type ResolvedModel,
  ruleScope,
} from "@archipel/core"
import pg from "pg"
import { columnType, isNullable } from "./column-schema.ts"
import { FRAMEWORK_SCHEMA } from "./structure.ts"

export interface CompiledCheck {
  readonly sql: string
  /** The members it speaks of, in the order of their appearance. */
  readonly members: readonly ColumnMember[]
}

const operators: Readonly<Partial<Record<Comparison, string>>> = { eq: "=", lt: "<", lte: "<=", gt: ">", gte: ">=" }

/**
 * Two-valued like every condition: a comparison with an empty value is false, where SQL's own would let the row pass.
 *
 * @throws RangeError in words, for what a constraint of the database cannot know: the user, the day, other records.
 */
export function compileCheck(model: ResolvedModel, where: object): CompiledCheck {
  const members = new Set<ColumnMember>()
  const sql = compile(bindWhere(model, where, ruleScope(), ""), members)
  return { sql, members: [...members] }
}

function compile(condition: Condition, members: Set<ColumnMember>): string {
  switch (condition.kind) {
    case "true":
    case "false":
      return condition.kind
    case "and":
    case "or":
      return `(${condition.of.map((part) => compile(part, members)).join(` ${condition.kind} `)})`
    case "not":
      return `(not ${compile(condition.of, members)})`
    case "isSet":
      members.add(condition.member)
      return `(${pg.escapeIdentifier(condition.member.columnName)} is not null)`
    case "compare": {
      const { member, operand } = condition
      members.add(member)
      if (operand.kind !== "constant")
        throw new RangeError("it compares with what only a request knows, and every row must satisfy it at any time")
      const compared = `(${comparison(member, condition.comparison, operand.value)})`
      return isNullable(member) ? `(${compared} is true)` : compared
    }
    case "one":
    case "some":
      throw new RangeError(
        `it looks at other records through "${condition.member.name}", and a constraint sees only its own row`,
      )
  }
}

function comparison(member: ColumnMember, kind: Comparison, value: unknown): string {
  const column = pg.escapeIdentifier(member.columnName)
  const type = columnType(member).replace(/\(.*\)/, (precision) => (precision === "(3)" ? precision : ""))
  const literal = (constant: unknown): string => `${pg.escapeLiteral(String(constant)).trim()}::${type}`
  if (kind === "in") {
    const values = value as readonly unknown[]
    return values.length === 0 ? "false" : `${column} in (${values.map(literal).join(", ")})`
  }
  if (kind === "contains" || kind === "startsWith") {
    const pattern = String(value).replaceAll(/[\\%_]/g, "\\$&")
    const text = pg.escapeLiteral(`${kind === "contains" ? "%" : ""}${pattern}%`).trim()
    return `${FRAMEWORK_SCHEMA}.lowered(${column}) like ${FRAMEWORK_SCHEMA}.lowered(${text})`
  }
  return `${column} ${operators[kind]} ${literal(value)}`
}
