import type { ColumnMember, ResolvedModel } from "../catalog.ts"
import type { RecordFunction } from "../logic.ts"
import type { ModelBehaviour, ResolvedRollup, ServiceDefinition } from "../service-definition.ts"
import { conditionPaths, type DependencyPath, type Hop, parseDependency } from "./dependency-path.ts"

interface Base {
  readonly model: ResolvedModel
  readonly paths: readonly DependencyPath[]
}
/** A value that follows others. */
export type ValueNode =
  | (Base & {
      readonly kind: "suggest"
      readonly field: ColumnMember
      readonly run: RecordFunction
      readonly sticky: boolean
    })
  | (Base & { readonly kind: "compute"; readonly field: ColumnMember; readonly run: RecordFunction })
  | (Base & { readonly kind: "rollup"; readonly field: ColumnMember; readonly rollup: ResolvedRollup })
/** A statement that is tested. */
export interface CheckNode extends Base {
  readonly kind: "check" | "warn"
  readonly code: string
  readonly run: RecordFunction
}
/** A statement of logic in the order of dependencies. */
export type GraphNode = ValueNode | CheckNode

/** A node that must be looked at when a column changes, and the way from its record to the changed one. */
export interface Trigger {
  readonly node: GraphNode
  readonly hops: readonly Hop[]
}

/** Which values of a service follow from which, in the order in which they settle. */
export interface Graph {
  /** Every value stands behind all that it follows from; checks and warnings last. */
  readonly nodes: readonly GraphNode[]
  readonly ofModel: ReadonlyMap<ResolvedModel, readonly GraphNode[]>
  /**
   * Models whose stored values follow from other records: whoever writes such a record's neighbours may have to change it, so it
   * is never only share-locked (two writers that both hold a shared lock cannot both go on).
   */
  readonly targets: ReadonlySet<ResolvedModel>
  /** By changed column; a changed link is a change of the list that declares it. */
  triggers(model: ResolvedModel, member: string): readonly Trigger[]
}

const keyOf = (model: ResolvedModel, member: string): string => `${model.name}.${member}`

/** What a change of which makes the path lead elsewhere: each with the hops that lead to it. */
export function sourcesOf(
  path: DependencyPath,
): { readonly model: ResolvedModel; readonly member: string; readonly hops: readonly Hop[] }[] {
  const sources: { model: ResolvedModel; member: string; hops: readonly Hop[] }[] = []
  for (const [index, hop] of path.hops.entries()) {
    const before = path.hops.slice(0, index)
    if (hop.kind === "one") sources.push({ model: hop.model, member: hop.name, hops: before })
    else if (hop.kind === "many")
      sources.push({ model: hop.target, member: hop.by, hops: path.hops.slice(0, index + 1) })
    else sources.push({ model: hop.model, member: hop.name, hops: before })
  }
  const end = path.column ?? path.remote?.member
  if (end) sources.push({ model: end.model, member: end.name, hops: path.hops })
  return sources
}

function nodesOf(behaviour: ModelBehaviour, mistakes: string[]): GraphNode[] {
  const { model } = behaviour
  const nodes: GraphNode[] = []
  const paths = (dependencies: readonly string[], what: string, local: boolean): DependencyPath[] => {
    const made: DependencyPath[] = []
    for (const text of dependencies) {
      const path = parseDependency(model, text)
      if (typeof path === "string") mistakes.push(`${model.name}: ${what} depends on ${path}.`)
      else if (local && path.remote) {
        mistakes.push(
          `${model.name}: ${what} depends on "${text}", which is in another service: a stored value would go stale. Keep a mirror of it here, or suggest the value instead.`,
        )
      } else made.push(path)
    }
    return made
  }
  for (const s of behaviour.suggestions) {
    nodes.push({
      kind: "suggest",
      model,
      field: s.field,
      run: s.run,
      sticky: s.sticky,
      paths: paths(s.dependencies, `the suggestion of ${s.field.name}`, false),
    })
  }
  for (const c of behaviour.computes) {
    nodes.push({
      kind: "compute",
      model,
      field: c.field,
      run: c.run,
      paths: paths(c.dependencies, `the compute of ${c.field.name}`, true),
    })
  }
  for (const rollup of behaviour.rollups) {
    const { over, of, field } = rollup
    if (!over.local) {
      mistakes.push(`${model.name}: the rollup ${field.name} goes over ${over.name}, records of another service.`)
      continue
    }
    if (!of && rollup.aggregate !== "count")
      mistakes.push(`${model.name}: the rollup ${field.name} does not say what to aggregate.`)
    const own: DependencyPath = {
      text: of ? `${over.name}.${of.name}` : over.name,
      hops: [over],
      column: of,
      remote: undefined,
    }
    nodes.push({ kind: "rollup", model, field, rollup, paths: [own, ...conditionPaths(rollup.where, [over])] })
  }
  for (const c of behaviour.checks) {
    nodes.push({
      kind: "check",
      model,
      code: c.code,
      run: c.run,
      paths: paths(c.dependencies, `the check ${c.code}`, false),
    })
  }
  for (const c of behaviour.warnings) {
    nodes.push({
      kind: "warn",
      model,
      code: c.code,
      run: c.run,
      paths: paths(c.dependencies, `the warning ${c.code}`, false),
    })
  }
  return nodes
}

