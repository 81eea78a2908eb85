import type { IncomingMessage } from "node:http"
import { cookieName, readCookies } from "@archipel/server"
import type { Page } from "./frame.ts"
import { chooseLanguage, languages } from "./messages/language.ts"

/**
 * A page for whom nothing is known of but the language. Its own address must not be asked for twice, so another language is chosen on
 * the account's pages.
 */
export function guestPage({ headers }: IncomingMessage, isSecure: boolean, brand = "Archipel"): Page {
  const chosen = readCookies(headers.cookie).get(cookieName("language", isSecure))
  const language = chooseLanguage([chosen], headers["accept-language"])
  return { t: languages[language], language, token: "", address: "/account", brand, timeZone: "UTC" }
}
