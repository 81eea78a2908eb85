/**
 * Statement texts put together from parts that name their parameters and tables by themselves.
 *
 * @module
 */
import { type BoundOperand, type ColumnMember, parseOperand } from "@archipel/core"
import pg from "pg"
import { identifier } from "./identifier.ts"
import { idOfColumns, idType, partColumns } from "./key-sql.ts"
import { fromStored } from "./stored-value.ts"

/** How an operand is compared: as it is, as a list, or as a pattern of `like`. */
export type ParameterForm = "scalar" | "list" | "contains" | "startsWith"

/** Where a parameter of a statement comes from when the statement runs. */
export type ParameterSpec =
  /** What a condition compares `member` with. */
  | {
      readonly kind: "operand"
      readonly operand: BoundOperand
      readonly member: ColumnMember
      readonly form: ParameterForm
    }
  /** A constant of a rule, in the form in which it is bound. */
  | { readonly kind: "constant"; readonly value: unknown }
  /** The words of the caller's nth value as patterns: one of them, or all as a list. */
  | { readonly kind: "search"; readonly index: number; readonly word?: number }
  /** The principal's time zone. */
  | { readonly kind: "timeZone" }
  /** The nth order value of the record that a cursor stands for. */
  | { readonly kind: "cursor"; readonly position: number }
  /** A value that the statement's author hands over under this name when it runs. */
  | { readonly kind: "given"; readonly name: string }

/**
 * What makes JSON of a value. `to_json` looks up what its type is for each value, `json_scalar` once for a statement, which is a
 * twentieth of a page's work; it is there from PostgreSQL 17 on.
 */
export type JsonFunction = "to_json" | "json_scalar"

const JSON_SCALAR = 170_000

/** @param version As `server_version_num` has it. */
export const jsonFunctionOf = (version: number): JsonFunction => (version >= JSON_SCALAR ? "json_scalar" : "to_json")

/** Collects the parameters of one statement and hands out names that do not clash. */
export interface StatementBuilder {
  readonly parameters: readonly ParameterSpec[]
  /** "$3::uuid": a new parameter, or the one that has the same source and type already. The cast keeps its type stable. */
  parameter(spec: ParameterSpec, type: string): string
  /** A table's alias, given out once. */
  alias(): string
  readonly jsonOf: JsonFunction
  /** Alias of the row as it was before the change, if the statement has one: `before` operands then need no parameter. */
  readonly before?: string
}

export { identifier }

/** A quoted text constant; for names of the contract, never for values. */
export const literal = (text: string): string => pg.escapeLiteral(text).trim()

/** `t1."customer_id"`: the value of a member in a row of its table. */
export function columnOf(alias: string, member: ColumnMember): string {
  const { stored } = member
  if (stored === undefined) return `${alias}.${identifier(member.columnName)}`
  if (stored.kind === "key") return idOfColumns(stored.parts, partColumns(alias, stored.parts))
  // The last 31 bits of the number: two rows of equal ones lie 2^31 transactions apart.
  if (stored.kind === "transaction") return `(${alias}.xmin::text::bigint & 2147483647)::integer`
  return member.kind === "field"
    ? fromStored(member, stored.type, `${alias}.${identifier(member.columnName)}`)
    : `${alias}.${identifier(member.columnName)}`
}

/** Whether a member's value is a column as it is. */
export const isPlainColumn = ({ stored }: ColumnMember): boolean =>
  stored === undefined ||
  (stored.kind === "key" && stored.parts.length === 1 && stored.parts[0]?.columnType === undefined)

/** The type that a parameter or a computed value of this member has: its column's, without length or precision. */
export function valueType(member: ColumnMember): string {
  if (member.stored?.kind === "key") return idType(member.stored.parts)
  if (member.kind === "one") return "uuid"
  switch (member.type) {
    case "uuid":
    case "integer":
    case "bigint":
    case "date":
      return member.type
    case "decimal":
    case "money":
      return "numeric"
    case "bool":
      return "boolean"
    case "datetime":
      return "timestamptz"
    case "json":
    case "file":
    case "image":
      return "jsonb"
    default:
      return "text"
  }
}

/** Whether values of this member are compared as texts, and so in the one order of texts. */
export const isText = (member: ColumnMember): boolean => valueType(member) === "text"

/** Makes `like` take the text as it is. */
export const escapeLike = (text: string): string => text.replaceAll(/[\\%_]/g, "\\$&")

export const likePattern = (form: "contains" | "startsWith", text: string): string =>
  `${form === "contains" ? "%" : ""}${escapeLike(text)}%`

/** @throws TypeError for a value that is not of the member's type: a mistake of the rule's author, found when a plan is made. */
export function constantOf(member: ColumnMember, value: unknown, form: ParameterForm): unknown {
  const parse = (item: unknown): unknown => {
    const parsed = parseOperand(member, item)
    if (!parsed.ok)
      throw new TypeError(`A rule compares ${member.model.name}.${member.name} with a value that ${parsed.detail}`)
    return parsed.value
  }
  if (form === "list") return (Array.isArray(value) ? value : [value]).map(parse)
  if (form === "scalar") return parse(value)
  return likePattern(form, String(value))
}

/**
 * @param options.before Alias of the row before the change.
 * @param options.jsonOf `to_json` when left out, which every server has.
 */
export function statementBuilder({
  jsonOf = "to_json",
  ...options
}: {
  readonly before?: string
  readonly jsonOf?: JsonFunction | undefined
} = {}): StatementBuilder {
  const parameters: ParameterSpec[] = []
  const known = new Map<string, string>()
  let aliases = 0
  return {
    parameters,
    parameter(spec, type) {
      const key = `${keyOf(spec)}::${type}`
      const existing = known.get(key)
      if (existing !== undefined) return existing
      parameters.push(spec)
      const made = `$${parameters.length}::${type}`
      known.set(key, made)
      return made
    },
    alias: () => `t${++aliases}`,
    jsonOf,
    ...options,
  }
}

function keyOf(spec: ParameterSpec): string {
  if (spec.kind !== "operand") return JSON.stringify(spec)
  const { operand, member, form } = spec
  const of = operand.kind === "before" ? `before ${operand.member.name}` : JSON.stringify(operand)
  // A value is checked against the member it is compared with, so the member is part of what it is.
  return `${of} ${form} ${member.model.name}.${member.name}`
}
