import type { Database } from "@archipel/data"

const BATCH = 1_000
/** Used and expired links still answer who was sent what. */
const LINKS_KEPT_DAYS = 30

/** Deletes what no longer says anything. Skips what others are at, so it never waits. */
export async function purgeCredentials(database: Database, now: Date): Promise<number> {
  const linksBefore = new Date(now.getTime() - LINKS_KEPT_DAYS * 86_400_000)
  const gone = await Promise.all([
    database.query(old("links", "expires_at"), [linksBefore, BATCH]),
    database.query(old("attempts", "window_ends_at"), [now, BATCH]),
    database.query(old("outgoing_mails", "expires_at"), [now, BATCH]),
    database.query(old("credentials", "created_at", "kind = 'totp' and not confirmed"), [
      new Date(now.getTime() - 86_400_000),
      BATCH,
    ]),
    database.query(
      old(
        "artifacts",
        "expires_at",
        "kind in ('PasskeyRegistration', 'PasskeyAssertion', 'ExternalLogin', 'ExternalPending')",
      ),
      [now, BATCH],
    ),
  ])
  return gone.reduce((sum, { count }) => sum + count, 0)
}

const old = (table: string, at: string, which = "true") => ({
  text: `delete from ${table} where id in (
    select id from ${table} where ${at} < $1 and ${which} order by ${at} limit $2 for update skip locked)`,
})
