/**
 * Queries and changes inside one transaction, for the code of transitions, actions and `db.transaction`.
 *
 * @module
 */
import { authoriseChange, type AuthorisedChange, authoriseQuery, type Executor, type Query } from "@archipel/core"
import type { Reader } from "../read/reader.ts"
import { runInvocation } from "./invoke.ts"
import { perform, type Performed } from "./perform.ts"
import type { WriteSession } from "./write-session.ts"
import { translateWrite } from "./write-errors.ts"

/** One thing after the other: what happens in a transaction never overlaps, however the code awaits. */
class Turns {
  #last: Promise<unknown> = Promise.resolve()

  take<R>(run: () => Promise<R>): Promise<R> {
    const turn = this.#last.then(run, run)
    this.#last = turn.catch(() => {})
    return turn
  }
}

let savepoints = 0

/** Undoes what `run` wrote if it fails, so that code that catches the failure goes on with nothing half written. */
async function withSavepoint<R>(session: WriteSession, run: () => Promise<R>): Promise<R> {
  const name = `archipel_${(savepoints = (savepoints + 1) % 1_000_000)}`
  await session.tx.query({ text: `savepoint ${name}` })
  try {
    const result = await run()
    await session.tx.query({ text: `release savepoint ${name}` })
    return result
  } catch (error) {
    await session.tx.query({ text: `rollback to savepoint ${name}` })
    throw error
  }
}

/** Performs one change of a session. @throws in the contract's words */
export async function performIn(
  session: WriteSession,
  reader: Reader,
  authorised: AuthorisedChange,
): Promise<Performed> {
  const { change } = authorised
  try {
    return await perform(session, authorised, (inner, invoked) => runInvocation(inner, invoked, reader, executorIn))
  } catch (error) {
    throw translateWrite(error, session.environment, change.model, change.operation === "delete" ? "delete" : "write")
  }
}

/** What `dbOver` runs on inside a transaction. Reads see the transaction's own writes. */
export function executorIn(session: WriteSession, reader: Reader, turns = new Turns()): Executor {
  const executor: Executor = {
    query: (query: Query) =>
      turns.take(() => {
        const authorised = authoriseQuery(session.rights, session.principal, query)
        return reader.page(authorised, { now: session.now, queryable: session.tx })
      }),
    change: (change) =>
      turns.take(async () => {
        const authorised = authoriseChange(session.rights, session.principal, change)
        const { row, output } = await withSavepoint(session, () => performIn(session, reader, authorised))
        return { id: row.id, ...(output === undefined ? {} : { output: JSON.stringify(output) }) }
      }),
    transaction: (_service, run) => run(executor),
  }
  return executor
}
