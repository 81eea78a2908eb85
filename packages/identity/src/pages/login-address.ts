import { createHash, randomBytes } from "node:crypto"
import type { OwnClient } from "../oidc/clients.ts"

/** The client of the protocol by which people log in to their own account. */
export const ACCOUNT_CLIENT = "account"

const CALLBACK = "/account/callback"

/** To be registered with the program's own clients. It calls no service. */
export const accountClient = (url: string, secret: string, product = "Archipel"): OwnClient => ({
  clientId: ACCOUNT_CLIENT,
  name: product,
  kind: "web",
  redirectUris: [`${url}${CALLBACK}`],
  mayCall: [],
  secret,
})

export interface LoginAddressOptions {
  /** Whether an earlier login does not count. */
  readonly isForced?: boolean
}

/** Where a login for the account begins; it ends at `/account/callback`, and that leads to `after`. */
export function loginAddress(url: string, after: string, { isForced = false }: LoginAddressOptions = {}): string {
  // The code is never redeemed: the browser's session is what counts. Nobody knows what answers this challenge.
  const challenge = createHash("sha256").update(randomBytes(32)).digest("base64url")
  const query = new URLSearchParams({
    client_id: ACCOUNT_CLIENT,
    response_type: "code",
    scope: "openid",
    redirect_uri: `${url}${CALLBACK}`,
    code_challenge: challenge,
    code_challenge_method: "S256",
    state: after,
    ...(isForced ? { prompt: "login" } : {}),
  })
  return `/oidc/authorize?${query}`
}
