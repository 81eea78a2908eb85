import type { OneMember, ResolvedModel } from "../catalog.ts"
import type { Loading } from "./loading.ts"
import type { PathTree } from "./path-tree.ts"
import { referenceOf, type Work, type WorkRow } from "./work.ts"

/** The record that an author's function sees: exactly what its dependencies name, and the ids on the way. */
export class RecordViews {
  readonly #work: Work
  readonly #loading: Loading
  readonly #children = new Map<string, Map<string, WorkRow[]>>()

  /** Valid while nothing changes: children are looked up by an index of the moment. */
  constructor(work: Work, loading: Loading) {
    this.#work = work
    this.#loading = loading
  }

  /** @param before With stored values instead of the current ones, along references. */
  view(row: WorkRow, tree: PathTree, before = false): Record<string, unknown> {
    const own = before ? (row.before ?? row.values) : row.values
    const seen: Record<string, unknown> = {}
    for (const column of tree.columns) seen[column.name] = own[column.name] ?? null
    for (const [hop, sub] of tree.hops) {
      if (hop.kind === "one") {
        const id = own[hop.name] as string | null | undefined
        const target = id ? this.#work.row(hop.target, id) : undefined
        seen[hop.name] = target && !target.deleted ? { id: target.id, ...this.view(target, sub, before) } : null
      } else {
        const rows = hop.kind === "many" ? this.#childrenOf(hop.target, hop.inverse, row.id) : this.#linked(hop, row)
        seen[hop.name] = rows.map((child) => ({ id: child.id, ...this.view(child, sub) }))
      }
    }
    for (const member of tree.remotes.keys()) {
      const id = own[member.name] as string | null | undefined
      const record = id ? this.#loading.remoteRecord(member.target, id) : undefined
      seen[member.name] = id && record ? { id, ...record } : null
    }
    return seen
  }

  #linked(hop: Parameters<Loading["linksOf"]>[0], row: WorkRow): WorkRow[] {
    return [...this.#loading.linksOf(hop, row)]
      .sort()
      .flatMap((id) => this.#work.row(hop.target, id) ?? [])
      .filter((target) => !target.deleted)
  }

  #childrenOf(model: ResolvedModel, inverse: OneMember, id: string): readonly WorkRow[] {
    const key = `${model.name}.${inverse.name}`
    let index = this.#children.get(key)
    if (!index) {
      index = new Map()
      for (const child of this.#work.ofModel(model).values()) {
        const parent = referenceOf(child, inverse)
        if (parent === undefined) continue
        const known = index.get(parent)
        if (known) known.push(child)
        else index.set(parent, [child])
      }
      for (const children of index.values()) children.sort((a, b) => (a.id < b.id ? -1 : 1))
      this.#children.set(key, index)
    }
    return index.get(id) ?? []
  }
}
