import type { ColumnMember, FieldMember, ListMember, Member, OneMember, ResolvedModel } from "../catalog.ts"
import type { FieldType } from "../definition.ts"
import { ArchipelError } from "../errors.ts"
import { queryLimits } from "../query.ts"
import type { ResolvedMirrors } from "../resolve-mirrors.ts"
import { parseOperand } from "../values.ts"
import { type WhereJson, whereOperators } from "../where.ts"
import { allOf, always, anyOf, type Comparison, type Condition, not, type Operand } from "./condition.ts"
import { type Rights, visibleThrough } from "./rights.ts"
import { isRecord } from "../is-record.ts"

/** How a condition's names and values are bound: for a caller, under rights; for a rule, without. */
export interface WhereScope {
  /** The caller's rights; a rule sees everything and has none. */
  readonly rights: Rights | undefined
  /**
   * Turns a plain value into an operand: the caller's next value, or a rule's constant.
   *
   * @throws `query.invalid` if the value is a rule's and does not fit the member; a caller's is checked when it is bound
   */
  operand(value: unknown, member: ColumnMember, comparison: Comparison, path: string): Operand
  /** Counts one more node of the condition; throws over the limit. */
  node(): void
  /**
   * The ids of another service's records that satisfy a condition, to be asked there. A rule has none: it holds whether or not
   * other services answer.
   *
   * @param depth Relations from the root to these records.
   */
  elsewhere?(target: ResolvedModel, where: WhereJson, path: string, depth: number): Operand
  /** Whether `$before` has a meaning here. */
  readonly before?: boolean
  /** What is kept here of other services' records; nothing when left out. */
  readonly mirrors?: ResolvedMirrors
}

const TEXTUAL: ReadonlySet<FieldType> = new Set([
  "text",
  "longText",
  "html",
  "email",
  "phone",
  "url",
  "sequence",
  "choice",
  "states",
])
const OPAQUE: ReadonlySet<FieldType> = new Set(["json", "file", "image"])

/** Whether values of this member are seen as a whole only: nothing is compared with them. */
export const isOpaque = (member: ColumnMember): boolean => member.kind === "field" && OPAQUE.has(member.type)

/** Whether parts of its values are compared. */
export const isTextual = (member: ColumnMember): boolean => member.kind === "field" && TEXTUAL.has(member.type)

/** Whether values of this member have an order. */
export const isOrderable = (member: ColumnMember): boolean => !isOpaque(member)

/**
 * Whether records can be ordered by this member. Not by `longText` and `html`, though their values have an order: a cursor
 * carries the values of its record, and these have no bound that fits an address.
 */
export const ordersRecords = (member: ColumnMember): boolean =>
  isOrderable(member) && (member.kind === "one" || (member.type !== "longText" && member.type !== "html"))

export const unknownField = (model: ResolvedModel, field: string): ArchipelError<"query.unknown_field"> =>
  new ArchipelError("query.unknown_field", { model: model.name, field })

export const invalidQuery = (path: string, detail: string): ArchipelError<"query.invalid"> =>
  new ArchipelError("query.invalid", { errors: [{ path, code: "query.invalid", detail }] })

/** A member of `model` that the scope may see, and when. Unknown and never readable are the same error. */
export function visibleMember<Kind extends "column" | "list" | "any">(
  model: ResolvedModel,
  name: string,
  rights: Rights | undefined,
): {
  member: Kind extends "column" ? ColumnMember : Kind extends "list" ? ListMember : ColumnMember | ListMember
  readable: Condition
} {
  const member = model.members.get(name)
  if (!member) throw unknownField(model, name)
  if (member.kind === "many" || member.kind === "manyToMany") {
    if (!rights) return { member: member as never, readable: always }
    const readable = rights.of(model).readable(member)
    const isHidden = member.local && visibleThrough(member, rights, false).kind === "false"
    if (readable.kind === "false" || isHidden) throw unknownField(model, name)
    return { member: member as never, readable }
  }
  const readable = rights ? rights.of(model).readable(member) : always
  if (readable.kind === "false") throw unknownField(model, name)
  return { member: member as never, readable }
}

function operandOf(
  value: unknown,
  member: ColumnMember,
  compared: Comparison,
  path: string,
  scope: WhereScope,
): Operand {
  if (!isRecord(value)) return scope.operand(value, member, compared, path)
  const keys = Object.keys(value)
  if (keys.length === 1) {
    if (keys[0] === "$me") {
      if (member.kind !== "one" || member.to !== "identity.User") {
        if (member.kind !== "field" || member.name !== "id" || member.model.name !== "identity.User") {
          throw invalidQuery(path, "$me compares with references to identity.User.")
        }
      }
      return { kind: "me" }
    }
    if (keys[0] === "$claim" && typeof value["$claim"] === "string" && !value["$claim"].startsWith("$"))
      return { kind: "claim", name: value["$claim"] }
    if (
      keys[0] === "$today" &&
      Number.isSafeInteger(value["$today"]) &&
      Math.abs(value["$today"] as number) <= 36_525
    ) {
      if (member.kind !== "field" || (member.type !== "date" && member.type !== "datetime")) {
        throw invalidQuery(path, "$today compares with dates and instants.")
      }
      return { kind: "today", days: value["$today"] as number }
    }
    if (keys[0] === "$before" && scope.before && typeof value["$before"] === "string") {
      const old = member.model.members.get(value["$before"])
      if (old?.kind === "field" || old?.kind === "one") return { kind: "before", member: old }
    }
  }
  throw invalidQuery(path, "A comparison takes a value, $me, $claim or $today.")
}

