/** Who asks, as the gate sees them. */
export interface Principal {
  /** "public" is anybody who did not log in. */
  readonly kind: "user" | "service" | "public" | "system"
  /** The user's id, the service's name, or "public". */
  readonly id: string
  /** "service.role". */
  readonly roles: readonly string[]
  /** Attributes for `claim(…)`: strings, numbers, or lists of them. `companies` holds the keys of those that the user works for. */
  readonly claims: Readonly<Record<string, unknown>>
  /** IANA name; days begin and end there. */
  readonly timeZone: string
  /** The login that this request belongs to, where there is one. */
  readonly sessionId?: string
  /**
   * Roles that were given for certain companies only, by role: they count for rows of these companies, in models that have one.
   * A role that is not named here counts everywhere; a role that is named but not in `roles` is not held.
   */
  readonly scopes?: Readonly<Record<string, readonly string[]>>
  /**
   * The service that acts on behalf of this user (RFC 8693, `act`). What may be done is what both may do; `me` and claims are the
   * user's in either's rules. An actor may have an actor.
   */
  readonly actor?: Principal
}

/** The role that anybody has, logged in or not; it may do nothing until a service grants it something. */
export const PUBLIC_ROLE = "public"

/** Who did not log in. */
export const publicPrincipal: Principal = {
  kind: "public",
  id: "public",
  roles: [PUBLIC_ROLE],
  claims: {},
  timeZone: "UTC",
}

const systems = new WeakSet<Principal>()

/**
 * The principal that may do everything. It is recognised by identity, not by its content, so nothing that was parsed
 * from a request can be one.
 *
 * @param reason Recorded with what it does.
 */
export function systemPrincipal(reason: string): Principal & { readonly reason: string } {
  const principal = { kind: "system", id: "system", roles: [], claims: {}, timeZone: "UTC", reason } as const
  systems.add(principal)
  return principal
}

/** Whether the principal was made by `systemPrincipal` in this process. */
export const isSystem = (principal: Principal): boolean => systems.has(principal)

const onBehalf = new WeakMap<Principal, WeakMap<Principal, Principal>>()

/**
 * The user as a service acts for them: equal arguments give the same object, so that what is kept by principal stays known.
 * A service that acts for itself, and the system, stay what they are.
 */
export function actingFor(actor: Principal, user: Principal): Principal {
  if (isSystem(user) || (user.kind === "service" && user.id === actor.id)) return user
  let made = onBehalf.get(actor)
  if (!made) onBehalf.set(actor, (made = new WeakMap()))
  const known = made.get(user)
  if (known) return known
  const acted: Principal = { ...user, actor: user.actor ? { ...actor, actor: user.actor } : actor }
  made.set(user, acted)
  return acted
}

/** The claim with the companies that a user works for: what `company` of a model is compared with. */
export const COMPANIES_CLAIM = "companies"

const narrowed = new WeakMap<Principal, Map<string, Principal>>()
/** Subsets that are kept of one principal. */
const MAX_SUBSETS = 32

/** The principal with only those of its companies that are named: a subset of what it has, never more. */
export function withinCompanies(principal: Principal, active: readonly string[]): Principal {
  if (isSystem(principal)) return principal
  const key = active.toSorted().join()
  let subsets = narrowed.get(principal)
  if (!subsets) narrowed.set(principal, (subsets = new Map()))
  const known = subsets.get(key)
  if (known) return known
  const wanted = new Set(active)
  const own = principal.claims[COMPANIES_CLAIM]
  const companies = (Array.isArray(own) ? own : own === undefined || own === null ? [] : [own]) as readonly unknown[]
  const kept = companies.filter((company) => wanted.has(String(company)))
  const made: Principal = { ...principal, claims: { ...principal.claims, [COMPANIES_CLAIM]: kept } }
  if (subsets.size >= MAX_SUBSETS) subsets.delete(subsets.keys().next().value as string)
  subsets.set(key, made)
  return made
}

const SCOPE = "$scope"

/** The name under which a rule asks for the companies of a role's assignment; no condition of an author or a client can say it. */
export const scopeClaim = (depth: number, role: string): string => `${SCOPE}/${depth}/${role}`

/** Whether a claim's name is one of these. */
export const isScopeClaim = (name: string): boolean => name.startsWith(`${SCOPE}/`)

/** The principal and those that act for it, in this order. At most 8: a longer chain is nobody's honest request. */
export function chainOf(principal: Principal): readonly Principal[] {
  const chain: Principal[] = []
  for (let at: Principal | undefined = principal; at !== undefined; at = at.actor) {
    if (chain.length === MAX_CHAIN) return [...chain, nobody]
    chain.push(at)
  }
  return chain
}
const MAX_CHAIN = 8
const nobody: Principal = { kind: "service", id: "", roles: [], claims: {}, timeZone: "UTC" }

/** What a rule's `claim(name)` is for a principal; undefined where there is none. */
export function claimOf(principal: Principal, name: string): unknown {
  if (isScopeClaim(name)) {
    const [, depth, ...role] = name.split("/")
    const scopes = chainOf(principal)[Number(depth)]?.scopes
    const key = role.join("/")
    return scopes && Object.hasOwn(scopes, key) ? scopes[key] : []
  }
  return Object.hasOwn(principal.claims, name) ? principal.claims[name] : undefined
}
