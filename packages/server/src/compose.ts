import {
  ArchipelError,
  type GroupTree,
  type PageTree,
  type Principal,
  queryLimits,
  type ReadTree,
  type RecordNode,
  type RemoteNode,
  type ResolvedModel,
  type SelectEntry,
} from "@archipel/core"
import type { Neighbour, Neighbours } from "./neighbour.ts"
import { unavailable } from "./outage.ts"
import type { RequestContext } from "./service-runtime.ts"

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
  if (!neighbour) throw unavailable(service)
  return neighbour
}

const firstName = (entry: SelectEntry) => (typeof entry === "string" ? entry : entry.path).split(".")[0] as string

/** What stands for a record that is gone or may not be seen: its id, which is a cell of the referring record, and nothing else. */
function unseen(id: string, batch: RemoteBatch, title: string | undefined): Row {
  const names = new Set(batch.select.map(firstName))
  names.delete("id")
  const row: Row = { id }
  const isList = (name: string) => batch.target.lists.some((list) => list.name === name)
  for (const name of names) row[name] = name === batch.title && title !== undefined ? title : isList(name) ? [] : null
  return { ...row, _masked: [...names].filter((name) => row[name] !== title) }
}

/** Who may not read a neighbour's model at all still reads the records that refer to it. */
async function unlessDenied<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer
  } catch (error) {
    if (error instanceof ArchipelError && error.code === "access.denied") return undefined
    throw error
  }
}

async function fill(
  batch: RemoteBatch,
  neighbour: Neighbour,
  principal: Principal,
  context: RequestContext,
): Promise<void> {
  const found = new Map<string, Row>()
  const pages = await Promise.all(
    portions(batch.places.map((p) => p.id)).map((ids) =>
      unlessDenied(
        neighbour.query(
          principal,
          {
            model: batch.model,
            select: ["id", ...batch.select],
            where: { id: { in: ids } },
            limit: queryLimits.page,
            archived: "any",
          },
          context,
        ),
      ),
    ),
  )
  for (const page of pages) {
    if (page) for (const row of JSON.parse(page.data) as Row[]) found.set(row["id"] as string, row)
  }
  const missing = batch.places.filter((p) => !found.has(p.id)).map((p) => p.id)
  const titles = new Map<string, string>()
  if (batch.title !== undefined) {
    for (const ids of portions(missing)) {
      for (const [id, title] of await neighbour.titles(principal, batch.model, ids, context)) titles.set(id, title)
    }
  }
  for (const { row, name, id } of batch.places) row[name] = found.get(id) ?? unseen(id, batch, titles.get(id))
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
 * @throws `service.unavailable`, and what the neighbour answers: a field it does not have is `query.unknown_field`.
 */
export async function composePage(
  data: string,
  tree: PageTree,
  neighbours: Neighbours,
  principal: Principal,
  context: RequestContext,
): Promise<string> {
  const rows = JSON.parse(data) as Row[]
  const batches = new Map<string, RemoteBatch>()
  collect(tree.root, rows, batches)
  await Promise.all(
    [...batches.values()].map((batch) => fill(batch, neighbourOf(neighbours, batch.service), principal, context)),
  )
  return JSON.stringify(rows)
}

/** Gives the groups of a remote reference their titles: `{ id, title }`, the title null where it may not be seen. */
export async function composeGroups(
  data: string,
  tree: GroupTree,
  neighbours: Neighbours,
  principal: Principal,
  context: RequestContext,
): Promise<string> {
  const rows = JSON.parse(data) as Row[]
  for (const { name, value } of tree.keys) {
    const { member } = value
    if (member.kind !== "one" || member.local) continue
    const keys = rows
      .map((row) => row[name] as { id: string; title: string | null } | null)
      .filter((key) => key !== null)
    const titles = new Map<string, string>()
    for (const ids of portions(keys.map((key) => key.id))) {
      const neighbour = neighbourOf(neighbours, member.target.service)
      const known = await unlessDenied(neighbour.titles(principal, member.to, ids, context))
      for (const [id, title] of known ?? []) titles.set(id, title)
    }
    for (const key of keys) key.title = titles.get(key.id) ?? null
  }
  return JSON.stringify(rows)
}
