import type { Database } from "@archipel/data"
import type { Secrets } from "@archipel/server"
import type { Mail, Mailer } from "./mailer.ts"

/** Mails on their way: kept in the database until the mail server took them. */
export interface Post {
  /**
   * Accepts a mail for sending; it goes out at once or, if the mail server is away, later, until `lifetimeMinutes` have passed.
   *
   * @param lifetimeMinutes After that it is of no use, such as the time that its link works.
   */
  send(mail: Mail, lifetimeMinutes: number): Promise<void>
  /** Waits until what can be sent now is sent. */
  settled(): Promise<void>
  /** What is being sent ends first; the rest waits in the database. Bounded by 35 s. */
  close(): Promise<void>
}

interface PostParts {
  readonly database: Database
  readonly mailer: Mailer
  readonly secrets: Secrets
  readonly now: () => Date
  readonly log: { error(message: string, error: unknown): void }
}

const PURPOSE = "mail"
/** Longer than sending may take, so that no other process sends the same mail meanwhile. */
const LEASE_SECONDS = 120
const FIRST_RETRY_SECONDS = 15
const LONGEST_RETRY_SECONDS = 900
const POLL_MS = 15_000

export function createPost({ database, mailer, secrets, now, log }: PostParts): Post {
  let running: Promise<void> | undefined
  let again = false
  let closed = false

  const deliverNext = async (): Promise<boolean> => {
    const at = now()
    const { rows } = await database.query<Row>(claim, [at, new Date(at.getTime() + LEASE_SECONDS * 1_000)])
    const row = rows[0]
    if (row === undefined) return false
    try {
      await mailer.send(JSON.parse(secrets.open(PURPOSE, row.content)) as Mail)
    } catch (error) {
      log.error("a mail was not sent", error)
      const wait = Math.min(LONGEST_RETRY_SECONDS, FIRST_RETRY_SECONDS * 2 ** (Number(row.tries) - 1))
      await database.query(postpone, [row.id, new Date(now().getTime() + wait * 1_000)])
      return true
    }
    await database.query(remove, [row.id])
    return true
  }
  const deliverAll = async (): Promise<void> => {
    do {
      again = false
      let isMore = true
      while (isMore && !closed) isMore = await deliverNext()
    } while (again && !closed)
  }
  const deliver = (): Promise<void> => {
    again = true
    running ??= deliverAll()
      .catch((error: unknown) => log.error("mails could not be looked for", error))
      .finally(() => {
        running = undefined
      })
    return running
  }
  const poll = setInterval(() => void deliver(), POLL_MS)
  poll.unref()

  return {
    async send(mail, lifetimeMinutes) {
      const at = now()
      const expiresAt = new Date(at.getTime() + lifetimeMinutes * 60_000)
      const content = secrets.seal(PURPOSE, JSON.stringify(mail))
      await database.query(insert, [mail.to, mail.subject, content, at, expiresAt])
      void deliver()
    },
    async settled() {
      while (running !== undefined) await running
    },
    async close() {
      closed = true
      clearInterval(poll)
      while (running !== undefined) await running
      mailer.close()
    },
  }
}

interface Row {
  readonly id: string
  readonly content: string
  readonly tries: string
}

const insert = {
  name: "identity_mail_insert",
  text: `insert into outgoing_mails (id, recipient, subject, content, tries, send_at, expires_at)
    values (gen_random_uuid(), $1, $2, $3, 0, $4, $5)`,
}
const claim = {
  name: "identity_mail_claim",
  text: `update outgoing_mails set send_at = $2, tries = tries + 1 where id = (
      select id from outgoing_mails where send_at <= $1 and expires_at > $1 order by send_at limit 1 for update skip locked)
    returning id, content, tries`,
}
const postpone = { name: "identity_mail_postpone", text: "update outgoing_mails set send_at = $2 where id = $1" }
const remove = { name: "identity_mail_remove", text: "delete from outgoing_mails where id = $1" }
