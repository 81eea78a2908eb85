import type { Accounts } from "./accounts.ts"
import type { Links, Registration } from "./credentials.ts"
import { isEmail, normaliseEmail } from "./email-address.ts"
import { mayAsk } from "./linked-passwords.ts"
import { linkMinutes } from "./links.ts"
import type { Notices } from "./notices.ts"
import type { CredentialsParts } from "./parts.ts"
import type { PasswordStore } from "./passwords.ts"
import type { Rates } from "./rates.ts"

const MAX_NAME = 100

interface RegistrationTools {
  readonly accounts: Accounts
  readonly links: Links
  readonly notices: Notices
  readonly passwords: PasswordStore
  readonly rates: Rates
}

/** Accounts that people open themselves; nothing exists before the address is proved. */
export function createRegistration(
  { db, env }: CredentialsParts,
  { accounts, links, notices, passwords, rates }: RegistrationTools,
): Registration {
  const isOpen = env["IDENTITY_REGISTRATION"] === "open"
  return {
    isOpen,
    async begin({ email, locale }, network) {
      const asked = await mayAsk(rates, "register", email, network)
      const address = normaliseEmail(email)
      if (!isOpen || !asked.ok || !isEmail(address)) return asked
      notices.behind(async () => {
        const account = await accounts.byEmail(address)
        if (account !== undefined) {
          if (!account.active) return
          await notices.write(account, (letters, about) => letters.registered(about), {
            path: "/account",
            minutes: linkMinutes.register,
          })
          return
        }
        const secret = await links.make("register", { email: address })
        const stranger = { name: "", email: address, locale: locale ?? null }
        await notices.write(stranger, (letters, about) => letters.registration(about), {
          path: `/account/register/${secret}`,
          minutes: linkMinutes.register,
        })
      })
      return asked
    },
    async finish(secret, { name, password }) {
      const seen = isOpen ? await links.look("register", secret) : undefined
      if (seen?.email == null) return { ok: false, code: "link.invalid" }
      const verdict = await passwords.judgeFor([name, seen.email], password)
      if (!verdict.ok) return { ok: false, code: "password.refused", verdict }
      if ((await links.use("register", secret)) === undefined) return { ok: false, code: "link.invalid" }
      const reason = "somebody registered"
      try {
        const user = { name: name.trim().slice(0, MAX_NAME) || seen.email, email: seen.email, emailVerified: true }
        const { id } = await db(reason)("identity.User").create(user)
        await passwords.store(id, password, reason)
        return { ok: true, userId: id }
      } catch (error) {
        // Made in another way since the mail was sent.
        if ((error as { code?: unknown }).code === "record.duplicate") return { ok: false, code: "link.invalid" }
        throw error
      }
    },
  }
}
