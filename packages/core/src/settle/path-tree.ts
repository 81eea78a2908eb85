import type { ColumnMember, OneMember } from "../catalog.ts"
import type { DependencyPath, Hop } from "./dependency-path.ts"

/** Paths that begin alike, merged: what to load of a record, and of those it leads to. */
export interface PathTree {
  readonly columns: Set<ColumnMember>
  readonly hops: Map<Hop, PathTree>
  /** References into other services, with the paths from there. */
  readonly remotes: Map<OneMember, Set<string>>
}

const empty = (): PathTree => ({ columns: new Set(), hops: new Map(), remotes: new Map() })

/** Dependencies merged by their first steps: what is loaded of one record. */
export function pathTree(paths: readonly DependencyPath[]): PathTree {
  const root = empty()
  for (const path of paths) {
    let at = root
    for (const hop of path.hops) {
      if (hop.kind === "one") at.columns.add(hop)
      let next = at.hops.get(hop)
      if (!next) at.hops.set(hop, (next = empty()))
      at = next
    }
    if (path.column) at.columns.add(path.column)
    if (path.remote) {
      const { member } = path.remote
      at.columns.add(member)
      const known = at.remotes.get(member)
      if (known) known.add(path.remote.path)
      else at.remotes.set(member, new Set([path.remote.path]))
    }
  }
  return root
}

const trees = new WeakMap<readonly DependencyPath[], PathTree>()

/** The tree of a node's paths, made once. */
export function pathTreeOf(paths: readonly DependencyPath[]): PathTree {
  const known = trees.get(paths)
  if (known) return known
  const made = pathTree(paths)
  trees.set(paths, made)
  return made
}
