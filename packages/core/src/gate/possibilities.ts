/**
 * What a caller could do with a record at hand: the conditions of the gate for writing, asked while reading.
 *
 * @module
 */
import type { ColumnMember } from "../catalog.ts"
import type { ModelBehaviour, ResolvedInvocation } from "../service-definition.ts"
import { invocationParts } from "./authorise-change.ts"
import { isClientWritten, type RowOperation, writeRights } from "./cell-rights.ts"
import { allOf, always, anyOf, type Condition, never, not } from "./condition.ts"
import type { Possibility } from "./read-tree.ts"
import type { Rights } from "./rights.ts"

/** That the transition starts in the state that the record is in. */
function startsHere({ transition }: ResolvedInvocation): Condition {
  if (!transition) return always
  const { field, from } = transition
  return {
    kind: "compare",
    member: field,
    comparison: "in",
    operand: { kind: "constant", value: from },
    readable: always,
  }
}

function invocations(rights: Rights, behaviour: ModelBehaviour): Possibility[] {
  const { model } = behaviour
  const own = rights.of(model)
  return [...behaviour.invocations.values()].map((invocation) => {
    const parts = rights.system ? [] : invocationParts(own, invocation, rights.invokes(invocation, model))
    return { name: invocation.name, condition: allOf([startsHere(invocation), ...parts.map((part) => part.condition)]) }
  })
}

/** The fields that stay open where a lock closes the others, each as `update.note`. */
function openFields(rights: Rights, behaviour: ModelBehaviour, allowed: Condition): Possibility[] {
  const { locks, model } = behaviour
  const names = new Set(locks.flatMap(({ except }) => [...except]))
  const closed = anyOf(locks.map(({ when }) => when))
  return [...names].flatMap((name) => {
    const member = model.members.get(name) as ColumnMember
    const write = isClientWritten(member) ? writeRights(rights, behaviour, "update") : undefined
    if (!write) return []
    const open = locks.filter(({ except }) => !except.has(name)).map(({ when }) => not(when))
    return { name: `update.${name}`, condition: allOf([allowed, write.writable(member), closed, ...open]) }
  })
}

/**
 * What may be done with a record of the model, each with the rows on which it may: `update`, `delete`, transitions and actions; `archive`
 * and `restore`; `$attachments` where files may be attached. Where a lock leaves fields open, `update.note` for each of them in place of `update`. Lines have none: they are written
 * with their parent. Whether the record would be valid afterwards, only writing it says.
 */
export function possibilities(rights: Rights, behaviour: ModelBehaviour): readonly Possibility[] {
  const { model, locks, owner } = behaviour
  if (owner !== undefined) return []
  const allowed = (operation: RowOperation): Condition =>
    writeRights(rights, behaviour, operation)?.guard.allowed ?? never
  const update = allowed("update")
  const unlocked = locks.map(({ when }) => not(when))
  const archivedAt = model.members.get("archivedAt") as ColumnMember | undefined
  const archived: Condition = archivedAt ? { kind: "isSet", member: archivedAt, readable: always } : never
  // What archives and restores is an update of a field that a lock may leave open.
  const archiving = allOf([
    update,
    ...locks.filter(({ except }) => !except.has("archivedAt")).map(({ when }) => not(when)),
  ])
  return [
    { name: "update", condition: allOf([update, ...unlocked]) },
    ...openFields(rights, behaviour, update),
    { name: "delete", condition: allOf([allowed("delete"), ...unlocked]) },
    ...(model.archive
      ? [
          { name: "archive", condition: allOf([archiving, not(archived)]) },
          { name: "restore", condition: allOf([archiving, archived]) },
        ]
      : []),
    // Also where a lock closes the fields: what was signed comes afterwards.
    ...(model.discussion ? [{ name: "$attachments", condition: update }] : []),
    ...invocations(rights, behaviour),
  ].filter(({ condition }) => condition.kind !== "false")
}
