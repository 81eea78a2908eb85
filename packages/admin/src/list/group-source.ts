import type { WhereJson } from "@archipel/core"
import type { CollectionQuery, Page } from "../api/records.ts"
import { isAborted } from "../api/problem.ts"
import { groupOrder } from "./default-order.ts"
import type { Item, Items } from "./items.ts"
import type { SortKey } from "./interpolate.ts"
import { type RowQuery, RowSource } from "./row-source.ts"

/** A group of rows: its value, how many there are, and what they add up to. */
export interface GroupNode {
  /** Of all groups of the list, made of its values. */
  readonly id: string
  readonly depth: number
  /** What it is grouped by: "status", "date:month". */
  readonly term: string
  readonly value: unknown
  /** Undefined until its service has counted. */
  readonly count: number | undefined
  readonly sums: Readonly<Record<string, unknown>>
  readonly isOpen: boolean
}

interface Node extends Omit<GroupNode, "isOpen" | "count" | "sums"> {
  readonly where: WhereJson
  count: GroupNode["count"]
  sums: GroupNode["sums"]
  children: readonly Node[] | undefined
  rows: RowSource | undefined
}

export interface GroupSourceOptions {
  readonly query: RowQuery
  readonly terms: readonly string[]
  /** Paths that are added up. */
  readonly summed: readonly string[]
  readonly sortKey: SortKey | undefined
  readonly ask: (query: CollectionQuery, signal: AbortSignal) => Promise<Page>
  /** Ids of the groups that are open. */
  readonly open: Set<string>
  /** The values of a term in the order that its contract has them; undefined where the values order themselves. */
  readonly valuesOf: (term: string) => readonly string[] | undefined
  /** Records in all, as far as it is known. */
  readonly size: number | undefined
}

/** Groups of one level that are asked for. */
const MAX_GROUPS = 1_000
/** To count more records takes a database long enough to be noticed: their groups are shown before, where it is known which there can be. */
const MANY = 100_000

const splitTerm = (term: string): readonly [string, string | undefined] => {
  const [path = "", period] = term.split(":")
  return [path, period]
}

const DAY_MS = 86_400_000
function nextPeriod(day: string, period: string): string {
  const at = new Date(`${day}T00:00:00Z`)
  if (period === "year") at.setUTCFullYear(at.getUTCFullYear() + 1)
  else if (period === "quarter") at.setUTCMonth(at.getUTCMonth() + 3)
  else if (period === "month") at.setUTCMonth(at.getUTCMonth() + 1)
  else at.setTime(at.getTime() + DAY_MS * (period === "week" ? 7 : 1))
  return at.toISOString().slice(0, 10)
}

/** The rows of a group: those with its value, or within its period. */
export function groupCondition(term: string, value: unknown): WhereJson {
  const [path, period] = splitTerm(term)
  const id = typeof value === "object" && value !== null ? (value as { readonly id: unknown }).id : value
  let condition: unknown = id ?? null
  if (period !== undefined && typeof id === "string") condition = { gte: id, lt: nextPeriod(id, period) }
  for (const step of path.split(".").toReversed()) condition = { [step]: condition }
  return condition as WhereJson
}

const keyOf = (value: unknown): string =>
  typeof value === "object" && value !== null ? (value as { readonly id: string }).id : String(value)

const both = (a: WhereJson | undefined, b: WhereJson): WhereJson =>
  a === undefined ? b : ({ and: [a, b] } as WhereJson)

/** Groups with their sums, level by level, and the rows of those that are open. */
export class GroupSource implements Items {
  readonly #options: GroupSourceOptions
  readonly #control = new AbortController()
  readonly #listeners = new Set<() => void>()
  #roots: readonly Node[] | undefined
  #error: unknown
  #partial: readonly string[] = []
  #version = 0
  #spans: readonly { readonly from: number; readonly node: Node; readonly rows: RowSource | undefined }[] | undefined
  #length = 0

  constructor(options: GroupSourceOptions) {
    this.#options = options
    void this.#load(undefined)
  }

