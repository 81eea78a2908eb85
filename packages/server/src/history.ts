/**
 * The history of a record as somebody may see it: what is written down is whole, and cut when it is read.
 *
 * @module
 */
import {
  ArchipelError,
  assertKnown,
  type Principal,
  type Query,
  queryLimits,
  type RecordSight,
  recordSight,
  type ResolvedModel,
  type Rights,
  rightsOf,
  type ServiceDefinition,
} from "@archipel/core"
import { type Database, type HistoryChanges, type HistoryEntry, type HistoryLine, historyOf } from "@archipel/data"
import { portions } from "./compose.ts"
import type { ComposedPage, RequestContext } from "./service-runtime.ts"

/** Entries of a page. */
export const historyLimits = { page: 200, defaultPage: 50 } as const

export interface HistoryPage {
  readonly data: readonly ShownEntry[]
  /** For `after`; null where nothing older is left. */
  readonly next: string | null
}

/** One write as it is shown. */
export interface ShownEntry {
  readonly at: string
  readonly operation: string
  readonly action?: string
  readonly version: number
  readonly actor: HistoryEntry["actor"]
  /** The line that did it by itself; left out for the record. */
  readonly line?: { readonly model: string; readonly id: string }
  readonly changes: HistoryChanges
}

interface Asked {
  readonly definition: ServiceDefinition
  readonly database: Database
  query(query: Query): Promise<Pick<ComposedPage, "data">>
}

interface Row {
  readonly id: string
  readonly _masked?: readonly string[]
}

const maskedOf = (row: Row | undefined): readonly string[] | undefined => row && (row._masked ?? [])

/** The cut of one page: what depends on records is asked in one query a model. */
class Cut {
  readonly #rights: Rights
  readonly #sights = new Map<ResolvedModel, RecordSight>()
  /** By model and id; those that may not be seen, or are gone, are not there. */
  readonly #rows = new Map<ResolvedModel, Map<string, Row>>()
  readonly #wanted = new Map<ResolvedModel, Set<string>>()

  constructor(rights: Rights) {
    this.#rights = rights
  }

  sight(model: ResolvedModel): RecordSight {
    let sight = this.#sights.get(model)
    if (!sight) this.#sights.set(model, (sight = recordSight(this.#rights, model)))
    return sight
  }

  know(model: ResolvedModel, row: Row): void {
    let rows = this.#rows.get(model)
    if (!rows) this.#rows.set(model, (rows = new Map()))
    rows.set(row.id, row)
  }

  /** Notes every line and link whose right to be seen depends on it. */
  want(model: ResolvedModel, changes: HistoryChanges): void {
    for (const [name, change] of Object.entries(changes)) {
      const list = model.lists.find((each) => each.name === name)
      if (!list?.local) continue
      const { target } = list
      if (Array.isArray(change)) {
        for (const line of change as readonly HistoryLine[]) {
          this.wantRecord(target, line.id)
          this.want(target, line.changes)
        }
      } else if ("added" in change && this.#rights.of(target).read.kind !== "true") {
        for (const id of [...change.added, ...change.removed]) this.#note(target, id)
      }
    }
  }

  wantRecord(model: ResolvedModel, id: string): void {
    if (!this.sight(model).isSettled || this.#rights.of(model).readAsLine.kind !== "true") this.#note(model, id)
  }

  #note(model: ResolvedModel, id: string): void {
    const ids = this.#wanted.get(model)
    if (ids) ids.add(id)
    else this.#wanted.set(model, new Set([id]))
  }

