/**
 * Token exchange (RFC 8693): a service that was called for a user calls the next one for the same user.
 *
 * @module
 */
import { developmentUsers, type ServiceHost } from "@archipel/server"
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from "jose"
import { errors, type Provider, type TokenEndpointGrantContext } from "oidc-provider"
import type { ServiceContracts } from "../apart/service-contracts.ts"
import { ACCESS_TOKEN, audienceOf, DEVELOPMENT_TOKEN, GATEWAY_CLIENT, TOKEN_EXCHANGE } from "./client-names.ts"
import { API_SCOPE, mayCall, serviceOfAudience } from "./clients.ts"

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
  /** Of a service account: the client that works as it. */
  readonly program?: string
  /** For a user of development, without any login. */
  readonly dev?: true
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
  readonly host: Pick<ServiceHost, "isDevelopment" | "now">
  readonly contracts: Pick<ServiceContracts, "learn">
  readonly keys: () => JSONWebKeySet
  /** Whether tokens of this user, in this session where there is one, are still taken. */
  readonly isAlive: (userId: string, sid: string | undefined) => Promise<boolean>
  /** Whether a client works as this service account, still. */
  readonly isProgram: (clientId: string, account: string) => Promise<boolean>
  /** What the new token says. */
  readonly facts: WeakMap<object, LoginFacts>
  /** Seconds. */
  readonly ttl: number
}

const depthOf = (act: Act | undefined): number => (act === undefined ? 0 : 1 + depthOf(act.act))

const text = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined)

type Context = TokenEndpointGrantContext<Parameters>

/** Whom the token is about that is exchanged, what the new one says of their login, and for how long. */
interface Subject {
  readonly sub: string
  readonly facts: LoginFacts
  /** Seconds. */
  readonly left: number
}

const ACCOUNT = "svc:"
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/**
 * Adds the grant to a provider. The token to exchange must be addressed to the caller, who must be a client that proved who it is
 * and may call the target; the new token says the same of the user, names the caller as actor, and expires no later.
 *
 * In development the gateway, and nobody else, gets tokens for "dev:alice" too. They are marked, and services take them in development
 * only, since there is no login that could be ended.
 */
export function registerTokenExchange(provider: Provider, options: ExchangeOptions): void {
  const { host, contracts, keys, isAlive, isProgram, facts, ttl } = options

  const target = async (ctx: Context): Promise<string> => {
    const { audience, resource } = ctx.oidc.params
    const wanted = audience ?? resource
    if (wanted === undefined || (audience !== undefined && resource !== undefined && audience !== resource))
      throw new errors.InvalidRequest("exactly one target must be named by audience or resource")
    const service = await serviceOfAudience(contracts, wanted)
    if (service === undefined || !mayCall(ctx.oidc.client, service)) throw new errors.InvalidTarget()
    return wanted
  }

  const ofToken = async ({ oidc: { client, params } }: Context): Promise<Subject> => {
    const { payload } = await jwtVerify(params.subject_token as string, createLocalJWKSet(keys()), {
      issuer: provider.issuer,
      audience: audienceOf(client.clientId),
      typ: "at+jwt",
      algorithms: ["ES256"],
      requiredClaims: ["sub", "exp", "iat", "client_id"],
      currentDate: host.now(),
    }).catch((cause: unknown) => {
      throw new errors.InvalidGrant({ cause, detail: "subject_token is not valid" })
    })
    const { sub, exp } = payload as { sub: string; exp: number }
    const sid = text(payload["sid"])
    const acr = text(payload["acr"])
    const isDevelopment = payload["dev"] === true
    if (typeof payload.aud !== "string") throw new errors.InvalidGrant("subject_token has several audiences")
    if (isDevelopment && !host.isDevelopment) throw new errors.InvalidGrant("subject_token is for development")
    if (!(await isAlive(sub, sid))) throw new errors.InvalidGrant("the login of subject_token has ended")
    const program = sub.startsWith(ACCOUNT) ? (text(payload["program"]) ?? text(payload["client_id"])) : undefined
    if (program !== undefined && !(await isProgram(program, sub.slice(ACCOUNT.length))))
      throw new errors.InvalidGrant("the client of subject_token is gone")
    const before = payload["act"] as Act | undefined
    if (depthOf(before) >= MAX_ACTORS) throw new errors.InvalidGrant("too many services have passed this token on")
    const left = exp - Math.floor(host.now().getTime() / 1000)
    if (left <= 0) throw new errors.InvalidGrant("subject_token is expired")
    const login: LoginFacts = {
      ...(sid === undefined ? {} : { sid }),
      ...(acr === undefined ? {} : { acr }),
      ...(Array.isArray(payload["amr"]) ? { amr: payload["amr"] as string[] } : {}),
      ...(typeof payload["auth_time"] === "number" ? { auth_time: payload["auth_time"] } : {}),
      ...(program === undefined ? {} : { program }),
      ...(isDevelopment ? { dev: true } : {}),
      act: { sub: client.clientId, ...(before === undefined ? {} : { act: before }) },
    }
    return { sub, facts: login, left }
  }

  const ofDevelopment = async ({ oidc: { client, params } }: Context): Promise<Subject> => {
    const login = params.subject_token?.replace(/^dev:/, "") ?? ""
    const id = developmentUsers.find((user) => user.login === login)?.id ?? login
    if (!UUID.test(id) || !(await isAlive(id, undefined))) throw new errors.InvalidGrant("there is no such user")
    return { sub: id, facts: { dev: true, act: { sub: client.clientId } }, left: ttl }
  }
  const takesDevelopment = ({ clientId, clientAuthMethod }: Context["oidc"]["client"]): boolean =>
    host.isDevelopment && clientId === GATEWAY_CLIENT && clientAuthMethod === "tls_client_auth"

  const handler = async (ctx: Context): Promise<void> => {
    const { client, params } = ctx.oidc
    if (client.clientAuthMethod === "none") throw new errors.UnauthorizedClient("the client must authenticate")
    if (params.actor_token !== undefined) throw new errors.InvalidRequest("the actor is the client itself")
    if (params.subject_token === undefined) throw new errors.InvalidRequest("missing subject_token")
    const isDevelopment = params.subject_token_type === DEVELOPMENT_TOKEN && takesDevelopment(client)
    if (!isDevelopment && params.subject_token_type !== ACCESS_TOKEN && params.subject_token_type !== JWT)
      throw new errors.InvalidRequest("subject_token_type must be an access token")
    if (params.requested_token_type !== undefined && params.requested_token_type !== ACCESS_TOKEN)
      throw new errors.InvalidRequest("requested_token_type must be an access token")
    if (params.scope !== undefined && params.scope !== API_SCOPE)
      throw new errors.InvalidScope("requested scope is not allowed", params.scope)
    const audience = await target(ctx)
    const { sub, facts: login, left } = await (isDevelopment ? ofDevelopment(ctx) : ofToken(ctx))

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
      ...(login.sid === undefined ? {} : { sessionUid: login.sid }),
    })
    facts.set(token, login)
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