  get version(): number {
    return this.#version
  }
  get error(): unknown {
    return this.#error
  }
  /** Services whose part is missing in what is shown. */
  get partial(): readonly string[] {
    const rows = this.#flatten().flatMap((span) => span.rows?.state.partial ?? [])
    return [...new Set([...this.#partial, ...rows])]
  }
  get isLoaded(): boolean {
    return this.#roots !== undefined
  }
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
  close(): void {
    this.#control.abort()
    const each = (nodes: readonly Node[]): void => {
      for (const node of nodes) {
        node.rows?.close()
        each(node.children ?? [])
      }
    }
    each(this.#roots ?? [])
  }

  get length(): number {
    this.#flatten()
    return this.#length
  }

  at(index: number): Item | undefined {
    const span = this.#spanAt(index)
    if (!span) return undefined
    const { node, rows, from } = span
    if (rows) return { kind: "row", row: rows.row(index - from), depth: node.depth + 1, source: rows }
    const { id, depth, term, value, count, sums } = node
    return { kind: "group", group: { id, depth, term, value, count, sums, isOpen: this.#options.open.has(id) } }
  }

  need(from: number, to: number): void {
    for (const { from: start, rows } of this.#flatten()) {
      const length = rows?.state.total ?? 0
      if (rows && start < to && start + length > from)
        rows.need(Math.max(0, from - start), Math.min(length, to - start))
    }
  }
  needEnd(): void {
    this.#flatten().at(-1)?.rows?.needEnd()
  }

  toggle(id: string): void {
    const { open } = this.#options
    const node = this.#find(id, this.#roots ?? [])
    if (!node) return
    if (open.has(id)) {
      open.delete(id)
      node.rows?.close()
      node.rows = undefined
    } else {
      open.add(id)
      this.#fill(node)
    }
    this.#tell()
  }

  refresh(): Promise<void> {
    return this.#load(undefined)
  }

  #find(id: string, nodes: readonly Node[]): Node | undefined {
    for (const node of nodes) {
      if (node.id === id) return node
      const below = id.startsWith(node.id) ? this.#find(id, node.children ?? []) : undefined
      if (below) return below
    }
    return undefined
  }

  /** What is in a group that is opened: the groups below it, or its rows. */
  #fill(node: Node): void {
    const { terms, query, sortKey, ask } = this.#options
    if (node.depth + 1 < terms.length) {
      if (!node.children) void this.#load(node)
      return
    }
    if (node.rows) return
    const source = new RowSource({ query: { ...query, where: node.where }, sortKey, ask })
    node.rows = source
    // The group knows how many it has, so that its rows have their place at once.
    if (node.count !== undefined) source.setTotal(node.count)
    source.subscribe(() => this.#tell())
  }

  async #load(parent: Node | undefined): Promise<void> {
    const { terms, summed, query, ask } = this.#options
    const depth = parent ? parent.depth + 1 : 0
    const term = terms[depth]
    if (term === undefined) return
    const where = parent ? parent.where : query.where
    const sums = new Map(summed.map((path, i) => [path, `sum${i}`]))
    const adding = Object.fromEntries([...sums].map(([path, name]) => [name, `sum(${path})`]))
    const order = groupOrder(term, query.orderBy, sums)
    const byValue = order[0] === term ? 1 : order[0] === `-${term}` ? -1 : 0
    const values = this.#options.valuesOf(term)
    const nodeOf = (value: unknown): Node => ({
      id: `${parent?.id ?? ""}/${term}=${keyOf(value)}`,
      depth,
      term,
      value,
      count: undefined,
      sums: {},
      where: both(where, groupCondition(term, value)),
      children: undefined,
      rows: undefined,
    })
    const isFirst = parent === undefined && this.#roots === undefined
    const isWhole = where === undefined && query.search === undefined
    if (isFirst && isWhole && values && byValue !== 0 && (this.#options.size ?? 0) > MANY)
      this.#put(parent, (byValue > 0 ? values : values.toReversed()).map(nodeOf))
    const early = new Map((isFirst ? this.#roots : undefined)?.map((node) => [node.id, node]))
    try {
      const { data, partial } = await ask(
        {
          group: [term],
          aggregates: { count: "count", ...adding },
          orderBy: order,
          limit: MAX_GROUPS,
          ...(where === undefined ? {} : { where }),
          ...(query.search === undefined ? {} : { search: query.search }),
          ...(query.archived === undefined ? {} : { archived: query.archived }),
        },
        this.#control.signal,
      )
      const nodes = data.map((row): Node => {
        const made = nodeOf(row[term])
        // One that was shown before may be open.
        const node = early.get(made.id) ?? made
        node.count = Number(row["count"])
        node.sums = Object.fromEntries([...sums].map(([path, name]) => [path, row[name]]))
        node.rows?.setTotal(node.count)
        return node
      })
      if (values && byValue !== 0) {
        // Without a value comes last, as the database has it.
        const rank = ({ value }: Node): number => (value === null ? values.length : values.indexOf(String(value)))
        nodes.sort((a, b) => byValue * (rank(a) - rank(b)))
      }
      this.#error = undefined
      this.#partial = parent ? [...this.#partial, ...partial] : partial
      this.#put(parent, nodes)
    } catch (error) {
      if (isAborted(error)) return
      this.#error = error
      this.#tell()
    }
  }

  #put(parent: Node | undefined, nodes: readonly Node[]): void {
    if (parent) parent.children = nodes
    else {
      for (const node of this.#roots ?? []) if (!nodes.includes(node)) node.rows?.close()
      this.#roots = nodes
    }
    for (const node of nodes) if (this.#options.open.has(node.id)) this.#fill(node)
    this.#tell()
  }

  #flatten() {
    if (this.#spans) return this.#spans
    const spans: { from: number; node: Node; rows: RowSource | undefined }[] = []
    let at = 0
    const add = (nodes: readonly Node[]): void => {
      for (const node of nodes) {
        spans.push({ from: at, node, rows: undefined })
        at++
        if (!this.#options.open.has(node.id)) continue
        if (node.children) add(node.children)
        if (node.rows) {
          spans.push({ from: at, node, rows: node.rows })
          at += node.rows.state.total ?? 0
        }
      }
    }
    add(this.#roots ?? [])
    this.#length = at
    this.#spans = spans
    return spans
  }

  #spanAt(index: number) {
    const spans = this.#flatten()
    let low = 0
    let high = spans.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((spans[middle]?.from ?? 0) <= index) low = middle + 1
      else high = middle
    }
    return index < this.#length ? spans[low - 1] : undefined
  }

  #tell(): void {
    this.#spans = undefined
    this.#version++
    for (const listener of this.#listeners) listener()
  }
}
