import type { Account } from "./accounts.ts"
import type { Lockout } from "./lockout.ts"
import { type CredentialsParts, userKey } from "./parts.ts"
import type { Rates } from "./rates.ts"
import { strangerKey } from "./sign-in.ts"

/** What follows when somebody proves to own an account's address. */
export interface OwnerProof {
  /**
   * If the address was not proved before, whoever made the account may have been waiting in it for its owner: what they could log in
   * with and where they are logged in is gone. Waits after failed logins are over in either case.
   *
   * @param isMaker Whether the same person is logged in to the account, so that all of it is theirs.
   */
  prove(account: Account, isMaker: boolean): Promise<void>
}

const MAX_REMOVED = 1_000

export function createOwnerProof(
  { db, endSessions }: CredentialsParts,
  { lockout, rates }: { readonly lockout: Lockout; readonly rates: Rates },
): OwnerProof {
  return {
    async prove({ id, email, emailVerified }, isMaker) {
      await lockout.forget(email)
      await rates.clear(strangerKey(email))
      if (emailVerified) return
      const user = userKey(id)
      await db("the owner of an address proved it").transaction("identity", async (tx) => {
        if (!isMaker) {
          for (const model of ["identity.Credential", "identity.ExternalLogin"] as const) {
            const found = await tx(model).find({ select: ["id"], where: { user }, limit: MAX_REMOVED })
            for (const record of found) await tx(model).delete(record.id as never)
          }
        }
        await tx("identity.User").update(user, { emailVerified: true })
      })
      if (!isMaker) await endSessions(id)
    },
  }
}
