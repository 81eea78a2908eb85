import type {
  ColumnMember,
  Condition,
  ListMember,
  Member,
  ModelBehaviour,
  Operation,
  ResolvedGrant,
  ResolvedInvocation,
  ResolvedModel,
  Rights,
} from "@archipel/core"
import { isFixed, mustBeGiven } from "@archipel/core"

/** A column as a set of roles meets it. */
export interface VisibleColumn {
  readonly member: ColumnMember
  /** "sometimes": in some records it may be seen, in others it is null. */
  readonly readable: "always" | "sometimes" | "never"
  readonly creatable: boolean
  readonly updatable: boolean
  /** A create without it is refused. */
  readonly required: boolean
}

export interface VisibleList {
  readonly member: ListMember
  /** Written with this record: owned lines, and links that this side declares. */
  readonly writable: boolean
}

/** What a set of roles can know and do of a model. What is not in here does not exist for it. */
export interface VisibleModel {
  readonly model: ResolvedModel
  readonly operations: ReadonlySet<Operation>
  readonly columns: readonly VisibleColumn[]
  readonly lists: readonly VisibleList[]
  readonly invocations: readonly ResolvedInvocation[]
}

const isPossible = (condition: Condition): boolean => condition.kind !== "false"
const allOperations: readonly Operation[] = ["read", "create", "update", "delete"]

/** Lines that have no grants of their own go with their parent. */
const goesWithParent = (behaviour: ModelBehaviour): boolean =>
  behaviour.owner !== undefined && behaviour.grants.length === 0

function operationsOf(rights: Rights, behaviour: ModelBehaviour): ReadonlySet<Operation> {
  const own = rights.of(behaviour.model)
  if (behaviour.model.readOnly) return new Set(isPossible(own.read) ? ["read"] : [])
  if (own.unlimited) return new Set(behaviour.owner ? ["read"] : allOperations)
  if (!isPossible(own.read)) return new Set(own.may("create") && !behaviour.owner ? ["create"] : [])
  if (behaviour.owner) return new Set(["read"])
  return new Set(["read", ...allOperations.filter((o) => o !== "read" && own.may(o))] as const)
}

const covers = ({ fields, readOnly, presets }: ResolvedGrant, { name }: Member): boolean =>
  (fields === "all" || fields.has(name)) && !readOnly.has(name) && !presets.has(name)

/** Whether some grant lets the member be written. Of lines: whether the parent may be, since they are written with it. */
function writable(rights: Rights, behaviour: ModelBehaviour, member: Member, operation: "create" | "update"): boolean {
  const own = rights.of(behaviour.model)
  if (own.unlimited) return true
  if (goesWithParent(behaviour)) {
    const parent = rights.of((behaviour.owner as NonNullable<typeof behaviour.owner>).model)
    return parent.may("create") || parent.may("update")
  }
  return own.may(operation) && own.held(operation).every((grants) => grants.some(({ grant }) => covers(grant, member)))
}

const byClients = (member: ColumnMember): boolean => member.writtenBy === "client" || member.writtenBy === "suggestion"

function columnOf(rights: Rights, behaviour: ModelBehaviour, member: ColumnMember): VisibleColumn {
  const cell = rights.of(behaviour.model).readable(member)
  // The parent of a line is said by where it is written.
  const given = byClients(member) && behaviour.owner?.inverse.name !== member.name
  const creatable = given && writable(rights, behaviour, member, "create")
  return {
    member,
    readable: cell.kind === "true" ? "always" : isPossible(cell) ? "sometimes" : "never",
    creatable,
    updatable: given && !isFixed(member) && writable(rights, behaviour, member, "update"),
    required: creatable && mustBeGiven(member),
  }
}

/** @returns undefined if the roles can do nothing with the model. */
export function visibleModel(rights: Rights, behaviour: ModelBehaviour): VisibleModel | undefined {
  const { model } = behaviour
  const operations = operationsOf(rights, behaviour)
  if (operations.size === 0) return undefined
  const columns = model.columns
    .map((member) => columnOf(rights, behaviour, member))
    .filter((column) => column.readable !== "never" || column.creatable || column.updatable)
  const lists = model.lists
    .filter(({ local, target }) => local && isPossible(rights.of(target).read))
    .map((member) => ({
      member,
      writable:
        (member.kind === "many" ? member.owned === true : member.declaring) &&
        (writable(rights, behaviour, member, "create") || writable(rights, behaviour, member, "update")),
    }))
  const invocations = [...behaviour.invocations.values()].filter(
    (invocation) => rights.invokes(invocation, model).kind !== "false",
  )
  return { model, operations, columns, lists, invocations }
}

const cached = new WeakMap<Rights, ReadonlyMap<string, VisibleModel>>()

/** All models of the service that the roles can do something with, by name. */
export function visibleModels(rights: Rights): ReadonlyMap<string, VisibleModel> {
  const known = cached.get(rights)
  if (known) return known
  const models = new Map<string, VisibleModel>()
  for (const [name, behaviour] of rights.service.models) {
    const visible = visibleModel(rights, behaviour)
    if (visible) models.set(name, visible)
  }
  cached.set(rights, models)
  return models
}
