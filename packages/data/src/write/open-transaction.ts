/**
 * Queries and changes inside one transaction, for the code of transitions, actions and `db.transaction`.
 *
 * @module
 */
import {
  ArchipelError,
  authoriseChange,
  type AuthorisedChange,
  authoriseQuery,
  changeLimits,
  type Executor,
  type Query,
  serviceUnavailable,
} from "@archipel/core"
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

const changed = ({ row, output }: Performed) => ({
  id: row.id,
  ...(output === undefined ? {} : { output: JSON.stringify(output) }),
})

/**
 * What `dbOver` runs on inside a transaction. Reads see the transaction's own writes; other services are read as they are, and not
 * written: their changes could not be undone with this transaction.
 */
export function executorIn(session: WriteSession, reader: Reader, turns = new Turns()): Executor {
  const { environment, principal, context } = session
  const own = environment.service.name
  const serviceOf = (model: string): string => model.split(".")[0] as string
  const staysHere = (service: string): void => {
    if (service !== own) throw new ArchipelError("change.spans_services", { service, own })
  }
  const executor: Executor = {
    async query(query: Query) {
      const service = serviceOf(query.model)
      if (service !== own) {
        if (environment.elsewhere) return environment.elsewhere.query(principal, query, context)
        throw serviceUnavailable(service)
      }
      const authorised = authoriseQuery(session.rights, principal, query)
      const { elsewhere } = environment
      const page = await turns.take(async () => {
        const found = await elsewhere?.found(authorised, context)
        return reader.page(authorised, { now: session.now, queryable: session.tx, ...(found ? { found } : {}) })
      })
      return elsewhere ? { data: await elsewhere.composed(page.data, authorised, context) } : page
    },
    async change(change) {
      staysHere(serviceOf(change.model))
      return turns.take(async () => {
        const authorised = authoriseChange(session.rights, principal, change)
        return changed(await withSavepoint(session, () => performIn(session, reader, authorised)))
      })
    },
    async bulk(changes) {
      for (const { model } of changes) staysHere(serviceOf(model))
      if (changes.length > changeLimits.bulk)
        throw new ArchipelError("query.too_complex", { what: "changes", limit: changeLimits.bulk })
      return turns.take(() => {
        const all = changes.map((change) => authoriseChange(session.rights, principal, change))
        return withSavepoint(session, async () => {
          const done: Performed[] = []
          for (const authorised of all) done.push(await performIn(session, reader, authorised))
          return done.map(changed)
        })
      })
    },
    async transaction(service, run) {
      staysHere(service)
      return run(executor)
    },
  }
  return executor
}
