/**
 * Whether a changed rule of a field accepts everything that the old one did.
 *
 * @module
 */
import { compareDecimals } from "@archipel/core"
import type { CheckRule } from "./structure.ts"

export type RuleChange =
  | { readonly kind: "same" }
  /** Wider, or a condition, of which only the rows can tell. */
  | { readonly kind: "replace" }
  | { readonly kind: "narrower"; readonly why: string }

const same: RuleChange = { kind: "same" }
const replace: RuleChange = { kind: "replace" }
const narrower = (why: string): RuleChange => ({ kind: "narrower", why })

export function compareRules(old: CheckRule, wanted: CheckRule): RuleChange {
  if (JSON.stringify(old) === JSON.stringify(wanted)) return same
  if (old.kind === "length" && wanted.kind === "length") {
    return wanted.max >= old.max
      ? replace
      : narrower(`texts were allowed ${old.max} characters and now only ${wanted.max}`)
  }
  if (old.kind === "values" && wanted.kind === "values") {
    const gone = old.values.filter((value) => !wanted.values.includes(value))
    return gone.length === 0 ? replace : narrower(`the values ${gone.map((value) => `"${value}"`).join(", ")} are gone`)
  }
  if (old.kind === "range" && wanted.kind === "range") {
    const isHigher = wanted.min !== undefined && (old.min === undefined || compareDecimals(wanted.min, old.min) > 0)
    const isLower = wanted.max !== undefined && (old.max === undefined || compareDecimals(wanted.max, old.max) < 0)
    const words = [
      isHigher ? `the smallest value is now ${wanted.min}` : "",
      isLower ? `the largest value is now ${wanted.max}` : "",
    ]
    return isHigher || isLower ? narrower(words.filter(Boolean).join(" and ")) : replace
  }
  return replace
}
