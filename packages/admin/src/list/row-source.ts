import type { WhereJson } from "@archipel/core"
import { isAborted } from "../api/problem.ts"
import type { CollectionQuery, Page, RecordData } from "../api/records.ts"
import { valueNear, type SortKey, splitAt } from "./interpolate.ts"

/**
 * The rows of one query by their position, however many there are: pages are asked for as they come into view, by cursors alone. A
 * chain of pages goes on from an anchor: from the first row forward, from the last one backward, and from somewhere between both ways
 * when somebody jumps there. Where that is is found by the value of what the rows are sorted by; its position is counted.
 *
 * @module
 */
export interface RowQuery {
  readonly select: readonly string[]
  readonly where: WhereJson | undefined
  readonly search: string | undefined
  readonly orderBy: readonly string[]
  readonly archived: "any" | "only" | undefined
}

/** As its service is asked: what is not said is left out. */
export const asked = ({ select, where, search, orderBy, archived }: RowQuery): CollectionQuery => ({
  select,
  ...(where === undefined ? {} : { where }),
  ...(search === undefined ? {} : { search }),
  ...(orderBy.length === 0 ? {} : { orderBy }),
  ...(archived === undefined ? {} : { archived }),
})

export interface RowSourceOptions {
  readonly query: RowQuery
  /** The first term of the order where its values can be reckoned with; undefined where they cannot (texts). */
  readonly sortKey: SortKey | undefined
  readonly ask: (query: CollectionQuery, signal: AbortSignal) => Promise<Page>
}

interface RowPage {
  /** What asks for it again; undefined for the first page of its chain. */
  readonly cursor: string | undefined
  rows: readonly RecordData[] | undefined
  /** Services whose part is missing in these rows. */
  partial: readonly string[]
}

/** Pages that follow one another, away from an anchor. */
interface Chain {
  readonly pages: RowPage[]
  readonly where: WhereJson | undefined
  /** Of the page after the last one that is known; null at the end of all rows. */
  next: string | undefined | null
  loading: boolean
}

interface Anchor {
  /** The position of the first row of `forward`; of a chain that only goes backward, of the row after its first one. */
  index: number
  readonly forward: Chain | undefined
  readonly backward: Chain | undefined
}

/** Rows of a page. */
export const PAGE = 100
/** Rows before and after those in view that are asked for, too, so that who scrolls on finds them. */
const AHEAD = PAGE / 2
/** So many pages are asked for one after the other before a jump is made. */
const MAX_WALK = 6
/** Anchors and rows that are kept; those used least go first. */
const MAX_ANCHORS = 24
const MAX_PAGES = 150

export interface RowSourceState {
  /** Rows in all; an estimate until `isExact`. Undefined until the first page came. */
  readonly total: number | undefined
  readonly isExact: boolean
  readonly error: unknown
  readonly partial: readonly string[]
}

export class RowSource {
  readonly #options: RowSourceOptions
  readonly #control = new AbortController()
  readonly #listeners = new Set<() => void>()
  readonly #anchors: Anchor[]
  readonly #used: RowPage[] = []
  readonly #changed = new Map<string, RecordData>()
  readonly #gone = new Set<string>()
  #state: RowSourceState = { total: undefined, isExact: false, error: undefined, partial: [] }
  #version = 0
  #jump: AbortController | undefined

  constructor(options: RowSourceOptions) {
    this.#options = options
    this.#anchors = [{ index: 0, forward: chain(options.query.where), backward: undefined }]
    void this.#extend(this.#anchors[0] as Anchor, "forward")
  }

  get state(): RowSourceState {
    return this.#state
  }
  /** Another one after each change of rows or state. */
  get version(): number {
    return this.#version
  }
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
  close(): void {
    this.#control.abort()
  }

