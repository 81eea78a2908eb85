/**
 * The history of a write, in its transaction. It is the outbox too: an event is one of its rows, read once more.
 *
 * @module
 */
import {
  changedColumns,
  type ColumnMember,
  isNew,
  type LinkChange,
  type ResolvedModel,
  type WorkRow,
} from "@archipel/core"
import type { Statement } from "../postgres/statement.ts"
import { principalId } from "../sql/parameters.ts"
import { newId } from "./new-id.ts"
import { recordedId } from "./record-id.ts"
import type { WriteSession } from "./write-session.ts"

export interface RecordedRow {
  readonly row: WorkRow
  /** The name of a transition's event; null where the operation says what happened. */
  readonly event: string | null
  readonly operation: "create" | "update" | "delete"
  /** The transition or action that was asked for. */
  readonly action: string | null
}

const AUTOMATIC: ReadonlySet<string> = new Set(["id", "version", "createdAt", "createdBy", "updatedAt", "updatedBy"])

const isTold = ({ name, writtenBy }: ColumnMember): boolean =>
  name !== "id" && !(writtenBy === "framework" && AUTOMATIC.has(name))

export type FieldChange =
  | { readonly old: unknown; readonly new: unknown }
  | { readonly added: readonly string[]; readonly removed: readonly string[] }

/** By field what was and what is, by list of links what came and went; for a new record without the fields that are empty. */
export function changesOf(row: WorkRow, links: readonly LinkChange[]): Record<string, FieldChange> {
  const changes: Record<string, FieldChange> = {}
  const columns = row.deleted ? row.model.columns : changedColumns(row)
  for (const member of columns) {
    if (!isTold(member)) continue
    const { name } = member
    const before = row.before?.[name] ?? null
    const after = row.deleted ? null : (row.values[name] ?? null)
    if (isNew(row) ? after !== null : before !== null || after !== null) changes[name] = { old: before, new: after }
  }
  if (row.deleted || links.length === 0) return changes
  for (const [name, some] of Map.groupBy(
    links.filter((link) => link.own === row.id && link.member.model === row.model),
    (link) => link.member.name,
  )) {
    const ids = (added: boolean): string[] => some.filter((link) => link.added === added).map((link) => link.target)
    changes[name] = { added: ids(true), removed: ids(false) }
  }
  return changes
}

const HISTORY: Statement = {
  name: "archipel_history",
  text: `insert into archipel.history (at, model, record_id, version, operation, action, event, actor_kind, actor_id, via, reason, trace_id, changes, parent_model, parent_id, record_key, parent_key)
select $1::timestamptz, u.model, u.record_id, u.version, u.operation, u.action, u.event, $2, $3, $4, $5, $6, u.changes, u.parent_model, u.parent_id, u.record_key, u.parent_key
from unnest($7::text[], $8::uuid[], $9::integer[], $10::text[], $11::text[], $12::text[], $13::jsonb[], $14::text[], $15::uuid[], $16::text[], $17::text[]) as u(model, record_id, version, operation, action, event, changes, parent_model, parent_id, record_key, parent_key)`,
}

export interface BoundStatement {
  readonly statement: Statement
  readonly values: readonly unknown[]
}

/** What became of a line, among the changes of its owner. */
interface LineChange {
  readonly id: string
  readonly operation: RecordedRow["operation"]
  readonly action?: string
  readonly changes: Changes
}
type Changes = Record<string, FieldChange | LineChange[]>

interface Told extends RecordedRow {
  readonly changes: Changes
  /** The owner of a line that is told by itself. */
  readonly parent: { readonly model: string; readonly id: string } | null
}

const ownersOf = ({ row }: RecordedRow, by: string): readonly string[] => {
  const ids = row.deleted ? [row.before?.[by]] : [row.values[by], row.before?.[by]]
  return [...new Set(ids)].filter((id) => typeof id === "string")
}

/**
 * The records to tell of, each with the changes of its lines: an owner and its lines are one unit. A line is told by itself
 * only if it was asked to do something that has a name, or if its owner is not part of the write.
 */
function aggregates(rows: readonly RecordedRow[], links: readonly LinkChange[]): Told[] {
  if (rows.length === 1) {
    const [only] = rows as [RecordedRow]
    const by = only.row.model.owner?.inverse.name
    const id = by === undefined ? undefined : ownersOf(only, by)[0]
    const parent = id === undefined ? null : { model: only.row.model.owner?.model.name as string, id }
    return [{ ...only, changes: changesOf(only.row, links), parent }]
  }
  const changes = new Map<string, Changes>()
  const keyOf = (model: string, id: string): string => `${model} ${id}`
  for (const { row } of rows) changes.set(keyOf(row.model.name, row.id), changesOf(row, links))
  const told: Told[] = []
  for (const recorded of rows) {
    const { row, operation, action } = recorded
    const own = changes.get(keyOf(row.model.name, row.id)) as Changes
    const { owner } = row.model
    if (!owner) {
      told.push({ ...recorded, changes: own, parent: null })
      continue
    }
    const by = owner.inverse.name
    const ids = ownersOf(recorded, by)
    const { [by]: _parent, ...rest } = own
    const line = { id: row.id, operation, ...(action ? { action } : {}), changes: ids.length > 1 ? own : rest }
    let isTold = false
    for (const id of ids) {
      const of = changes.get(keyOf(owner.model.name, id))
      if (!of) continue
      isTold = true
      ;((of[owner.name] ??= []) as LineChange[]).push(line)
    }
    if (isTold && !action) continue
    const [id] = ids
    told.push({ ...recorded, changes: own, parent: id === undefined ? null : { model: owner.model.name, id } })
  }
  return told
}

