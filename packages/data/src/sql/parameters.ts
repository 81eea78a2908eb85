/**
 * Values for the parameters of a statement, checked against the fields they are compared with.
 *
 * @module
 */
import {
  ArchipelError,
  type BoundOperand,
  claimOf,
  type ColumnMember,
  dayIn,
  dayStart,
  isUuid,
  type Mistake,
  parseOperand,
  type Principal,
  queryLimits,
} from "@archipel/core"
import { searchPatterns } from "../schema/search-expression.ts"
import { likePattern, type ParameterForm, type ParameterSpec } from "./statement-builder.ts"

/** What the parameters of one run are taken from. */
export interface BindingSource {
  /** The caller's values, in the order that `Operand.index` counts. */
  readonly values: readonly unknown[]
  readonly principal: Principal
  /** What conditions on other services' records found, in the order of `ReadTree.elsewhere`: ids. */
  readonly found?: readonly (readonly string[])[]
  /** The instant of the request, ISO 8601. */
  readonly now: string
  /** The record as it was before the change, by field. */
  readonly before?: Readonly<Record<string, unknown>>
  /** The order values of the record that a cursor stands for. */
  readonly cursor?: readonly (string | null)[] | undefined
  /** Values for `given` parameters, by name. */
  readonly given?: Readonly<Record<string, unknown>>
}

/**
 * The values of a statement's parameters, in order.
 *
 * Only the caller's own values can be wrong: a claim that does not fit a field matches nothing, as a missing one.
 *
 * @throws `query.invalid` naming every field whose value does not fit, never the value; `query.too_complex`
 */
export function bindParameters(specs: readonly ParameterSpec[], source: BindingSource): unknown[] {
  const mistakes: Mistake[] = []
  const bound = specs.map((spec) => bindOne(spec, source, mistakes))
  if (mistakes.length > 0) throw new ArchipelError("query.invalid", { errors: mistakes })
  return bound
}

function bindOne(spec: ParameterSpec, source: BindingSource, mistakes: Mistake[]): unknown {
  switch (spec.kind) {
    case "operand":
      return spec.operand.kind === "claim"
        ? boundClaim(spec, spec.operand.name, source.principal)
        : bindOperand(spec.operand, spec.member, spec.form, source, mistakes)
    case "constant":
      return spec.value
    case "search":
      return bindSearch(source.values[spec.index], spec.word, mistakes)
    case "timeZone":
      return source.principal.timeZone
    case "cursor":
      return source.cursor?.[spec.position] ?? null
    case "given":
      return source.given?.[spec.name] ?? null
  }
}

function bindOperand(
  operand: Exclude<BoundOperand, { kind: "claim" }>,
  member: ColumnMember,
  form: ParameterForm,
  source: BindingSource,
  mistakes: Mistake[],
): unknown {
  switch (operand.kind) {
    case "value":
      return bindValue(source.values[operand.index], member, form, mistakes)
    case "found": {
      const ids = source.found?.[operand.index]
      // An empty list would be an answer, and under a "not" one that lets everything through.
      if (ids === undefined) throw new TypeError("A condition on another service's records was not asked there.")
      return ids
    }
    case "constant":
      return operand.value
    case "me":
      return principalId(source.principal)
    case "today":
      return bindToday(operand.days, member, source)
    case "before": {
      const parsed = parseOperand(operand.member, source.before?.[operand.member.name])
      return parsed.ok ? inForm(parsed.value, form) : null
    }
  }
}

/** The user's id for comparisons with `me`; null for a service or the system, which no reference names. */
export const principalId = (principal: Principal): string | null =>
  principal.kind === "user" && isUuid(principal.id) ? principal.id.toLowerCase() : null

const inForm = (value: unknown, form: ParameterForm): unknown =>
  form === "contains" || form === "startsWith" ? likePattern(form, String(value)) : form === "list" ? [value] : value

function bindValue(value: unknown, member: ColumnMember, form: ParameterForm, mistakes: Mistake[]): unknown {
  const refuse = (detail: string, code = "value.type"): null => {
    mistakes.push({ path: `/where/${member.name}`, code, detail: `${member.name}: ${detail}` })
    return null
  }
  if (form === "list") {
    if (!Array.isArray(value)) return refuse("in takes a list of values.")
    if (value.length > queryLimits.inValues) {
      throw new ArchipelError("query.too_complex", { what: "values of one in", limit: queryLimits.inValues })
    }
    const items: unknown[] = []
    for (const item of value) {
      const parsed = parseOperand(member, item)
      if (!parsed.ok) return refuse(parsed.detail, parsed.code)
      items.push(parsed.value)
    }
    return items
  }
  if (form === "contains" || form === "startsWith") {
    // Part of a choice need not be a choice.
    const text = member.kind === "field" ? parseOperand({ ...member, type: "text" }, value) : undefined
    return text?.ok
      ? likePattern(form, text.value as string)
      : refuse(text ? text.detail : "must be a text.", text?.code)
  }
  const parsed = parseOperand(member, value)
  return parsed.ok ? parsed.value : refuse(parsed.detail, parsed.code)
}

type OperandSpec = Extract<ParameterSpec, { kind: "operand" }>

/** A principal never changes and lives for many requests, as the plans of statements do. */
const boundClaims = new WeakMap<Principal, WeakMap<OperandSpec, { readonly value: unknown }>>()

/** A claim as a parameter, checked once for each place in a statement. */
function boundClaim(spec: OperandSpec, name: string, principal: Principal): unknown {
  let ofPrincipal = boundClaims.get(principal)
  if (!ofPrincipal) boundClaims.set(principal, (ofPrincipal = new WeakMap()))
  let bound = ofPrincipal.get(spec)
  if (!bound) ofPrincipal.set(spec, (bound = { value: bindClaim(claimOf(principal, name), spec.member, spec.form) }))
  return bound.value
}

function bindClaim(claim: unknown, member: ColumnMember, form: ParameterForm): unknown {
  if (claim === undefined || claim === null) return null
  if (form === "list") {
    return (Array.isArray(claim) ? claim : [claim]).flatMap((item) => {
      const parsed = parseOperand(member, item)
      return parsed.ok ? [parsed.value] : []
    })
  }
  if (form === "contains" || form === "startsWith") return typeof claim === "string" ? likePattern(form, claim) : null
  const parsed = parseOperand(member, claim)
  return parsed.ok ? parsed.value : null
}

function bindToday(days: number, member: ColumnMember, { now, principal }: BindingSource): string {
  const day = dayIn(now, principal.timeZone, days)
  return member.kind === "field" && member.type === "datetime" ? dayStart(day, principal.timeZone) : day
}

function bindSearch(
  value: unknown,
  word: number | undefined,
  mistakes: Mistake[],
): string | readonly string[] | undefined {
  const isText = typeof value === "string" && value.isWellFormed() && !value.includes("\0")
  if (isText && value.length <= queryLimits.search) {
    const patterns = searchPatterns(value)
    return word === undefined ? patterns : patterns[word]
  }
  const detail = isText ? `A search has at most ${queryLimits.search} characters.` : "A search is a text."
  mistakes.push({ path: "/search", code: isText ? "value.too_long" : "value.type", detail })
  return undefined
}
