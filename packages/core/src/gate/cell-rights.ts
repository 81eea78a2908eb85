import type { ColumnMember, ListMember, Member } from "../catalog.ts"
import type { ModelBehaviour, ResolvedGrant } from "../service-definition.ts"
import { allOf, always, anyOf, type Condition, never } from "./condition.ts"
import type { Rights } from "./rights.ts"
import type { RowGuard } from "./write-tree.ts"

export type RowOperation = "create" | "update" | "delete"

/** Where a node's rights come from: its model's own grants, or for lines without any, their parent's decision. */
export interface WriteRights {
  readonly behaviour: ModelBehaviour
  readonly operation: RowOperation
  readonly grants: readonly ResolvedGrant[]
  /** Nothing is asked: the system, or lines under their parent's decision. */
  readonly unlimited: boolean
  readonly restriction: Condition
  readonly read: Condition
}

/** @returns undefined if the operation is refused whatever the row. */
export function writeRights(
  rights: Rights,
  behaviour: ModelBehaviour,
  operation: RowOperation,
): WriteRights | undefined {
  const own = rights.of(behaviour.model)
  const grants = own.grants(operation)
  const unlimited = own.unlimited || (behaviour.owner !== undefined && behaviour.grants.length === 0)
  if (!unlimited && grants.length === 0) return undefined
  return { behaviour, operation, grants, unlimited, restriction: own.restriction, read: own.read }
}

export const guardOf = (rights: WriteRights): RowGuard => ({
  readable: rights.read,
  allowed: rights.unlimited
    ? rights.restriction
    : allOf([rights.restriction, anyOf(rights.grants.map((g) => g.where))]),
})

/** What the row must satisfy afterwards. */
export const afterOf = (rights: WriteRights): Condition =>
  rights.unlimited ? rights.restriction : allOf([rights.restriction, anyOf(rights.grants.map((g) => g.check))])

/** When some single grant covers the member and matches the row: before an update, after a create. `never`: whatever the row. */
export function cellWritable(rights: WriteRights, member: Member): Condition {
  if (rights.unlimited) return always
  const covering = rights.grants.filter(
    (g) => (g.fields === "all" || g.fields.has(member.name)) && !g.readOnly.has(member.name),
  )
  if (covering.length === 0) return never
  // Where every grant covers it, a row that may be written may be written with it.
  if (covering.length === rights.grants.length) return always
  return anyOf(covering.map((g) => (rights.operation === "create" ? g.check : g.where)))
}

/** Whether clients may ever name this column in a write. */
export const isClientWritten = (member: ColumnMember): boolean =>
  member.writtenBy === "client" || member.writtenBy === "suggestion"

/** Whether clients may ever write this list: owned lines, and links where they are declared. */
export const isWritableList = (member: ListMember): boolean =>
  member.kind === "many" ? member.owned === true : member.declaring
