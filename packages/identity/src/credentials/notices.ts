import { type Letter, mailOf, plainName } from "../mail/letter.ts"
import { type About, type Letters, lettersIn, type Notice } from "../mail/letters.ts"
import type { Account, Accounts } from "./accounts.ts"
import type { CredentialsParts } from "./parts.ts"

/** Mails to the owners of accounts. */
export interface Notices {
  /** Tells the owner what happened to the account, in their language and time zone. */
  tell(userId: string, notice: Notice): Promise<void>
  /** @param to The account's address when left out. */
  write(
    account: Pick<Account, "name" | "email" | "locale">,
    letter: (letters: Letters, about: About) => Letter,
    about: { readonly path: string; readonly minutes: number; readonly to?: string },
  ): Promise<void>
  /** Work behind an answer: at most 200 at once, failures are logged. */
  behind(work: () => Promise<void>): void
  /** Waits for what goes on behind answers. */
  settled(): Promise<void>
}

const NOTICE_MINUTES = 3 * 24 * 60
const MAX_BEHIND = 200

export function createNotices(parts: CredentialsParts, accounts: Accounts): Notices {
  const { post, now, log, product = "Archipel" } = parts
  const under = new Set<Promise<void>>()
  const notices: Notices = {
    async tell(userId, notice) {
      const account = await accounts.byId(userId)
      if (account === undefined) return
      const { language } = lettersIn(account.locale)
      const at = new Intl.DateTimeFormat(language, { dateStyle: "long", timeStyle: "long", timeZone: "UTC" }).format(
        now(),
      )
      await notices.write(account, (letters, about) => letters.notice({ ...about, notice, at }), {
        path: "/account",
        minutes: NOTICE_MINUTES,
      })
    },
    async write(account, letter, { path, minutes, to = account.email }) {
      const { language, letters } = lettersIn(account.locale)
      const about = { product, name: plainName(account.name), url: `${parts.publicUrl}${path}` }
      await post.send(mailOf(to, letter(letters, about), language), minutes)
    },
    behind(work) {
      if (under.size >= MAX_BEHIND) {
        log.error("a mail was not written", new Error("Too many are being written."))
        return
      }
      const done = work()
        .catch((error: unknown) => log.error("a mail was not written", error))
        .finally(() => under.delete(done))
      under.add(done)
    },
    async settled() {
      while (under.size > 0) await Promise.all(under)
      await post.settled()
    },
  }
  return notices
}
