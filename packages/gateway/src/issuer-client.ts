import { ArchipelError, serviceUnavailable } from "@archipel/core"
import { createRemoteJWKSet, jwtVerify } from "jose"
import * as oauth from "openid-client"
import type { Tokens } from "./session-store.ts"

/** A login that is under way in one browser; kept by that browser, sealed. */
export interface PendingLogin {
  readonly state: string
  readonly nonce: string
  readonly verifier: string
  /** Where it came from: a path of this origin. */
  readonly returnTo: string
}

/** What a person asked of a login beyond being logged in (OpenID Connect Core, section 3.1.2.1). */
export interface LoginWishes {
  /** Seconds since the last proof. */
  readonly maxAge?: number
  /** "mfa" for a second factor. */
  readonly acr?: string
}

/** The gateway as a client of the company's issuer. */
export interface IssuerClient {
  begin(returnTo: string, wishes: LoginWishes): Promise<{ readonly address: string; readonly pending: PendingLogin }>
  /** @throws `auth.invalid` if this is not the answer to `pending` */
  finish(
    callback: URL,
    pending: PendingLogin,
  ): Promise<{ readonly user: string; readonly sid: string; readonly tokens: Tokens }>
  /** New tokens; undefined if the login has ended. @throws whatever keeps the issuer from answering */
  renew(tokens: Tokens): Promise<Tokens | undefined>
  /** Where a browser ends its login at the issuer. */
  endAddress(idToken: string): Promise<string>
  /** Whose login a logout token ends (OpenID Connect Back-Channel Logout 1.0, section 2.6). @throws `auth.invalid` */
  ended(logoutToken: string): Promise<{ readonly sid: string } | { readonly user: string }>
}

const CLIENT = "gateway"
const AUDIENCE = "urn:archipel:gateway"
const REQUEST_SECONDS = 5
const CLOCK_SKEW_SECONDS = 30
const ENDING = "http://schemas.openid.net/event/backchannel-logout"

const invalid = (cause?: unknown): ArchipelError => new ArchipelError("auth.invalid", {}, { cause })

export function createIssuerClient(options: {
  /** The program's public origin. */
  readonly url: string
  readonly secret: string
  /** Origin at which this process reaches the issuer, where that is another than the public one. */
  readonly reachedAt?: string | undefined
  readonly now: () => Date
}): IssuerClient {
  const { url, secret, reachedAt, now } = options
  const issuer = `${url}/oidc`
  const redirectUri = `${url}/auth/callback`
  const inner = (address: string): string =>
    reachedAt !== undefined && address.startsWith(url) ? `${reachedAt}${address.slice(url.length)}` : address
  const fetchInner = (address: string, init?: oauth.CustomFetchOptions): Promise<Response> =>
    fetch(inner(address), init as RequestInit)

  let discovered: Promise<oauth.Configuration> | undefined
  const configured = (): Promise<oauth.Configuration> => {
    discovered ??= oauth
      .discovery(
        new URL(issuer),
        CLIENT,
        { [oauth.clockTolerance]: CLOCK_SKEW_SECONDS },
        oauth.ClientSecretBasic(secret),
        {
          [oauth.customFetch]: fetchInner,
          timeout: REQUEST_SECONDS,
          // Plain HTTP is refused by the program's settings in production.
          ...(url.startsWith("http:") ? { execute: [oauth.allowInsecureRequests] } : {}),
        },
      )
      .catch((cause: unknown) => {
        discovered = undefined
        throw serviceUnavailable("identity", cause)
      })
    return discovered
  }
  let keys: ReturnType<typeof createRemoteJWKSet> | undefined

  const tokensOf = (
    answer: oauth.TokenEndpointResponse & oauth.TokenEndpointResponseHelpers,
    before?: Tokens,
  ): Tokens => ({
    accessToken: answer.access_token,
    accessUntil: now().getTime() + (answer.expiresIn() ?? 0) * 1000,
    refreshToken: answer.refresh_token ?? before?.refreshToken,
    idToken: answer.id_token ?? before?.idToken ?? "",
  })

  return {
    async begin(returnTo, { maxAge, acr }) {
      const config = await configured()
      const pending: PendingLogin = {
        state: oauth.randomState(),
        nonce: oauth.randomNonce(),
        verifier: oauth.randomPKCECodeVerifier(),
        returnTo,
      }
      const address = oauth.buildAuthorizationUrl(config, {
        redirect_uri: redirectUri,
        scope: "openid offline_access api",
        resource: AUDIENCE,
        state: pending.state,
        nonce: pending.nonce,
        code_challenge: await oauth.calculatePKCECodeChallenge(pending.verifier),
        code_challenge_method: "S256",
        ...(maxAge === undefined ? {} : { max_age: String(maxAge) }),
        ...(acr === undefined ? {} : { acr_values: acr }),
      })
      return { address: address.href, pending }
    },
    async finish(callback, { state, nonce, verifier }) {
      const config = await configured()
      const answer = await oauth
        .authorizationCodeGrant(
          config,
          callback,
          { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true },
          { resource: AUDIENCE },
        )
        .catch((error: unknown) => {
          throw invalid(error)
        })
      const claims = answer.claims()
      const sid = claims?.["sid"]
      if (claims === undefined || typeof sid !== "string") throw invalid()
      return { user: claims.sub, sid, tokens: tokensOf(answer) }
    },
    async renew(tokens) {
      if (tokens.refreshToken === undefined) return undefined
      const config = await configured()
      try {
        return tokensOf(await oauth.refreshTokenGrant(config, tokens.refreshToken, { resource: AUDIENCE }), tokens)
      } catch (error) {
        if (error instanceof oauth.ResponseBodyError && error.error === "invalid_grant") return undefined
        throw error
      }
    },
    async endAddress(idToken) {
      const config = await configured()
      return oauth.buildEndSessionUrl(config, {
        id_token_hint: idToken,
        post_logout_redirect_uri: `${url}/account/logged-out`,
      }).href
    },
    async ended(logoutToken) {
      const config = await configured()
      keys ??= createRemoteJWKSet(new URL(inner(config.serverMetadata().jwks_uri as string)), {
        timeoutDuration: REQUEST_SECONDS * 1000,
      })
      const { payload } = await jwtVerify(logoutToken, keys, {
        issuer,
        audience: CLIENT,
        algorithms: ["ES256"],
        typ: "logout+jwt",
        clockTolerance: CLOCK_SKEW_SECONDS,
        requiredClaims: ["iat", "jti", "events"],
      }).catch((error: unknown) => {
        throw invalid(error)
      })
      const events = payload["events"]
      if (typeof events !== "object" || events === null || !(ENDING in events) || "nonce" in payload) throw invalid()
      const sid = payload["sid"]
      if (typeof sid === "string") return { sid }
      if (typeof payload.sub === "string") return { user: payload.sub }
      throw invalid()
    },
  }
}
