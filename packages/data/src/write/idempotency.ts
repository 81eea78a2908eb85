/**
 * Requests that are sent twice and done once.
 *
 * @module
 */
import { ArchipelError, type Principal } from "@archipel/core"
import { sqlState } from "../postgres/sql-state.ts"
import type { Queryable } from "../postgres/database.ts"
import type { ChangeAnswer, Idempotency } from "./answers.ts"

/** How long a request waits for the same request before it is told to come back. */
const WAIT_MS = 5_000
const KEPT = "24 hours"
const RETRY_AFTER_SECONDS = 1

const ownerOf = (principal: Principal): string => `${principal.kind}:${principal.id}`

/**
 * Takes the key for this transaction: whoever sends it meanwhile waits for the end. A key of an undone request is free.
 *
 * @returns the stored answer, if the request was done before.
 * @throws `request.key_reused`, `request.in_progress`
 */
export async function claimKey(
  tx: Queryable,
  principal: Principal,
  { key, fingerprint }: Idempotency,
): Promise<string | undefined> {
  const owner = ownerOf(principal)
  const claim = {
    text: `insert into archipel.idempotency as i (principal, key, fingerprint) values ($1, $2, $3)
on conflict (principal, key) do update set fingerprint = excluded.fingerprint, status = null, answer = null, created_at = now()
where i.created_at < now() - interval '${KEPT}'`,
  }
  const wait = tx.query({ text: `set local lock_timeout = ${WAIT_MS}` })
  const claimed = tx.query(claim, [owner, key, fingerprint])
  const stored = tx.query<{ fingerprint: string; answer: string | null }>(
    { text: "select fingerprint, answer from archipel.idempotency where principal = $1 and key = $2" },
    [owner, key],
  )
  const unlimited = tx.query({ text: "set local lock_timeout = 0" })
  const [, mine, found] = await Promise.allSettled([wait, claimed, stored, unlimited])
  if (mine.status === "rejected") {
    const error: unknown = mine.reason
    const state = sqlState(error instanceof ArchipelError ? error.cause : error)
    if (state === "55P03") throw new ArchipelError("request.in_progress", { retryAfterSeconds: RETRY_AFTER_SECONDS })
    throw error
  }
  if (found.status === "rejected") throw found.reason
  if (mine.value.count === 1) return undefined
  const [row] = found.value.rows
  if (!row || row.fingerprint !== fingerprint) throw new ArchipelError("request.key_reused", { key })
  if (row.answer === null) throw new ArchipelError("request.in_progress", { retryAfterSeconds: RETRY_AFTER_SECONDS })
  return row.answer
}

/** Keeps the answer under the key, in the transaction that did what it tells. */
export async function storeAnswer(
  tx: Queryable,
  principal: Principal,
  { key }: Idempotency,
  answer: ChangeAnswer,
): Promise<void> {
  await tx.query(
    { text: "update archipel.idempotency set status = 200, answer = $3 where principal = $1 and key = $2" },
    [ownerOf(principal), key, JSON.stringify(answer)],
  )
}
