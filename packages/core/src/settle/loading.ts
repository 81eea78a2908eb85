import type { ColumnMember, ManyToManyMember, ResolvedModel } from "../catalog.ts"
import type { PathTree } from "./path-tree.ts"
import type { LockMode, SettleSource } from "./source.ts"
import { isNew, referenceOf, sameValue, type Work, type WorkRow } from "./work.ts"

const hasColumns = (row: WorkRow, columns: Iterable<ColumnMember>): boolean => {
  if (row.locked) return true
  for (const column of columns) if (row.values[column.name] === undefined) return false
  return true
}

/** Ids by model. */
type Named = ReadonlyMap<ResolvedModel, ReadonlySet<string>>

const MISSING: unique symbol = Symbol("missing")

/** Loads into a write's memory what dependencies name: one query for each relation, whatever the number of records. */
export class Loading {
  readonly #work: Work
  readonly #source: SettleSource
  readonly #targets: ReadonlySet<ResolvedModel>
  /** Whose children of which relation are all in memory. */
  readonly #complete = new Map<string, Set<string>>()
  readonly #links = new Map<ManyToManyMember, Map<string, Set<string>>>()
  readonly #remote = new Map<
    string,
    Map<string, { readonly record: object; readonly paths: ReadonlySet<string> } | typeof MISSING>
  >()
  readonly #away = new Set<string>()

  readonly #named: Named

  /**
   * @param targets See `Graph.targets`.
   * @param named References into other services that the write's user named.
   */
  constructor(
    work: Work,
    source: SettleSource,
    targets: ReadonlySet<ResolvedModel> = new Set(),
    named: Named = new Map(),
  ) {
    this.#named = named
    this.#work = work
    this.#source = source
    this.#targets = targets
  }

