/**
 * Which records were written since a reader last looked: what a service tells others that keep copies of them.
 *
 * Transactions commit in another order than they number their events, so a reader that remembers the last number it saw would
 * miss whoever committed late. It remembers a snapshot instead: what it has seen is what was committed then, and new is whatever
 * is committed now and was not.
 *
 * @module
 */
import type { Queryable } from "../postgres/database.ts"

/** What a reader has seen. Texts, as PostgreSQL prints these types. */
export interface FeedPosition {
  /** Which life of the database this is: restored from a backup, or failed over to another server, it is another one. */
  readonly life: string
  /** All transactions that this snapshot sees are seen. */
  readonly from: string
  /** Those that this one sees are being read, in the order of their ids. */
  readonly page?: { readonly to: string; readonly xid: string; readonly seq: string }
}

export interface Touched {
  readonly position: FeedPosition
  /** Whether all that was committed when the page began is read. */
  readonly isComplete: boolean
  /** Ids of records by model, each once; they may have been deleted since. */
  readonly ids: ReadonlyMap<string, readonly string[]>
}

const SNAPSHOT = /^\d+:\d+:[\d,]*$/
const NUMBER = /^\d{1,20}$/

/** Whether a value that came from elsewhere is a position. */
export function isFeedPosition(value: unknown): value is FeedPosition {
  if (typeof value !== "object" || value === null) return false
  const { life, from, page } = value as { readonly [K in keyof FeedPosition]?: unknown }
  const isText = (text: unknown, pattern: RegExp): boolean => typeof text === "string" && pattern.test(text)
  if (typeof life !== "string" || !isText(from, SNAPSHOT)) return false
  if (page === undefined) return true
  if (typeof page !== "object" || page === null) return false
  const { to, xid, seq } = page as { readonly to?: unknown; readonly xid?: unknown; readonly seq?: unknown }
  return isText(to, SNAPSHOT) && isText(xid, NUMBER) && isText(seq, NUMBER)
}

/**
 * The database by what changes when its transactions begin to count anew: another cluster, another time line after a recovery or a
 * failover, another database made from a dump.
 */
const LIFE = `(select concat_ws('/', s.system_identifier, c.timeline_id, d.oid)
  from pg_control_system() s, pg_control_checkpoint() c, pg_database d where d.datname = current_database())`

/** Where a reader begins that has seen all that is committed now. */
export async function feedPosition(on: Queryable): Promise<FeedPosition> {
  const answer = await on.cells({ name: "archipel_feed_position", text: `select ${LIFE}, pg_current_snapshot()` })
  const [life, from] = answer as readonly [string, string]
  return { life, from }
}

const TOUCHED = {
  name: "archipel_touched",
  text: `with page as (select coalesce($2::pg_snapshot, pg_current_snapshot()) as until, ${LIFE} as life),
touched as (
  select h.xid, h.id as seq, h.record_id, h.model
  from archipel.history h, page
  where h.xid >= pg_snapshot_xmin($1::pg_snapshot) and h.xid < pg_snapshot_xmax(page.until)
    and not pg_visible_in_snapshot(h.xid, $1::pg_snapshot) and pg_visible_in_snapshot(h.xid, page.until)
    and (h.xid, h.id) > ($3::xid8, $4::bigint)
    and h.model = any($5::text[])
  order by h.xid, h.id limit $6::integer
)
select page.life, page.until::text, last.xid::text, last.seq::text, (select count(*) from touched)::text,
  (select coalesce(json_agg(json_build_array(model, record_id)), '[]')
   from (select distinct model, record_id from touched) each)::text
from page left join lateral (select xid, seq from touched order by xid desc, seq desc limit 1) last on true`,
}

/**
 * The records of these models that were written behind a position, at most `limit` writes at a time; lines are told of with their
 * parents. One statement, which reads what was written since and no more.
 *
 * @returns undefined if the position is of another life of the database: its reader begins anew.
 */
export async function touchedRecords(
  on: Queryable,
  models: readonly string[],
  { life, from, page }: FeedPosition,
  limit: number,
): Promise<Touched | undefined> {
  const values = [from, page?.to ?? null, page?.xid ?? "0", page?.seq ?? "0", models, limit]
  const answer = (await on.cells(TOUCHED, values)) as readonly [string, string, string, string, string, string]
  const [now, to, xid, seq, count, touched] = answer
  if (now !== life) return undefined
  const isComplete = Number(count) < limit
  const pairs = JSON.parse(touched) as readonly (readonly [string, string])[]
  const ids = new Map(
    [...Map.groupBy(pairs, ([model]) => model)].map(([model, some]) => [model, some.map(([, id]) => id)]),
  )
  return { position: isComplete ? { life, from: to } : { life, from, page: { to, xid, seq } }, isComplete, ids }
}
