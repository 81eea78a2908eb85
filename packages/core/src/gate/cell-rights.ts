import type { ColumnMember, ListMember, Member } from "../catalog.ts"
import type { FieldDefinition, OneDefinition } from "../definition.ts"
import type { ModelBehaviour } from "../service-definition.ts"
import { allOf, always, anyOf, type Condition } from "./condition.ts"
import type { HeldGrant, ModelRights, Rights } from "./rights.ts"
import type { RulePart } from "./rule-part.ts"
import type { AfterRow, RowGuard } from "./write-tree.ts"

export type RowOperation = "create" | "update" | "delete"

/** The restrictions of a model, each for itself. */
export const restrictionParts = (model: ModelRights): RulePart[] =>
  model.restrictions.map(({ id, where }) => ({ rules: [id], condition: where }))

/** All of these parts: of a single one that says anything its own condition, so that it is asked once. */
function allParts(parts: readonly RulePart[]): Condition {
  const open = parts.filter(({ condition }) => condition.kind !== "true")
  return open.length === 1 ? (open[0] as RulePart).condition : allOf(open.map(({ condition }) => condition))
}

/** A guard of these parts. */
export const guarded = (readable: Condition, parts: readonly RulePart[]): RowGuard => ({
  readable,
  allowed: allParts(parts),
  parts,
})

/** What must hold of these parts afterwards. */
export const afterwards = (parts: readonly RulePart[]): AfterRow => ({ after: allParts(parts), afterParts: parts })

const coversWriting = ({ grant }: HeldGrant, member: Member): boolean =>
  (grant.fields === "all" || grant.fields.has(member.name)) &&
  !grant.readOnly.has(member.name) &&
  !grant.presets.has(member.name)

/**
 * Where a node's rights come from: its model's own grants, or for lines without any, their parent's decision. They depend on
 * roles alone, so what is made of them is made once.
 */
export class WriteRights {
  readonly operation: RowOperation
  /** The grants of who asks, and of each service that acts for them. */
  readonly held: readonly (readonly HeldGrant[])[]
  /** Nothing is asked: the system, or lines under their parent's decision. */
  readonly unlimited: boolean
  readonly model: ModelRights
  readonly #writable = new Map<Member, Condition>()
  #guard: RowGuard | undefined
  #after: AfterRow | undefined

  constructor(model: ModelRights, operation: RowOperation, unlimited: boolean) {
    this.model = model
    this.operation = operation
    this.unlimited = unlimited
    this.held = unlimited ? [] : model.held(operation)
  }

  /** What must hold of a stored row before it changes. */
  get guard(): RowGuard {
    this.#guard ??= guarded(this.model.read, this.#parts("where"))
    return this.#guard
  }

  /** What the row must satisfy afterwards. */
  get after(): AfterRow {
    this.#after ??= afterwards(this.#parts("check"))
    return this.#after
  }

  /** When some single grant covers the member and matches the row: before an update, after a create. `never`: whatever the row. */
  writable(member: Member): Condition {
    if (this.unlimited) return always
    let condition = this.#writable.get(member)
    if (!condition)
      this.#writable.set(member, (condition = allOf(this.held.map((grants) => this.#cell(member, grants)))))
    return condition
  }

  #parts(when: "where" | "check"): RulePart[] {
    return [
      ...restrictionParts(this.model),
      ...this.held.map((grants) => ({
        rules: grants.map(({ grant }) => grant.id),
        condition: anyOf(grants.map((grant) => grant[when])),
      })),
    ]
  }

  #cell(member: Member, grants: readonly HeldGrant[]): Condition {
    const covering = grants.filter((grant) => coversWriting(grant, member))
    // Where every grant covers it, a row that may be written may be written with it.
    if (covering.length > 0 && covering.length === grants.length) return always
    return anyOf(covering.map((grant) => (this.operation === "create" ? grant.check : grant.where)))
  }
}

const made = new WeakMap<ModelRights, Map<RowOperation, WriteRights>>()

/** @returns undefined if the operation is refused whatever the row. */
export function writeRights(
  rights: Rights,
  behaviour: ModelBehaviour,
  operation: RowOperation,
): WriteRights | undefined {
  if (behaviour.model.readOnly) return undefined
  const model = rights.of(behaviour.model)
  const unlimited = model.unlimited || (behaviour.owner !== undefined && behaviour.grants.length === 0)
  if (!unlimited && !model.may(operation)) return undefined
  let ofModel = made.get(model)
  if (!ofModel) made.set(model, (ofModel = new Map()))
  let known = ofModel.get(operation)
  if (!known) ofModel.set(operation, (known = new WriteRights(model, operation, unlimited)))
  return known
}

/** The rules that could have let somebody write. */
export const ruleIdsOf = (rights: WriteRights): string[] => rights.held.flat().map(({ grant }) => grant.id)

/** Whether clients may ever name this column in a write. */
export const isClientWritten = (member: ColumnMember): boolean =>
  member.writtenBy === "client" || member.writtenBy === "suggestion"

/** Whether a new record must be given a value: neither a default nor the database gives one. */
export const mustBeGiven = (member: FieldDefinition | OneDefinition): boolean =>
  member.writtenBy === "client" &&
  !member.optional &&
  member.default === undefined &&
  !(member.kind === "field" && member.generated !== undefined)

/** Whether clients may ever write this list: owned lines, and links where they are declared. */
export const isWritableList = (member: ListMember): boolean =>
  member.kind === "many" ? member.owned === true : member.declaring
