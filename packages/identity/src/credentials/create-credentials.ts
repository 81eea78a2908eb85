import { createAccounts } from "./accounts.ts"
import { createCredentialRecords } from "./credential-records.ts"
import type { Credentials } from "./credentials.ts"
import { createDeviceToken } from "./device-token.ts"
import { createEmailAddresses } from "./email-changes.ts"
import { createExternalLogins } from "./external-logins.ts"
import { createLinkedPasswords } from "./linked-passwords.ts"
import { createLinks } from "./links.ts"
import { createLockout } from "./lockout.ts"
import { createNotices } from "./notices.ts"
import { createOwnerProof } from "./owner-proof.ts"
import { createPasskeys } from "./passkeys.ts"
import type { CredentialsParts } from "./parts.ts"
import { createPasswordHashes } from "./password-hashes.ts"
import { createPasswords } from "./passwords.ts"
import { purgeCredentials } from "./purge.ts"
import { createRates } from "./rates.ts"
import { createRecoveryCodes } from "./recovery-codes.ts"
import { createRegistration } from "./registration.ts"
import { createSignIn, factorsOf } from "./sign-in.ts"
import { createSingleUse } from "./single-use.ts"
import { createTotp } from "./totp.ts"

/** Credentials, with what their process has to know of them. */
export interface RunningCredentials extends Credentials {
  /** Hashes of passwords that were computed so far. */
  readonly hashesComputed: number
  /** Waits for the mails that are being written and sent. */
  settled(): Promise<void>
}

/**
 * Puts together everything that proves who somebody is. Opens nothing: the database, the post and the clock are given.
 *
 * @throws TypeError if `LOGIN_ISSUERS` is wrong
 */
export async function createCredentials(parts: CredentialsParts): Promise<RunningCredentials> {
  const { database, secrets, now } = parts
  const hash = (text: string): string => secrets.hash(text)
  const accounts = createAccounts(database)
  const records = createCredentialRecords(parts)
  const hashes = await createPasswordHashes()
  const rates = createRates({ database, now, hash })
  const lockout = createLockout({ database, now, hash })
  const links = createLinks({ database, now, hash })
  const singleUse = createSingleUse({ database, secrets, now })
  const notices = createNotices(parts, accounts)
  const owners = createOwnerProof(parts, { lockout, rates })
  const passwords = createPasswords(parts, { accounts, records, hashes, notices })
  const recoveryCodes = createRecoveryCodes(parts, { records, rates, notices })
  const totp = createTotp(parts, { accounts, records, rates, recoveryCodes, notices })
  const { recovery, invitations } = createLinkedPasswords(parts, { accounts, links, notices, owners, passwords, rates })
  return {
    rates,
    signIn: createSignIn(parts, { records, hashes, rates, lockout }),
    factorsOf: (userId) => factorsOf(database, userId),
    deviceToken: (userId) => createDeviceToken(secrets, now(), userId),
    checkTotp: totp.check,
    useRecoveryCode: recoveryCodes.use,
    passwords,
    totp,
    recoveryCodes,
    passkeys: createPasskeys(parts, { accounts, records, rates, recoveryCodes, singleUse, notices }),
    links,
    recovery,
    invitations,
    registration: createRegistration(parts, { accounts, links, notices, passwords, rates }),
    email: createEmailAddresses(parts, { accounts, links, notices, owners, rates }),
    external: createExternalLogins(parts, { accounts, notices, rates, singleUse }),
    purge: () => purgeCredentials(database, now()),
    get hashesComputed() {
      return hashes.computed
    },
    settled: () => notices.settled(),
  }
}
