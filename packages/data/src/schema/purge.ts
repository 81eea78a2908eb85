/**
 * Taking old rows out of the framework's tables.
 *
 * @module
 */
import type { Queryable } from "../postgres/database.ts"
import { FRAMEWORK_SCHEMA } from "./structure.ts"

/** Each: the key that follows time, and the column of the time. */
const purgeable = {
  history: { key: "id", at: "at" },
  idempotency: { key: "created_at", at: "created_at" },
} as const

export type PurgeableTable = keyof typeof purgeable

/** Rows of one piece: small enough to hold locks for milliseconds only. */
const MAX_BATCH = 5_000

/**
 * Deletes the oldest rows from before an instant, at most `limit` (default and maximum 5,000): one statement that reads no
 * more rows than it may delete, however large the table; nothing of what is
 * being purged by another process at this moment.
 *
 * @returns How many rows went; fewer than `limit` when there is nothing left to purge.
 */
export async function purge(
  database: Queryable,
  table: PurgeableTable,
  before: Date,
  limit: number = MAX_BATCH,
): Promise<number> {
  const { key, at } = purgeable[table]
  const name = `${FRAMEWORK_SCHEMA}.${table}`
  const { count } = await database.query(
    {
      text: `delete from ${name} where ctid = any (array(
  select ctid from (select ctid, ${at} from ${name} order by ${key} limit $2 for update skip locked) oldest
  where ${at} < $1))`,
    },
    [before, Math.min(Math.max(1, Math.trunc(limit)), MAX_BATCH)],
  )
  return count
}
