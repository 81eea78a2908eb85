import { ArchipelError } from "@archipel/core"
import type { Accounts } from "./accounts.ts"
import type { CredentialRecords } from "./credential-records.ts"
import type { Passwords } from "./credentials.ts"
import type { Notices } from "./notices.ts"
import type { CredentialsParts } from "./parts.ts"
import type { PasswordHashes } from "./password-hashes.ts"
import { judgePassword, type PasswordVerdict } from "./password-policy.ts"

/** What other parts of this directory do with passwords besides. */
export interface PasswordStore extends Passwords {
  /** What a password would be worth to somebody with these names and addresses. */
  judgeFor(known: readonly string[], password: string): Promise<PasswordVerdict>
  /** Sets one that was judged; nobody is told. */
  store(userId: string, password: string, reason: string): Promise<void>
}

export const passwordKey = (userId: string): string => `password:${userId}`

export function createPasswords(
  parts: CredentialsParts,
  {
    accounts,
    records,
    hashes,
    notices,
  }: {
    readonly accounts: Accounts
    readonly records: CredentialRecords
    readonly hashes: PasswordHashes
    readonly notices: Notices
  },
): PasswordStore {
  const { product = "Archipel" } = parts
  const judgeFor = (known: readonly string[], password: string): Promise<PasswordVerdict> =>
    judgePassword(password, [...known, product])
  const store = async (userId: string, password: string, reason: string): Promise<void> => {
    const secret = await hashes.hash(password)
    await records.put(reason, { userId, kind: "password", externalKey: passwordKey(userId), secret })
  }
  const judge = async (userId: string, password: string): Promise<PasswordVerdict> => {
    const account = await accounts.byId(userId)
    return judgeFor(account === undefined ? [] : [account.name, account.email], password)
  }
  return {
    judge,
    judgeFor,
    store,
    async change(userId, password, keepSession) {
      const verdict = await judge(userId, password)
      if (!verdict.ok) return verdict
      await store(userId, password, "a user changed the password")
      await parts.endSessions(userId, keepSession)
      await notices.tell(userId, { about: "password_changed" })
      return verdict
    },
    async seed(userId, password) {
      if (!parts.isDevelopment) throw new ArchipelError("auth.development_only", {})
      await store(userId, password, "password of a development user")
    },
    has: async (userId) => (await records.list(userId, "password")).some(({ secret }) => secret !== undefined),
  }
}
