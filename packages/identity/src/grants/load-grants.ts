import type { Database } from "@archipel/data"
import { rolesIn, rolesOfService, type ServiceContracts } from "../apart/service-contracts.ts"
import { GATEWAY_CLIENT } from "../oidc/client-names.ts"

/** Who somebody is and what they may, as the directory says at one moment. */
export interface Grant {
  readonly kind: "user" | "service"
  readonly id: string
  readonly name: string
  readonly active: boolean
  readonly roles: readonly string[]
  /** Of roles that were given for certain companies only, these. */
  readonly scopes: Readonly<Record<string, readonly string[]>>
  /** The user's attributes, and `companies` and `groups`. */
  readonly claims: Readonly<Record<string, unknown>>
  readonly timeZone: string
  /** The `sid` of sessions that go on; of a user with more than 500 those used last. */
  readonly sessions: ReadonlySet<string>
  /** Of all that anybody may, when this was read. */
  readonly version: number
  /** Of a client that takes nothing away from whom it acts for, and does nothing of its own: the gateway, unless somebody narrowed it. */
  readonly isTransparent?: boolean
}

/** What everybody has who is known by name: the right to what is their own. */
const OWN_ROLE = "identity.user"
const MAX_SESSIONS = 500
const DEADLINE_MS = 3_000

/** One statement, and with it one moment. The id is a user's, or a service account's. */
const subject = {
  name: "identity_grants_of_subject",
  text: `
with subject as (
  select 'user' as kind, id, name, active, time_zone, attributes from users where id = $1
  union all
  select 'service', id, name, active, 'UTC', null from service_accounts where id = $1
), mine as (
  select source_id as id from groups__members where target_id = $1
  union
  select source_id from groups__service_accounts where target_id = $1
)
select json_build_object(
  'kind', kind, 'id', id, 'name', name, 'active', active, 'timeZone', time_zone, 'attributes', attributes,
  'held', (select json_agg(json_build_array(role,
             (select json_agg(target_id order by target_id) from assignments__companies where source_id = assignments.id)) order by role)
           from assignments where holder_id in (select id from mine)),
  'groups', (select json_agg(name order by name) from groups where id in (select id from mine)),
  'companies', (select json_agg(target_id order by target_id) from users__companies where source_id = $1),
  'sessions', (select json_agg(sid) from (
                 select sid from sessions where user_id = $1 and ended_at is null order by last_seen_at desc limit ${MAX_SESSIONS}) as last),
  'version', (select version from archipel.identity_state))
from subject`,
}

/** Of a client that works as an account that account, else what it may ask for on behalf of users. Always one row. */
const client = {
  name: "identity_grants_of_client",
  text: `
select json_build_object('isThere', client_id is not null, 'active', active, 'account', service_account_id, 'name', name,
  'mayCall', may_call, 'version', (select version from archipel.identity_state))
from (select) as one left join clients on client_id = $1`,
}

interface SubjectRow {
  readonly kind: "user" | "service"
  readonly id: string
  readonly name: string
  readonly active: boolean
  readonly timeZone: string
  readonly attributes: unknown
  readonly held: readonly (readonly [role: string, companies: readonly string[] | null])[] | null
  readonly groups: readonly string[] | null
  readonly companies: readonly string[] | null
  readonly sessions: readonly string[] | null
  readonly version: number
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** @returns undefined for an id that is nobody's @throws `database.unavailable`, `deadline.exceeded` */
export async function loadGrant(database: Database, id: string): Promise<Grant | undefined> {
  if (!UUID.test(id)) return undefined
  const answer = await database.text(subject, [id], { deadlineMs: DEADLINE_MS })
  return answer === null ? undefined : grantOf(JSON.parse(answer) as SubjectRow)
}

interface ClientRow {
  readonly isThere: boolean
  readonly active: boolean | null
  readonly account: string | null
  readonly name: string | null
  readonly mayCall: unknown
  readonly version: number
}

/**
 * A service of the fleet is a client without anybody registering it, and takes nothing away from whom it acts for; where it is
 * registered, with the services that it may call, it has the roles of these.
 */
export async function loadClientGrant(
  database: Database,
  clientId: string,
  contracts: ServiceContracts,
): Promise<Grant | undefined> {
  const answer = await database.text(client, [clientId], { deadlineMs: DEADLINE_MS })
  const { isThere, active, account, name, mayCall, version } = JSON.parse(answer ?? "null") as ClientRow
  if (isThere && !active) return undefined
  if (account !== null) return loadGrant(database, account)
  const all = contracts.all()
  const isGateway = clientId === GATEWAY_CLIENT
  const isOfFleet = contracts.isApart && (isGateway || all.has(clientId))
  if (!isThere && !isOfFleet) return undefined
  const isWhole = !Array.isArray(mayCall) && (isOfFleet || isGateway)
  const services = Array.isArray(mayCall) ? mayCall.filter((each) => typeof each === "string") : []
  return {
    kind: "service",
    id: clientId,
    name: name ?? clientId,
    active: true,
    roles: isWhole ? rolesIn(all) : services.flatMap((service) => rolesOfService(all, service)),
    scopes: {},
    claims: {},
    timeZone: "UTC",
    sessions: new Set(),
    version,
    ...(isGateway && isWhole ? { isTransparent: true } : {}),
  }
}

function grantOf(row: SubjectRow): Grant {
  const companies = new Map<string, Set<string> | "all">()
  for (const [role, only] of row.held ?? []) {
    // Who administers users for one company could give themselves any role: such an assignment is worth nothing.
    if (only !== null && role.startsWith("identity.")) continue
    const known = companies.get(role)
    if (only === null) companies.set(role, "all")
    else if (known !== "all") companies.set(role, new Set([...(known ?? []), ...only]))
  }
  const scoped = [...companies].flatMap(([role, only]) => (only === "all" ? [] : [[role, [...only].sort()] as const]))
  const own = row.kind === "user" ? [OWN_ROLE] : []
  return {
    kind: row.kind,
    id: row.id,
    name: row.name,
    active: row.active,
    roles: [...new Set([...own, ...companies.keys()])],
    scopes: Object.fromEntries(scoped),
    claims: { ...attributesOf(row.attributes), companies: row.companies ?? [], groups: row.groups ?? [] },
    timeZone: isTimeZone(row.timeZone) ? row.timeZone : "UTC",
    sessions: new Set(row.sessions),
    version: row.version,
  }
}

const attributesOf = (attributes: unknown): Readonly<Record<string, unknown>> =>
  typeof attributes === "object" && attributes !== null && !Array.isArray(attributes)
    ? (attributes as Record<string, unknown>)
    : {}

const zones = new Map<string, boolean>()
const MAX_ZONES = 1_000

function isTimeZone(name: string): boolean {
  const known = zones.get(name)
  if (known !== undefined) return known
  let isOne = true
  try {
    new Intl.DateTimeFormat("en", { timeZone: name })
  } catch {
    isOne = false
  }
  if (zones.size < MAX_ZONES) zones.set(name, isOne)
  return isOne
}
