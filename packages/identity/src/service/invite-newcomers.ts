import type { ServiceHost } from "@archipel/server"
import type { RunningCredentials } from "../credentials/create-credentials.ts"

const EVERY_MS = 5_000
/** Of one time; the others come next. */
const AT_ONCE = 20
/** Who was added longer ago is not surprised by a mail. */
const NEW_MS = 7 * 24 * 3_600_000

/** Whom a person added, and who has no way to log in yet and was not invited. What a program adds, such as an import, it invites itself. */
const newcomers = {
  name: "identity_newcomers",
  text: `select id, created_by_id from users u
where active and created_by_id is not null and created_at > $1
  and not exists (select from credentials where user_id = u.id)
  and not exists (select from external_logins where user_id = u.id)
  and not exists (select from links where user_id = u.id and kind = 'invite')
order by created_at limit ${AT_ONCE}`,
}

/** Of several processes one invites. */
const alone = {
  name: "identity_inviting",
  text: "select pg_try_advisory_xact_lock(hashtext('identity_newcomers'))::text",
}

/**
 * Sends an invitation to everybody whom an administrator adds to the directory, within seconds. Deleting its `identity.Link` sends
 * another one.
 */
export function inviteNewcomers(
  host: Pick<ServiceHost, "database" | "log" | "now">,
  { invitations }: Pick<RunningCredentials, "invitations">,
): { stop(): Promise<void> } {
  const { database, log } = host
  const invite = (): Promise<void> =>
    database.transaction(async (tx) => {
      if ((await tx.text(alone)) !== "true") return
      const { rows } = await tx.query(newcomers, [new Date(host.now().getTime() - NEW_MS)])
      for (const { id, created_by_id: by } of rows) if (id) await invitations.send(id, by ?? undefined)
    })
  let inviting: Promise<void> = Promise.resolve()
  const timer = setInterval(() => {
    inviting = inviting.then(invite).catch((error: unknown) => log.error("newcomers were not invited", error))
  }, EVERY_MS).unref()
  return {
    async stop() {
      clearInterval(timer)
      await inviting
    },
  }
}
