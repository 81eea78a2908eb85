import { ArchipelError, type Catalog, type Principal } from "@archipel/core"
import type { Authenticate, RequestHeaders } from "./authenticate.ts"

/** What a development user stands for. */
export type DevelopmentPart = "administrator" | "manager" | "clerk" | "outsider"

export interface DevelopmentUser {
  /** Fixed, so that records of one run are still theirs in the next, and identity can take them over. */
  readonly id: string
  /** What follows "dev:" in the token. */
  readonly login: string
  readonly name: string
  readonly email: string
  readonly part: DevelopmentPart
}

const user = (n: number, login: string, name: string, part: DevelopmentPart): DevelopmentUser => ({
  id: `01900000-0000-7000-8000-00000000000${n}`,
  login,
  name,
  email: `${login}@example.com`,
  part,
})

/** The users of a program in development: one may everything, one manages, one works, one may nothing. */
export const developmentUsers: readonly DevelopmentUser[] = [
  user(1, "alice", "Alice Arnaud", "administrator"),
  user(2, "martin", "Martin Weiss", "manager"),
  user(3, "clara", "Clara Lindqvist", "clerk"),
  user(4, "oscar", "Oscar Novak", "outsider"),
]

/** The roles of each part. */
export type DevelopmentRoles = Readonly<Record<DevelopmentPart, readonly string[]>>

/**
 * The roles where a program says nothing else: an administrator has all, a manager all but "admin", a clerk "user" and "clerk"
 * of every service, an outsider none.
 *
 * @param roles Every declared role: "sales.manager".
 */
export function developmentRoles(roles: Iterable<string>): DevelopmentRoles {
  const all = [...roles]
  return {
    administrator: all,
    manager: all.filter((role) => !role.endsWith(".admin")),
    clerk: all.filter((role) => /\.(?:user|clerk|reader)$/.test(role)),
    outsider: [],
  }
}

/** Every role that the contracts declare: "sales.manager". */
export const declaredRoles = ({ contracts }: Catalog): string[] =>
  [...contracts.values()].flatMap(({ name, roles }) => roles.map((role) => `${name}.${role}`))

export interface DevelopmentOptions {
  readonly catalog: Catalog
  /** What `developmentRoles` gives, where left out. */
  readonly roles?: Partial<DevelopmentRoles>
  readonly claims?: Readonly<Partial<Record<DevelopmentPart, Readonly<Record<string, unknown>>>>>
  /** IANA name for all of them; UTC when left out. */
  readonly timeZone?: string
}

/**
 * Takes `Bearer dev:alice`, or the user's id in place of the login, without any proof: for development and tests.
 *
 * @throws `auth.development_only` where NODE_ENV is "production"
 */
export function authenticateDevelopmentUsers(options: DevelopmentOptions): Authenticate {
  const { catalog, claims, timeZone = "UTC" } = options
  if (process.env["NODE_ENV"] === "production") throw new ArchipelError("auth.development_only", {})
  const roles = { ...developmentRoles(declaredRoles(catalog)), ...options.roles }
  const principals = new Map<string, Principal>()
  for (const { id, login, part } of developmentUsers) {
    const principal: Principal = { kind: "user", id, roles: roles[part], claims: claims?.[part] ?? {}, timeZone }
    principals.set(`Bearer dev:${login}`, principal)
    principals.set(`Bearer dev:${id}`, principal)
  }
  const authenticate = (headers: RequestHeaders): Principal => {
    const header = headers.get("authorization")
    if (header === null) throw new ArchipelError("auth.required", {})
    const principal = principals.get(header) ?? principals.get(header.replace(/^bearer +/i, "Bearer "))
    if (principal === undefined) throw new ArchipelError("auth.invalid", {})
    return principal
  }
  return Object.assign(authenticate, { principalOf: (user: string) => principals.get(`Bearer dev:${user}`) })
}
