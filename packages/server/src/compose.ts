import {
  ArchipelError,
  type GroupTree,
  type PageTree,
  type Principal,
  type Query,
  queryLimits,
  type ReadTree,
  type RecordNode,
  type RemoteNode,
  type ResolvedModel,
  type SelectEntry,
  serviceUnavailable,
} from "@archipel/core"
import type { Neighbour, Neighbours } from "./neighbour.ts"
import { isOutage, named, rowsIn } from "./outage.ts"
import type { Composed, RequestContext } from "./service-runtime.ts"

/** A record of JSON. */
type Row = Record<string, unknown>

/** The places in an answer where one remote record belongs, all asked by one query. */
interface RemoteBatch {
  readonly model: string
  readonly service: string
  readonly select: readonly SelectEntry[]
  readonly title: string | undefined
  readonly target: ResolvedModel
  readonly places: { readonly row: Row; readonly name: string; readonly id: string }[]
}

function collect(node: RecordNode, rows: readonly Row[], batches: Map<string, RemoteBatch>): void {
  for (const remote of node.remotes) addPlaces(remote, rows, batches)
  for (const one of node.ones) {
    const targets = rows.map((row) => row[one.name]).filter((row): row is Row => row !== null)
    if (targets.length > 0) collect(one.node, targets, batches)
  }
  for (const list of node.lists) {
    const items = rows.flatMap((row) => row[list.name] as Row[])
    if (items.length > 0) collect(list.node, items, batches)
  }
}

function addPlaces(remote: RemoteNode, rows: readonly Row[], batches: Map<string, RemoteBatch>): void {
  const { target } = remote.member
  const key = `${target.name} ${JSON.stringify(remote.select)}`
  let batch = batches.get(key)
  if (!batch) {
    const title = target.publicTitle && remote.select.includes(target.title) ? target.title : undefined
    batch = { model: target.name, service: target.service, select: remote.select, title, target, places: [] }
    batches.set(key, batch)
  }
  for (const row of rows) {
    const id = row[remote.name]
    if (typeof id === "string") batch.places.push({ row, name: remote.name, id })
  }
}

/** Ids in portions that one query may ask for. */
export function portions(ids: Iterable<string>): string[][] {
  const all = [...new Set(ids)]
  const made: string[][] = []
  for (let i = 0; i < all.length; i += queryLimits.page) made.push(all.slice(i, i + queryLimits.page))
  return made
}

export function neighbourOf(neighbours: Neighbours, service: string): Neighbour {
  const neighbour = neighbours.get(service)
  if (!neighbour) throw serviceUnavailable(service)
  return neighbour
}

const firstName = (entry: SelectEntry) => (typeof entry === "string" ? entry : entry.path).split(".")[0] as string

/** What was selected of a record, all of it empty but its id, which is a cell of the referring record. */
function emptied(id: string, batch: RemoteBatch): Row {
  const row: Row = { id }
  const isList = (name: string) => batch.target.lists.some((list) => list.name === name)
  for (const name of batch.select.map(firstName)) if (name !== "id") row[name] = isList(name) ? [] : null
  return row
}

/** What stands for a record that is gone or may not be seen. */
function unseen(id: string, batch: RemoteBatch, title: string | undefined): Row {
  const row = emptied(id, batch)
  if (batch.title !== undefined && title !== undefined) row[batch.title] = title
  return { ...row, _masked: Object.keys(row).filter((name) => name !== "id" && row[name] !== title) }
}

/** What stands for a record whose service does not answer. */
const unavailableRecord = (id: string, batch: RemoteBatch): Row => ({ ...emptied(id, batch), _unavailable: true })

/** Who may not read a neighbour's model at all still reads the records that refer to it. */
async function unlessDenied<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer
  } catch (error) {
    if (error instanceof ArchipelError && error.code === "access.denied") return undefined
    throw error
  }
}

/** Whom an answer is composed for, and from whom. */
export interface Composition {
  readonly neighbours: Neighbours
  readonly principal: Principal
  readonly context: RequestContext
}

/** Data with what other services show in it. */
export interface ComposedData extends Composed {
  readonly data: string
}

/** One composition under way: what other services are asked for it, and which of them did not answer. */
class Asking {
  readonly #missing = new Set<string>()
  readonly #of: Composition

  constructor(of: Composition) {
    this.#of = of
  }

  /** What a service answers to `ask`; undefined if it is away and the answer may go without. @throws what it refuses */
  async of<T>(
    service: string,
    ask: (neighbour: Neighbour, principal: Principal, context: RequestContext) => Promise<T>,
  ): Promise<{ readonly answer: T } | undefined> {
    const { neighbours, principal, context } = this.#of
    try {
      return { answer: await ask(neighbourOf(neighbours, service), principal, context) }
    } catch (error) {
      if (!context.mayBePartial || !isOutage(error, context.signal)) throw named(error, service, context.signal)
      this.#missing.add(service)
      return undefined
    }
  }

