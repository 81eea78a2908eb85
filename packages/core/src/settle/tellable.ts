import type { Condition } from "../gate/condition.ts"
import { type Rights, visibleThrough } from "../gate/rights.ts"
import type { DependencyPath } from "./dependency-path.ts"
import type { CheckNode } from "./graph.ts"

const isAlways = ({ kind }: Condition): boolean => kind === "true"

function isOpen({ hops, column, remote }: DependencyPath, rights: Rights): boolean {
  for (const hop of hops) {
    const mayFollow =
      hop.kind === "one"
        ? isAlways(rights.of(hop.model).readable(hop)) && isAlways(rights.of(hop.target).read)
        : isAlways(rights.of(hop.model).readable(hop)) && isAlways(visibleThrough(hop, rights, true))
    if (!mayFollow) return false
  }
  const last = remote?.member ?? column
  return last === undefined || isAlways(rights.of(last.model).readable(last))
}

const known = new WeakMap<Rights, Map<CheckNode, boolean>>()

/**
 * Whether somebody with these rights may be told of a warning: only if they may read everything that it follows from, of whatever
 * record. Else they could try values until a warning comes and goes, and so measure what is hidden from them. What it reads of other
 * services is for its author to judge.
 */
export function isTellable(node: CheckNode, rights: Rights): boolean {
  let ofRights = known.get(rights)
  if (!ofRights) known.set(rights, (ofRights = new Map()))
  let may = ofRights.get(node)
  if (may === undefined) ofRights.set(node, (may = node.paths.every((path) => isOpen(path, rights))))
  return may
}