  async ask(query: Asked["query"]): Promise<void> {
    for (const [model, ids] of this.#wanted) {
      if (this.#rights.of(model).read.kind === "false") continue
      for (const some of portions(ids)) {
        const { select } = this.sight(model)
        const asked: Query = {
          model: model.name,
          select,
          where: { id: { in: some } },
          limit: queryLimits.page,
          archived: "any",
        }
        for (const row of JSON.parse((await query(asked)).data) as Row[]) this.know(model, row)
      }
    }
  }

  /**
   * Whether a line may be seen, as every line of its record may or because it was found, and that it belongs to the record, which is a
   * cell of its own.
   */
  seesLine(model: ResolvedModel, id: string): boolean {
    const row = this.#rows.get(model)?.get(id)
    if (row === undefined && this.#rights.of(model).readAsLine.kind !== "true") return false
    const { owner } = model
    return owner === undefined || this.sight(model).shows(owner.inverse.name, maskedOf(row))
  }

  #seesTarget(model: ResolvedModel, id: string): boolean {
    return this.#rights.of(model).read.kind === "true" || this.#rows.get(model)?.has(id) === true
  }

  shown(model: ResolvedModel, id: string, changes: HistoryChanges): HistoryChanges {
    const masked = maskedOf(this.#rows.get(model)?.get(id))
    const shown: Record<string, HistoryChanges[string]> = {}
    for (const [name, change] of Object.entries(changes)) {
      if (!this.sight(model).shows(name, masked)) continue
      const target = model.lists.find((list) => list.name === name)?.target
      if (Array.isArray(change)) {
        if (target) shown[name] = this.#lines(target, change as readonly HistoryLine[])
      } else if ("added" in change) {
        const seen = (ids: readonly string[]) => ids.filter((each) => target && this.#seesTarget(target, each))
        shown[name] = { added: seen(change.added), removed: seen(change.removed) }
      } else shown[name] = change as HistoryChanges[string]
    }
    return shown
  }

  #lines(target: ResolvedModel, lines: readonly HistoryLine[]): readonly HistoryLine[] {
    return lines
      .filter(({ id }) => this.seesLine(target, id))
      .map((line) => ({ ...line, changes: this.shown(target, line.id, line.changes) }))
  }
}

const cursorOf = (id: string): string => Buffer.from(id).toString("base64url")

/** @throws `query.bad_cursor` */
function idOfCursor(cursor: string): string {
  const id = Buffer.from(cursor, "base64url").toString()
  if (!/^\d{1,18}$/.test(id)) throw new ArchipelError("query.bad_cursor", {})
  return id
}

/**
 * What happened to a record, newest first. Who may read the record, and is logged in, may read its history: of fields, lines and links
 * what may be seen of them today, and who did it where `updatedBy` may be seen.
 *
 * @throws `record.not_found`, `access.denied`, `query.unknown_model`, `query.bad_cursor`
 */
export async function recordHistory(
  { definition, database, query }: Asked,
  principal: Principal,
  {
    model: name,
    id,
    after,
    limit,
  }: { readonly model: string; readonly id: string; readonly after?: string; readonly limit: number },
  { signal }: RequestContext,
): Promise<HistoryPage> {
  const model = definition.models.get(name)?.model
  if (!model) throw new ArchipelError("query.unknown_model", { model: name })
  assertKnown(principal, name, "read the history")
  const before = after === undefined ? {} : { before: idOfCursor(after) }
  const cut = new Cut(rightsOf(definition, principal))
  const select = cut.sight(model).select
  const found = JSON.parse(
    (await query({ model: name, select, where: { id }, limit: 1, archived: "any" })).data,
  ) as Row[]
  const [record] = found
  if (!record) throw new ArchipelError("record.not_found", { model: name, id })
  cut.know(model, record)
  const names = cut.sight(model).shows("updatedBy", maskedOf(record))
  const entries = await historyOf(database, { model, id, limit, ...before }, signal ? { signal } : {})
  const page = entries.slice(0, limit)
  const modelOf = (entry: HistoryEntry): ResolvedModel =>
    model.lists.find((list) => list.to === entry.model)?.target ?? model
  for (const entry of page) {
    const of = modelOf(entry)
    if (of !== model) cut.wantRecord(of, entry.record)
    cut.want(of, entry.changes)
  }
  await cut.ask(query)
  return {
    data: page.flatMap((entry): ShownEntry[] => {
      const of = modelOf(entry)
      const isLine = of !== model
      if (isLine && !cut.seesLine(of, entry.record)) return []
      const { at, operation, action, version, actor } = entry
      return [
        {
          at,
          operation,
          ...(action === null ? {} : { action }),
          version,
          actor: names || actor.id === principal.id ? actor : { kind: actor.kind, id: null },
          ...(isLine ? { line: { model: entry.model, id: entry.record } } : {}),
          changes: cut.shown(of, entry.record, entry.changes),
        },
      ]
    }),
    next: entries.length > limit ? cursorOf((page.at(-1) as HistoryEntry).id) : null,
  }
}
