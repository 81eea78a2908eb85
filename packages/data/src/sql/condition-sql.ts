/**
 * Conditions as SQL.
 *
 * @module
 */
import type { Comparison, Condition } from "@archipel/core"
import { FRAMEWORK_SCHEMA } from "../schema/structure.ts"
import { hasId, hasIdIn, linkJoin, linkTableOf, refersTo, tableOf } from "./key-sql.ts"
import {
  columnOf,
  constantOf,
  isText,
  type ParameterForm,
  type StatementBuilder,
  valueType,
} from "./statement-builder.ts"

type Compare = Extract<Condition, { kind: "compare" }>

const OPERATORS: Readonly<Partial<Record<Comparison, string>>> = { eq: "=", lt: "<", lte: "<=", gt: ">", gte: ">=" }

/**
 * An expression that is TRUE exactly where the condition holds, and FALSE or NULL elsewhere: for `where`, `on`, `filter` and
 * `case when`. It is left bare of `is true`, so that a plain comparison at the top still finds its index. Where the value
 * itself is used, take `booleanSql`.
 *
 * Users' values, rules' constants and all that depends on who asks are parameters; relations become `exists` with an alias each.
 *
 * @param alias Of the row that the condition is about; it needs the columns of the model's table.
 */
export function conditionSql(condition: Condition, alias: string, builder: StatementBuilder): string {
  switch (condition.kind) {
    case "true":
    case "false":
      return condition.kind
    case "and":
    case "or":
      return `(${condition.of.map((part) => conditionSql(part, alias, builder)).join(` ${condition.kind} `)})`
    case "not":
      return negated(condition.of, alias, builder)
    case "compare":
      return guarded(condition.readable, compareSql(condition, alias, builder), alias, builder)
    case "isSet":
      return guarded(condition.readable, `${columnOf(alias, condition.member)} is not null`, alias, builder)
    case "one": {
      const target = builder.alias()
      const { member } = condition
      const where = conditionSql(condition.where, target, builder)
      const exists = `exists (select from ${tableOf(member.target)} ${target} where ${refersTo(alias, member, member.target, target)} and ${where})`
      return guarded(condition.readable, exists, alias, builder)
    }
    case "some": {
      const target = builder.alias()
      const { member } = condition
      const table = `${tableOf(member.target)} ${target}`
      if (member.kind === "many") {
        const where = conditionSql(condition.where, target, builder)
        return `exists (select from ${table} where ${refersTo(target, member.inverse, member.model, alias)} and ${where})`
      }
      const link = builder.alias()
      const where = conditionSql(condition.where, target, builder)
      return `exists (select from ${linkTableOf(member)} ${link} join ${table} on ${linkJoin(member, link, "target", target)} where ${linkJoin(member, link, "own", alias)} and ${where})`
    }
  }
}

/** As `conditionSql`, but never NULL: for selected values. */
export function booleanSql(condition: Condition, alias: string, builder: StatementBuilder): string {
  const sql = conditionSql(condition, alias, builder)
  return condition.kind === "true" || condition.kind === "false" ? sql : `(${sql}) is true`
}

/** A column where `readable` holds, and NULL elsewhere; the bare column where it always does. */
export function maskedSql(readable: Condition, expression: string, alias: string, builder: StatementBuilder): string {
  return readable.kind === "true"
    ? expression
    : `case when ${conditionSql(readable, alias, builder)} then ${expression} end`
}

/** A cell that may not be read counts as empty, and whatever is said of an empty one is false. */
function guarded(readable: Condition, sql: string, alias: string, builder: StatementBuilder): string {
  return readable.kind === "true" ? sql : `(${conditionSql(readable, alias, builder)} and ${sql})`
}

function negated(condition: Condition, alias: string, builder: StatementBuilder): string {
  const sql = conditionSql(condition, alias, builder)
  if (condition.kind === "isSet" && condition.readable.kind === "true") {
    return `${columnOf(alias, condition.member)} is null`
  }
  const isExists = condition.kind === "some" || (condition.kind === "one" && condition.readable.kind === "true")
  return isExists ? `not ${sql}` : `(${sql}) is not true`
}

function compareSql(condition: Compare, alias: string, builder: StatementBuilder): string {
  const { member, comparison, operand } = condition
  const column = columnOf(alias, member)
  if (operand.kind === "before" && builder.before !== undefined) {
    const old = columnOf(builder.before, operand.member)
    return binarySql(condition, column, old)
  }
  const form = formOf(condition)
  const spec =
    operand.kind === "constant"
      ? ({ kind: "constant", value: constantOf(member, operand.value, form) } as const)
      : ({ kind: "operand", operand, member, form } as const)
  const type = comparison === "contains" || comparison === "startsWith" ? "text" : valueType(member)
  if (member.stored?.kind === "key" && (form === "list" || comparison === "eq")) {
    const { parts } = member.stored
    return form === "list"
      ? hasIdIn(alias, parts, builder.parameter(spec, `${type}[]`))
      : hasId(alias, parts, builder.parameter(spec, type))
  }
  if (form === "list") return `${column} = any(${builder.parameter(spec, `${type}[]`)})`
  return binarySql(condition, column, builder.parameter(spec, type))
}

function binarySql({ member, comparison }: Compare, column: string, other: string): string {
  if (comparison === "contains" || comparison === "startsWith") {
    return `${FRAMEWORK_SCHEMA}.lowered(${column}) like ${FRAMEWORK_SCHEMA}.lowered(${other})`
  }
  // Columns of text have the one collation of texts already; this says it where a value was computed.
  const ordered = isText(member) && comparison !== "eq" ? `${column} collate "C"` : column
  return `${ordered} ${OPERATORS[comparison] ?? "="} ${other}`
}

/** A claim may be one value or several; equality then means any of them. */
function formOf({ comparison, operand }: Compare): ParameterForm {
  if (comparison === "in" || (comparison === "eq" && operand.kind === "claim")) return "list"
  return comparison === "contains" || comparison === "startsWith" ? comparison : "scalar"
}
