/**
 * What proves who somebody is, without any protocol or page: the interface between people's pages and credentials.
 *
 * How pages use it:
 * - Login: `signIn` → `factors` of the answer; none: done, else ask for one of them: `checkTotp`, `useRecoveryCode` or
 *   `passkeys.assertion(userId)`/`assert`. A passkey alone is both factors. What a list of proofs amounts
 *   to is `assuranceOf`. Set the cookie `deviceToken` (a year, HttpOnly, Secure) when the login is complete and send it back as
 *   `device`: it keeps strangers from locking the owner out.
 * - Nothing that a stranger can ask for says whether an account exists: `recovery.begin`, `registration.begin` and `signIn` answer the
 *   same in the same time. Mails are sent behind the answer.
 * - Links in mails open a page by GET, which may look (`links.look`) and changes nothing; the page's form POSTs the secret.
 * - What is sensitive (`passkeys.remove`, `totp.*`, `passwords.change`, `email.begin`, `external.unlink`) needs a fresh login: the
 *   protocol's session says when and how that was.
 *
 * Everything here throws `service.unavailable` when too much work waits, and what the database throws; all other outcomes are answers.
 *
 * @module
 */
import type {
  AuthenticationResponseJSON,
  PublicKeyCredentialCreationOptionsJSON,
  PublicKeyCredentialRequestOptionsJSON,
  RegistrationResponseJSON,
} from "@simplewebauthn/server"
import type { ExternalIssuer } from "./external-issuers.ts"
import type { LinkContent, LinkKind } from "./links.ts"
import type { PasswordVerdict } from "./password-policy.ts"
import type { Rates } from "./rates.ts"

export interface Credentials {
  readonly rates: Rates
  /**
   * Whether somebody knows an account's password. Same work and answer whether or not the account exists, is active or has a password.
   * Guessing makes the pair of account and network wait, not the account: its owner's devices and networks still get in.
   *
   * @param input.network What `networkKey` gives.
   * @param input.device The device token of the browser's cookie; "" without one.
   */
  signIn(input: SignInInput): Promise<SignInAnswer>
  /** What a user may prove besides the password. */
  factorsOf(userId: string): Promise<readonly Factor[]>
  /** To be kept in the browser of somebody who has logged in completely; a year, worth nothing by itself. */
  deviceToken(userId: string): string
  /** Each code once, one step of tolerance to both sides, at most 5 wrong ones in 5 minutes. */
  checkTotp(userId: string, code: string, network: string): Promise<boolean>
  /** Each code once; upper or lower case, with or without the dash. */
  useRecoveryCode(userId: string, code: string, network: string): Promise<boolean>
  readonly passwords: Passwords
  readonly totp: Totp
  readonly recoveryCodes: RecoveryCodes
  readonly passkeys: Passkeys
  readonly links: Links
  readonly recovery: Recovery
  readonly invitations: Invitations
  readonly registration: Registration
  readonly email: EmailAddresses
  readonly external: ExternalLogins
  /** Deletes what expired: old links, counters, challenges; at most 1,000 rows of each. To be called now and then. @returns rows */
  purge(): Promise<number>
}

/** Besides the password. */
export type Factor = "totp" | "passkey" | "recovery"

export interface SignInInput {
  readonly email: string
  readonly password: string
  readonly network: string
  readonly device: string
}

export type SignInAnswer =
  | { readonly ok: true; readonly userId: string; readonly factors: readonly Factor[] }
  | { readonly ok: false; readonly code: "login.refused" }
  /** Also for accounts that do not exist. The password was not looked at. */
  | { readonly ok: false; readonly code: "login.locked"; readonly retryAfterSeconds: number }

export interface Passwords {
  /** What a new password is worth, for a page that wants to say so before it is sent. */
  judge(userId: string, password: string): Promise<PasswordVerdict>
  /** Sets the first or a new one, tells the owner by mail and ends all other sessions. */
  change(userId: string, password: string, keepSession?: string): Promise<PasswordVerdict>
  /** For the users of development: any password, no mail. @throws `auth.development_only` in production */
  seed(userId: string, password: string): Promise<void>
  has(userId: string): Promise<boolean>
}

export interface Totp {
  /** A new secret, not in force before `confirm`; an earlier unconfirmed one is void. `uri` is for the QR code. */
  begin(userId: string): Promise<{ readonly uri: string; readonly secret: string }>
  /** Puts it in force. @returns the recovery codes, to be shown once; undefined if the code is wrong */
  confirm(userId: string, code: string, network: string): Promise<readonly string[] | undefined>
  /** With the recovery codes, unless a passkey remains. */
  remove(userId: string): Promise<void>
}

export interface RecoveryCodes {
  /** Ten new ones; the old ones are void. */
  renew(userId: string): Promise<readonly string[]>
  remaining(userId: string): Promise<number>
}

export interface Passkey {
  readonly id: string
  readonly label: string | null
  readonly createdAt: string
  readonly lastUsedAt: string | null
}

