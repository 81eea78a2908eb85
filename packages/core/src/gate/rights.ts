import type { ListMember, Member, ResolvedModel } from "../catalog.ts"
import type { Operation } from "../logic.ts"
import type {
  ModelBehaviour,
  ResolvedGrant,
  ResolvedInvocation,
  ResolvedRestriction,
  ServiceDefinition,
} from "../service-definition.ts"
import { allOf, always, anyOf, type Condition, never } from "./condition.ts"
import { type Party, partiesKey, partiesOf, scopeCondition } from "./parties.ts"
import { isSystem, type Principal } from "./principal.ts"

/** A grant as one of those holds it whose rights are asked: on the rows of its companies only, where its role is so assigned. */
export interface HeldGrant {
  readonly grant: ResolvedGrant
  readonly where: Condition
  /** What the row must satisfy after the change, the grant's presets among it. */
  readonly check: Condition
}

/** What one set of roles may do with one model. Conditions are over the model's rows. */
export interface ModelRights {
  readonly model: ResolvedModel
  /** Which rows may be seen; `never` if no grant reads. */
  readonly read: Condition
  /** The same for lines that are read with their parent, which was decided already. */
  readonly readAsLine: Condition
  /** Which cells of a member may be seen, of the rows that may. `never`: the field does not exist for these roles. */
  readable(member: Member): Condition
  /** Whether anybody lets the operation happen; if not, it is refused whatever the row. */
  may(operation: Operation): boolean
  /** The grants that allow `operation`: of who asks, and of each service that acts for them. All of these have to allow it. */
  held(operation: Operation): readonly (readonly HeldGrant[])[]
  /** Whether everything is allowed without looking (the system, or lines under their parent's decision). */
  readonly unlimited: boolean
  readonly restrictions: readonly ResolvedRestriction[]
  /** Which rows satisfy all restrictions; `always` for the system. */
  readonly restriction: Condition
}

/** What one set of roles may do in one service. Depends on roles alone: who asks is bound when a statement runs. */
export interface Rights {
  /** Equal for equal rights; part of the key of every cached plan. */
  readonly key: string
  readonly service: ServiceDefinition
  readonly system: boolean
  /** Who asks, and who acts for them as far as that takes anything away. */
  readonly parties: readonly Party[]
  /** Whether all of these have the role. */
  has(role: string): boolean
  /** On which rows a transition or action may be asked for, its own conditions aside; `never` if on none. */
  invokes(invocation: ResolvedInvocation, model: ResolvedModel): Condition
  /** @throws TypeError if the model is not this service's: a defect of the caller, not of a request. */
  of(model: ResolvedModel): ModelRights
}

const covers = (grant: ResolvedGrant, member: Member) => grant.fields === "all" || grant.fields.has(member.name)

/** The grants of each party for an operation, narrowed to the companies for which its roles were given. */
function heldGrants(behaviour: ModelBehaviour, parties: readonly Party[], operation: Operation): HeldGrant[][] {
  return parties.map((party) =>
    behaviour.grants
      .filter((grant) => party.roles.has(grant.role) && grant.operations.has(operation))
      .map((grant): HeldGrant => {
        const scope = scopeCondition(behaviour.model, party, grant.role, operation)
        const presets = [...grant.presets.values()].map((preset) => preset.holds)
        return { grant, where: allOf([grant.where, scope]), check: allOf([grant.check, ...presets, scope]) }
      }),
  )
}

const systemRights = (model: ResolvedModel): ModelRights => ({
  model,
  read: always,
  readAsLine: always,
  readable: () => always,
  may: () => true,
  held: () => [],
  unlimited: true,
  restrictions: [],
  restriction: always,
})

function modelRights(behaviour: ModelBehaviour, rights: Rights): ModelRights {
  const { model, owner, restrictions } = behaviour
  if (rights.system) return systemRights(model)
  const restriction = allOf(restrictions.map((r) => r.where))
  const known = new Map<Operation, HeldGrant[][]>()
  const held = (operation: Operation): HeldGrant[][] => {
    let made = known.get(operation)
    if (!made) known.set(operation, (made = heldGrants(behaviour, rights.parties, operation)))
    return made
  }
  const reading = held("read")
  const followsParent = owner !== undefined && behaviour.grants.length === 0
  const lineOf = (): Condition => {
    if (owner === undefined) return always
    const parent = rights.of(owner.model)
    return { kind: "one", member: owner.inverse, where: allOf([parent.read, parent.readable(owner)]), readable: always }
  }
  const byGrants = followsParent ? always : allOf(reading.map((grants) => anyOf(grants.map((g) => g.where))))
  const parent = lineOf()
  const readAsLine = allOf([restriction, byGrants])
  const read = parent.kind === "one" && parent.where.kind === "false" ? never : allOf([parent, readAsLine])
  const cells = new Map<string, Condition>()
  const cellOf = (member: Member, grants: readonly HeldGrant[]): Condition => {
    const covering = grants.filter(({ grant }) => member.name === "id" || covers(grant, member))
    // Where every reading grant covers the field, a row that may be seen may be seen with it.
    const everywhere = covering.length > 0 && covering.length === grants.length
    return everywhere ? always : anyOf(covering.map((g) => g.where))
  }
  const readable = (member: Member): Condition => {
    let cell = cells.get(member.name)
    if (!cell) {
      cell = followsParent ? always : allOf(reading.map((grants) => cellOf(member, grants)))
      cells.set(member.name, cell)
    }
    return cell
  }
  const may = (operation: Operation): boolean => held(operation).every((grants) => grants.length > 0)
  return { model, read, readAsLine, readable, may, held, unlimited: false, restrictions, restriction }
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
  const parties = system ? [] : partiesOf(service, principal)
  const key = system ? "system" : partiesKey(parties)
  const known = sets.get(key)
  if (known) return known
  if (sets.size >= MAX_ROLE_SETS) sets.delete(sets.keys().next().value as string)
  const models = new Map<ResolvedModel, ModelRights>()
  const rights: Rights = {
    key,
    service,
    system,
    parties,
    has: (role) => parties.length > 0 && parties.every((party) => party.roles.has(role)),
    invokes: (invocation, model) =>
      system
        ? always
        : allOf(
            parties.map((party) =>
              anyOf(
                [...invocation.by]
                  .filter((role) => party.roles.has(role))
                  .map((role) => scopeCondition(model, party, role, invocation.name)),
              ),
            ),
          ),
    of(model) {
      const made = models.get(model)
      if (made) return made
      const behaviour = service.mirrors.behaviours.get(model) ?? service.models.get(model.name)
      if (!behaviour) throw new TypeError(`${model.name} is not a model of ${service.name}.`)
      const fresh = modelRights(behaviour, rights)
      models.set(model, fresh)
      return fresh
    },
  }
  sets.set(key, rights)
  return rights
}
