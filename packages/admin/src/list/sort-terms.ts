import { splitList } from "../views/list-search.ts"

/**
 * The order after a press on a column's header: up, down, then as if it had not been pressed.
 *
 * @param asked What somebody asked for before, as the address has it: "-total,number".
 * @param add Leaves the other columns in the order.
 */
export function sortTerms(asked: string | undefined, path: string, add: boolean): string | undefined {
  const terms = splitList(asked)
  const at = terms.findIndex((term) => term === path || term === `-${path}`)
  const next = at < 0 ? path : terms[at] === path ? `-${path}` : undefined
  const others = add ? terms.filter((_, i) => i !== at) : []
  if (next === undefined) return others.join(",") || undefined
  return (add && at >= 0 ? terms.map((term, i) => (i === at ? next : term)) : [...others, next]).join(",")
}
