import type { Loading } from "./loading.ts"
import type { PathTree } from "./path-tree.ts"
import { referenceOf, type Work, type WorkRow } from "./work.ts"

/** Whether what an author's function sees of a record would be what its types promise. */
export class Readiness {
  readonly #work: Work
  readonly #loading: Loading

  constructor(work: Work, loading: Loading) {
    this.#work = work
    this.#loading = loading
  }

  /** Whether a required value of the record's own is missing, so that the function would see what its type excludes. */
  lacks(row: WorkRow, tree: PathTree): boolean {
    for (const { name, optional, writtenBy } of tree.columns) {
      if (!optional && writtenBy !== "framework" && (row.values[name] ?? null) === null) return true
    }
    return false
  }

  /** Whether a record that the paths need is at a neighbour that does not answer. */
  isAway(row: WorkRow, tree: PathTree): boolean {
    for (const member of tree.remotes.keys()) {
      const id = referenceOf(row, member)
      if (id !== undefined && !this.#loading.remoteRecord(member.target, id) && this.#loading.isAway(member.target))
        return true
    }
    for (const [hop, sub] of tree.hops) {
      if (hop.kind !== "one") continue
      const id = referenceOf(row, hop)
      const target = id === undefined ? undefined : this.#work.row(hop.target, id)
      if (target && this.isAway(target, sub)) return true
    }
    return false
  }

  /** Whether the required references that the paths walk lead to a record: the function's types say so. */
  isThere(row: WorkRow, tree: PathTree): boolean {
    for (const member of tree.remotes.keys()) {
      if (member.optional && referenceOf(row, member) === undefined) continue
      const id = referenceOf(row, member)
      if (id === undefined || !this.#loading.remoteRecord(member.target, id)) return false
    }
    for (const [hop, sub] of tree.hops) {
      if (hop.kind !== "one") continue
      const id = referenceOf(row, hop)
      const target = id === undefined ? undefined : this.#work.row(hop.target, id)
      if (!target) {
        if (hop.optional && id === undefined) continue
        return false
      }
      if (!this.isThere(target, sub)) return false
    }
    return true
  }

  awayService(tree: PathTree): string {
    for (const member of tree.remotes.keys()) if (this.#loading.isAway(member.target)) return member.target.service
    for (const sub of tree.hops.values()) {
      const found = this.awayService(sub)
      if (found) return found
    }
    return ""
  }
}
