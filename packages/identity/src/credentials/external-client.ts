import type { Configuration } from "openid-client"
import { isEmail, normaliseEmail } from "./email-address.ts"
import type { ExternalIdentity } from "./external-decision.ts"
import type { ExternalIssuer } from "./external-issuers.ts"

/** Loaded when somebody comes from outside. */
const oauth = () => import("openid-client")

const ANSWER_SECONDS = 10
/** How long an issuer's own description is believed. */
const DESCRIPTION_MS = 60 * 60_000
const MAX_SUBJECT = 255
const MAX_NAME = 100

/** What has to be the same when the browser comes back. */
export interface ExternalRequest {
  readonly state: string
  readonly nonce: string
  readonly verifier: string
}

/** The protocol with outside issuers: authorization code with PKCE, state and nonce; signatures of ID tokens are checked. */
export interface ExternalClient {
  /** @throws if the issuer does not answer or is another than it says */
  begin(issuer: ExternalIssuer): Promise<{ readonly url: string; readonly request: ExternalRequest }>
  /** @throws if anything is not as it was asked for */
  finish(issuer: ExternalIssuer, url: URL, request: ExternalRequest): Promise<ExternalIdentity>
}

export function createExternalClient(options: {
  /** An address for each issuer: an answer of one cannot be taken for another's. */
  readonly redirectUri: (issuer: ExternalIssuer) => string
  readonly now: () => Date
}): ExternalClient {
  const known = new Map<string, { readonly configuration: Promise<Configuration>; readonly until: number }>()
  const configurationOf = (issuer: ExternalIssuer): Promise<Configuration> => {
    const found = known.get(issuer.name)
    if (found && options.now().getTime() < found.until) return found.configuration
    const configuration = discovered(issuer)
    // One that does not answer now may do so at the next try.
    configuration.catch(() => known.delete(issuer.name))
    known.set(issuer.name, { configuration, until: options.now().getTime() + DESCRIPTION_MS })
    return configuration
  }
  return {
    async begin(issuer) {
      const configuration = await configurationOf(issuer)
      const { buildAuthorizationUrl, calculatePKCECodeChallenge, randomNonce, randomPKCECodeVerifier, randomState } =
        await oauth()
      const request = { state: randomState(), nonce: randomNonce(), verifier: randomPKCECodeVerifier() }
      const url = buildAuthorizationUrl(configuration, {
        redirect_uri: options.redirectUri(issuer),
        scope: issuer.scope,
        state: request.state,
        nonce: request.nonce,
        code_challenge: await calculatePKCECodeChallenge(request.verifier),
        code_challenge_method: "S256",
      })
      return { url: url.href, request }
    },
    async finish(issuer, url, { state, nonce, verifier }) {
      const configuration = await configurationOf(issuer)
      const current = new URL(options.redirectUri(issuer))
      current.search = url.search
      const { authorizationCodeGrant, fetchUserInfo } = await oauth()
      const tokens = await authorizationCodeGrant(configuration, current, {
        expectedState: state,
        expectedNonce: nonce,
        pkceCodeVerifier: verifier,
        idTokenExpected: true,
      })
      const claims = tokens.claims()
      if (claims === undefined || claims.sub.length > MAX_SUBJECT) throw new Error("There is no usable ID token.")
      const hasEmail = typeof claims["email"] === "string"
      const profile =
        hasEmail || configuration.serverMetadata().userinfo_endpoint === undefined
          ? claims
          : await fetchUserInfo(configuration, tokens.access_token, claims.sub)
      return identityOf(claims.sub, profile)
    },
  }
}

async function discovered({ issuer, clientId, clientSecret }: ExternalIssuer): Promise<Configuration> {
  const { allowInsecureRequests, ClientSecretPost, discovery, enableNonRepudiationChecks, None } = await oauth()
  const isPlain = issuer.startsWith("http:")
  return discovery(
    new URL(issuer),
    clientId,
    undefined,
    clientSecret === undefined ? None() : ClientSecretPost(clientSecret),
    { timeout: ANSWER_SECONDS, execute: [enableNonRepudiationChecks, ...(isPlain ? [allowInsecureRequests] : [])] },
  )
}

function identityOf(subject: string, profile: Readonly<Record<string, unknown>>): ExternalIdentity {
  const email = typeof profile["email"] === "string" ? normaliseEmail(profile["email"]) : undefined
  const name = typeof profile["name"] === "string" ? profile["name"].trim().slice(0, MAX_NAME) : ""
  return {
    subject,
    ...(email !== undefined && isEmail(email) ? { email } : {}),
    emailVerified: profile["email_verified"] === true,
    ...(name === "" ? {} : { name }),
  }
}
