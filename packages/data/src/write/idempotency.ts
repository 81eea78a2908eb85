/**
 * Requests that are sent twice and done once.
 *
 * @module
 */
import { ArchipelError, type Principal } from "@archipel/core"
import { sqlState } from "../postgres/sql-state.ts"
import type { Queryable } from "../postgres/database.ts"
import type { Idempotency } from "./answers.ts"

/** How long a request waits for the same request before it is told to come back. */
const WAIT_MS = 5_000
const KEPT = "24 hours"
const RETRY_AFTER_SECONDS = 1

const ownerOf = (principal: Principal): string => `${principal.kind}:${principal.id}`

interface Claim {
  /** Whether the key was free. */
  readonly isMine: boolean
  readonly answer: string | null
}

async function claim(tx: Queryable, principal: Principal, { key, fingerprint }: Idempotency): Promise<Claim> {
  const owner = ownerOf(principal)
  const insert = {
    text: `insert into archipel.idempotency as i (principal, key, fingerprint) values ($1, $2, $3)
on conflict (principal, key) do update set fingerprint = excluded.fingerprint, status = null, answer = null, created_at = now()
where i.created_at < now() - interval '${KEPT}'`,
  }
  const wait = tx.query({ text: `set local lock_timeout = ${WAIT_MS}` })
  const claimed = tx.query(insert, [owner, key, fingerprint])
  const stored = tx.query<{ fingerprint: string; answer: string | null }>(
    { text: "select fingerprint, answer from archipel.idempotency where principal = $1 and key = $2" },
    [owner, key],
  )
  const unlimited = tx.query({ text: "set local lock_timeout = 0" })
  const [, mine, found] = await Promise.allSettled([wait, claimed, stored, unlimited])
  if (mine.status === "rejected") {
    const error: unknown = mine.reason
    const state = sqlState(error instanceof ArchipelError ? error.cause : error)
    if (state === "55P03") throw inProgress()
    throw error
  }
  if (found.status === "rejected") throw found.reason
  if (mine.value.count === 1) return { isMine: true, answer: null }
  const [row] = found.value.rows
  if (!row || row.fingerprint !== fingerprint) throw new ArchipelError("request.key_reused", { key })
  return { isMine: false, answer: row.answer }
}

const inProgress = () => new ArchipelError("request.in_progress", { retryAfterSeconds: RETRY_AFTER_SECONDS })

/**
 * Takes the key for this transaction: whoever sends it meanwhile waits for the end. A key of an undone request is free.
 *
 * @returns the stored answer, if the request was done before.
 * @throws `request.key_reused`, `request.in_progress`
 */
export async function claimKey(
  tx: Queryable,
  principal: Principal,
  idempotency: Idempotency,
): Promise<string | undefined> {
  const { isMine, answer } = await claim(tx, principal, idempotency)
  if (isMine) return undefined
  if (answer === null) throw inProgress()
  return answer
}

/**
 * Takes the key of a request that is done in several transactions, each with a key of its own: nobody is kept from doing the same
 * meanwhile, because no part is done twice.
 *
 * @returns the stored answer, if all of it was done before.
 * @throws `request.key_reused`
 */
export async function shareKey(
  tx: Queryable,
  principal: Principal,
  idempotency: Idempotency,
): Promise<string | undefined> {
  return (await claim(tx, principal, idempotency)).answer ?? undefined
}

/** The key of one part of a request: no client's, whose keys have no spaces. */
export const partOf = ({ key, fingerprint }: Idempotency, index: number): Idempotency => ({
  key: `${key} ${index}`,
  fingerprint,
})

/** Keeps the answer (JSON text) under the key, in the transaction that did what it tells. */
export async function storeAnswer(
  tx: Queryable,
  principal: Principal,
  { key }: Idempotency,
  answer: string,
): Promise<void> {
  await tx.query(
    { text: "update archipel.idempotency set status = 200, answer = $3 where principal = $1 and key = $2" },
    [ownerOf(principal), key, answer],
  )
}

/** Keeps the answer under a shared key, unless somebody who did the same was faster. @returns the answer that is kept */
export async function storeSharedAnswer(
  tx: Queryable,
  principal: Principal,
  { key }: Idempotency,
  answer: string,
): Promise<string> {
  const { rows } = await tx.query<{ answer: string }>(
    {
      text: `update archipel.idempotency set status = 200, answer = coalesce(answer, $3) where principal = $1 and key = $2
returning answer`,
    },
    [ownerOf(principal), key, answer],
  )
  // Without a row, it was purged in between: then nobody asks for it any more.
  return rows[0]?.answer ?? answer
}
