import { randomBytes } from "node:crypto"
import type { Database } from "@archipel/data"
import type { Secrets } from "@archipel/server"

/** Values that are taken once, by whoever has the handle: challenges, and what a login elsewhere has to come back with. */
export interface SingleUse {
  /** @param handle Random, at least 128 bits; made here when left out. @returns the handle */
  put(kind: string, value: object, seconds: number, handle?: string): Promise<string>
  /** Gone with this, also when it is refused afterwards. Of concurrent callers one gets it. */
  take<Value>(kind: string, handle: string): Promise<Value | undefined>
}

const PURPOSE = "single-use"

/** Kept with what the protocol keeps: the handle as its hash, the value encrypted. */
export function createSingleUse({
  database,
  secrets,
  now,
}: {
  readonly database: Database
  readonly secrets: Secrets
  readonly now: () => Date
}): SingleUse {
  return {
    async put(kind, value, seconds, handle = randomBytes(32).toString("base64url")) {
      const expiresAt = new Date(now().getTime() + seconds * 1_000)
      const sealed = secrets.seal(PURPOSE, JSON.stringify(value))
      await database.query(insert, [kind, secrets.hash(`${kind}:${handle}`), sealed, expiresAt])
      return handle
    },
    async take<Value>(kind: string, handle: string) {
      const { rows } = await database.query<Row>(take, [secrets.hash(`${kind}:${handle}`), kind])
      const row = rows[0]
      if (row === undefined || Date.parse(row.expires_at) <= now().getTime()) return undefined
      return JSON.parse(secrets.open(PURPOSE, row.payload)) as Value
    },
  }
}

interface Row {
  readonly payload: string
  readonly expires_at: string
}

const insert = {
  name: "identity_single_use_insert",
  text: `insert into artifacts (id, kind, handle, payload, expires_at) values (gen_random_uuid(), $1, $2, $3, $4)`,
}
const take = {
  name: "identity_single_use_take",
  text: "delete from artifacts where handle = $1 and kind = $2 returning payload, expires_at",
}
