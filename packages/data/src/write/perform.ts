/**
 * One authorised change, performed in a transaction.
 *
 * @module
 */
import {
  ArchipelError,
  type ArchiveNode,
  type AuthorisedChange,
  type CellValue,
  claimOf,
  type ColumnMember,
  type DeleteNode,
  isChanged,
  isNew,
  type ModelBehaviour,
  type ReferenceCheck,
  type RowGuard,
  settle,
  type UpdateNode,
  type UpsertNode,
  type Warning,
  Work,
  type WorkRow,
} from "@archipel/core"
import { checkAfter } from "./after-image.ts"
import {
  type AfterCheck,
  type Applied,
  applyContent,
  applyInsert,
  assertAllowed,
  assertUnlocked,
  conditionsOf,
  loadLocked,
  partsOf,
  movingOf,
  withPresets,
} from "./apply-tree.ts"
import { type Drawn, drawGenerated, readStamps } from "./adopted-rows.ts"
import { cascade } from "./cascade.ts"
import { type RecordedRow, recordStatements } from "./change-record.ts"
import { principalId } from "../sql/parameters.ts"
import { changedRows, flushStatements, missingOwners } from "./flush.ts"
import { type GuardedRow, guardedRows } from "./guarded-rows.ts"
import { changedReferences, missingReferences, remoteReferences } from "./references.ts"
import { assignNumbers } from "./sequences.ts"
import { storedRows } from "./stored-rows.ts"
import { findByKey } from "./upsert.ts"
import { defaultOf, type WriteSession } from "./write-session.ts"

export interface Performed {
  readonly row: WorkRow
  readonly warnings: readonly Warning[]
  /** What an action returned. */
  readonly output?: unknown
}

/** What a transition makes of a write: its name in history, its event, and the numbers that it gives. */
export interface TransitionMark {
  readonly action: string
  readonly event: string
}

export const newApplied = (session: WriteSession, drawn: Drawn = new Map()): Applied => ({
  session,
  work: new Work(),
  after: [],
  mistakes: [],
  drawn,
})

/**
 * Locks and judges a stored record. @throws `record.not_found`, `record.version_conflict`
 */
export async function lockRecord(
  session: WriteSession,
  node: {
    readonly behaviour: ModelBehaviour
    readonly id: string
    readonly version: number | undefined
    readonly guard: RowGuard
  },
  conditions: ReturnType<typeof conditionsOf>,
  strength: "none" | "update" | "no key update" = "no key update",
  cells: readonly CellValue[] = [],
): Promise<GuardedRow> {
  const { model } = node.behaviour
  const rows = await guardedRows(
    session.tx,
    {
      model,
      by: "id",
      ids: [node.id],
      conditions,
      strength,
      targets: session.environment.graph.targets,
      moving: movingOf(cells),
    },
    session.binding,
  )
  const row = rows.get(node.id)
  if (!row?.holds(node.guard.readable)) throw new ArchipelError("record.not_found", { model: model.name, id: node.id })
  if (node.version !== undefined && row.values["version"] !== node.version) {
    throw new ArchipelError("record.version_conflict", {
      model: model.name,
      id: node.id,
      expected: node.version,
      actual: row.values["version"] as number,
    })
  }
  return row
}

/**
 * Settles, judges and writes what was applied.
 *
 * @param again A stored value that is computed anew.
 * @throws `record.invalid` with all mistakes
 */
export async function complete(
  applied: Applied,
  root: WorkRow,
  references: readonly ReferenceCheck[],
  mark?: TransitionMark,
  again?: ColumnMember,
): Promise<readonly Warning[]> {
  const { session, work, mistakes } = applied
  const { environment, binding } = session
  await cascade(applied)
  const wanted = changedReferences(references, work)
  const missing = missingReferences(session, wanted)
  missing.catch(() => {})
  await assignNumbers(session, [...work.all()], false, mark?.action)
  const source = storedRows(session.tx, binding, session.remote)
  const settled = await settle(environment.graph, work, source, {
    me: principalId(session.principal),
    claim: (name) => claimOf(session.principal, name),
    now: session.now,
    timeZone: session.principal.timeZone,
    rights: session.rights,
    references: remoteReferences(wanted),
    defaultOf: (member) => defaultOf(member, session),
    ...(again === undefined ? {} : { again }),
  })
  mistakes.push(...(await missing), ...settled.errors)
  if (mistakes.length > 0) throw new ArchipelError("record.invalid", { errors: mistakes })
  for (let owners = missingOwners(work); owners.size > 0; owners = missingOwners(work)) {
    for (const [model, ids] of owners) {
      const rows = await source.rows(model, [...ids].sort(), "change")
      for (const values of rows) work.load(model, values, { locked: true })
      if (rows.length < ids.size) throw new ArchipelError("database.conflict", {})
      for (const row of work.all()) {
        const owner = row.model.owner
        if (owner?.model === model && isChanged(row)) for (const id of ids) touch(work.row(model, id))
      }
    }
  }
  await write(applied, root, mark)
  return settled.warnings
}