/** Who is told to have done it. */
export const actorOf = ({ principal }: WriteSession): string =>
  principal.kind === "user" ? (principalId(principal) ?? principal.id) : principal.id

/** The statement that writes what happened. Every reader's rights apply when it is read or delivered. */
export function recordStatements(
  rows: readonly RecordedRow[],
  links: readonly LinkChange[],
  session: WriteSession,
): BoundStatement[] {
  if (rows.length === 0) return []
  const { principal, origin, now } = session
  const actor = actorOf(session)
  const told = aggregates(rows, links)
  const recorded = told.map(({ row }) => recordedId(row.model, row.id))
  const parents = told.map(({ row, parent }) =>
    parent && row.model.owner ? recordedId(row.model.owner.model, parent.id) : null,
  )
  const ids = recorded.map(({ id }) => id)
  const keys = recorded.map(({ key }) => key)
  return [
    {
      statement: HISTORY,
      values: [
        now,
        principal.kind,
        actor,
        origin.via,
        origin.reason,
        origin.traceId,
        told.map(({ row }) => row.model.name),
        ids,
        told.map(({ row }) => versionOf(row)),
        told.map(({ operation }) => operation),
        told.map(({ action }) => action),
        told.map(({ event }) => event),
        told.map(({ changes }) => JSON.stringify(changes)),
        told.map(({ parent }) => parent?.model ?? null),
        parents.map((parent) => parent?.id ?? null),
        keys,
        parents.map((parent) => parent?.key ?? null),
      ],
    },
  ]
}

/** What is told of a write that is one aggregate, for a statement of its own. */
export interface Recorded {
  readonly now: string
  readonly kind: string
  readonly actor: string
  readonly via: string | null
  readonly reason: string | null
  readonly trace: string | null
  /** JSON. */
  readonly changes: string
  /** Given to it, since PostgreSQL asks the system for the random bits of each. */
  readonly event: string
}

/** @param lines The new records that belong to it, directly or through one another: all that is written with it. */
export function recordOfCreate(root: WorkRow, lines: readonly WorkRow[], session: WriteSession): Recorded {
  const { principal, origin, now } = session
  const byOwner = Map.groupBy(lines, ({ model, values }) => values[model.owner?.inverse.name as string])
  return {
    now,
    kind: principal.kind,
    actor: actorOf(session),
    via: origin.via,
    reason: origin.reason,
    trace: origin.traceId,
    changes: createdText(root, byOwner),
    event: newId(),
  }
}

/** The fields that are told of a model's new records, each with what stands before its value. */
const toldFields = new WeakMap<ResolvedModel, readonly (readonly [name: string, before: string])[]>()

function toldFieldsOf(model: ResolvedModel): readonly (readonly [name: string, before: string])[] {
  let fields = toldFields.get(model)
  if (!fields) {
    fields = model.columns
      .filter((member) => isTold(member) && member !== model.owner?.inverse)
      .map(({ name }) => [name, `${JSON.stringify(name)}:{"old":null,"new":`] as const)
    toldFields.set(model, fields)
  }
  return fields
}

/** What `aggregates` tells of a new record with new lines, as JSON. */
function createdText(row: WorkRow, byOwner: ReadonlyMap<unknown, readonly WorkRow[]>): string {
  const parts: string[] = []
  for (const [name, before] of toldFieldsOf(row.model)) {
    const value = row.values[name] ?? null
    if (value !== null) parts.push(`${before}${JSON.stringify(value)}}`)
  }
  const lines = byOwner.get(row.id)
  if (lines) {
    for (const [name, some] of Map.groupBy(lines, ({ model }) => model.owner?.name)) {
      const texts = some.map(
        (line) => `{"id":${JSON.stringify(line.id)},"operation":"create","changes":${createdText(line, byOwner)}}`,
      )
      parts.push(`${JSON.stringify(name)}:[${texts.join()}]`)
    }
  }
  return `{${parts.join()}}`
}

/** The version after the write; of a deleted record, the one it would have got. */
export const versionOf = (row: WorkRow): number =>
  row.deleted ? (Number(row.before?.["version"]) + 1) & 0x7fffffff : Number(row.values["version"])
