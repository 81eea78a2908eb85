/**
 * What happened to a record, as it was written down with it.
 *
 * @module
 */
import type { ResolvedModel } from "@archipel/core"
import type { Queryable } from "../postgres/database.ts"
import type { StopSignal } from "../postgres/stop-signal.ts"
import { columnOf, identifier } from "../sql/statement-builder.ts"
import { recordedId } from "../write/record-id.ts"

/** What became of a line, among the changes of the record that owns it. */
export interface HistoryLine {
  readonly id: string
  readonly operation: string
  readonly action?: string
  readonly changes: HistoryChanges
}

/** By field what was and what is; by list of links what came and went; by list of lines what became of each. */
export interface HistoryChanges {
  readonly [name: string]:
    | { readonly old: unknown; readonly new: unknown }
    | { readonly added: readonly string[]; readonly removed: readonly string[] }
    | readonly HistoryLine[]
}

/** One write, with all that it changed: whose rights are still to be applied. */
export interface HistoryEntry {
  /** Decimal; grows with time. */
  readonly id: string
  /** ISO 8601. */
  readonly at: string
  readonly model: string
  readonly record: string
  readonly version: number
  readonly operation: string
  readonly action: string | null
  readonly actor: { readonly kind: string; readonly id: string | null }
  readonly changes: HistoryChanges
}

export interface HistoryRequest {
  readonly model: ResolvedModel
  readonly id: string
  /** Entries before this one; the newest when left out. */
  readonly before?: string
  readonly limit: number
}

/**
 * The record and the lines that it owns now: lines that did something by themselves have entries of their own. Not those of adopted
 * tables, whose entries have hashes for ids.
 */
function idsSql(model: ResolvedModel, key: string): string {
  const lines = model.lists.flatMap((list) => {
    if (list.kind !== "many" || !list.owned || model.adopted || list.target.adopted) return []
    const { inverse, target } = list
    return [`select l.id from ${identifier(target.table)} l where ${columnOf("l", inverse)} = ${key}`]
  })
  return ["select $2::uuid", ...lines].join(" union all ")
}

/** The newest entries of a record, one more than `limit` if there are more. Two index scans a list of lines, none over a table. */
export async function historyOf(
  on: Queryable,
  { model, id, before, limit }: HistoryRequest,
  options: { readonly signal?: StopSignal } = {},
): Promise<readonly HistoryEntry[]> {
  const models = [model.name, ...model.lists.filter((l) => l.kind === "many" && l.owned).map((l) => l.to)]
  const text = `select coalesce(json_agg(json_build_object(
    'id', h.id::text, 'at', to_char(h.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), 'model', h.model, 'record', coalesce(h.record_key, h.record_id::text),
    'version', h.version, 'operation', h.operation, 'action', h.action, 'actor', json_build_object('kind', h.actor_kind, 'id', h.actor_id),
    'changes', h.changes) order by h.id desc), '[]')::text
  from (select * from archipel.history where record_id = any(array(${idsSql(model, "$2::uuid")})) and model = any($1::text[])${
    before === undefined ? "" : " and id < $4::bigint"
  } order by id desc limit $3::integer) h`
  const values = [models, recordedId(model, id).id, limit + 1, ...(before === undefined ? [] : [before])]
  return JSON.parse((await on.text({ text }, values, options)) ?? "[]") as readonly HistoryEntry[]
}