function comparison(
  member: ColumnMember,
  readable: Condition,
  operator: string,
  value: unknown,
  path: string,
  scope: WhereScope,
): Condition {
  scope.node()
  const isSet: Condition = { kind: "isSet", member, readable }
  if (value === undefined) throw invalidQuery(path, "A comparison needs a value; null means empty.")
  if (operator === "isSet") {
    if (typeof value !== "boolean") throw invalidQuery(path, "isSet takes true or false.")
    return value ? isSet : not(isSet)
  }
  if (value === null) {
    if (operator === "eq") return not(isSet)
    if (operator === "not") return isSet
    throw invalidQuery(path, `${operator} takes a value, not null.`)
  }
  if (isOpaque(member)) throw invalidQuery(path, `${member.name} can only be tested with isSet.`)
  if (operator === "in") {
    if (Array.isArray(value)) {
      if (value.length > queryLimits.inValues)
        throw new ArchipelError("query.too_complex", { what: "values of one in", limit: queryLimits.inValues })
      if (value.includes(null)) throw invalidQuery(path, "in takes values; test for empty with isSet.")
    } else if (!isRecord(value) || !("$claim" in value)) throw invalidQuery(path, "in takes a list of values.")
    const operand = Array.isArray(value)
      ? scope.operand(value, member, "in", path)
      : operandOf(value, member, "in", path, scope)
    return { kind: "compare", member, comparison: "in", operand, readable }
  }
  if (operator === "contains" || operator === "startsWith") {
    if (!isTextual(member)) throw invalidQuery(path, `${operator} compares texts.`)
    if (typeof value !== "string") throw invalidQuery(path, `${operator} takes a text.`)
  }
  if (Array.isArray(value)) throw invalidQuery(path, "Several values are compared with in.")
  if (["lt", "lte", "gt", "gte"].includes(operator) && (member.kind === "one" || member.type === "bool")) {
    throw invalidQuery(path, `${member.name} has no order.`)
  }
  const compared = operator === "not" ? "eq" : (operator as Comparison)
  const operand = operandOf(value, member, compared, path, scope)
  const condition: Condition = { kind: "compare", member, comparison: compared, operand, readable }
  return operator === "not" ? not(condition) : condition
}

/** Whether what is said of a column compares its own value, and is no condition on the record that it refers to. */
export const isComparison = (value: Record<string, unknown>, member: ColumnMember): boolean => {
  const keys = Object.keys(value)
  if (member.kind === "field") return true
  return (
    keys.length > 0 &&
    keys.every(
      (k) =>
        k.startsWith("$") ||
        (whereOperators.has(k) &&
          !(k === "not" && isRecord(value[k]) && !Object.keys(value[k]).some((n) => n.startsWith("$")))),
    )
  )
}

function columnCondition(
  member: ColumnMember,
  readable: Condition,
  value: unknown,
  path: string,
  depth: number,
  scope: WhereScope,
): Condition {
  if (!isRecord(value)) {
    return comparison(member, readable, Array.isArray(value) ? "in" : "eq", value, path, scope)
  }
  if (Object.keys(value).some((k) => k.startsWith("$"))) return comparison(member, readable, "eq", value, path, scope)
  if (isComparison(value, member)) {
    const operators = Object.entries(value)
    if (operators.length === 0) throw invalidQuery(path, "An empty comparison says nothing.")
    return allOf(
      operators.map(([operator, operand]) => {
        if (!whereOperators.has(operator))
          throw invalidQuery(`${path}/${operator}`, `There is no operator "${operator}".`)
        return comparison(member, readable, operator, operand, `${path}/${operator}`, scope)
      }),
    )
  }
  return throughOne(member as OneMember, readable, value, path, depth, scope)
}

