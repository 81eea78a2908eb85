/**
 * What goes with deleted records: lines and dependants deleted, references cleared.
 *
 * @module
 */
import { ArchipelError, changeLimits, type OneMember, type ResolvedModel, type WorkRow } from "@archipel/core"
import type { Applied } from "./apply-tree.ts"
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
 * The database would do the same by its foreign keys, but without history, events and what is computed from them.
 * References that refuse are left to the database: `record.reference`.
 *
 * @throws `record.too_many_targets`
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
        const rows = await guardedRows(
          session.tx,
          {
            model: member.model,
            by: member,
            ids,
            conditions: [],
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
        for (const { values } of rows.values()) {
          const row = work.load(member.model, values, { locked: true })
          if (row.deleted) continue
          if (isLine || member.onDelete === "cascade") {
            row.deleted = true
            next.push(row)
          } else row.values[member.name] = null
        }
      }
    }
    fresh = next
  }
}
