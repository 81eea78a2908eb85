import type { ServiceHost } from "@archipel/server"
import type { Grants } from "../grants/grants.ts"

interface Options {
  readonly host: Pick<ServiceHost, "database" | "log">
  readonly grants: Pick<Grants, "of" | "onTold">
  /** Ends a user's sessions and refresh tokens, and tells the applications. */
  readonly endSessions: (userId: string) => Promise<unknown>
  /** Does the same for one session. */
  readonly endSession: (sid: string) => Promise<unknown>
}

const SWEEP_MS = 60_000
/** Users, and sessions, of one sweep. */
const MAX_USERS = 500

export interface EndingLogins {
  stop(): Promise<void>
}

/**
 * Ends the logins of who is not active any more and sessions that an administrator ended, with all that depends on them. Requests are
 * refused anyway; this is for what would be theirs again if they were made active later, and for the applications that have to know.
 */
export function endLogins({ host, grants, endSessions, endSession }: Options): EndingLogins {
  const { database, log } = host
  const running = new Set<Promise<void>>()

  /** One of all processes does it. */
  const end = (userId: string): Promise<unknown> =>
    database.transaction(async (tx) => {
      const mine = await tx.text({ text: "select pg_try_advisory_xact_lock(hashtextextended($1, 4711005))" }, [userId])
      if (mine === "t" || mine === "true") await endSessions(userId)
    })
  const track = (work: () => Promise<void>): void => {
    const done = work()
      .catch((error: unknown) => log.error("the logins of somebody who is not active were not ended", error))
      .finally(() => running.delete(done))
    running.add(done)
  }
  /** The sessions that are ended and still have something at the issuer. @param user Of all where it is left out. */
  const endEnded = async (user?: string): Promise<void> => {
    const { rows } = await database.query<{ sid: string }>(
      {
        name: user === undefined ? "identity_ended_sessions" : "identity_ended_sessions_of",
        text: `select sid from sessions join artifacts on uid = sid and kind = 'Session'
               where ended_at is not null ${user === undefined ? "" : "and user_id = $1"} limit ${MAX_USERS}`,
      },
      user === undefined ? [] : [user],
    )
    for (const { sid } of rows) await endSession(sid)
  }
  const ended = grants.onTold((told) => {
    if (told.kind === "user") track(() => endEnded(told.user))
    if (told.kind !== "off") return
    track(async () => {
      // Of several processes those that come later find nothing left.
      const grant = await grants.of(told.user)
      if (grant && !grant.active && grant.sessions.size > 0) await end(told.user)
    })
  })
  /** What a process that died left undone. */
  const sweep = (): void =>
    track(async () => {
      const { rows } = await database.query<{ id: string }>({
        text: `select distinct users.id from users join sessions on user_id = users.id
               where not active and ended_at is null limit ${MAX_USERS}`,
      })
      for (const { id } of rows) await end(id)
      await endEnded()
    })
  sweep()
  const timer = setInterval(sweep, SWEEP_MS).unref()
  return {
    async stop() {
      ended()
      clearInterval(timer)
      await Promise.all(running)
    },
  }
}