const touch = (row: WorkRow | undefined): void => {
  if (row) row.touched = true
}

async function write(applied: Applied, root: WorkRow, mark: TransitionMark | undefined): Promise<void> {
  const { session, work } = applied
  const changed = changedRows(work, session)
  await assignNumbers(session, changed, true, mark?.action)
  if (changed.length === 0 && work.links.length === 0) return
  session.written.count++
  const recorded = changed.map((row): RecordedRow => {
    const operation = row.deleted ? "delete" : isNew(row) ? "create" : "update"
    if (row === root && mark) return { row, operation, event: mark.event, action: mark.action }
    return { row, operation, event: null, action: null }
  })
  const flushed = flushStatements(changed, work.links)
  const isStamped = changed.some(({ model }) => model.adopted)
  // What happened is told with the version that it made, which adopted rows have only once they are written.
  if (isStamped) {
    await allOf(flushed.map(({ statement, values }) => session.tx.query(statement, values)))
    await readStamps(session.tx, changed)
  }
  const told = recordStatements(recorded, work.links, session)
  // Sent together; the first that fails is the one that is told.
  const sent = [...(isStamped ? [] : flushed), ...told].map(({ statement, values }) =>
    session.tx.query(statement, values),
  )
  const judged = checkAfter(
    session,
    applied.after.filter((check) => !check.row.deleted),
  )
  await allOf([...sent, judged])
}

/** Waits for all, and throws what the first that failed did. */
async function allOf(sent: readonly Promise<unknown>[]): Promise<void> {
  const outcomes = await Promise.allSettled(sent)
  for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason
}

async function update(
  session: WriteSession,
  node: UpdateNode,
  references: readonly ReferenceCheck[],
): Promise<Performed> {
  const applied = newApplied(session, await drawGenerated(session, node))
  const guarded = await lockRecord(
    session,
    node,
    conditionsOf(node.guard, node.behaviour, node),
    "no key update",
    node.cells,
  )
  assertAllowed(guarded, node.guard, node, node.model, "update")
  assertUnlocked(
    node.behaviour,
    guarded,
    partsOf(node).map(({ member }) => member.name),
  )
  const row = loadLocked(applied.work, node.model, guarded, "")
  await applyContent(applied, withPresets(session, node, guarded), row, "update")
  return { row, warnings: await complete(applied, row, references) }
}

async function remove(session: WriteSession, node: DeleteNode): Promise<Performed> {
  const applied = newApplied(session)
  const guarded = await lockRecord(session, node, conditionsOf(node.guard, node.behaviour), "update")
  assertAllowed(guarded, node.guard, {}, node.model, "delete")
  assertUnlocked(node.behaviour, guarded, undefined)
  const row = loadLocked(applied.work, node.model, guarded, "")
  row.deleted = true
  return { row, warnings: await complete(applied, row, []) }
}

async function archive(session: WriteSession, node: ArchiveNode): Promise<Performed> {
  const applied = newApplied(session)
  const guarded = await lockRecord(session, node, conditionsOf(node.guard, node.behaviour))
  assertAllowed(guarded, node.guard, {}, node.model, "update")
  assertUnlocked(node.behaviour, guarded, ["archivedAt"])
  const row = loadLocked(applied.work, node.model, guarded, "")
  const isArchived = row.values["archivedAt"] !== null
  if (isArchived === node.restore) row.values["archivedAt"] = node.restore ? null : session.now
  applied.after.push({ row, condition: node.after, parts: node.afterParts, operation: "update" } satisfies AfterCheck)
  return { row, warnings: await complete(applied, row, []) }
}

async function upsert(
  session: WriteSession,
  node: UpsertNode,
  references: readonly ReferenceCheck[],
): Promise<Performed> {
  const id = await findByKey(session, node)
  if (id !== undefined) return update(session, { ...node.update, id }, references)
  const applied = newApplied(session, await drawGenerated(session, node.insert))
  const row = applyInsert(applied, node.insert)
  return { row, warnings: await complete(applied, row, references) }
}

/** @throws what the change is refused for; then the transaction must be undone. */
export async function perform(
  session: WriteSession,
  change: AuthorisedChange,
  invoke: (session: WriteSession, change: AuthorisedChange) => Promise<Performed>,
): Promise<Performed> {
  const { root, references } = change.tree
  switch (root.kind) {
    case "insert": {
      const applied = newApplied(session, await drawGenerated(session, root))
      const row = applyInsert(applied, root)
      return { row, warnings: await complete(applied, row, references) }
    }
    case "update":
      return update(session, root, references)
    case "delete":
      return remove(session, root)
    case "archive":
      return archive(session, root)
    case "upsert":
      return upsert(session, root, references)
    case "invoke":
      return invoke(session, change)
  }
}
