import type { ManyToManyMember } from "../catalog.ts"
import type { Graph, GraphNode, Trigger } from "./graph.ts"
import type { Hop } from "./dependency-path.ts"
import type { SettleSource } from "./source.ts"
import { changedColumns, isNew, type LinkChange, type Work, type WorkRow } from "./work.ts"

/** Which nodes are to be looked at for which records, because something changed that they follow from. */
export class Dirty {
  readonly #graph: Graph
  readonly #work: Work
  readonly #source: SettleSource
  readonly #treeOnly: boolean
  readonly #direct = new Map<GraphNode, Set<string>>()
  readonly #triggered = new Map<GraphNode, Map<Trigger, Set<WorkRow>>>()

  /** @param treeOnly Whether nothing beyond the written records is of interest. */
  constructor(graph: Graph, work: Work, source: SettleSource, treeOnly = false) {
    this.#graph = graph
    this.#work = work
    this.#source = source
    this.#treeOnly = treeOnly
  }

  /** All that changed of a record that the write makes, changes or deletes. */
  row(row: WorkRow): void {
    if (isNew(row)) {
      for (const node of this.#graph.ofModel.get(row.model) ?? []) this.node(node, row.id)
    }
    const columns = row.deleted || isNew(row) ? row.model.columns : changedColumns(row)
    for (const column of columns) this.column(row, column.name)
  }

  column(row: WorkRow, member: string): void {
    for (const trigger of this.#graph.triggers(row.model, member)) this.#trigger(trigger, row)
  }

  link(change: LinkChange): void {
    const own = this.#work.row(change.member.model, change.own)
    if (own) this.column(own, change.member.name)
    for (const member of change.member.target.members.values()) {
      if (
        member.kind !== "manyToMany" ||
        member.inverse !== change.member.name ||
        member.target !== change.member.model
      )
        continue
      const target = this.#work.row(member.model, change.target) ?? this.#work.load(member.model, { id: change.target })
      this.column(target, member.name)
    }
  }

  /** One node of one record. */
  node(node: GraphNode, id: string): void {
    const known = this.#direct.get(node)
    if (known) known.add(id)
    else this.#direct.set(node, new Set([id]))
  }

  #trigger(trigger: Trigger, row: WorkRow): void {
    if (trigger.hops.length === 0) {
      if (!row.deleted) this.node(trigger.node, row.id)
      return
    }
    let ways = this.#triggered.get(trigger.node)
    if (!ways) this.#triggered.set(trigger.node, (ways = new Map()))
    const rows = ways.get(trigger)
    if (rows) rows.add(row)
    else ways.set(trigger, new Set([row]))
  }

  /** The ids of the records whose node is to be looked at: one query for each relation on the way back. */
  async ids(node: GraphNode): Promise<ReadonlySet<string>> {
    const ids = new Set(this.#direct.get(node))
    for (const [{ hops }, rows] of this.#triggered.get(node) ?? []) {
      for (const id of await this.#walkBack(hops, rows, this.#treeOnly || node.kind === "suggest")) ids.add(id)
    }
    for (const id of ids) if (this.#work.row(node.model, id)?.deleted) ids.delete(id)
    return ids
  }

  async #walkBack(hops: readonly Hop[], rows: Iterable<WorkRow>, withinTree: boolean): Promise<ReadonlySet<string>> {
    let ids = new Set([...rows].map((row) => row.id))
    for (const hop of hops.toReversed()) {
      if (ids.size === 0) break
      if (hop.kind === "one") ids = await this.#referrers(hop, ids, withinTree)
      else if (hop.kind === "many") ids = await this.#parents(hop, ids, withinTree)
      else ids = await this.#linkers(hop, ids, withinTree)
    }
    return ids
  }

  /** Who refers to these records, or did before. */
  async #referrers(
    hop: Extract<Hop, { kind: "one" }>,
    ids: ReadonlySet<string>,
    withinTree: boolean,
  ): Promise<Set<string>> {
    const found = new Set<string>()
    const isOwner = hop.model.owner?.inverse === hop
    const stored = [...ids].filter((id) => {
      const row = this.#work.row(hop.target, id)
      return !row || !isNew(row)
    })
    // A suggestion is a default of what is being written: it never reaches into other records.
    if (stored.length > 0 && (!withinTree || isOwner)) {
      for (const values of await this.#source.referring(hop, stored.sort(), "none", []))
        found.add(values["id"] as string)
    }
    for (const row of this.#work.ofModel(hop.model).values()) {
      if (withinTree && !row.inTree) continue
      if (ids.has(row.values[hop.name] as string) || ids.has(row.before?.[hop.name] as string)) found.add(row.id)
    }
    return found
  }

  /** To whom these records belong, or did before: moving a line concerns both. */
  async #parents(
    hop: Extract<Hop, { kind: "many" }>,
    ids: ReadonlySet<string>,
    withinTree: boolean,
  ): Promise<Set<string>> {
    const found = new Set<string>()
    const unknown: string[] = []
    const by = hop.inverse.name
    for (const id of ids) {
      const row = this.#work.row(hop.target, id)
      if (!row || row.values[by] === undefined) {
        unknown.push(id)
        continue
      }
      for (const parent of [row.values[by], row.before?.[by]]) if (typeof parent === "string") found.add(parent)
    }
    if (unknown.length > 0) {
      for (const values of await this.#source.rows(hop.target, unknown.sort(), "none", [hop.inverse])) {
        const parent = values[by]
        if (typeof parent === "string") found.add(parent)
      }
    }
    if (!withinTree) return found
    return new Set([...found].filter((id) => this.#work.row(hop.model, id)?.inTree))
  }

  async #linkers(hop: ManyToManyMember, ids: ReadonlySet<string>, withinTree: boolean): Promise<Set<string>> {
    const found = new Set<string>()
    for (const { own } of await this.#source.links(hop, "target", [...ids].sort())) found.add(own)
    for (const link of this.#work.links) {
      const isOwn = link.member === hop
      const isInverse = link.member.model === hop.target && hop.inverse === link.member.name
      if (isOwn && ids.has(link.target)) found.add(link.own)
      if (isInverse && ids.has(link.own)) found.add(link.target)
    }
    if (!withinTree) return found
    return new Set([...found].filter((id) => this.#work.row(hop.model, id)?.inTree))
  }
}