export const isValueNode = (node: GraphNode): node is ValueNode => node.kind !== "check" && node.kind !== "warn"

/** The values in an order in which each comes after what it follows from; cycles are told in words. */
function inOrder(values: readonly ValueNode[], mistakes: string[]): ValueNode[] {
  const byKey = new Map(values.map((node) => [keyOf(node.model, node.field.name), node]))
  const done: ValueNode[] = []
  const state = new Map<ValueNode, "open" | "done">()
  const trail: ValueNode[] = []
  const visit = (node: ValueNode): void => {
    if (state.get(node) === "done") return
    if (state.get(node) === "open") {
      const chain = [...trail.slice(trail.indexOf(node)), node].map((n) => keyOf(n.model, n.field.name))
      mistakes.push(`${chain.join(" follows from ")}: a cycle, which never settles.`)
      return
    }
    state.set(node, "open")
    trail.push(node)
    for (const path of node.paths) {
      for (const source of sourcesOf(path)) {
        const before = byKey.get(keyOf(source.model, source.member))
        if (before) visit(before)
      }
    }
    trail.pop()
    state.set(node, "done")
    done.push(node)
  }
  for (const node of values) visit(node)
  return done
}

const NONE: readonly Trigger[] = []

/** The graph of a service; what cannot be is added to `mistakes`, in words. */
export function buildGraph(service: ServiceDefinition, mistakes: string[]): Graph {
  const all = [...service.models.values()].flatMap((behaviour) => nodesOf(behaviour, mistakes))
  const nodes: GraphNode[] = [
    ...inOrder(all.filter(isValueNode), mistakes),
    ...all.filter((node) => !isValueNode(node)),
  ]
  const ofModel = new Map<ResolvedModel, GraphNode[]>()
  const targets = new Set<ResolvedModel>()
  const triggers = new Map<ResolvedModel, Map<string, Trigger[]>>()
  for (const node of nodes) {
    const own = ofModel.get(node.model)
    if (own) own.push(node)
    else ofModel.set(node.model, [node])
    if ((node.kind === "compute" || node.kind === "rollup") && node.paths.some((path) => path.hops.length > 0))
      targets.add(node.model)
    const seen = new Set<string>()
    for (const { model, member, hops } of node.paths.flatMap(sourcesOf)) {
      const key = keyOf(model, member)
      const way = `${key}<${hops.map((h) => h.name).join(".")}`
      if (seen.has(way)) continue
      seen.add(way)
      const ofMember = triggers.get(model) ?? new Map<string, Trigger[]>()
      triggers.set(model, ofMember)
      const known = ofMember.get(member)
      if (known) known.push({ node, hops })
      else ofMember.set(member, [{ node, hops }])
    }
  }
  return { nodes, ofModel, targets, triggers: (model, member) => triggers.get(model)?.get(member) ?? NONE }
}

const graphs = new WeakMap<ServiceDefinition, Graph>()

/** The graph of a service that was checked when it was resolved. */
export function graphOf(service: ServiceDefinition): Graph {
  const known = graphs.get(service)
  if (known) return known
  const made = buildGraph(service, [])
  graphs.set(service, made)
  return made
}
