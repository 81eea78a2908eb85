import type { Database } from "@archipel/data"
import type { Taken } from "./rates.ts"

/** Failed attempts before the first wait, and how waits grow: 30 s, 1 min, 2 min… */
export const lockoutLimits = {
  free: 5,
  firstWaitSeconds: 30,
  longestWaitSeconds: 900,
  forgottenSeconds: 86_400,
} as const

/**
 * Waits that grow with failures, for one account in one place. Others, and the account elsewhere, do not notice.
 */
export interface Lockout {
  /** Counts an attempt as a failure before it is looked at, so that many at once are no way around. One statement. */
  reserve(account: string, place: string): Promise<Taken>
  /** The attempt was right: nothing happened. */
  succeed(account: string, place: string): Promise<void>
  /** The owner has proved to be who they are in another way: no place waits any longer. */
  forget(account: string): Promise<void>
}

export function createLockout({
  database,
  now,
  hash,
}: {
  readonly database: Database
  readonly now: () => Date
  readonly hash: (text: string) => string
}): Lockout {
  const prefix = (account: string): string => `lock:${hash(`account:${account}`)}`
  const keyOf = (account: string, place: string): string => `${prefix(account)}:${hash(`place:${place}`)}`
  return {
    async reserve(account, place) {
      const key = keyOf(account, place)
      const at = now()
      const { count } = await database.query(reserve, [key, at])
      if (count > 0) return { ok: true }
      const until = await database.text(waitsUntil, [key])
      const seconds = until === null ? 1 : Math.ceil((Number(until) - at.getTime()) / 1_000)
      return { ok: false, retryAfterSeconds: Math.max(1, seconds) }
    },
    async succeed(account, place) {
      await database.query(remove, [keyOf(account, place)])
    },
    async forget(account) {
      // ";" follows ":" in the order of bytes: all keys with this prefix, by the index.
      await database.query(removeAll, [`${prefix(account)}:`, `${prefix(account)};`])
    },
  }
}

const { free, firstWaitSeconds, longestWaitSeconds, forgottenSeconds } = lockoutLimits
const waits = `case when a.failures < ${free} then interval '0' else least(${longestWaitSeconds},
  ${firstWaitSeconds} * power(2, least(a.failures - ${free}, 20))) * interval '1 second' end`

const reserve = {
  name: "identity_lockout_reserve",
  text: `insert into attempts as a (id, key, failures, window_ends_at, updated_at)
    values (gen_random_uuid(), $1, 1, $2::timestamptz + interval '${forgottenSeconds} seconds', $2)
    on conflict (key) do update
      set failures = case when a.window_ends_at <= $2 then 1 else a.failures + 1 end,
        window_ends_at = $2::timestamptz + interval '${forgottenSeconds} seconds', updated_at = $2
      where a.window_ends_at <= $2 or a.updated_at + ${waits} <= $2`,
}
const waitsUntil = {
  name: "identity_lockout_waits_until",
  text: `select (extract(epoch from a.updated_at + ${waits}) * 1000)::bigint from attempts a where key = $1`,
}
const remove = { name: "identity_lockout_remove", text: "delete from attempts where key = $1" }
const removeAll = { name: "identity_lockout_remove_all", text: "delete from attempts where key >= $1 and key < $2" }