  /** A neighbour's own answer may lack something. */
  note({ partial }: Composed): void {
    for (const service of partial?.services ?? []) this.#missing.add(service)
  }

  composed(rows: readonly Row[]): ComposedData {
    const data = JSON.stringify(rows)
    return this.#missing.size === 0 ? { data } : { data, partial: { services: [...this.#missing].sort() } }
  }
}

/** The records of a batch by id, as far as they are seen; undefined stands for those whose service did not answer. */
async function recordsOf(batch: RemoteBatch, asking: Asking): Promise<ReadonlyMap<string, Row | undefined>> {
  const { model, service, select } = batch
  const found = new Map<string, Row | undefined>()
  await Promise.all(
    portions(batch.places.map((place) => place.id)).map(async (ids) => {
      const where = { id: { in: ids } }
      const query: Query = { model, select: ["id", ...select], where, limit: queryLimits.page, archived: "any" }
      const asked = await asking.of(service, async (neighbour, principal, context) => {
        const page = await unlessDenied(neighbour.query(principal, query, context))
        return page && { ...page, rows: rowsIn(page, service) }
      })
      if (asked === undefined) for (const id of ids) found.set(id, undefined)
      if (!asked?.answer) return
      asking.note(asked.answer)
      for (const row of asked.answer.rows) found.set(row["id"] as string, row)
    }),
  )
  return found
}

/** Titles by id, as far as they may be shown; undefined stands for those whose service did not answer. */
async function titlesOf(
  { model, service }: Pick<RemoteBatch, "model" | "service">,
  all: Iterable<string>,
  asking: Asking,
): Promise<ReadonlyMap<string, string | undefined>> {
  const titles = new Map<string, string | undefined>()
  await Promise.all(
    portions(all).map(async (ids) => {
      const asked = await asking.of(service, (neighbour, principal, context) =>
        unlessDenied(neighbour.titles(principal, model, ids, context)),
      )
      if (asked === undefined) for (const id of ids) titles.set(id, undefined)
      else for (const [id, title] of asked.answer ?? []) titles.set(id, title)
    }),
  )
  return titles
}

async function fill(batch: RemoteBatch, asking: Asking): Promise<void> {
  const found = await recordsOf(batch, asking)
  const missing = batch.places.filter(({ id }) => !found.has(id)).map(({ id }) => id)
  const titles = batch.title === undefined ? new Map<string, undefined>() : await titlesOf(batch, missing, asking)
  const shown = (id: string): Row => {
    const isAway = (answers: ReadonlyMap<string, unknown>): boolean => answers.has(id) && answers.get(id) === undefined
    if (isAway(found) || isAway(titles)) return unavailableRecord(id, batch)
    return found.get(id) ?? unseen(id, batch, titles.get(id))
  }
  for (const { row, name, id } of batch.places) row[name] = shown(id)
}

const hasRemotes = (node: RecordNode): boolean =>
  node.remotes.length > 0 || node.ones.some((o) => hasRemotes(o.node)) || node.lists.some((l) => hasRemotes(l.node))

/** Whether an answer shows other services' records: the same for all queries of a shape. */
export function showsNeighbours(tree: ReadTree): boolean {
  if (tree.kind === "page") return hasRemotes(tree.root)
  return tree.keys.some((key) => key.value.member.kind === "one" && !key.value.member.local)
}

/**
 * Puts other services' records where their ids stand: one batched query a service, model and level, all at once, with the
 * rights that the principal has there. What lies deeper is that service's to compose.
 *
 * @throws what the neighbour answers: a field it does not have is `query.unknown_field`; an outage unless `mayBePartial`
 */
export async function composePage(data: string, tree: PageTree, composition: Composition): Promise<ComposedData> {
  const rows = JSON.parse(data) as Row[]
  const batches = new Map<string, RemoteBatch>()
  collect(tree.root, rows, batches)
  const asking = new Asking(composition)
  await Promise.all([...batches.values()].map((batch) => fill(batch, asking)))
  return asking.composed(rows)
}

/** Gives the groups of a remote reference their titles: `{ id, title }`, the title null where it may not be seen. @throws as `composePage` */
export async function composeGroups(data: string, tree: GroupTree, composition: Composition): Promise<ComposedData> {
  const rows = JSON.parse(data) as Row[]
  const asking = new Asking(composition)
  for (const { name, value } of tree.keys) {
    const { member } = value
    if (member.kind !== "one" || member.local) continue
    const keys = rows.map((row) => row[name] as GroupedReference | null).filter((key) => key !== null)
    const { service } = member.target
    const ids = keys.map(({ id }) => id)
    const titles = await titlesOf({ model: member.to, service }, ids, asking)
    for (const key of keys) {
      key.title = titles.get(key.id) ?? null
      if (titles.has(key.id) && key.title === null) key._unavailable = true
    }
  }
  return asking.composed(rows)
}

interface GroupedReference {
  readonly id: string
  title: string | null
  _unavailable?: true
}
