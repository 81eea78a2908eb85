/**
 * Who asks in the tests of security.
 *
 * @module
 */
import { type Principal, publicPrincipal } from "@archipel/core"
import { idOf, users } from "../support/company.ts"

/** A user with the roles and attributes that a test needs; without a login, the public. */
export interface Persona {
  readonly login: string
  readonly id: string
  readonly roles: readonly string[]
  readonly claims: Readonly<Record<string, unknown>>
  readonly scopes?: Readonly<Record<string, readonly string[]>>
}

export const companies = [1, 2, 3].map((n) => idOf(90, n)) as [string, string, string]
export const [NORTH, SOUTH, WEST] = companies

const services = ["crm", "catalog", "people", "sales"]
const as = (role: string): string[] => services.map((name) => `${name}.${role}`)
const everything = [
  ...as("user"),
  ...as("manager"),
  "identity.reader",
  "identity.admin",
  "gateway.admin",
  ...["user", "clerk", "titles", "codes", "manager", "idle"].map((role) => `vault.${role}`),
]

const persona = (login: string, id: string, roles: readonly string[], rest: Partial<Persona> = {}): Persona => ({
  login,
  id,
  roles,
  claims: {},
  ...rest,
})

/** By login: those of development, and some whose roles nobody there has. */
export const personas = {
  alice: persona("alice", users.alice, everything, { claims: { companies: [...companies], branch: "main" } }),
  martin: persona(
    "martin",
    users.martin,
    [...as("user"), ...as("manager"), "identity.reader", "vault.user", "vault.manager"],
    { claims: { companies: [NORTH, SOUTH], branch: "south" } },
  ),
  clara: persona("clara", users.clara, [...as("user"), "identity.reader", "vault.user", "vault.titles"], {
    claims: { companies: [NORTH], branch: "north" },
  }),
  oscar: persona("oscar", users.oscar, []),
  /** One's own, and who is who; works for no company. */
  una: persona("una", idOf(91, 1), ["vault.user", "identity.reader"], { claims: { companies: [], branch: "east" } }),
  /** The titles of everything. */
  tim: persona("tim", idOf(91, 2), ["vault.titles"]),
  /** The codes of everything. */
  cora: persona("cora", idOf(91, 3), ["vault.codes"]),
  /** A role to which nothing is granted. */
  ida: persona("ida", idOf(91, 4), ["vault.idle"]),
  /** Works for two companies, with a role in one of them only. */
  sven: persona("sven", idOf(91, 5), ["vault.user", "vault.titles"], {
    claims: { companies: [NORTH, SOUTH] },
    scopes: { "vault.user": [SOUTH] },
  }),
  /** Roles of people who have no rights in other services. */
  peter: persona("peter", idOf(91, 6), ["people.user", "sales.user"]),
} as const satisfies Record<string, Persona>

export type Login = keyof typeof personas
export const logins = Object.keys(personas) as readonly Login[]

/** What the gate sees of a persona; of nobody, the public. */
export const principalOf = (login: Login | null): Principal => {
  if (login === null) return publicPrincipal
  const { id, roles, claims, scopes } = personas[login] as Persona
  return {
    kind: "user",
    id,
    // Everybody who is known has this one.
    roles: [...roles, "identity.user"],
    claims: { companies: [], ...claims, groups: [login] },
    timeZone: "UTC",
    ...(scopes ? { scopes } : {}),
  }
}
