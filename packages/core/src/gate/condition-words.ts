import type { Comparison, Condition, Operand } from "./condition.ts"
import { isScopeClaim } from "./principal.ts"

type Compare = Extract<Condition, { kind: "compare" }>

const COMPARED: Readonly<Record<Comparison, string>> = {
  eq: "is",
  in: "is one of",
  lt: "is less than",
  lte: "is at most",
  gt: "is more than",
  gte: "is at least",
  contains: "contains",
  startsWith: "starts with",
}
const NOT_COMPARED: Readonly<Partial<Record<Comparison, string>>> = {
  eq: "is not",
  in: "is none of",
  contains: "does not contain",
  startsWith: "does not start with",
}

/** What a rule compares with, or a preset sets. */
export function operandWords(operand: Operand): string {
  switch (operand.kind) {
    case "value":
    case "found":
      return "?"
    case "constant":
      return Array.isArray(operand.value)
        ? operand.value.map((v) => JSON.stringify(v)).join(", ")
        : JSON.stringify(operand.value)
    case "me":
      return "me"
    case "claim":
      return isScopeClaim(operand.name) ? "the companies of the role" : `my ${operand.name}`
    case "today":
      return operand.days === 0 ? "today" : `today ${operand.days > 0 ? "+" : "-"} ${Math.abs(operand.days)} days`
    case "before":
      return `what ${operand.member.name} was`
  }
}

const compareWords = ({ member, comparison, operand }: Compare, path: string, said = COMPARED[comparison]): string =>
  `${path}${member.name} ${said} ${operandWords(operand)}`

function notWords(of: Condition, path: string): string {
  if (of.kind === "isSet") return `${path}${of.member.name} is empty`
  if (of.kind === "compare" && NOT_COMPARED[of.comparison]) return compareWords(of, path, NOT_COMPARED[of.comparison])
  if (of.kind === "some") return `no ${path}${of.member.name} where ${conditionWords(of.where)}`
  return `not (${conditionWords(of, path)})`
}

/** A rule as a person reads it; the same words for the same rule. */
export function conditionWords(condition: Condition, path = ""): string {
  switch (condition.kind) {
    case "true":
      return "all"
    case "false":
      return "none"
    case "and":
    case "or":
      return condition.of
        .map((part) =>
          part.kind === "or" || part.kind === "and" ? `(${conditionWords(part, path)})` : conditionWords(part, path),
        )
        .join(` ${condition.kind} `)
    case "not":
      return notWords(condition.of, path)
    case "compare":
      return compareWords(condition, path)
    case "isSet":
      return `${path}${condition.member.name} is set`
    case "one": {
      const inner = conditionWords(condition.where, `${path}${condition.member.name}.`)
      return condition.where.kind === "true" ? `${path}${condition.member.name} is set` : inner
    }
    case "some":
      return condition.where.kind === "true"
        ? `some ${path}${condition.member.name}`
        : `some ${path}${condition.member.name} where ${conditionWords(condition.where)}`
  }
}

/** Every part of a condition that can be asked for itself: the whole, and what it joins. */
export function conditionParts(condition: Condition): readonly Condition[] {
  if (condition.kind === "and" || condition.kind === "or") return [condition, ...condition.of.flatMap(conditionParts)]
  return [condition]
}

/** The parts for which a condition does not hold, in words; of an "or" all of them, since each would do. */
export function failingWords(condition: Condition, holds: (part: Condition) => boolean): readonly string[] {
  if (holds(condition)) return []
  if (condition.kind === "and" || condition.kind === "or")
    return condition.of.flatMap((part) => failingWords(part, holds))
  return [conditionWords(condition)]
}
