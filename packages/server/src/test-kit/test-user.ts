import { ArchipelError, type Id, type Principal, publicPrincipal, systemPrincipal } from "@archipel/core"
import { type DevelopmentPart, developmentRoles, developmentUsers } from "../auth/development-users.ts"

/** Somebody with just these rights. */
export interface TestUser {
  /** "sales.user" */
  readonly roles: readonly string[]
  /** A user's id; a fixed one that is no development user's when left out. */
  readonly id?: string
  readonly claims?: Readonly<Record<string, unknown>>
  /** IANA name; UTC when left out. */
  readonly timeZone?: string
  /** Roles that count for records of some companies only, by role. */
  readonly scopes?: Readonly<Record<string, readonly string[]>>
  /** The service that acts for them, by its roles. */
  readonly actor?: { readonly service: string; readonly roles: readonly string[] }
}

/** A development user by login ("clara") or part ("clerk"), one described by roles, "public", who did not log in, or "system", who may everything. */
export type Who = string | TestUser

const NOBODY = "01900000-0000-7000-8000-0000000000ff"

/**
 * The principal of a test's user.
 *
 * @param roles Every declared role.
 * @throws TypeError for a user or role that does not exist: with it a test would prove nothing.
 */
export function testPrincipal(who: Who, roles: ReadonlySet<string>): Principal {
  if (typeof who === "object") {
    const named = [...who.roles, ...Object.keys(who.scopes ?? {}), ...(who.actor?.roles ?? [])]
    const unknown = named.find((role) => !roles.has(role))
    if (unknown !== undefined)
      throw new TypeError(`There is no role "${unknown}"; the contracts declare ${[...roles].sort().join(", ")}.`)
    const { id = NOBODY, claims = {}, timeZone = "UTC", scopes, actor } = who
    const { service = "", roles: actorRoles = [] } = actor ?? {}
    return {
      kind: "user",
      id,
      roles: who.roles,
      claims,
      timeZone,
      ...(scopes ? { scopes } : {}),
      ...(actor ? { actor: { kind: "service", id: service, roles: actorRoles, claims: {}, timeZone } } : {}),
    }
  }
  if (who === "public") return publicPrincipal
  if (who === "system") return systemPrincipal("test")
  const user = developmentUsers.find(({ login, part }) => login === who || part === who)
  if (user === undefined) {
    const known = developmentUsers.map(({ login, part }) => `${part} (${login})`)
    throw new TypeError(`There is no user "${who}"; there are ${known.join(", ")}, public, system, or { roles: […] }.`)
  }
  const part: DevelopmentPart = user.part
  return { kind: "user", id: user.id, roles: developmentRoles(roles)[part], claims: {}, timeZone: "UTC" }
}

/**
 * A development user's id by login or part: `userId("clara")`, `userId("clerk")`.
 *
 * @throws TypeError for a user that does not exist
 */
export const userId = (who: string): Id<"identity.User"> => testPrincipal(who, new Set()).id

/** A development user by login or id; undefined if nobody is known by it. */
export const knownPrincipal = (user: string, roles: ReadonlySet<string>): Principal | undefined => {
  const login = developmentUsers.find(({ id, login: name }) => name === user || id === user)?.login
  return login === undefined ? undefined : testPrincipal(login, roles)
}

/** An `Authorization` value for each principal that was handed out, and back. */
export interface TestTokens {
  tokenOf(principal: Principal): string
  /** @throws `auth.required`, `auth.invalid` */
  principalOf(header: string | null): Principal
}

export function testTokens(): TestTokens {
  const principals: Principal[] = []
  return {
    tokenOf: (principal) => `Bearer test:${principals.push(principal) - 1}`,
    principalOf(header) {
      if (header === null) throw new ArchipelError("auth.required", {})
      const principal = principals[Number(/^Bearer test:(\d+)$/.exec(header)?.[1] ?? Number.NaN)]
      if (principal === undefined) throw new ArchipelError("auth.invalid", {})
      return principal
    },
  }
}
