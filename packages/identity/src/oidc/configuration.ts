/**
 * How the protocol behaves. What is fixed here is no setting: authorization code with PKCE for every client, exact redirect
 * addresses, short-lived signed access tokens for one audience, refresh tokens that work once.
 *
 * @module
 */
import { type Id, systemPrincipal } from "@archipel/core"
import type { IncomingMessage } from "node:http"
import type { TLSSocket } from "node:tls"
import { type ServiceHost, spiffeId } from "@archipel/server"
import {
  type AccessToken,
  type Adapter,
  type Client,
  type ClientCredentials,
  type Configuration,
  errors,
  type FindAccount,
  type Grant,
  interactionPolicy,
  type JWK,
  type KoaContextWithOIDC,
  type Provider,
} from "oidc-provider"
import { API_SCOPE, clientProperties, isFirstParty, mayCall, serviceAccountOf, serviceOfAudience } from "./clients.ts"
import type { ServiceContracts } from "../apart/service-contracts.ts"
import type { ProtocolPages } from "./protocol-pages.ts"
import { sessionTimes, sessionTtl } from "./sessions.ts"
import type { LoginFacts } from "./token-exchange.ts"

const MINUTE = 60
const DAY = 24 * 60 * MINUTE

/** Seconds. */
export const tokenTimes = {
  code: MINUTE,
  accessToken: 5 * MINUTE,
  idToken: 5 * MINUTE,
  interaction: 30 * MINUTE,
  /** A refresh token that was not used for so long is void. */
  refresh: 14 * DAY,
  /** And whatever its use, so long after the login. */
  refreshAbsolute: 90 * DAY,
  /** Clocks of other machines. */
  clockTolerance: 30,
} as const

/** A grant outlives every refresh token that it may still be asked for. */
const GRANT_TTL = sessionTimes.absoluteSeconds + tokenTimes.refreshAbsolute + DAY

interface Fleet {
  readonly trustDomain: string
  readonly senderOf: (incoming: IncomingMessage) => string | undefined
}

export interface ConfigurationParts {
  readonly host: Pick<ServiceHost, "as" | "url" | "now">
  readonly contracts: Pick<ServiceContracts, "learn">
  /** Where services run apart: which of them a request's certificate says that it is from. */
  readonly fleet?: Fleet
  readonly adapter: (kind: string) => Adapter
  /** Private keys, the one that signs first. */
  readonly keys: readonly JWK[]
  readonly pages: ProtocolPages
  readonly fetch: typeof fetch
  /** What an exchanged token says. */
  readonly facts: WeakMap<object, LoginFacts>
  /** Version of what a user may do; `gv` of their tokens. */
  readonly grantsVersion: (userId: string) => Promise<number | string | undefined>
  /** A session's tokens were renewed. */
  readonly onSessionUsed: (sid: string) => Promise<void>
}

const seconds = (instant: string): number => Math.floor(Date.parse(instant) / 1000)

/** Names of cookies that browsers protect against writes from elsewhere, where there is TLS. */
const cookieNames = (isHttps: boolean): { session: string; interaction: string; resume: string } => ({
  session: isHttps ? "__Host-archipel-login" : "archipel-login",
  interaction: isHttps ? "__Secure-archipel-step" : "archipel-step",
  resume: isHttps ? "__Secure-archipel-resume" : "archipel-resume",
})

/** Who logs in again, and why: people who may not any more, and requests for more certainty than a session has. */
function policy(): ReturnType<typeof interactionPolicy.base> {
  const { Check } = interactionPolicy
  const prompts = interactionPolicy.base()
  const login = prompts.get("login")
  login?.checks.add(
    new Check("account_gone", "End-User authentication is required", "login_required", (ctx) => {
      const { session, account } = ctx.oidc
      return session?.accountId !== undefined && account === undefined
    }),
  )
  login?.checks.add(
    new Check("acr_values", "a stronger login is required", "login_required", (ctx) => {
      const wanted = String(ctx.oidc.params?.["acr_values"] ?? "").split(" ")
      return wanted.includes("mfa") && !wanted.includes(ctx.oidc.session?.acr ?? "") && !ctx.oidc.result?.["login"]
    }),
  )
  return prompts
}

/** One grant for a client in a session, kept, since refresh tokens are bound to it; of first-party clients it holds what they ask for. */
async function stableGrant(ctx: KoaContextWithOIDC): Promise<Grant | undefined> {
  const { provider, session, account } = ctx.oidc
  const client = ctx.oidc.client as Client
  const consent = ctx.oidc.result?.consent as { grantId?: string } | undefined
  const grantId = consent?.grantId ?? session?.grantIdFor(client.clientId)
  const known = grantId === undefined ? undefined : await provider.Grant.find(grantId)
  if (!isFirstParty(client)) return known
  // One `sid` for a login in all of this program.
  if (session) session.sidFor(client.clientId, session.uid)
  if (client.applicationType === "native") return known
  const grant = known ?? new provider.Grant({ clientId: client.clientId, accountId: account?.accountId as string })
  const before = JSON.stringify([grant.openid, grant.resources])
  grant.addOIDCScope([...ctx.oidc.requestParamOIDCScopes].join(" "))
  for (const [resource, server] of Object.entries(ctx.oidc.resourceServers ?? {}))
    grant.addResourceScope(resource, server.scope ?? "")
  if (known === undefined || before !== JSON.stringify([grant.openid, grant.resources])) await grant.save()
  return grant
}

