import type { Letter } from "./letter.ts"
import { english } from "./letters-en.ts"
import { french } from "./letters-fr.ts"

/** What every letter may say. */
export interface About {
  /** Of the program, as people know it. */
  readonly product: string
  /** Of the recipient. */
  readonly name: string
  /** For the mail's button. */
  readonly url: string
}

/** What happened to an account. */
export type Notice =
  | { readonly about: "password_changed" }
  | { readonly about: "totp_added" | "totp_removed" | "recovery_codes_renewed" }
  | { readonly about: "recovery_code_used"; readonly left: number }
  | { readonly about: "passkey_added" | "passkey_removed"; readonly label: string }
  | { readonly about: "passkey_copied"; readonly label: string }
  | { readonly about: "external_linked" | "external_unlinked"; readonly issuer: string }
  | { readonly about: "second_factor_guessed" }

/** All that mails say, in one language. */
export interface Letters {
  reset(about: About): Letter
  invitation(about: About & { readonly by?: string }): Letter
  verification(about: About): Letter
  registration(about: Omit<About, "name">): Letter
  /** Somebody wants to register with an address that has an account. */
  registered(about: About): Letter
  login(about: About): Letter
  /** To the new address. */
  change(about: About): Letter
  /** To the old address when it is asked for. */
  changeAsked(about: About & { readonly newEmail: string }): Letter
  /** To the old address when it was done. */
  changed(about: About & { readonly newEmail: string }): Letter
  /** To the owner of an address that another account wants. */
  changeTaken(about: About): Letter
  notice(about: About & { readonly notice: Notice; readonly at: string }): Letter
}

/** In the language of a locale (BCP 47) as far as there is one, else in English. */
export function lettersIn(locale: string | null | undefined): { readonly language: string; readonly letters: Letters } {
  return /^fr\b/i.test(locale ?? "") ? { language: "fr", letters: french } : { language: "en", letters: english }
}
