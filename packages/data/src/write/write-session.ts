/**
 * What one transaction of writes shares.
 *
 * @module
 */
import type { AuthorisedQuery, ColumnMember, Graph, Principal, Query, Rights, ServiceDefinition } from "@archipel/core"
import { dayIn, parseValue, rightsOf } from "@archipel/core"
import type { Queryable } from "../postgres/database.ts"
import type { StopSignal } from "../postgres/stop-signal.ts"
import type { SchemaMeaning } from "../schema/constraint-meaning.ts"
import { type BindingSource, principalId } from "../sql/parameters.ts"
import type { RemoteReader } from "./stored-rows.ts"

/** Where a write comes from, as history and events tell it. */
export interface Origin {
  readonly traceId: string | null
  /** The transition or action in whose code the write happens. */
  readonly via: string | null
  /** Why the system acted. */
  readonly reason: string | null
}

/** What a read of other services is told besides who asks. */
export interface ElsewhereContext {
  readonly traceId: string | null
  readonly signal?: StopSignal
}

/** The other services, for code that runs in a transaction of this one. They are read as they are outside of it. */
export interface Elsewhere {
  query(principal: Principal, query: Query, context: ElsewhereContext): Promise<{ readonly data: string }>
  /** What a query's conditions on other services' records find there: see `ReadOptions.found`; undefined where it has none. */
  found(authorised: AuthorisedQuery, context: ElsewhereContext): Promise<BindingSource["found"]>
  /** Puts other services' records where an answer of this service has their ids. */
  composed(data: string, authorised: AuthorisedQuery, context: ElsewhereContext): Promise<string>
}

/** What is the same for all writes of a service. */
export interface WriteEnvironment {
  readonly service: ServiceDefinition
  readonly graph: Graph
  readonly meaning: SchemaMeaning
  readonly remote: (principal: Principal, context: ElsewhereContext) => RemoteReader
  readonly elsewhere: Elsewhere | undefined
}

/** One principal's writes in one transaction, all of one instant. */
export interface WriteSession {
  readonly environment: WriteEnvironment
  readonly tx: Queryable
  readonly principal: Principal
  readonly rights: Rights
  readonly binding: BindingSource
  /** ISO 8601. */
  readonly now: string
  readonly origin: Origin
  readonly remote: RemoteReader
  /** For calls to other services. */
  readonly context: ElsewhereContext
  /** How often anything was written, so that code that ran in between is noticed. */
  readonly written: { count: number }
  /** Whether nothing is written and so nothing is locked. */
  readonly isDraft?: boolean
}

export const bindingOf = (principal: Principal, now: string): BindingSource => ({ values: [], principal, now })

/** What a column holds that nobody names: the contract's default, of this principal and instant. */
export function defaultOf(member: ColumnMember, { principal, now }: Pick<WriteSession, "principal" | "now">): unknown {
  const fixed = fixedDefaultOf(member)
  if (fixed !== undefined) return fixed
  if (member.kind === "one") return principalId(principal)
  return member.type === "datetime" ? now : dayIn(now, principal.timeZone)
}

/** The contract's default where it is the same for everybody and always; undefined where who writes, or when, decides. */
export function fixedDefaultOf(member: ColumnMember): unknown {
  const value = member.default
  if (value === undefined || value === null) return null
  if (member.kind === "one") return undefined
  if ((member.type === "datetime" && value === "now") || (member.type === "date" && value === "today")) return undefined
  const parsed = parseValue(
    member,
    member.type === "decimal" || member.type === "money" || member.type === "bigint" ? String(value) : value,
  )
  return parsed.ok ? parsed.value : value
}

/** The same transaction for another principal: how `ctx.asSystem` elevates. */
export const sessionAs = (session: WriteSession, principal: Principal, reason: string | null): WriteSession => ({
  ...session,
  principal,
  rights: rightsOf(session.environment.service, principal),
  binding: bindingOf(principal, session.now),
  remote: session.environment.remote(principal, session.context),
  origin: { ...session.origin, reason: reason ?? session.origin.reason },
})