/** Services prove themselves with the certificate of their connection (RFC 8705, section 2.1). TLS has verified it; it names one service, by one URI. */
const certificates = ({ trustDomain, senderOf }: Fleet) => ({
  enabled: true,
  tlsClientAuth: true as const,
  getCertificate: ({ req }: KoaContextWithOIDC) =>
    senderOf(req) === undefined ? undefined : (req.socket as TLSSocket).getPeerX509Certificate(),
  certificateAuthorized: ({ req }: KoaContextWithOIDC): boolean => senderOf(req) !== undefined,
  certificateSubjectMatches: ({ req }: KoaContextWithOIDC, property: string, expected: string): boolean => {
    const sender = senderOf(req)
    return property === "tls_client_auth_san_uri" && sender !== undefined && spiffeId(trustDomain, sender) === expected
  },
})

/** Everything but what changes with the keys is the same for the life of a program. */
export function configuration(parts: ConfigurationParts): Configuration {
  const { host, contracts, fleet, pages, facts } = parts
  const isHttps = host.url.startsWith("https:")
  const reader = systemPrincipal("protocol: accounts")

  const findAccount: FindAccount = async (_ctx, userId) => {
    const user = await host
      .as(reader)("identity.User")
      .get(userId as Id<"identity.User">, {
        select: ["name", "email", "emailVerified", "active", "locale", "timeZone", "updatedAt"],
      })
    if (user === null || !user.active) return undefined
    return {
      accountId: userId,
      claims: () => ({
        sub: userId,
        name: user.name,
        email: user.email,
        email_verified: user.emailVerified,
        locale: user.locale ?? undefined,
        zoneinfo: user.timeZone,
        updated_at: seconds(user.updatedAt),
      }),
    }
  }

  const resourceServer = async (ctx: KoaContextWithOIDC, resource: string, client: Client) => {
    const service = await serviceOfAudience(contracts, resource)
    if (service === undefined || !mayCall(client, service)) throw new errors.InvalidTarget()
    if (ctx.oidc.route === "authorization" && !ctx.oidc.requestParamScopes.has(API_SCOPE))
      throw new errors.InvalidScope("tokens of services need this scope", API_SCOPE)
    return {
      scope: API_SCOPE,
      audience: resource,
      accessTokenFormat: "jwt" as const,
      accessTokenTTL: tokenTimes.accessToken,
      jwt: { sign: { alg: "ES256" as const } },
    }
  }

  /** Of tokens for services; one for the user's own claims is opaque and says nothing. */
  const claimsOf = async (ctx: KoaContextWithOIDC, token: AccessToken | ClientCredentials) => {
    if (token.aud === undefined || token.kind === "ClientCredentials") return undefined
    const { AuthorizationCode: code, RefreshToken: refresh } = ctx.oidc.entities
    const source = code ?? refresh
    const login: LoginFacts = facts.get(token) ?? {
      ...(token.sessionUid === undefined ? {} : { sid: token.sessionUid }),
      ...(source?.acr === undefined ? {} : { acr: source.acr }),
      ...(source?.amr === undefined ? {} : { amr: source.amr }),
      ...(source?.authTime === undefined ? {} : { auth_time: source.authTime }),
    }
    if (refresh?.expiresWithSession && refresh.sessionUid) await parts.onSessionUsed(refresh.sessionUid)
    const gv = token.accountId.startsWith("svc:") ? undefined : await parts.grantsVersion(token.accountId)
    return { ...login, ...(gv === undefined ? {} : { gv }) }
  }

  const traceId = (ctx: KoaContextWithOIDC): string => String(ctx.res.getHeader("x-trace-id") ?? "")

  return {
    adapter: parts.adapter,
    jwks: { keys: [...parts.keys] },
    findAccount,
    loadExistingGrant: stableGrant,
    acrValues: ["single", "mfa"],
    scopes: ["openid", "offline_access", "profile", "email"],
    claims: {
      iss: null,
      sid: null,
      openid: ["sub", "auth_time", "acr", "amr"],
      profile: ["name", "locale", "zoneinfo", "updated_at"],
      email: ["email", "email_verified"],
    },
    conformIdTokenClaims: true,
    responseTypes: ["code"],
    subjectTypes: ["public"],
    pkce: { required: () => true },
    allowOmittingSingleRegisteredRedirectUri: false,
    acceptQueryParamAccessTokens: false,
    clientAuthMethods: [
      "none",
      "client_secret_basic",
      "private_key_jwt",
      ...(fleet === undefined ? [] : (["tls_client_auth"] as const)),
    ],
    clientDefaults: { id_token_signed_response_alg: "ES256", response_types: ["code"] },
    clientBasedCORS: () => false,
    extraClientMetadata: { properties: [...clientProperties] },
    enabledJWA: {
      idTokenSigningAlgValues: ["ES256"],
      userinfoSigningAlgValues: ["ES256"],
      introspectionSigningAlgValues: ["ES256"],
      authorizationSigningAlgValues: ["ES256"],
      clientAuthSigningAlgValues: ["ES256", "PS256", "RS256", "Ed25519", "EdDSA"],
    },
    clockTolerance: tokenTimes.clockTolerance,
    fetch: parts.fetch,
    routes: {
      authorization: "/authorize",
      token: "/token",
      userinfo: "/userinfo",
      jwks: "/jwks",
      introspection: "/introspect",
      revocation: "/revoke",
      end_session: "/logout",
    },
    cookies: {
      names: cookieNames(isHttps),
      long: { httpOnly: true, sameSite: "lax", secure: isHttps, path: "/", signed: false },
      short: { httpOnly: true, sameSite: "lax", secure: isHttps, signed: false },
    },
    features: {
      devInteractions: { enabled: false },
      dPoP: { enabled: false },
      pushedAuthorizationRequests: { enabled: false },
      claimsParameter: { enabled: true },
      ...(fleet === undefined ? {} : { mTLS: certificates(fleet) }),
      clientCredentials: { enabled: true },
      introspection: { enabled: true, allowedPolicy: (_ctx, client, token) => token.clientId === client.clientId },
      revocation: {
        enabled: true,
        allowedPolicy: (_ctx, client, token) => {
          if (token.clientId !== client.clientId) throw new errors.InvalidRequest("the token is not this client's")
          return true
        },
      },
      userinfo: { enabled: true },
      backchannelLogout: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: resourceServer,
        useGrantedResource: (ctx) => isFirstParty(ctx.oidc.client as Client),
        defaultResource: (ctx, _client, oneOf) => {
          if (oneOf) return [...oneOf]
          if (ctx.oidc.params?.["grant_type"] === "client_credentials")
            throw new errors.InvalidTarget("a resource must be named")
          return undefined as never
        },
      },
      rpInitiatedLogout: {
        enabled: true,
        logoutSource: (ctx) => {
          const state = ctx.oidc.session?.state as { secret: string }
          ctx.body = pages.logout(
            { action: ctx.oidc.urlFor("end_session_confirm"), xsrf: state.secret, client: ctx.oidc.client?.clientName },
            ctx.req,
          )
        },
        postLogoutSuccessSource: (ctx) => {
          ctx.type = "html"
          ctx.body = pages.loggedOut({ client: ctx.oidc.client?.clientName }, ctx.req)
        },
      },
    },
    extraTokenClaims: claimsOf,
    formats: {
      customizers: {
        jwt: (_ctx, token, { payload }) => {
          const client = token.client as Client
          if (token.kind === "ClientCredentials") {
            payload["sub"] = `svc:${String(serviceAccountOf(client))}`
            payload["scope"] = API_SCOPE
          } else if (payload["scope"] !== API_SCOPE) {
            throw new errors.InvalidScope("tokens of services need this scope", API_SCOPE)
          }
        },
      },
    },
    expiresWithSession: (_ctx, source) => !source.scopes.has("offline_access"),
    issueRefreshToken: (_ctx, client, source) =>
      client.grantTypeAllowed("refresh_token") && (isFirstParty(client) || source.scopes.has("offline_access")),
    rotateRefreshToken: true,
    ttl: {
      AuthorizationCode: tokenTimes.code,
      AccessToken: tokenTimes.accessToken,
      ClientCredentials: tokenTimes.accessToken,
      IdToken: tokenTimes.idToken,
      Interaction: tokenTimes.interaction,
      Grant: GRANT_TTL,
      RefreshToken: (_ctx, token) =>
        Math.max(1, Math.min(tokenTimes.refresh, tokenTimes.refreshAbsolute - token.totalLifetime())),
      Session: (_ctx, session) => sessionTtl(session.iat, Math.floor(host.now().getTime() / 1000)),
    },
    interactions: { url: (_ctx, { prompt, uid }) => `/account/${prompt.name}/${uid}`, policy: policy() },
    renderError: (ctx, out) => {
      ctx.type = "html"
      ctx.body = pages.error({ code: out.error, traceId: traceId(ctx) }, ctx.req)
    },
  }
}

/** Secrets of clients are kept as hashes, so that is what they are compared with. */
export function compareSecretsByHash(provider: Provider, isSecret: (client: Client, secret: string) => boolean): void {
  provider.Client.prototype.compareClientSecret = function compare(this: Client, secret: string) {
    return isSecret(this, secret)
  }
}
