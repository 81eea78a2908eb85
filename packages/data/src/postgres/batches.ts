/**
 * The rows of a long answer, some at a time: a cursor in a transaction of its own connection.
 *
 * @module
 */
import type { Connection } from "./connection.ts"
import type { ExclusiveLane } from "./lanes.ts"
import { translateFailure } from "./sql-state.ts"
import type { EncodedValue, Statement, TextRow } from "./statement.ts"
import type { StopSignal } from "./stop-signal.ts"
import type { AnswerShape, WireQuery } from "./wire/wire-query.ts"

export interface BatchOptions {
  /** Default 500. */
  readonly batchRows?: number
  readonly signal?: StopSignal
}

/** @throws as a query */
export async function* inBatches(
  lane: ExclusiveLane,
  statement: Statement,
  values: readonly EncodedValue[],
  { batchRows = 500, signal }: BatchOptions,
): AsyncIterable<readonly TextRow[]> {
  const connection = await lane.acquire(signal)
  let isFinished = false
  try {
    const send = (text: string, parameters: readonly EncodedValue[] = [], shape: AnswerShape = "rows") =>
      connection.run({ text }, parameters, shape, signal).catch((error: unknown) => {
        throw signal?.aborted ? signal.reason : translateFailure(error)
      })
    const fetchNext = (): Promise<WireQuery> => {
      const next = send(`fetch ${Math.trunc(batchRows)} from archipel_batches`)
      // Looked at when its turn comes, which is never if the reader leaves.
      next.catch(() => {})
      return next
    }
    void send("begin isolation level repeatable read read only", [], "tag").catch(() => {})
    const declared = send(`declare archipel_batches no scroll cursor for ${statement.text}`, values)
    let next = fetchNext()
    await declared
    for (;;) {
      signal?.throwIfAborted()
      const { answer: rows } = await next
      const isLast = rows.length < batchRows
      if (!isLast) next = fetchNext()
      if (rows.length > 0) yield rows as unknown as readonly TextRow[]
      if (isLast) break
    }
    isFinished = true
  } finally {
    await endSession(connection, isFinished ? "commit" : "rollback")
    // A cancellation on its way may hit whatever comes next.
    if (connection.cancellations > 0) connection.destroy()
    lane.release(connection)
  }
}

/** Ends what is open on a connection; one that cannot even do that is not used again. */
async function endSession(connection: Connection, command: "commit" | "rollback"): Promise<void> {
  if (!connection.isOpen) return
  try {
    await connection.run({ text: command }, [], "tag")
  } catch {
    connection.destroy()
  }
}
