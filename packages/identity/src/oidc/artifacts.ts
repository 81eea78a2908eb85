/**
 * What the protocol keeps between requests: codes, refresh tokens, sessions, grants. A stolen copy of the table opens nothing:
 * handles are SHA-256, contents are encrypted, and only a session's contains its own handle, since sessions are found by `sid` too.
 *
 * @module
 */
import { randomUUID } from "node:crypto"
import type { Database } from "@archipel/data"
import { type Adapter, type AdapterPayload, errors } from "oidc-provider"
import type { Secrets } from "@archipel/server"

/** The artifacts of one database. */
export interface Artifacts {
  /** Reads and writes one kind, as the protocol library asks. One statement a call. */
  adapter(kind: string): Adapter
  /** A session by its `sid`. */
  session(sid: string): Promise<AdapterPayload | undefined>
  /** A session lives at least until then; never shorter than before. */
  prolongSession(sid: string, until: Date): Promise<void>
  /** Everything that belongs to a session or to one of these grants, the grants themselves included. */
  removeSession(sid: string, grantIds: readonly string[]): Promise<void>
  /** Everything that speaks for a user, but for one session and its grants. */
  removeAccount(account: string, except?: { readonly sid: string; readonly grantIds: readonly string[] }): Promise<void>
  /** Deletes expired rows, at most `limit`; says how many went. What was used is kept until it expires, so that its second use is noticed. */
  purge(limit: number): Promise<number>
}

export interface ArtifactsOptions {
  readonly database: Pick<Database, "query" | "transaction">
  readonly secrets: Secrets
  readonly now: () => Date
  /** A code or refresh token was used twice: all that came of its grant is revoked. */
  readonly onReuse?: (kind: string, account: string | undefined) => void
}

interface Row {
  readonly payload: string
  readonly consumed_at: string | null
  readonly expires_at: string | null
}

const FIND = "select payload, consumed_at, expires_at from artifacts"

/** Rows are locked in one order, so that those who revoke the same at the same moment wait for each other and no more. */
const removal = (where: string): string =>
  `delete from artifacts where id = any (array(select id from artifacts where ${where} order by id for update))`

/** A second use of these says that they were stolen, by whichever of the two came later: nobody keeps anything. */
const REVOKE_ON_REUSE: ReadonlySet<string> = new Set(["AuthorizationCode", "RefreshToken"])

/** Never issued twice, so a second one is a replay, also when both come at the same moment. */
const ONCE = "ReplayDetection"

const seconds = (instant: string): number => Math.floor(Date.parse(instant) / 1000)