export interface Passkeys {
  list(userId: string): Promise<readonly Passkey[]>
  /** Options for `navigator.credentials.create`; good for 5 minutes and one answer. */
  registration(userId: string): Promise<PublicKeyCredentialCreationOptionsJSON>
  /**
   * @returns recovery codes with the first second factor, else none
   * `refused`: wrong origin, challenge or signature, or known already. `too_many`: 20 is the bound.
   */
  register(
    userId: string,
    response: RegistrationResponseJSON,
    label: string,
  ): Promise<
    | { readonly ok: true; readonly recoveryCodes: readonly string[] }
    | { readonly ok: false; readonly code: "refused" | "too_many" }
  >
  /**
   * Options for `navigator.credentials.get`; without a user for one that the browser finds. 5 minutes, one answer.
   *
   * @returns undefined if the network asked for too many
   */
  assertion(network: string, userId?: string): Promise<PublicKeyCredentialRequestOptionsJSON | undefined>
  /** Of an active user, or of exactly `userId` where options were made for one. */
  assert(response: AuthenticationResponseJSON): Promise<{ readonly userId: string } | undefined>
  rename(userId: string, id: string, label: string): Promise<void>
  remove(userId: string, id: string): Promise<void>
}

/** Secrets that work once, for links in mails. Only their SHA-256 is kept. */
export interface Links {
  /** The secret, known to nobody else. A new one voids those of the same kind for the same user (or address, without a user). */
  make(
    kind: LinkKind,
    to: { readonly userId?: string; readonly email?: string; readonly minutes?: number },
  ): Promise<string>
  /** What it would do, without using it. */
  look(kind: LinkKind, secret: string): Promise<LinkContent | undefined>
  /** Exactly one of any number of concurrent callers gets the content. */
  use(kind: LinkKind, secret: string): Promise<LinkContent | undefined>
}

/** What a form with a new password comes to. A weak password leaves the link usable. */
export type LinkedPassword =
  | { readonly ok: true; readonly userId: string }
  | { readonly ok: false; readonly code: "link.invalid" }
  | { readonly ok: false; readonly code: "password.refused"; readonly verdict: PasswordVerdict }

/** A limit that everybody has, told with the time to wait. */
export type Asked = { readonly ok: true } | { readonly ok: false; readonly retryAfterSeconds: number }

export interface Recovery {
  /** Sends a link (30 minutes) if there is such an account. Page: `/account/reset/{secret}`. */
  begin(email: string, network: string): Promise<Asked>
  /** Sets the password, ends all sessions; second factors stay and are asked for at the next login. */
  finish(secret: string, password: string): Promise<LinkedPassword>
}

export interface Invitations {
  /** Sends a link (7 days) to a user who has no password yet. Page: `/account/invite/{secret}`. */
  send(userId: string, invitedBy?: string): Promise<void>
  accept(secret: string, password: string): Promise<LinkedPassword>
}

/** For customers of a website; off unless `IDENTITY_REGISTRATION` is "open". */
export interface Registration {
  readonly isOpen: boolean
  /** Sends a link (24 hours), or to somebody who has an account a word about it. Page: `/account/register/{secret}`. */
  begin(input: { readonly email: string; readonly locale?: string }, network: string): Promise<Asked>
  /** The account begins to exist here, where the address is proved: nobody can wait in it for its owner. */
  finish(secret: string, input: { readonly name: string; readonly password: string }): Promise<LinkedPassword>
}

export interface EmailAddresses {
  /** Sends a link (24 hours). Page: `/account/verify/{secret}`. */
  verification(userId: string, network: string): Promise<Asked>
  /**
   * @param by Who is logged in where the link is used. If that is not the link's user, whoever made the account may be a stranger to the
   * address: its credentials, outside logins and sessions are gone.
   */
  verify(secret: string, by?: string): Promise<{ readonly userId: string } | undefined>
  /** Sends a link (30 minutes) to the new address and a notice to the old one. Page: `/account/change/{secret}`. The answer does not say whether the address is taken. */
  begin(userId: string, newEmail: string, network: string): Promise<Asked>
  /** The old address gets a way back: a link (7 days). Page: `/account/restore/{secret}`. */
  confirm(secret: string): Promise<{ readonly userId: string } | undefined>
  /** Undoes a change that the owner did not make: the address before is back, the password and what was added since 30 days before are gone, all sessions ended. `reset` is a secret for `recovery.finish`. */
  restore(secret: string): Promise<{ readonly userId: string; readonly reset: string } | undefined>
}

export type ExternalOutcome =
  | { readonly kind: "login" | "created" | "linked"; readonly userId: string; readonly issuer: string }
  /** An account has that address: after a local login, `link(userId, pending)` (15 minutes, once). */
  | { readonly kind: "login_first"; readonly pending: string; readonly issuer: string }
  | { readonly kind: "refused"; readonly code: "external.no_account" | "external.failed" | "external.taken" }

export interface ExternalLogins {
  readonly issuers: readonly ExternalIssuer[]
  /**
   * Where to send the browser. `binding` belongs into a cookie (HttpOnly, Secure, SameSite=Lax, 10 minutes): only that browser can finish.
   *
   * @param linkTo Links to this user, who is logged in.
   * @returns undefined if there is no such issuer, it does not answer, or the network asked for too many
   */
  begin(
    issuer: string,
    network: string,
    linkTo?: string,
  ): Promise<{ readonly url: string; readonly binding: string } | undefined>
  /** @param url The whole address that the issuer sent the browser to: `/account/external/{name}/callback?…`. */
  finish(issuer: string, url: string, binding: string): Promise<ExternalOutcome>
  link(userId: string, pending: string): Promise<boolean>
  /** `issuer` is its address, as in `issuers`; it may be one that is no longer configured. */
  list(
    userId: string,
  ): Promise<readonly { readonly id: string; readonly issuer: string; readonly email: string | null }[]>
  /** Refused (false) if nothing else would be left to log in with. */
  unlink(userId: string, id: string): Promise<boolean>
}