  /** The row at a position, if it is here. */
  row(index: number): RecordData | undefined {
    const at = this.#pageAt(index)
    const found = at?.page.rows?.[at.offset]
    return found && (this.#changed.get(found.id) ?? found)
  }

  /** All rows that are here, in the order of their positions within each chain. */
  *loaded(): Iterable<RecordData> {
    for (const { page } of this.#pages()) for (const row of page.rows ?? []) yield this.#changed.get(row.id) ?? row
  }

  /** Where a row is, as far as it is here. */
  indexOf(id: string): number | undefined {
    for (const { page, from } of this.#pages()) {
      const at = page.rows?.findIndex((row) => row.id === id) ?? -1
      if (at >= 0) return from + at
    }
    return undefined
  }

  /** Shows a row as it is about to be, or as it came back; undefined shows it as it was read. */
  patch(id: string, row: RecordData | undefined): void {
    if (row === undefined) this.#changed.delete(id)
    else this.#changed.set(id, row)
    this.#tell()
  }

  /** Whether a row was deleted since it was read. */
  isGone(id: string): boolean {
    return this.#gone.has(id)
  }
  setGone(ids: readonly string[], gone: boolean): void {
    for (const id of ids) {
      if (gone) this.#gone.add(id)
      else this.#gone.delete(id)
    }
    this.#tell()
  }

  /** A number of rows that is better known than before. */
  setTotal(total: number): void {
    const before = this.#state.total
    const moved = before === undefined ? 0 : total - before
    // What was counted from the end moves with it.
    if (moved !== 0) for (const anchor of this.#anchors) if (!anchor.forward) anchor.index += moved
    this.#set({ total, isExact: true })
  }

  /** Asks for what is missing of a range that is shown, and around it; called again as rows come. */
  need(shownFrom: number, shownTo: number): void {
    const { total, error } = this.#state
    if (total === undefined || error !== undefined) return
    const from = Math.max(0, shownFrom - AHEAD)
    const to = Math.min(total, shownTo + AHEAD)
    if (from >= to) return
    for (let index = from; index < to + PAGE / 2; index += PAGE / 2) {
      const place = Math.min(index, to - 1)
      const at = this.#pageAt(place)
      if (at === undefined) {
        this.#reach(place)
        continue
      }
      if (at.page.rows === undefined) void this.#reload(at.anchor, at.way, at.number)
      this.#touch(at.page)
    }
  }

  /** The last rows, by one request however many there are before them. */
  needEnd(): void {
    const { total } = this.#state
    if (total === undefined || total <= PAGE || this.#anchors.some(({ forward }) => !forward)) return
    const anchor: Anchor = { index: total, forward: undefined, backward: chain(this.#options.query.where) }
    this.#add(anchor)
    void this.#extend(anchor, "backward")
  }

  /**
   * Reads again what is here, without taking it from view meanwhile. Where rows came or went, positions are not what they were: then
   * all is asked for anew from the first row on.
   */
  async refresh(): Promise<void> {
    const recent = new Set(this.#used.slice(-4))
    const reloads: Promise<boolean>[] = []
    for (const anchor of this.#anchors) {
      for (const way of ["forward", "backward"] as const) {
        for (const [number, page] of (anchor[way]?.pages ?? []).entries()) {
          if (recent.has(page)) reloads.push(this.#reload(anchor, way, number))
          else {
            page.rows = undefined
            page.partial = []
          }
        }
      }
    }
    const isSame = (await Promise.all(reloads)).every(Boolean)
    if (!isSame) {
      const head: Anchor = { index: 0, forward: chain(this.#options.query.where), backward: undefined }
      await this.#extend(head, "forward")
      if (head.forward?.pages.length !== 0) this.#anchors.splice(0, this.#anchors.length, head)
    }
    this.#changed.clear()
    this.#tell()
  }

  /** After a failure: begins again where it stopped. */
  retry(): void {
    this.#set({ error: undefined })
    if (this.#state.total === undefined) void this.#extend(this.#anchors[0] as Anchor, "forward")
  }

  /** Services whose part is missing in what is here. */
  #partial(): readonly string[] {
    return [...new Set([...this.#pages()].flatMap(({ page }) => page.partial))]
  }

  *#pages(): Iterable<{ readonly page: RowPage; readonly from: number }> {
    for (const { index, forward, backward } of this.#anchors) {
      for (const [i, page] of (forward?.pages ?? []).entries()) yield { page, from: index + i * PAGE }
      for (const [i, page] of (backward?.pages ?? []).entries()) {
        yield { page, from: index - i * PAGE - (page.rows?.length ?? PAGE) }
      }
    }
  }

  #pageAt(index: number) {
    for (const anchor of this.#anchors) {
      if (anchor.forward && index >= anchor.index) {
        const number = Math.floor((index - anchor.index) / PAGE)
        const page = anchor.forward.pages[number]
        if (page) return { anchor, way: "forward" as const, number, page, offset: (index - anchor.index) % PAGE }
      }
      if (anchor.backward && index < anchor.index) {
        const back = anchor.index - 1 - index
        const number = Math.floor(back / PAGE)
        const page = anchor.backward.pages[number]
        if (page) {
          const offset = (page.rows?.length ?? PAGE) - 1 - (back % PAGE)
          return { anchor, way: "backward" as const, number, page, offset }
        }
      }
    }
    return undefined
  }

  /** The next page of the nearest chain; a jump where that is far. */
  #reach(index: number): void {
    const ways = this.#anchors.flatMap((anchor) => {
      const forward = anchor.forward && index >= anchor.index ? anchor.forward : undefined
      const backward = anchor.backward && index < anchor.index ? anchor.backward : undefined
      return [
        ...(forward
          ? [
              {
                anchor,
                way: "forward" as const,
                chain: forward,
                far: (index - anchor.index) / PAGE - forward.pages.length,
              },
            ]
          : []),
        ...(backward
          ? [
              {
                anchor,
                way: "backward" as const,
                chain: backward,
                far: (anchor.index - index) / PAGE - backward.pages.length,
              },
            ]
          : []),
      ]
    })
    const nearest = ways.filter(({ chain: { next } }) => next !== null).toSorted((a, b) => a.far - b.far)[0]
    const { total = 0 } = this.#state
    if (nearest && nearest.far <= MAX_WALK) return void this.#extend(nearest.anchor, nearest.way)
    if (total - index <= MAX_WALK * PAGE && !this.#anchors.some(({ forward }) => !forward)) return this.needEnd()
    if (this.#options.sortKey) return void this.#jumpTo(index)
    if (nearest) void this.#extend(nearest.anchor, nearest.way)
  }

  async #extend(anchor: Anchor, way: "forward" | "backward"): Promise<void> {
    const at = anchor[way]
    if (!at || at.loading || at.next === null) return
    at.loading = true
    const cursor = at.next
    try {
      const page = await this.#ask(at, way, cursor)
      const added: RowPage = { cursor, rows: page.data, partial: page.partial }
      at.pages.push(added)
      at.next = way === "forward" ? page.next : page.previous
      this.#touch(added)
      this.#counted(anchor, way, page)
    } catch (error) {
      if (!isAborted(error)) this.#set({ error })
    } finally {
      at.loading = false
    }
  }

  #counted(anchor: Anchor, way: "forward" | "backward", page: Page): void {
    const isFirst = anchor.index === 0 && way === "forward"
    const { forward } = anchor
    const isWhole = isFirst && forward?.next === null
    // The end of a chain from the first row says how many there are, whatever the estimate was.
    const reached = isWhole ? forward.pages.reduce((sum, { rows }) => sum + (rows?.length ?? PAGE), 0) : undefined
    const seen = forward && way === "forward" ? anchor.index + forward.pages.length * PAGE - PAGE + page.data.length : 0
    const atLeast = seen + (way === "forward" && page.next !== null ? 1 : 0)
    const total = reached ?? Math.max(this.#state.total ?? page.count ?? 0, this.#state.isExact ? 0 : atLeast)
    const isExact = this.#state.isExact || reached !== undefined
    this.#set({ partial: this.#partial(), total, isExact, error: undefined })
  }

  /** @returns whether the page begins and ends with the rows that it had */
  async #reload(anchor: Anchor, way: "forward" | "backward", number: number): Promise<boolean> {
    const at = anchor[way]
    const page = at?.pages[number]
    if (!at || !page || reloading.has(page)) return true
    reloading.add(page)
    try {
      const before = page.rows
      const { data, partial } = await this.#ask(at, way, page.cursor)
      page.rows = data
      page.partial = partial
      this.#touch(page)
      this.#set({ partial: this.#partial(), error: undefined })
      return (
        before === undefined ||
        (before.length === data.length && before[0]?.id === data[0]?.id && before.at(-1)?.id === data.at(-1)?.id)
      )
    } catch (error) {
      if (!isAborted(error)) this.#set({ error })
      return true
    } finally {
      reloading.delete(page)
    }
  }

  #ask(at: Chain, way: "forward" | "backward", cursor: string | undefined, limit = PAGE): Promise<Page> {
    const isFirst = this.#state.total === undefined
    const place =
      cursor === undefined
        ? way === "backward"
          ? { last: true as const }
          : {}
        : way === "forward"
          ? { after: cursor }
          : { before: cursor }
    return this.#options.ask(
      {
        ...asked({ ...this.#options.query, where: at.where }),
        limit,
        ...(isFirst ? { count: "estimate" as const } : {}),
        ...place,
      },
      this.#control.signal,
    )
  }

  /** To where a position probably is: between the values of the rows at both sides that are here. */
  async #jumpTo(index: number): Promise<void> {
    if (this.#jump) return
    const { sortKey, query, ask } = this.#options
    const { total } = this.#state
    if (!sortKey || total === undefined) return
    const control = new AbortController()
    this.#jump = control
    const signal = AbortSignal.any([control.signal, this.#control.signal])
    try {
      if (!this.#anchors.some(({ forward }) => !forward)) {
        const anchor: Anchor = { index: total, forward: undefined, backward: chain(query.where) }
        this.#add(anchor)
        await this.#extend(anchor, "backward")
      }
      const value = valueNear(sortKey, this.#known(sortKey), index)
      if (value === undefined) return
      const { before, from } = splitAt(sortKey, value, query.where)
      const shared = {
        ...(query.search === undefined ? {} : { search: query.search }),
        ...(query.archived === undefined ? {} : { archived: query.archived }),
      }
      const { count = 0 } = await ask({ select: ["id"], where: before, limit: 1, count: "exact", ...shared }, signal)
      const anchor: Anchor = { index: count, forward: chain(from), backward: chain(before) }
      await Promise.all([this.#extend(anchor, "forward"), this.#extend(anchor, "backward")])
      this.#add(anchor)
      this.#tell()
    } catch (error) {
      if (!isAborted(error)) this.#set({ error })
    } finally {
      this.#jump = undefined
    }
  }

  /** Values of the sort's first term with their positions. */
  #known(key: SortKey): readonly { readonly index: number; readonly value: string }[] {
    const all: { index: number; value: string }[] = []
    for (const { page, from } of this.#pages()) {
      const ends = [0, (page.rows?.length ?? 0) - 1]
      for (const at of ends) {
        const value = key.valueOf(page.rows?.[at])
        if (value !== undefined) all.push({ index: from + at, value })
      }
    }
    return all.toSorted((a, b) => a.index - b.index)
  }

  #add(anchor: Anchor): void {
    this.#anchors.push(anchor)
    // The first and the last rows stay; of what was jumped to, the oldest goes.
    const jumps = this.#anchors.filter(({ forward, backward }) => forward && backward)
    if (jumps.length > MAX_ANCHORS) this.#anchors.splice(this.#anchors.indexOf(jumps[0] as Anchor), 1)
  }

  #touch(page: RowPage): void {
    const at = this.#used.indexOf(page)
    if (at >= 0) this.#used.splice(at, 1)
    this.#used.push(page)
    if (this.#used.length > MAX_PAGES) {
      const old = this.#used.shift()
      if (old) old.rows = undefined
    }
  }

  #set(state: Partial<RowSourceState>): void {
    this.#state = { ...this.#state, ...state }
    this.#tell()
  }

  #tell(): void {
    this.#version++
    for (const listener of this.#listeners) listener()
  }
}

/** Pages that are being read again, of all sources. */
const reloading = new WeakSet<RowPage>()

const chain = (where: WhereJson | undefined): Chain => ({ pages: [], where, next: undefined, loading: false })
