/**
 * Whose rights a request has: who asks, and the services that act for them.
 *
 * @module
 */
import type { ResolvedModel } from "../catalog.ts"
import type { ServiceDefinition } from "../service-definition.ts"
import { always, anyOf, type Condition, not } from "./condition.ts"
import { chainOf, isSystem, type Principal, PUBLIC_ROLE, scopeClaim } from "./principal.ts"

/** One of those who all have to be allowed. */
export interface Party {
  /** 0 for who asks, 1 for the service that acts for them, and so on. */
  readonly depth: number
  /** Those of the service asked. */
  readonly roles: ReadonlySet<string>
  /** Those of `roles` that were given for certain companies only. */
  readonly scoped: ReadonlySet<string>
}

function partyOf(service: ServiceDefinition, principal: Principal, depth: number): Party {
  const mine = principal.roles.filter((role) => service.roles.has(role)).sort()
  // Without a login one may no more than with one.
  if (service.isPublic) mine.push(PUBLIC_ROLE)
  const { scopes } = principal
  const scoped = scopes && service.hasCompanies ? mine.filter((role) => Object.hasOwn(scopes, role)) : []
  return { depth, roles: new Set(mine), scoped: new Set(scoped) }
}

/** Roles only ever add: who has all of another's without a scope takes nothing away from them. */
const mayAllOf = (party: Party, other: Party): boolean =>
  party.scoped.size === 0 && [...other.roles].every((role) => party.roles.has(role))

/** Who asks first, then those that act for them as far as that takes anything away. */
export function partiesOf(service: ServiceDefinition, principal: Principal): readonly Party[] {
  const own = partyOf(service, principal, 0)
  if (principal.actor === undefined) return [own]
  const parties = [own]
  for (const [depth, actor] of chainOf(principal).entries()) {
    if (depth === 0 || isSystem(actor)) continue
    const party = partyOf(service, actor, depth)
    if (!mayAllOf(party, own)) parties.push(party)
  }
  return parties
}

/** Equal for equal rights. */
export const partiesKey = (parties: readonly Party[]): string =>
  parties
    .map(({ depth, roles, scoped }) => {
      const names = scoped.size === 0 ? [...roles] : [...roles].map((role) => (scoped.has(role) ? `${role}*` : role))
      return depth === 0 ? names.join(",") : `<${depth}:${names.join(",")}`
    })
    .join("")

function ofCompany(model: ResolvedModel, claim: string, withShared: boolean): Condition {
  if (model.company) {
    const { member, sharedWhenNull } = model.company
    const operand = { kind: "claim", name: claim } as const
    const own: Condition = { kind: "compare", member, comparison: "in", operand, readable: always }
    return sharedWhenNull && withShared ? anyOf([not({ kind: "isSet", member, readable: always }), own]) : own
  }
  if (!model.owner) return always
  const where = ofCompany(model.owner.model, claim, withShared)
  return where.kind === "true" ? always : { kind: "one", member: model.owner.inverse, where, readable: always }
}

/**
 * On which rows a role counts that was given for certain companies: those of these companies, and where records may be shared by
 * all, these too, but only to be read. Lines belong to the company of their parent; in models without a company it counts everywhere.
 */
export const scopeCondition = (model: ResolvedModel, party: Party, role: string, operation: string): Condition =>
  party.scoped.has(role) ? ofCompany(model, scopeClaim(party.depth, role), operation === "read") : always
