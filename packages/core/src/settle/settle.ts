import type { ColumnMember, OneMember, ResolvedModel } from "../catalog.ts"
import { changeLimits } from "../change.ts"
import { ArchipelError, type Mistake, serviceUnavailable } from "../errors.ts"
import type { Rights } from "../gate/rights.ts"
import { parseValue } from "../values.ts"
import { Dirty } from "./dirty.ts"
import type { ConditionScope } from "./evaluate-condition.ts"
import { type CheckNode, type Graph, isValueNode, type ValueNode } from "./graph.ts"
import { Loading } from "./loading.ts"
import { lockTargets } from "./lock-targets.ts"
import { type PathTree, pathTreeOf } from "./path-tree.ts"
import { Readiness } from "./readiness.ts"
import { RecordViews } from "./record-view.ts"
import { rollUp } from "./rollup.ts"
import type { SettleSource } from "./source.ts"
import { isTellable } from "./tellable.ts"
import { changedColumns, isNew, referenceOf, sameValue, type Work, type WorkRow } from "./work.ts"

/** A problem that does not stop the write. */
export interface Warning {
  readonly path: string
  readonly code: string
}

/** What is wrong with a write, and what is worth saying; without errors it can be stored. */
export interface Settled {
  readonly errors: readonly Mistake[]
  readonly warnings: readonly Warning[]
}

/** What a write brings besides its records. */
export interface SettleOptions extends ConditionScope {
  /** What a column gets that nobody names and nothing suggests. */
  defaultOf(member: ColumnMember): unknown
  /** References into other services that the request names: their records must exist, if their owners answer. */
  readonly references?: readonly { readonly path: string; readonly member: OneMember; readonly id: string }[]
  /** Of who writes: nobody is told of a warning that follows from what they may not read. */
  readonly rights: Rights
  /**
   * Whether all records are new, and it is known that what is computed and checked follows from nothing but them, and nothing else
   * from them: then nothing is looked for.
   */
  readonly alone?: boolean
  /** Without locks and other records: what a form shows before it is saved. */
  readonly draft?: boolean
  /** A stored value that is computed anew for all records of `work`, though nothing that it follows from has changed. */
  readonly again?: ColumnMember
}

/** The mistake of a reference to a record that does not exist or may not be read: the same for both. */
export const missingReference = (path: string, member: { readonly name: string; readonly to: string }): Mistake => ({
  path,
  code: "reference.missing",
  detail: `${member.name} refers to a ${member.to} that does not exist, or that you may not read.`,
})

/**
 * Brings a write's records to rest: suggestions and stored values in the order of the graph, each once, then what must hold.
 * Everything happens in memory; `work` then says what there is to write.
 *
 * Other records whose stored values follow are locked, loaded and changed with it.
 *
 * @throws `record.too_many_targets`, `service.unavailable`, and what an author's function refuses
 */
export async function settle(graph: Graph, work: Work, source: SettleSource, options: SettleOptions): Promise<Settled> {
  return new Settler(graph, work, source, options).run()
}

class Settler {
  readonly #graph: Graph
  readonly #work: Work
  readonly #source: SettleSource
  readonly #options: SettleOptions
  readonly #dirty: Dirty
  readonly #loading: Loading
  readonly #readiness: Readiness
  readonly #errors: Mistake[] = []
  readonly #warnings: Warning[] = []
  /** Suggestions that could not be made, by where they belong: the service that does not answer. */
  readonly #unavailable = new Map<string, string>()

  constructor(graph: Graph, work: Work, source: SettleSource, options: SettleOptions) {
    this.#graph = graph
    this.#work = work
    this.#source = source
    this.#options = options
    this.#dirty = new Dirty(graph, work, source, options.draft ?? false)
    const named = new Map<ResolvedModel, Set<string>>()
    for (const { member, id } of options.references ?? []) {
      named.set(member.target, (named.get(member.target) ?? new Set()).add(id))
    }
    this.#loading = new Loading(work, source, graph.targets, named)
    this.#readiness = new Readiness(work, this.#loading)
  }