export function createArtifacts({ database, secrets, now, onReuse }: ArtifactsOptions): Artifacts {
  const purpose = (kind: string): string => `oidc:${kind}`
  const handleOf = (kind: string, id: string): string => secrets.hash(`${kind}:${id}`)

  /** The row says when it expires and whether it was used: both change without its content being written again. */
  const read = (kind: string, row: Row | undefined): AdapterPayload | undefined => {
    if (row === undefined) return undefined
    const payload = JSON.parse(secrets.open(purpose(kind), row.payload)) as AdapterPayload
    if (row.expires_at !== null) payload.exp = seconds(row.expires_at)
    if (row.consumed_at !== null) payload["consumed"] = seconds(row.consumed_at)
    return payload
  }

  const findSession = async (sid: string): Promise<AdapterPayload | undefined> => {
    const { rows } = await database.query<Row & { [column: string]: string | null }>(
      { name: "oidc_session", text: `${FIND} where uid = $1 and kind = 'Session' and expires_at > $2` },
      [sid, now()],
    )
    return read("Session", rows[0])
  }

  /** Of a grant nothing is left, itself included, so that a winner's tokens of the same moment are worth nothing later. */
  const refuseReuse = async (kind: string, handle: string): Promise<never> => {
    if (REVOKE_ON_REUSE.has(kind)) {
      const { rows } = await database.query(
        {
          name: "oidc_reuse",
          text: `with used as (select grant_id, account from artifacts where handle = $1),
gone as (${removal("grant_id = (select grant_id from used)")})
select account from used`,
        },
        [handle],
      )
      if (rows.length > 0) onReuse?.(kind, rows[0]?.["account"] ?? undefined)
    }
    throw new errors.InvalidGrant("already used")
  }

  const write = async (
    on: Pick<Database, "query">,
    kind: string,
    id: string,
    { jti, ...payload }: AdapterPayload,
    expiresIn: number | undefined,
  ): Promise<void> => {
    const content = JSON.stringify(kind === "Session" ? { ...payload, jti } : payload)
    const { count } = await on.query(
      {
        name: kind === ONCE ? "oidc_once" : "oidc_upsert",
        text: `insert into artifacts (id, kind, handle, grant_id, uid, account, payload, expires_at)
values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (handle) do ${
          kind === ONCE
            ? "nothing"
            : `update set grant_id = excluded.grant_id, uid = excluded.uid, account = excluded.account,
  payload = excluded.payload, expires_at = excluded.expires_at`
        }`,
      },
      [
        randomUUID(),
        kind,
        handleOf(kind, id),
        kind === "Grant" ? id : payload.grantId,
        kind === "Session" ? payload.uid : payload.sessionUid,
        payload.accountId,
        secrets.seal(purpose(kind), content),
        expiresIn === undefined ? null : new Date(now().getTime() + expiresIn * 1000),
      ],
    )
    if (count === 0) throw new errors.InvalidClientAuth("client assertion tokens must only be used once")
  }

  /** Applications that one browser logs in to at the same moment each know of themselves alone: what the others wrote stays. */
  const writeSession = (id: string, payload: AdapterPayload, expiresIn: number | undefined): Promise<void> =>
    database.transaction(async (tx) => {
      const { rows } = await tx.query<Row & { [column: string]: string | null }>(
        { name: "oidc_session_lock", text: `${FIND} where uid = $1 and kind = 'Session' and account = $2 for update` },
        [payload.uid, payload.accountId],
      )
      const known = rows.map((row) => read("Session", row)?.["authorizations"] as object | undefined)
      const authorizations = Object.assign({}, ...known, payload["authorizations"]) as object
      await write(tx, "Session", id, { ...payload, authorizations } as AdapterPayload, expiresIn)
    })

  const adapter = (kind: string): Adapter => ({
    upsert: (id, payload, expiresIn) =>
      kind === "Session" && payload.accountId !== undefined
        ? writeSession(id, payload, expiresIn)
        : write(database, kind, id, payload, expiresIn),
    async find(id) {
      const { rows } = await database.query<Row & { [column: string]: string | null }>(
        { name: "oidc_find", text: `${FIND} where handle = $1 and (expires_at is null or expires_at > $2)` },
        [handleOf(kind, id), now()],
      )
      const payload = read(kind, rows[0])
      if (payload !== undefined) payload.jti = id
      return payload
    },
    findByUid: findSession,
    findByUserCode: () => Promise.resolve(undefined),
    async consume(id) {
      const handle = handleOf(kind, id)
      const { count } = await database.query(
        {
          name: "oidc_consume",
          text: "update artifacts set consumed_at = $2 where handle = $1 and consumed_at is null returning id",
        },
        [handle, now()],
      )
      if (count === 0) await refuseReuse(kind, handle)
    },
    async destroy(id) {
      await database.query({ name: "oidc_destroy", text: "delete from artifacts where handle = $1" }, [
        handleOf(kind, id),
      ])
    },
    async revokeByGrantId(grantId) {
      await database.query({ name: "oidc_revoke", text: removal("grant_id = $1 and kind = $2") }, [grantId, kind])
    },
  })

  return {
    adapter,
    session: findSession,
    async prolongSession(sid, until) {
      await database.query(
        {
          name: "oidc_prolong",
          text: "update artifacts set expires_at = $2 where uid = $1 and kind = 'Session' and expires_at < $2",
        },
        [sid, until],
      )
    },
    async removeSession(sid, grantIds) {
      await database.query({ text: removal("uid = $1 or grant_id = any ($2)") }, [sid, grantIds])
    },
    async removeAccount(account, except) {
      await database.query(
        {
          text: removal("account = $1 and uid is distinct from $2 and (grant_id is null or grant_id <> all ($3))"),
        },
        [account, except?.sid, except?.grantIds ?? []],
      )
    },
    async purge(limit) {
      const { count } = await database.query(
        {
          text: `delete from artifacts where id = any (array(
  select id from artifacts where expires_at < $1 order by expires_at, id limit $2 for update skip locked))`,
        },
        [now(), limit],
      )
      return count
    },
  }
}
