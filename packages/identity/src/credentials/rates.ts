import type { Database } from "@archipel/data"

/** So many in so long, refilled evenly: after a burst of all of them, one more every `seconds / per`. */
export interface RateLimit {
  readonly per: number
  readonly seconds: number
}

export type Taken = { readonly ok: true } | { readonly ok: false; readonly retryAfterSeconds: number }

/** Limits that all processes on one database share. */
export interface Rates {
  /** Takes one, if there is one left. One statement; a refusal writes nothing and costs a second one. */
  take(key: string, limit: RateLimit): Promise<Taken>
  /** Gives one back, where only failures are to count. */
  giveBack(key: string, limit: RateLimit): Promise<void>
  /** All of them are left again. */
  clear(key: string): Promise<void>
}

interface RatesParts {
  readonly database: Database
  readonly now: () => Date
  /** One-way: who reads the table learns no address. */
  readonly hash: (key: string) => string
}

/**
 * Counts by the generic cell rate algorithm: a row holds the instant at which the limit is full again, so one statement decides and
 * counts, and rows of the past mean nothing.
 */
export function createRates({ database, now, hash }: RatesParts): Rates {
  const stepOf = ({ per, seconds }: RateLimit): number => Math.max(1, Math.round((seconds * 1_000) / per))
  const later = (at: Date, milliseconds: number): Date => new Date(at.getTime() + milliseconds)
  return {
    async take(key, limit) {
      const at = now()
      const step = stepOf(limit)
      const values = [
        hash(`rate:${key}`),
        at,
        later(at, step),
        `${step} milliseconds`,
        later(at, limit.seconds * 1_000),
      ]
      const { count } = await database.query(take, values)
      if (count > 0) return { ok: true }
      const full = await database.text(fullAt, [values[0]])
      const wait = full === null ? step : Number(full) + step - limit.seconds * 1_000 - at.getTime()
      return { ok: false, retryAfterSeconds: Math.max(1, Math.ceil(wait / 1_000)) }
    },
    async giveBack(key, limit) {
      await database.query(giveBack, [hash(`rate:${key}`), `${stepOf(limit)} milliseconds`])
    },
    async clear(key) {
      await database.query(clear, [hash(`rate:${key}`)])
    },
  }
}

const take = {
  name: "identity_rate_take",
  text: `insert into attempts as a (id, key, failures, window_ends_at) values (gen_random_uuid(), $1, 1, $3)
    on conflict (key) do update
      set window_ends_at = greatest(a.window_ends_at, $2) + $4::interval, failures = a.failures + 1, updated_at = $2
      where greatest(a.window_ends_at, $2) + $4::interval <= $5::timestamptz`,
}
const fullAt = {
  name: "identity_rate_full_at",
  text: `select (extract(epoch from window_ends_at) * 1000)::bigint from attempts where key = $1`,
}
const giveBack = {
  name: "identity_rate_give_back",
  text: `update attempts set window_ends_at = window_ends_at - $2::interval, failures = greatest(failures - 1, 0) where key = $1`,
}
const clear = { name: "identity_rate_clear", text: "delete from attempts where key = $1" }
