/**
 * What goes with deleted records: lines and dependants deleted, references cleared.
 *
 * @module
 */
import {
  always,
  ArchipelError,
  changeLimits,
  type Condition,
  type ModelBehaviour,
  type OneMember,
  type ResolvedModel,
  type WorkRow,
  type WriteRights,
  writeRights,
} from "@archipel/core"
import type { AfterCheck, Applied } from "./apply-tree.ts"
import { guardedRows } from "./guarded-rows.ts"
import { storedRows } from "./stored-rows.ts"

const referrers = new WeakMap<ResolvedModel, readonly OneMember[]>()

/** The references of this service that say what happens to them when their target is deleted. */
function followingReferences(applied: Applied, model: ResolvedModel): readonly OneMember[] {
  const known = referrers.get(model)
  if (known) return known
  const found = [...applied.session.environment.service.models.values()].flatMap((behaviour) =>
    behaviour.model.columns.filter(
      (member): member is OneMember =>
        member.kind === "one" &&
        member.local &&
        member.target === model &&
        member.writtenBy !== "framework" &&
        (member.onDelete !== "restrict" || behaviour.model.owner?.inverse === member),
    ),
  )
  referrers.set(model, found)
  return found
}

const afterOfRow = (rights: WriteRights): Pick<AfterCheck, "condition" | "parts"> => {
  const { after, afterParts } = rights.after
  return { condition: after, parts: afterParts }
}

/** Links go with either of their ends, and what is counted over them follows. */
async function unlink({ session, work }: Applied, model: ResolvedModel, ids: readonly string[]): Promise<void> {
  const source = storedRows(session.tx, session.binding, session.remote)
  for (const behaviour of session.environment.service.models.values()) {
    for (const member of behaviour.model.lists) {
      if (member.kind !== "manyToMany" || !member.declaring) continue
      for (const side of ["own", "target"] as const) {
        if ((side === "own" ? member.model : member.target) !== model) continue
        for (const link of await source.links(member, side, ids)) work.links.push({ member, ...link, added: false })
      }
    }
  }
}

/**
 * What whoever deletes a record needs for another that goes along or loses its reference: the right to delete that one too, or to
 * write that reference. Lines go with their parent, and so does what nobody may delete or write by itself.
 *
 * @returns the right; "given" if nothing is asked, undefined if it is refused whatever the row
 */
function rightFor({ session }: Applied, member: OneMember, isLine: boolean): WriteRights | "given" | undefined {
  const operation = member.onDelete === "cascade" ? "delete" : "update"
  const behaviour = session.environment.service.models.get(member.model.name) as ModelBehaviour
  if (isLine || !behaviour.grants.some((grant) => grant.operations.has(operation))) return "given"
  const rights = writeRights(session.rights, behaviour, operation)
  return rights?.unlimited ? "given" : rights
}

/** The conditions of such a right. */
const asked = (rights: WriteRights | "given" | undefined, member: OneMember): Condition[] => {
  if (rights === "given" || rights === undefined) return []
  const { readable, allowed } = rights.guard
  return [readable, allowed, rights.operation === "update" ? rights.writable(member) : always]
}

/**
 * The database would do the same by its foreign keys, but without history, events and what is computed from them.
 * References that refuse are left to the database.
 *
 * @throws `record.too_many_targets`, and `record.reference` where one that should go along may not be deleted or written
 */
export async function cascade(applied: Applied): Promise<void> {
  const { session, work } = applied
  let fresh: WorkRow[] = [...work.all()].filter((row) => row.deleted)
  let count = 0
  while (fresh.length > 0) {
    const next: WorkRow[] = []
    for (const model of new Set(fresh.map((row) => row.model))) {
      const ids = fresh.filter((row) => row.model === model).map((row) => row.id)
      await unlink(applied, model, ids)
      for (const member of followingReferences(applied, model)) {
        const isLine = member.model.owner?.inverse === member
        const rights = rightFor(applied, member, isLine)
        const conditions = asked(rights, member)
        const rows = await guardedRows(
          session.tx,
          {
            model: member.model,
            by: member,
            ids,
            conditions,
            strength: isLine || member.onDelete === "cascade" ? "update" : "no key update",
            targets: session.environment.graph.targets,
          },
          session.binding,
        )
        count += rows.size
        if (count > changeLimits.recompute) {
          throw new ArchipelError("record.too_many_targets", {
            model: member.model.name,
            field: member.name,
            limit: changeLimits.recompute,
          })
        }
        for (const { values, holds } of rows.values()) {
          const row = work.load(member.model, values, { locked: true })
          if (row.deleted) continue
          // The answer is that of a reference that refuses: it tells neither which record nor whose.
          if (rights === undefined || !conditions.every(holds))
            throw new ArchipelError("record.reference", { model: model.name })
          if (isLine || member.onDelete === "cascade") {
            row.deleted = true
            next.push(row)
          } else {
            row.values[member.name] = null
            if (rights !== "given") applied.after.push({ row, ...afterOfRow(rights), operation: "update" })
          }
        }
      }
    }
    fresh = next
  }
}