function throughOne(
  reference: OneMember,
  readable: Condition,
  value: Record<string, unknown>,
  path: string,
  depth: number,
  scope: WhereScope,
): Condition {
  scope.node()
  const { rights, mirrors } = scope
  // What the mirror does not show to who asks, its owner may.
  const isOpen = (field: Member): boolean => rights?.of(field.model).readable(field).kind !== "false"
  const member = reference.local ? reference : (mirrors?.covering(reference, value, isOpen) ?? reference)
  if (!member.local) {
    // The id of a remote record is a cell of this one.
    const keys = Object.keys(value)
    if (keys.length === 1 && keys[0] === "id")
      return columnCondition(member, readable, value["id"], `${path}/id`, depth, scope)
    const operand = scope.elsewhere?.(member.target, value, path, depth + 1)
    if (operand === undefined)
      throw new ArchipelError("query.remote_path", { model: member.model.name, field: member.name, use: "a rule" })
    return { kind: "compare", member, comparison: "in", operand, readable }
  }
  const inner = bindObject(member.target, value, path, depth + 1, scope)
  const visible = rights ? rights.of(member.target).read : always
  return { kind: "one", member, where: allOf([visible, inner]), readable }
}

function listCondition(
  member: ListMember,
  readable: Condition,
  value: unknown,
  path: string,
  depth: number,
  scope: WhereScope,
): Condition {
  if (!isRecord(value) || Object.keys(value).length === 0)
    throw invalidQuery(path, "A list is tested with some or none.")
  if (!member.local)
    throw new ArchipelError("query.remote_path", { model: member.model.name, field: member.name, use: "a condition" })
  const visible = scope.rights ? visibleThrough(member, scope.rights, false) : always
  return allOf(
    Object.entries(value).map(([quantifier, where]) => {
      if (quantifier !== "some" && quantifier !== "none")
        throw invalidQuery(`${path}/${quantifier}`, "A list is tested with some or none.")
      scope.node()
      if (!isRecord(where)) throw invalidQuery(`${path}/${quantifier}`, "some and none take a condition.")
      const inner = bindObject(member.target, where, `${path}/${quantifier}`, depth + 1, scope)
      const some = allOf([readable, { kind: "some", member, where: allOf([visible, inner]) }])
      return quantifier === "some" ? some : not(some)
    }),
  )
}

function bindObject(
  model: ResolvedModel,
  where: Record<string, unknown>,
  path: string,
  depth: number,
  scope: WhereScope,
): Condition {
  if (depth > queryLimits.depth)
    throw new ArchipelError("query.too_complex", { what: "levels of relations", limit: queryLimits.depth })
  const parts: Condition[] = []
  for (const [name, value] of Object.entries(where)) {
    const at = `${path}/${name}`
    if (name === "and" || name === "or") {
      scope.node()
      if (!Array.isArray(value)) throw invalidQuery(at, `${name} takes a list of conditions.`)
      const items = value.map((item, i) => {
        if (!isRecord(item)) throw invalidQuery(`${at}/${i}`, "A condition is an object.")
        return bindObject(model, item, `${at}/${i}`, depth, scope)
      })
      parts.push(name === "and" ? allOf(items) : anyOf(items))
    } else if (name === "not") {
      scope.node()
      if (!isRecord(value)) throw invalidQuery(at, "not takes a condition.")
      parts.push(not(bindObject(model, value, at, depth, scope)))
    } else {
      const { member, readable } = visibleMember<"any">(model, name, scope.rights)
      parts.push(
        member.kind === "field" || member.kind === "one"
          ? columnCondition(member, readable, value, at, depth, scope)
          : listCondition(member, readable, value, at, depth, scope),
      )
    }
  }
  return allOf(parts)
}

/** A condition as it travels, with its names resolved. @throws `query.unknown_field`, `query.invalid`, `query.remote_path`, `query.too_complex` */
export const bindWhere = (model: ResolvedModel, where: object, scope: WhereScope, path = "/where"): Condition =>
  bindObject(model, where as Record<string, unknown>, path, 0, scope)

/** What a rule compares with, which is known when the rule is: a constant that fits no row's value is a slip of its author. */
function constant(value: unknown, member: ColumnMember, comparison: Comparison, path: string): Operand {
  const isPartOfText = member.kind === "field" && (comparison === "contains" || comparison === "startsWith")
  // Part of a choice need not be a choice.
  const compared: ColumnMember = isPartOfText ? { ...member, type: "text" } : member
  for (const item of comparison === "in" ? (value as readonly unknown[]) : [value]) {
    const parsed = parseOperand(compared, item)
    if (parsed.ok) continue
    const shown = JSON.stringify(item)?.slice(0, 60)
    throw invalidQuery(path, `${shown}, compared with ${member.model.name}.${member.name}, ${parsed.detail}`)
  }
  return { kind: "constant", value }
}

/** The scope of a rule: sees everything of its service, its values are constants and must fit their fields. */
export const ruleScope = (options: Pick<WhereScope, "before" | "mirrors"> = {}): WhereScope => ({
  rights: undefined,
  operand: constant,
  node: () => {},
  ...options,
})

/** Text fields that a search looks into. */
export const searchable = (model: ResolvedModel): readonly FieldMember[] => model.search
