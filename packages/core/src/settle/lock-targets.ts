import type { ResolvedModel } from "../catalog.ts"
import type { Graph, GraphNode } from "./graph.ts"
import { isValueNode } from "./graph.ts"
import type { Loading } from "./loading.ts"
import { changedColumns, isNew, type Work, type WorkRow } from "./work.ts"

/** Levels of sums of sums; beyond them locks are taken when they are needed. */
const MAX_LEVELS = 16

/** The values that may follow from what changed: more than will, never less. */
function possibleNodes(graph: Graph, work: Work): ReadonlySet<GraphNode> {
  const possible = new Set<GraphNode>()
  const seen = new Set<string>()
  const open: [ResolvedModel, string][] = []
  const look = (model: ResolvedModel, member: string): void => {
    const key = `${model.name}.${member}`
    if (!seen.has(key)) {
      seen.add(key)
      open.push([model, member])
    }
  }
  const models = new Set<ResolvedModel>()
  for (const row of work.all()) {
    if (isNew(row) || row.deleted) models.add(row.model)
    else for (const { name } of changedColumns(row)) look(row.model, name)
  }
  for (const model of models) {
    for (const { name } of model.columns) look(model, name)
  }
  for (const { member } of work.links) {
    look(member.model, member.name)
    for (const other of member.target.members.values()) {
      if (other.kind === "manyToMany" && other.inverse === member.name && other.target === member.model)
        look(other.model, other.name)
    }
  }
  for (let next = open.pop(); next; next = open.pop()) {
    for (const { node } of graph.triggers(...next)) {
      possible.add(node)
      if (isValueNode(node)) look(node.model, node.field.name)
    }
  }
  return possible
}

/**
 * Locks the records whose sums may follow from this write, all at once: by level, then by model, then by id. Whoever writes at the
 * same time does it in the same order, so they wait for each other in a line and never in a circle.
 */
export async function lockTargets(graph: Graph, work: Work, loading: Loading): Promise<void> {
  const nodes = [...possibleNodes(graph, work)].filter((node) => node.kind === "compute" || node.kind === "rollup")
  for (let level = 0; level < MAX_LEVELS; level++) {
    const wanted = new Map<ResolvedModel, Set<string>>()
    const want = (model: ResolvedModel, id: unknown): void => {
      if (typeof id !== "string") return
      const row: WorkRow | undefined = work.row(model, id)
      if (row?.locked || row?.deleted) return
      const known = wanted.get(model)
      if (known) known.add(id)
      else wanted.set(model, new Set([id]))
    }
    for (const node of nodes) {
      for (const [hop] of node.paths.map((path) => path.hops)) {
        if (hop?.kind === "many") {
          for (const row of work.ofModel(hop.target).values()) {
            if (!row.locked) continue
            want(node.model, row.values[hop.inverse.name])
            want(node.model, row.before?.[hop.inverse.name])
          }
        } else if (hop?.kind === "manyToMany") {
          for (const link of work.links) {
            if (link.member === hop) want(node.model, link.own)
            else if (link.member.target === hop.model && hop.inverse === link.member.name) want(node.model, link.target)
          }
        }
      }
    }
    if (wanted.size === 0) return
    for (const [model, ids] of [...wanted].sort(([a], [b]) => (a.name < b.name ? -1 : 1)))
      await loading.rows(model, ids, "change")
  }
}