  /** Records by id, with these columns; ids without a record are left out. */
  async rows(
    model: ResolvedModel,
    ids: Iterable<string>,
    lock: LockMode,
    columns?: Iterable<ColumnMember>,
  ): Promise<WorkRow[]> {
    const wanted = [...new Set(ids)]
    const missing = wanted.filter((id) => {
      const row = this.#work.row(model, id)
      if (!row) return true
      if (row.locked || row.deleted) return false
      if (lock === "change" || (lock === "share" && !row.shared)) return true
      return columns === undefined || !hasColumns(row, columns)
    })
    if (missing.length > 0) {
      // Of a record that was read before, all that was read is read again, or it would be of two moments.
      const again = missing.some((id) => this.#work.row(model, id))
      const needed = lock === "change" || columns === undefined || again ? undefined : [...columns]
      for (const values of await this.#source.rows(model, missing.sort(), lock, needed)) {
        this.#work.load(model, values, { locked: lock === "change", shared: lock === "share" })
      }
    }
    return wanted.flatMap((id) => this.#work.row(model, id) ?? [])
  }

  /** Loads the tree for `rows`. `lock` says whether what a new or moved reference leads to must stay as it is until the end. */
  async tree(tree: PathTree, rows: readonly WorkRow[], lock: boolean, moved: boolean = false): Promise<void> {
    if (rows.length === 0) return
    const first = rows[0] as WorkRow
    const partial = rows.filter((row) => !hasColumns(row, tree.columns))
    if (partial.length > 0)
      await this.rows(
        first.model,
        partial.map((r) => r.id),
        "none",
        tree.columns,
      )
    for (const [hop, sub] of tree.hops) {
      if (hop.kind === "one") {
        const fresh: string[] = []
        const settled: string[] = []
        for (const row of rows) {
          const id = referenceOf(row, hop)
          if (id === undefined) continue
          const isMoved = moved || isNew(row) || !sameValue(row.before?.[hop.name], row.values[hop.name])
          ;(lock && isMoved ? fresh : settled).push(id)
        }
        const [some, others] = [
          await this.rows(hop.target, fresh, this.#targets.has(hop.target) ? "change" : "share", sub.columns),
          await this.rows(hop.target, settled, "none", sub.columns),
        ]
        await this.tree(sub, some, lock, true)
        await this.tree(sub, others, lock)
      } else if (hop.kind === "many") {
        await this.tree(sub, await this.#children(hop, rows, sub.columns), lock)
      } else {
        const targets = await this.#linked(hop, rows)
        await this.tree(sub, await this.rows(hop.target, targets, "none", sub.columns), lock)
      }
    }
    for (const [member, paths] of tree.remotes) {
      const ids = rows.flatMap((row) => referenceOf(row, member) ?? [])
      await this.remote(member.target, ids, paths)
    }
  }

  /** Loads what the tree led to before the write: the records that stored references refer to. */
  async treeBefore(tree: PathTree, rows: readonly WorkRow[]): Promise<void> {
    for (const [hop, sub] of tree.hops) {
      if (hop.kind !== "one") continue
      const ids = rows.flatMap((row) => (row.before?.[hop.name] as string | null | undefined) ?? [])
      if (ids.length > 0) await this.treeBefore(sub, await this.rows(hop.target, ids, "none", sub.columns))
    }
    for (const [member, paths] of tree.remotes) {
      await this.remote(
        member.target,
        rows.flatMap((row) => (row.before?.[member.name] as string | null | undefined) ?? []),
        paths,
      )
    }
  }

  async #children(
    hop: Extract<Parameters<PathTree["hops"]["get"]>[0], { kind: "many" }>,
    rows: readonly WorkRow[],
    columns: Iterable<ColumnMember>,
  ): Promise<WorkRow[]> {
    const needed = new Set<ColumnMember>([...columns, hop.inverse])
    const key = `${hop.model.name}.${hop.name}|${[...needed]
      .map((m) => m.name)
      .sort()
      .join()}`
    let complete = this.#complete.get(key)
    if (!complete) this.#complete.set(key, (complete = new Set()))
    const parents = rows.filter((row) => !isNew(row) && !complete.has(row.id)).map((row) => row.id)
    if (parents.length > 0) {
      for (const values of await this.#source.referring(hop.inverse, parents, "none", [...needed]))
        this.#work.load(hop.target, values)
      for (const id of parents) complete.add(id)
    }
    const ids = new Set(rows.map((row) => row.id))
    return [...this.#work.ofModel(hop.target).values()].filter((child) =>
      ids.has(referenceOf(child, hop.inverse) ?? ""),
    )
  }

  async #linked(hop: ManyToManyMember, rows: readonly WorkRow[]): Promise<string[]> {
    let known = this.#links.get(hop)
    if (!known) this.#links.set(hop, (known = new Map()))
    const missing = rows.filter((row) => !isNew(row) && !known.has(row.id)).map((row) => row.id)
    for (const row of rows) if (!known.has(row.id)) known.set(row.id, new Set())
    if (missing.length > 0) {
      for (const { own, target } of await this.#source.links(hop, "own", missing)) known.get(own)?.add(target)
    }
    return rows.flatMap((row) => [...this.linksOf(hop, row)])
  }

  /** The ids that a loaded record is linked to, with the write's own changes. */
  linksOf(hop: ManyToManyMember, row: WorkRow): ReadonlySet<string> {
    const ids = new Set(this.#links.get(hop)?.get(row.id))
    for (const link of this.#work.links) {
      const isOwn = link.member === hop
      const isInverse =
        !isOwn &&
        link.member.target === hop.model &&
        hop.inverse === link.member.name &&
        link.member.model === hop.target
      if (!isOwn && !isInverse) continue
      const [from, to] = isOwn ? [link.own, link.target] : [link.target, link.own]
      if (from !== row.id) continue
      if (link.added) ids.add(to)
      else ids.delete(to)
    }
    return ids
  }

  /** Records of another service: one call for all that is missing. */
  async remote(model: ResolvedModel, ids: Iterable<string>, paths: ReadonlySet<string>): Promise<void> {
    let known = this.#remote.get(model.name)
    if (!known) this.#remote.set(model.name, (known = new Map()))
    const missing = [...new Set(ids)].filter((id) => {
      const one = known.get(id)
      return one === undefined || (one !== MISSING && [...paths].some((path) => !one.paths.has(path)))
    })
    if (missing.length === 0 || this.#away.has(model.service)) return
    const answer = await this.#source.remote(
      model,
      missing.sort(),
      [...paths].sort(),
      missing.filter((id) => this.#named.get(model)?.has(id)),
    )
    if (!answer) {
      this.#away.add(model.service)
      return
    }
    for (const id of missing) {
      const record = answer.get(id)
      known.set(id, record ? { record, paths } : MISSING)
    }
  }

  isAway(model: ResolvedModel): boolean {
    return this.#away.has(model.service)
  }

  remoteRecord(model: ResolvedModel, id: string): object | undefined {
    const one = this.#remote.get(model.name)?.get(id)
    return one === undefined || one === MISSING ? undefined : one.record
  }
}
