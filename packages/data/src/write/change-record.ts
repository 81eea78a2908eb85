/**
 * History and events of a write, in its transaction.
 *
 * @module
 */
import { changedColumns, isNew, type LinkChange, type WorkRow } from "@archipel/core"
import type { Statement } from "../postgres/statement.ts"
import { principalId } from "../sql/parameters.ts"
import { newId } from "./new-id.ts"
import type { WriteSession } from "./write-session.ts"

export interface RecordedRow {
  readonly row: WorkRow
  /** "created", "updated", "deleted", or the name of a transition's event. */
  readonly event: string
  readonly operation: "create" | "update" | "delete"
  /** The transition or action that was asked for. */
  readonly action: string | null
}

const AUTOMATIC: ReadonlySet<string> = new Set(["id", "version", "createdAt", "createdBy", "updatedAt", "updatedBy"])

export type FieldChange =
  | { readonly old: unknown; readonly new: unknown }
  | { readonly added: readonly string[]; readonly removed: readonly string[] }

/** By field what was and what is, by list of links what came and went; for a new record without the fields that are empty. */
export function changesOf(row: WorkRow, links: readonly LinkChange[]): Record<string, FieldChange> {
  const changes: Record<string, FieldChange> = {}
  const columns = row.deleted ? row.model.columns : changedColumns(row)
  for (const { name } of columns) {
    if (AUTOMATIC.has(name)) continue
    const before = row.before?.[name] ?? null
    const after = row.deleted ? null : (row.values[name] ?? null)
    if (isNew(row) ? after !== null : before !== null || after !== null) changes[name] = { old: before, new: after }
  }
  if (row.deleted) return changes
  for (const [name, some] of Map.groupBy(
    links.filter((link) => link.own === row.id && link.member.model === row.model),
    (link) => link.member.name,
  )) {
    const ids = (added: boolean): string[] => some.filter((link) => link.added === added).map((link) => link.target)
    changes[name] = { added: ids(true), removed: ids(false) }
  }
  return changes
}

/** A statement of the framework and how many parameters it has. */
interface Fixed {
  readonly statement: Statement
  readonly parameters: number
}

export const HISTORY: Fixed = {
  parameters: 14,
  statement: {
    name: "archipel_history",
    text: `insert into archipel.history (at, model, record_id, version, operation, action, actor_kind, actor_id, via, reason, trace_id, changes, parent_model, parent_id)
select $1::timestamptz, u.model, u.record_id, u.version, u.operation, u.action, $2, $3, $4, $5, $6, u.changes, u.parent_model, u.parent_id
from unnest($7::text[], $8::uuid[], $9::integer[], $10::text[], $11::text[], $12::jsonb[], $13::text[], $14::uuid[]) as u(model, record_id, version, operation, action, changes, parent_model, parent_id)`,
  },
}

export const OUTBOX: Fixed = {
  parameters: 7,
  statement: {
    name: "archipel_outbox",
    text: `insert into archipel.outbox (id, at, type, record_id, version, payload, trace_id)
select u.id, $1::timestamptz, u.type, u.record_id, u.version, u.payload, $2
from unnest($3::uuid[], $4::text[], $5::uuid[], $6::integer[], $7::jsonb[]) as u(id, type, record_id, version, payload)`,
  },
}

export interface BoundStatement {
  readonly statement: Statement
  readonly values: readonly unknown[]
}

/** The two statements that write what happened. Every reader's rights apply when it is read or delivered. */
export function recordStatements(
  rows: readonly RecordedRow[],
  links: readonly LinkChange[],
  session: WriteSession,
): BoundStatement[] {
  if (rows.length === 0) return []
  const { principal, origin, now } = session
  const actor = principal.kind === "user" ? (principalId(principal) ?? principal.id) : principal.id
  const made = rows.map(({ row, ...rest }) => {
    const changes = changesOf(row, links)
    const owner = row.model.owner
    const parent = owner
      ? ((row.values[owner.inverse.name] ?? row.before?.[owner.inverse.name] ?? null) as string | null)
      : null
    return { row, ...rest, changes, parentModel: owner?.model.name ?? null, parent, version: versionOf(row) }
  })
  return [
    {
      statement: HISTORY.statement,
      values: [
        now,
        principal.kind,
        actor,
        origin.via,
        origin.reason,
        origin.traceId,
        made.map((m) => m.row.model.name),
        made.map((m) => m.row.id),
        made.map((m) => m.version),
        made.map((m) => m.operation),
        made.map((m) => m.action),
        made.map((m) => JSON.stringify(m.changes)),
        made.map((m) => m.parentModel),
        made.map((m) => m.parent),
      ],
    },
    {
      statement: OUTBOX.statement,
      values: [
        now,
        origin.traceId,
        made.map(() => newId()),
        made.map((m) => `${m.row.model.name}.${m.event}`),
        made.map((m) => m.row.id),
        made.map((m) => m.version),
        made.map((m) =>
          JSON.stringify({
            id: m.row.id,
            model: m.row.model.name,
            version: m.version,
            operation: m.operation,
            ...(m.action ? { action: m.action } : {}),
            actor: { kind: principal.kind, id: actor },
            ...(m.parent ? { parent: { model: m.parentModel, id: m.parent } } : {}),
            changes: m.changes,
          }),
        ),
      ],
    },
  ]
}

/** The version after the write; of a deleted record, the one it would have got. */
export const versionOf = (row: WorkRow): number =>
  row.deleted ? Number(row.before?.["version"]) + 1 : Number(row.values["version"])
