import { ArchipelError, type Principal } from "@archipel/core"
import { type Authenticate, developmentUsers, type RequestHeaders } from "@archipel/server"
import type { Grants } from "../grants/grants.ts"
import { audienceOf } from "../oidc/client-names.ts"
import type { TokenVerifier, VerifiedToken } from "./verify-token.ts"

export interface AuthenticateOptions {
  readonly verifier: TokenVerifier
  readonly grants: Grants
  /** Whose tokens are taken whatever is asked: "gateway" where one program has all services, else the service of this process. */
  readonly here: string
  /** Whether tokens are taken that identity gave for a user of development, without any login. */
  readonly takesDevelopmentTokens: boolean
  /** Whether "dev:alice" in place of a token is taken. */
  readonly takesDevelopmentLogins: boolean
}

/** RFC 9110, section 11.6.2, and RFC 6750, section 2.1. */
const BEARER = /^bearer +([\w.~+/-]+=*) *$/i
const DEVELOPMENT = /^bearer +dev:([\w-]{1,100}) *$/i

/** Begins the subject of a service account's tokens. */
const ACCOUNT = "svc:"

/** Who sends a request, by its access token: as the token says, with the rights of now. */
export function createAuthenticate(options: AuthenticateOptions): Authenticate {
  const { verifier, grants, here, takesDevelopmentTokens, takesDevelopmentLogins } = options
  const ownAudience = audienceOf(here)
  /** A token for one service is worth nothing at another. */
  const addressed = (token: VerifiedToken, service: string | undefined): VerifiedToken => {
    const isForHere =
      token.audience === ownAudience || (service !== undefined && token.audience === audienceOf(service))
    if (!isForHere) throw new ArchipelError("auth.invalid", {})
    return token
  }
  const required = (principal: Principal | undefined): Principal => {
    if (principal === undefined) throw new ArchipelError("auth.invalid", {})
    return principal
  }
  const soon = (principal: Principal | undefined | Promise<Principal | undefined>): Principal | Promise<Principal> =>
    principal instanceof Promise ? principal.then(required) : required(principal)

  /** A program that works in its own name: as long as its account and its client are there. */
  const ofProgram = async (account: string, { act, version, clientId, program }: VerifiedToken): Promise<Principal> => {
    const grant = await grants.ofClient(program ?? clientId)
    if (grant?.kind !== "service" || grant.id !== account || !grant.active) throw new ArchipelError("auth.invalid", {})
    return required(await grants.principal({ id: account, act, version }))
  }
  const ofToken = (token: VerifiedToken): Principal | Promise<Principal> => {
    const { subject: id, sessionId, act, version, isDevelopment } = token
    if (isDevelopment && !takesDevelopmentTokens) throw new ArchipelError("auth.invalid", {})
    if (id.startsWith(ACCOUNT)) return ofProgram(id.slice(ACCOUNT.length), token)
    // A person's token belongs to a login, or nobody could end it.
    if (sessionId === undefined && !isDevelopment) throw new ArchipelError("auth.invalid", {})
    return soon(grants.principal({ id, sessionId, act, version }))
  }

  const ofDevelopment = (login: string): Principal | Promise<Principal> => {
    if (!takesDevelopmentLogins) throw new ArchipelError("auth.invalid", {})
    const id = developmentUsers.find((user) => user.login === login)?.id ?? login
    return soon(grants.principal({ id }))
  }

  const authenticate = (headers: RequestHeaders, service?: string): Principal | Promise<Principal> => {
    const header = headers.get("authorization")
    if (header === null) throw new ArchipelError("auth.required", {})
    const login = DEVELOPMENT.exec(header)?.[1]
    if (login !== undefined) return ofDevelopment(login)
    const token = BEARER.exec(header)?.[1]
    if (token === undefined) throw new ArchipelError("auth.invalid", {})
    const verified = verifier.verify(token)
    return verified instanceof Promise
      ? verified.then((each) => ofToken(addressed(each, service)))
      : ofToken(addressed(verified, service))
  }
  const principalOf = async (user: string): Promise<Principal | undefined> => {
    const id = developmentUsers.find(({ login }) => takesDevelopmentLogins && login === user)?.id ?? user
    return grants.principal({ id })
  }
  return Object.assign(authenticate, { principalOf })
}
