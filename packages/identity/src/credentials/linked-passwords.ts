import type { Account, Accounts } from "./accounts.ts"
import type { Asked, Invitations, LinkedPassword, Links, Recovery } from "./credentials.ts"
import { isEmail, normaliseEmail } from "./email-address.ts"
import { linkMinutes, type LinkKind } from "./links.ts"
import type { Notices } from "./notices.ts"
import type { OwnerProof } from "./owner-proof.ts"
import type { CredentialsParts } from "./parts.ts"
import type { PasswordStore } from "./passwords.ts"
import type { RateLimit, Rates } from "./rates.ts"

const askedByNetwork: RateLimit = { per: 20, seconds: 3_600 }
const askedForAddress: RateLimit = { per: 3, seconds: 900 }

/** Whether a network may ask for one more mail to an address; the answer is the same whoever has the address. */
export async function mayAsk(rates: Rates, what: string, email: string, network: string): Promise<Asked> {
  const byNetwork = await rates.take(`${what}:${network}`, askedByNetwork)
  return byNetwork.ok ? rates.take(`${what}:${network}:${normaliseEmail(email)}`, askedForAddress) : byNetwork
}

interface LinkedPasswordTools {
  readonly accounts: Accounts
  readonly links: Links
  readonly notices: Notices
  readonly owners: OwnerProof
  readonly passwords: PasswordStore
  readonly rates: Rates
}

/** New passwords by links in mails: after one was forgotten, and the first one. */
export function createLinkedPasswords(
  parts: CredentialsParts,
  { accounts, links, notices, owners, passwords, rates }: LinkedPasswordTools,
): { readonly recovery: Recovery; readonly invitations: Invitations } {
  const accountOf = async (userId: string | null | undefined): Promise<Account | undefined> => {
    const account = userId == null ? undefined : await accounts.byId(userId)
    return account?.active ? account : undefined
  }
  const setBy = async (kind: LinkKind, secret: string, password: string, reason: string): Promise<LinkedPassword> => {
    const seen = await links.look(kind, secret)
    const account = await accountOf(seen?.userId)
    if (account === undefined) return { ok: false, code: "link.invalid" }
    const verdict = await passwords.judgeFor([account.name, account.email], password)
    if (!verdict.ok) return { ok: false, code: "password.refused", verdict }
    const used = await links.use(kind, secret)
    // An address that was changed since is not the one that the mail went to.
    if (used === undefined || (used.email !== null && used.email !== account.email))
      return { ok: false, code: "link.invalid" }
    await owners.prove(account, false)
    await passwords.store(account.id, password, reason)
    await parts.endSessions(account.id)
    return { ok: true, userId: account.id }
  }
  return {
    recovery: {
      async begin(email, network) {
        const asked = await mayAsk(rates, "reset", email, network)
        if (!asked.ok || !isEmail(email.trim())) return asked
        notices.behind(async () => {
          const account = await accounts.byEmail(email)
          if (!account?.active) return
          const secret = await links.make("reset", { userId: account.id, email: account.email })
          await notices.write(account, (letters, about) => letters.reset(about), {
            path: `/account/reset/${secret}`,
            minutes: linkMinutes.reset,
          })
        })
        return asked
      },
      async finish(secret, password) {
        const done = await setBy("reset", secret, password, "a user chose a new password by a link")
        if (done.ok) await notices.tell(done.userId, { about: "password_changed" })
        return done
      },
    },
    invitations: {
      async send(userId, invitedBy) {
        const account = await accountOf(userId)
        if (account === undefined) return
        const by = invitedBy === undefined ? undefined : (await accounts.byId(invitedBy))?.name
        const secret = await links.make("invite", { userId, email: account.email })
        await notices.write(account, (letters, about) => letters.invitation({ ...about, ...(by ? { by } : {}) }), {
          path: `/account/invite/${secret}`,
          minutes: linkMinutes.invite,
        })
      },
      accept: (secret, password) => setBy("invite", secret, password, "a user accepted an invitation"),
    },
  }
}
