import type { ListMember, Member, ResolvedModel } from "../catalog.ts"
import type { Operation } from "../logic.ts"
import type { ModelBehaviour, ResolvedGrant, ServiceDefinition } from "../service-definition.ts"
import { allOf, always, anyOf, type Condition, never } from "./condition.ts"
import { isSystem, type Principal } from "./principal.ts"

/** What one set of roles may do with one model. Conditions are over the model's rows. */
export interface ModelRights {
  readonly model: ResolvedModel
  /** Which rows may be seen; `never` if no grant reads. */
  readonly read: Condition
  /** The same for lines that are read with their parent, which was decided already. */
  readonly readAsLine: Condition
  /** Which cells of a member may be seen, of the rows that may. `never`: the field does not exist for these roles. */
  readable(member: Member): Condition
  /** The grants that allow `operation`; empty if it is refused whatever the row. */
  grants(operation: Operation): readonly ResolvedGrant[]
  /** Whether everything is allowed without looking (the system, or lines under their parent's decision). */
  readonly unlimited: boolean
  /** Which rows satisfy all restrictions; `always` for the system. */
  readonly restriction: Condition
}

/** What one set of roles may do in one service. Depends on roles alone: who asks is bound when a statement runs. */
export interface Rights {
  /** Equal for equal rights; part of the key of every cached plan. */
  readonly key: string
  readonly service: ServiceDefinition
  readonly system: boolean
  has(role: string): boolean
  /** @throws TypeError if the model is not this service's: a defect of the caller, not of a request. */
  of(model: ResolvedModel): ModelRights
}

const covers = (grant: ResolvedGrant, member: Member) => grant.fields === "all" || grant.fields.has(member.name)

function modelRights(behaviour: ModelBehaviour, rights: Rights): ModelRights {
  const { model, owner } = behaviour
  if (rights.system) {
    return {
      model,
      read: always,
      readAsLine: always,
      readable: () => always,
      grants: () => [],
      unlimited: true,
      restriction: always,
    }
  }
  const restriction = allOf(behaviour.restrictions.map((r) => r.where))
  const own = behaviour.grants.filter((g) => rights.has(g.role))
  const granting = (operation: Operation) => own.filter((g) => g.operations.has(operation))
  const reading = granting("read")
  const limitedLines = owner !== undefined && behaviour.grants.length > 0
  const lineOf = (): Condition => {
    if (owner === undefined) return always
    const parent = rights.of(owner.model)
    return { kind: "one", member: owner.inverse, where: allOf([parent.read, parent.readable(owner)]), readable: always }
  }
  const byGrants = owner !== undefined && !limitedLines ? always : anyOf(reading.map((g) => g.where))
  const parent = lineOf()
  const readAsLine = allOf([restriction, byGrants])
  const read = parent.kind === "one" && parent.where.kind === "false" ? never : allOf([parent, readAsLine])
  const cells = new Map<string, Condition>()
  const readable = (member: Member): Condition => {
    const known = cells.get(member.name)
    if (known) return known
    const covering = reading.filter((g) => member.name === "id" || covers(g, member))
    // Where every reading grant covers the field, a row that may be seen may be seen with it.
    const everywhere =
      (owner !== undefined && !limitedLines) || (covering.length > 0 && covering.length === reading.length)
    const cell = everywhere ? always : anyOf(covering.map((g) => g.where))
    cells.set(member.name, cell)
    return cell
  }
  return { model, read, readAsLine, readable, grants: granting, unlimited: false, restriction }
}

/**
 * Which records of a list may be seen through it: those that may be seen, and that may be seen to belong here, which is a cell of
 * theirs (the reference that the list inverts, the links that they declare).
 *
 * @param withParent For owned lines under a record that was decided already.
 */
export function visibleThrough(list: ListMember, rights: Rights, withParent: boolean): Condition {
  const target = rights.of(list.target)
  const link =
    list.kind === "many" ? list.inverse : list.declaring ? undefined : list.target.members.get(list.inverse ?? "")
  return allOf([
    withParent && list.target.owner === list ? target.readAsLine : target.read,
    link ? target.readable(link) : always,
  ])
}

const MAX_ROLE_SETS = 1_000
const cached = new WeakMap<ServiceDefinition, Map<string, Rights>>()
/** What the same principal had in the service that it asked last: principals do not change and mostly come again. */
const last = new WeakMap<Principal, Rights>()

/** The rights of a principal in a service. Cached by its roles, at most 1,000 sets a service. */
export function rightsOf(service: ServiceDefinition, principal: Principal): Rights {
  const before = last.get(principal)
  if (before?.service === service) return before
  const rights = rightsOfRoles(service, principal)
  last.set(principal, rights)
  return rights
}

function rightsOfRoles(service: ServiceDefinition, principal: Principal): Rights {
  let sets = cached.get(service)
  if (!sets) cached.set(service, (sets = new Map()))
  const system = isSystem(principal)
  const mine = principal.roles.filter((r) => service.roles.has(r)).sort()
  const key = system ? "system" : mine.join(",")
  const known = sets.get(key)
  if (known) return known
  if (sets.size >= MAX_ROLE_SETS) sets.delete(sets.keys().next().value as string)
  const roles = new Set(mine)
  const models = new Map<ResolvedModel, ModelRights>()
  const rights: Rights = {
    key,
    service,
    system,
    has: (role) => roles.has(role),
    of(model) {
      const made = models.get(model)
      if (made) return made
      const behaviour = service.models.get(model.name)
      if (!behaviour) throw new TypeError(`${model.name} is not a model of ${service.name}.`)
      const fresh = modelRights(behaviour, rights)
      models.set(model, fresh)
      return fresh
    },
  }
  sets.set(key, rights)
  return rights
}
