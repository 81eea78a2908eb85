import type { ModelName } from "@archipel/core"
import { type Database, eventsSql } from "@archipel/data"

/** What became of a line, told by the record that owns it. */
export interface WrittenLine {
  readonly id: string
  /** "create", "update" or "delete". */
  readonly operation: string
  readonly changes: WrittenChanges
}

/** By field: what it was and what it is. By list of lines: the lines that changed. */
export interface WrittenChanges {
  readonly [name: string]: { readonly old?: unknown; readonly new?: unknown } | readonly WrittenLine[]
}

/** A row of the history as an event: what other services hear of. A record and its lines are one. */
export interface WrittenEvent {
  /** "sales.Order.confirmed" */
  readonly type: string
  readonly recordId: string
  readonly version: number
  readonly payload: Readonly<Record<string, unknown>>
}

/** A row of the history. A record and its lines are one. */
export interface WrittenHistory {
  /** "create", "update", "delete", or what an action or transition did. */
  readonly operation: string
  /** The action or transition, if it was one. */
  readonly action: string | null
  readonly version: number
  /** Who did it; null for the system. */
  readonly actorId: string | null
  /** Instant, ISO 8601. */
  readonly at: string
  readonly changes: WrittenChanges
}

const json = async <Row>(database: Database, text: string, values: readonly unknown[]): Promise<readonly Row[]> =>
  JSON.parse((await database.text({ text }, values)) ?? "[]") as readonly Row[]

/** The events of a service's database whose type is `about` or begins with its words, in the order of writing. */
export const readEvents = (database: Database, about: string): Promise<readonly WrittenEvent[]> =>
  json(
    database,
    `select coalesce(json_agg(json_build_object('type', type, 'recordId', coalesce(record_key, record_id::text), 'version', version, 'payload', payload) order by seq), '[]')
       from ${eventsSql} e where starts_with(type || '.', $1 || '.')`,
    [about],
  )

/** What happened to one record, in the order of writing. */
export const readHistory = (database: Database, model: ModelName, id: string): Promise<readonly WrittenHistory[]> =>
  json(
    database,
    `select coalesce(json_agg(json_build_object('operation', operation, 'action', action, 'version', version, 'actorId', actor_id,
              'at', to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), 'changes', changes) order by id), '[]')
       from archipel.history where model = $1 and coalesce(record_key, record_id::text) = $2`,
    [model, id],
  )
