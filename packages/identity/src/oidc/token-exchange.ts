/**
 * Token exchange (RFC 8693): a service that was called for a user calls the next one for the same user.
 *
 * @module
 */
import type { ServiceHost } from "@archipel/server"
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from "jose"
import { errors, type Provider, type TokenEndpointGrantContext } from "oidc-provider"
import { audienceOf, mayCall, serviceOfAudience, TOKEN_EXCHANGE, API_SCOPE } from "./clients.ts"

const ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"
const JWT = "urn:ietf:params:oauth:token-type:jwt"

/** Services that pass a request on; a longer chain is nobody's honest request. */
const MAX_ACTORS = 4

/** Who acts for a user, the last one outermost (RFC 8693, `act`). */
export interface Act {
  readonly sub: string
  readonly act?: Act
}

/** What an access token says of the login that it comes from. */
export interface LoginFacts {
  readonly sid?: string
  readonly acr?: string
  readonly amr?: readonly string[]
  readonly auth_time?: number
  readonly act?: Act
}

type Parameters = {
  subject_token?: string
  subject_token_type?: string
  requested_token_type?: string
  actor_token?: string
  audience?: string
  resource?: string
  scope?: string
}

export interface ExchangeOptions {
  readonly host: Pick<ServiceHost, "catalog" | "now">
  readonly keys: () => JSONWebKeySet
  /** Whether tokens of this user, in this session where there is one, are still taken. */
  readonly isAlive: (userId: string, sid: string | undefined) => Promise<boolean>
  /** What the new token says. */
  readonly facts: WeakMap<object, LoginFacts>
  /** Seconds. */
  readonly ttl: number
}

const depthOf = (act: Act | undefined): number => (act === undefined ? 0 : 1 + depthOf(act.act))

const text = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined)

/**
 * Adds the grant to a provider. The token to exchange must be addressed to the caller, who must be a client that proved who it is
 * and may call the target; the new token says the same of the user, names the caller as actor, and expires no later.
 */
export function registerTokenExchange(provider: Provider, options: ExchangeOptions): void {
  const { host, keys, isAlive, facts, ttl } = options

  const target = (ctx: TokenEndpointGrantContext<Parameters>): string => {
    const { audience, resource } = ctx.oidc.params
    const wanted = audience ?? resource
    if (wanted === undefined || (audience !== undefined && resource !== undefined && audience !== resource))
      throw new errors.InvalidRequest("exactly one target must be named by audience or resource")
    const service = serviceOfAudience(host.catalog, wanted)
    if (service === undefined || !mayCall(ctx.oidc.client, service)) throw new errors.InvalidTarget()
    return wanted
  }

  const handler = async (ctx: TokenEndpointGrantContext<Parameters>): Promise<void> => {
    const { client, params } = ctx.oidc
    if (client.clientAuthMethod === "none") throw new errors.UnauthorizedClient("the client must authenticate")
    if (params.actor_token !== undefined) throw new errors.InvalidRequest("the actor is the client itself")
    if (params.subject_token === undefined) throw new errors.InvalidRequest("missing subject_token")
    if (params.subject_token_type !== ACCESS_TOKEN && params.subject_token_type !== JWT)
      throw new errors.InvalidRequest("subject_token_type must be an access token")
    if (params.requested_token_type !== undefined && params.requested_token_type !== ACCESS_TOKEN)
      throw new errors.InvalidRequest("requested_token_type must be an access token")
    if (params.scope !== undefined && params.scope !== API_SCOPE)
      throw new errors.InvalidScope("requested scope is not allowed", params.scope)
    const audience = target(ctx)

    const subject = await jwtVerify(params.subject_token, createLocalJWKSet(keys()), {
      issuer: provider.issuer,
      audience: audienceOf(client.clientId),
      typ: "at+jwt",
      algorithms: ["ES256"],
      requiredClaims: ["sub", "exp", "iat", "client_id"],
      currentDate: host.now(),
    }).catch((cause: unknown) => {
      throw new errors.InvalidGrant({ cause, detail: "subject_token is not valid" })
    })
    const { payload } = subject
    const { sub, exp } = payload as { sub: string; exp: number }
    const sid = text(payload["sid"])
    if (typeof payload.aud !== "string") throw new errors.InvalidGrant("subject_token has several audiences")
    if (!(await isAlive(sub, sid))) throw new errors.InvalidGrant("the login of subject_token has ended")
    const before = payload["act"] as Act | undefined
    if (depthOf(before) >= MAX_ACTORS) throw new errors.InvalidGrant("too many services have passed this token on")
    const left = exp - Math.floor(host.now().getTime() / 1000)
    if (left <= 0) throw new errors.InvalidGrant("subject_token is expired")

    const token = new provider.AccessToken({
      accountId: sub,
      client,
      gty: "token_exchange",
      grantId: "",
      expiresIn: Math.min(ttl, left),
      resourceServer: new provider.ResourceServer(audience, {
        scope: API_SCOPE,
        audience,
        accessTokenFormat: "jwt",
        jwt: { sign: { alg: "ES256" } },
      }),
      scope: API_SCOPE,
      ...(sid === undefined ? {} : { sessionUid: sid }),
    })
    const acr = text(payload["acr"])
    facts.set(token, {
      ...(sid === undefined ? {} : { sid }),
      ...(acr === undefined ? {} : { acr }),
      ...(Array.isArray(payload["amr"]) ? { amr: payload["amr"] as string[] } : {}),
      ...(typeof payload["auth_time"] === "number" ? { auth_time: payload["auth_time"] } : {}),
      act: { sub: client.clientId, ...(before === undefined ? {} : { act: before }) },
    })
    ctx.oidc.entity("AccessToken", token)
    ctx.body = {
      access_token: await token.save(),
      issued_token_type: ACCESS_TOKEN,
      token_type: "Bearer",
      expires_in: token.expiration,
      scope: API_SCOPE,
    }
  }

  provider.registerGrantType<Parameters>(TOKEN_EXCHANGE, handler, [
    "subject_token",
    "subject_token_type",
    "requested_token_type",
    "actor_token",
    "audience",
    "resource",
    "scope",
  ])
}