  async run(): Promise<Settled> {
    if (!this.#options.alone) {
      for (const row of this.#work.all()) this.#dirty.row(row)
      for (const link of this.#work.links) this.#dirty.link(link)
      this.#markAgain()
    }
    await this.#prefetch()
    if (!this.#options.draft && !this.#options.alone) await lockTargets(this.#graph, this.#work, this.#loading)
    for (const node of this.#graph.nodes) {
      if (!isValueNode(node)) continue
      const rows = this.#options.alone ? this.#newRows(node.model) : await this.#rowsOf(node)
      if (rows.length === 0) continue
      if (node.kind === "suggest") await this.#suggest(node, rows)
      else if (node.kind === "compute") await this.#compute(node, rows)
      else await this.#rollUp(node, rows)
    }
    this.#required()
    // A record that lacks values cannot be judged: functions may rely on their types.
    if (this.#errors.length === 0) {
      for (const node of this.#graph.nodes) if (!isValueNode(node)) await this.#check(node)
    }
    return { errors: this.#errors, warnings: this.#warnings }
  }

  #markAgain(): void {
    const { again } = this.#options
    if (again === undefined) return
    for (const node of this.#graph.nodes)
      if (isValueNode(node) && node.field === again)
        for (const row of this.#work.ofModel(again.model).values()) this.#dirty.node(node, row.id)
  }

  /** One call to each other service for all that the written records refer to, instead of one for each suggestion. */
  async #prefetch(): Promise<void> {
    const wanted = new Map<ResolvedModel, { ids: Set<string>; paths: Set<string> }>()
    const want = (target: ResolvedModel) => {
      let known = wanted.get(target)
      if (!known) wanted.set(target, (known = { ids: new Set(), paths: new Set() }))
      return known
    }
    const collect = (tree: PathTree, rows: readonly WorkRow[], isMoved: boolean): void => {
      const moved = (row: WorkRow, { name }: OneMember) =>
        isMoved || isNew(row) || !sameValue(row.before?.[name], row.values[name])
      for (const [member, paths] of tree.remotes) {
        const call = want(member.target)
        for (const path of paths) call.paths.add(path)
        for (const row of rows) {
          const id = moved(row, member) ? referenceOf(row, member) : undefined
          if (id !== undefined) call.ids.add(id)
        }
      }
      // Through records that are written themselves, such as a line's parent.
      for (const [hop, sub] of tree.hops) {
        if (hop.kind !== "one") continue
        for (const row of rows) {
          const id = referenceOf(row, hop)
          const target = id === undefined ? undefined : this.#work.row(hop.target, id)
          if (target) collect(sub, [target], moved(row, hop))
        }
      }
    }
    for (const { member, id } of this.#options.references ?? []) want(member.target).ids.add(id)
    for (const [model, nodes] of this.#graph.ofModel) {
      const rows = [...this.#work.ofModel(model).values()].filter((row) => row.inTree && !row.deleted)
      if (rows.length === 0) continue
      for (const node of nodes) {
        const tree = pathTreeOf(node.paths)
        if (tree.hops.size === 0 && tree.remotes.size === 0) continue
        const open = node.kind === "suggest" ? rows.filter((row) => !row.named.has(node.field.name)) : rows
        collect(tree, open, false)
      }
    }
    await Promise.all([...wanted].map(([target, { ids, paths }]) => this.#loading.remote(target, ids, paths)))
    for (const { path, member, id } of this.#options.references ?? []) {
      if (this.#loading.remoteRecord(member.target, id) || this.#loading.isAway(member.target)) continue
      this.#errors.push(missingReference(path, member))
    }
  }

  #newRows(model: ResolvedModel): WorkRow[] {
    return [...this.#work.ofModel(model).values()].filter(isNew)
  }

  async #rowsOf(node: ValueNode): Promise<WorkRow[]> {
    const ids = await this.#dirty.ids(node)
    if (ids.size === 0) return []
    if (this.#options.draft) {
      const rows =
        node.kind === "suggest"
          ? await this.#loading.rows(node.model, ids, "none")
          : [...ids].flatMap((id) => this.#work.row(node.model, id) ?? [])
      return rows.filter((row) => !row.deleted)
    }
    if (node.kind === "suggest")
      return (await this.#loading.rows(node.model, ids, "change")).filter((row) => !row.deleted)
    const others = [...ids].filter((id) => this.#work.row(node.model, id)?.inTree !== true)
    if (others.length > changeLimits.recompute) {
      throw new ArchipelError("record.too_many_targets", {
        model: node.model.name,
        field: node.field.name,
        limit: changeLimits.recompute,
      })
    }
    return (await this.#loading.rows(node.model, ids, "change")).filter((row) => !row.deleted)
  }

  /** Stores a value that followed; what follows from it in turn is looked at later, since the graph is in order. */
  #assign(node: ValueNode, row: WorkRow, value: unknown): void {
    const { field } = node
    let stored: unknown = null
    if (value !== null && value !== undefined) {
      const parsed = parseValue(field, value)
      if (!parsed.ok) {
        this.#errors.push({
          path: `${row.path}/${field.name}`,
          code: parsed.code,
          detail: `${field.name} ${parsed.detail}`,
        })
        return
      }
      stored = parsed.value
    }
    if (sameValue(row.values[field.name] ?? null, stored)) {
      row.values[field.name] = stored
      return
    }
    row.values[field.name] = stored
    if (!this.#options.alone) this.#dirty.column(row, field.name)
  }

  async #suggest(node: Extract<ValueNode, { kind: "suggest" }>, rows: readonly WorkRow[]): Promise<void> {
    const { field } = node
    const tree = pathTreeOf(node.paths)
    const open = rows.filter((row) => !row.named.has(field.name))
    await this.#loading.tree(tree, open, false)
    if (node.sticky)
      await this.#loading.treeBefore(
        tree,
        open.filter((row) => !isNew(row)),
      )
    const views = new RecordViews(this.#work, this.#loading)
    const made: [WorkRow, unknown][] = []
    for (const row of open) {
      if (this.#readiness.isAway(row, tree)) {
        const path = `${row.path}/${field.name}`
        this.#warnings.push({ path, code: "suggestion.unavailable" })
        this.#unavailable.set(path, this.#readiness.awayService(tree))
        if (isNew(row)) made.push([row, this.#options.defaultOf(field)])
        continue
      }
      const isReady = !this.#readiness.lacks(row, tree) && this.#readiness.isThere(row, tree)
      if (!isReady) {
        if (isNew(row)) made.push([row, this.#options.defaultOf(field)])
        continue
      }
      if (node.sticky && !isNew(row)) {
        // A stored value that differs from what was suggested then was set by somebody.
        const then = node.run(views.view(row, tree, true) as never) ?? null
        const parsed = then === null ? null : parseValue(field, then)
        const suggested = parsed === null ? null : parsed.ok ? parsed.value : undefined
        if (!sameValue(row.before?.[field.name] ?? null, suggested)) continue
      }
      made.push([row, node.run(views.view(row, tree) as never) ?? this.#options.defaultOf(field)])
    }
    for (const [row, value] of made) this.#assign(node, row, value)
  }

  async #compute(node: Extract<ValueNode, { kind: "compute" }>, rows: readonly WorkRow[]): Promise<void> {
    const tree = pathTreeOf(node.paths)
    if (!this.#options.alone) await this.#loading.tree(tree, rows, !this.#options.draft)
    const views = new RecordViews(this.#work, this.#loading)
    const made: [WorkRow, unknown][] = []
    for (const row of rows) {
      if (!this.#readiness.lacks(row, tree) && this.#readiness.isThere(row, tree))
        made.push([row, node.run(views.view(row, tree) as never)])
    }
    for (const [row, value] of made) this.#assign(node, row, value)
  }

  async #rollUp(node: Extract<ValueNode, { kind: "rollup" }>, rows: readonly WorkRow[]): Promise<void> {
    const values = await rollUp(node.rollup, rows, this.#work, this.#loading, this.#source, this.#options)
    for (const row of rows) this.#assign(node, row, values.get(row.id))
  }

  #required(): void {
    for (const row of this.#work.all()) {
      if (row.deleted || !(isNew(row) || row.inTree)) continue
      for (const member of isNew(row) ? row.model.columns : changedColumns(row)) {
        if (member.optional || member.writtenBy === "framework" || member.writtenBy === "compute") continue
        if ((row.values[member.name] ?? null) !== null) continue
        const path = `${row.path}/${member.name}`
        const service = this.#options.draft ? undefined : this.#unavailable.get(path)
        // Not the caller's mistake: the value would have been suggested.
        if (service !== undefined) throw serviceUnavailable(service)
        this.#errors.push({
          path,
          code: "value.required",
          detail: `${member.name} is required.`,
        })
      }
    }
  }

  /** The records that a check is to be made of, with what it looks at. */
  async #checked(node: CheckNode, tree: PathTree): Promise<WorkRow[]> {
    const ids = await this.#dirty.ids(node)
    if (ids.size > changeLimits.recompute) {
      throw new ArchipelError("record.too_many_targets", {
        model: node.model.name,
        field: node.code,
        limit: changeLimits.recompute,
      })
    }
    const known = this.#options.draft
      ? [...ids].flatMap((id) => this.#work.row(node.model, id) ?? [])
      : await this.#loading.rows(node.model, ids, "none", tree.columns)
    const rows = known.filter((row) => !row.deleted)
    await this.#loading.tree(tree, rows, !this.#options.draft)
    return rows
  }

  async #check(node: CheckNode): Promise<void> {
    if (node.kind === "warn" && !isTellable(node, this.#options.rights)) return
    const tree = pathTreeOf(node.paths)
    const rows = this.#options.alone ? this.#newRows(node.model) : await this.#checked(node, tree)
    const views = new RecordViews(this.#work, this.#loading)
    for (const row of rows) {
      if (this.#readiness.isAway(row, tree)) {
        if (node.kind === "check" && !this.#options.draft) {
          const service = this.#readiness.awayService(tree)
          throw serviceUnavailable(service)
        }
        this.#warnings.push({ path: row.path, code: "check.unavailable" })
        continue
      }
      if (!this.#readiness.isThere(row, tree)) continue
      if (node.run(views.view(row, tree) as never)) continue
      if (node.kind === "warn") this.#warnings.push({ path: row.path, code: node.code })
      else this.#errors.push({ path: row.path, code: node.code, detail: `The check ${node.code} does not hold.` })
    }
  }
}
