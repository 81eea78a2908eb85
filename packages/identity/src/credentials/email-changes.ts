import type { Account, Accounts } from "./accounts.ts"
import type { EmailAddresses, Links } from "./credentials.ts"
import { isEmail, normaliseEmail } from "./email-address.ts"
import { mayAsk } from "./linked-passwords.ts"
import { linkMinutes } from "./links.ts"
import type { Notices } from "./notices.ts"
import type { OwnerProof } from "./owner-proof.ts"
import { type CredentialsParts, userKey } from "./parts.ts"
import type { Rates } from "./rates.ts"

const MAX_REMOVED = 1_000
/** What was added so long before a change that its owner took back may be the thief's as well. */
const SUSPECT_DAYS = 30

interface EmailChangeTools {
  readonly accounts: Accounts
  readonly links: Links
  readonly notices: Notices
  readonly owners: OwnerProof
  readonly rates: Rates
}

/** Proving addresses, moving accounts to other ones, and the way back for an owner who did not want that. */
export function createEmailAddresses(
  parts: CredentialsParts,
  { accounts, links, notices, owners, rates }: EmailChangeTools,
): EmailAddresses {
  const { db, database, now, endSessions } = parts
  /** @returns whether no other account has the address */
  const move = async (reason: string, account: Account, email: string): Promise<boolean> => {
    try {
      await db(reason)("identity.User").update(userKey(account.id), { email, emailVerified: true })
      return true
    } catch (error) {
      if ((error as { code?: unknown }).code === "record.duplicate") return false
      throw error
    }
  }
  return {
    async verification(userId, network) {
      const account = await accounts.byId(userId)
      if (account === undefined || account.emailVerified) return { ok: true }
      const asked = await mayAsk(rates, "verify", account.email, network)
      if (!asked.ok) return asked
      const secret = await links.make("verify", { userId, email: account.email })
      await notices.write(account, (letters, about) => letters.verification(about), {
        path: `/account/verify/${secret}`,
        minutes: linkMinutes.verify,
      })
      return asked
    },
    async verify(secret, by) {
      const used = await links.use("verify", secret)
      const account = used?.userId == null ? undefined : await accounts.byId(used.userId)
      if (account === undefined || used?.email !== account.email) return undefined
      await owners.prove(account, by === account.id)
      return { userId: account.id }
    },
    async begin(userId, newEmail, network) {
      const account = await accounts.byId(userId)
      const address = normaliseEmail(newEmail)
      const asked = await mayAsk(rates, `change:${userId}`, address, network)
      if (account === undefined || !asked.ok || !isEmail(address) || address === account.email) return asked
      notices.behind(async () => {
        await notices.write(account, (letters, about) => letters.changeAsked({ ...about, newEmail: address }), {
          path: "/account",
          minutes: linkMinutes.restore,
        })
        const other = await accounts.byEmail(address)
        if (other !== undefined) {
          await notices.write(other, (letters, about) => letters.changeTaken(about), {
            path: "/account",
            minutes: linkMinutes.change,
          })
          return
        }
        const secret = await links.make("change", { userId, email: address })
        await notices.write(account, (letters, about) => letters.change(about), {
          path: `/account/change/${secret}`,
          minutes: linkMinutes.change,
          to: address,
        })
      })
      return asked
    },
    async confirm(secret) {
      const used = await links.use("change", secret)
      const account = used?.userId == null ? undefined : await accounts.byId(used.userId)
      if (account === undefined || !account.active || used?.email == null) return undefined
      const back = account.emailVerified
        ? await links.make("restore", { userId: account.id, email: account.email })
        : undefined
      if (!(await move("a user confirmed another address", account, used.email))) return undefined
      // Mails that the old address still holds must not open the account.
      await database.query(voidLinks, [account.id, now(), new Date(0)])
      if (back !== undefined) {
        const newEmail = used.email
        await notices.write(account, (letters, about) => letters.changed({ ...about, newEmail }), {
          path: `/account/restore/${back}`,
          minutes: linkMinutes.restore,
        })
      }
      return { userId: account.id }
    },
    async restore(secret) {
      const used = await links.use("restore", secret)
      const account = used?.userId == null ? undefined : await accounts.byId(used.userId)
      if (account === undefined || !account.active || used?.email == null) return undefined
      const reason = "the owner took an account back to the address before"
      if (!(await move(reason, account, used.email))) return undefined
      const since = new Date(Date.parse(used.createdAt) - SUSPECT_DAYS * 86_400_000)
      await removeNewer(parts, reason, account.id, since.toISOString())
      // Also the way back that a thief was sent when leading the account further.
      await database.query(voidLinks, [account.id, now(), new Date(used.createdAt)])
      await endSessions(account.id)
      const restored = { ...account, email: used.email, emailVerified: true }
      await owners.prove(restored, true)
      const reset = await links.make("reset", { userId: account.id, email: used.email })
      return { userId: account.id, reset }
    },
  }
}

/** The password, which a thief knew or set, and all else that was added to an account since an instant. */
async function removeNewer({ db }: CredentialsParts, reason: string, userId: string, since: string): Promise<void> {
  const user = userKey(userId)
  await db(reason).transaction("identity", async (tx) => {
    const credentials = await tx("identity.Credential").find({
      select: ["id"],
      where: { user, or: [{ kind: "password" }, { createdAt: { gte: since } }] },
      limit: MAX_REMOVED,
    })
    for (const { id } of credentials) await tx("identity.Credential").delete(id)
    const logins = await tx("identity.ExternalLogin").find({
      select: ["id"],
      where: { user, createdAt: { gte: since } },
      limit: MAX_REMOVED,
    })
    for (const { id } of logins) await tx("identity.ExternalLogin").delete(id)
  })
}

/** Links of a user that were not used: ways back only if they are newer than an instant. */
const voidLinks = {
  name: "identity_links_void",
  text: `update links set used_at = $2, version = version + 1, updated_at = $2
    where user_id = $1 and used_at is null and (kind <> 'restore' or (created_at >= $3 and $3 > timestamptz 'epoch'))`,
}
