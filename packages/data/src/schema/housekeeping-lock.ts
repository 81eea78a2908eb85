import type { Database } from "../postgres/database.ts"
import type { Transaction } from "../postgres/transaction.ts"

/**
 * Runs housekeeping of a database in a transaction, unless another process is at it: that one is not waited for.
 *
 * @returns what `run` returned; undefined if it did not run
 */
export function withHousekeepingLock<R>(
  database: Database,
  run: (tx: Transaction) => Promise<R>,
): Promise<R | undefined> {
  return database.transaction(async (tx) => {
    const { rows } = await tx.query<{ mine: boolean | string }>({
      text: "select pg_try_advisory_xact_lock(hashtext('archipel.housekeeping')) as mine",
    })
    const mine = rows[0]?.mine
    return mine === true || mine === "t" ? run(tx) : undefined
  })
}
