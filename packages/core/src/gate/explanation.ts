/**
 * What an explanation says.
 *
 * @module
 */
import type { ModelBehaviour } from "../service-definition.ts"
import type { Condition } from "./condition.ts"
import type { Principal } from "./principal.ts"

/** What is asked: may this principal do this, with this record or at all. */
export interface AccessQuestion {
  /** "service.Model". */
  readonly model: string
  /** "read", "create", "update", "delete", or the name of a transition or an action. */
  readonly operation: string
  /** The record; without it the answer is about all of them. */
  readonly id?: string
}

/** One rule, and what it says of the record. */
export interface ExplainedRule {
  readonly id: string
  readonly kind: "grant" | "restriction" | "transition" | "parent" | "lock"
  /** For whose rights it counts: the user, or a service that acts for them; absent where it counts for everybody. */
  readonly of?: string
  readonly role?: string
  /** Whether they have the role; a rule of a role that nobody has changes nothing. */
  readonly held: boolean
  /** Which rows it means. */
  readonly rows: string
  /** Whether the record is one of them; null where no record was asked about. */
  readonly holds: boolean | null
  /** The parts of the rule that the record does not satisfy. */
  readonly failing: readonly string[]
}

/** What there is to know about who asks, as the rules see it. */
export interface ExplainedPrincipal {
  readonly kind: Principal["kind"]
  readonly id: string
  /** Of the service asked. */
  readonly roles: readonly string[]
  /** Companies of roles that were given for some only. */
  readonly scopes: Readonly<Record<string, readonly string[]>>
  readonly companies: readonly unknown[] | null
}

/** "depends": on the record, and none was asked about. "not_found": the record may not be seen, or is not there. */
export type AccessDecision = "allowed" | "denied" | "not_found" | "depends"
export type CellDecision = "yes" | "no" | "depends"

/** Why somebody may or may not. Names rules and fields, never values. */
export interface AccessExplanation {
  readonly model: string
  readonly operation: string
  readonly id: string | null
  readonly decision: AccessDecision
  /** One sentence. */
  readonly because: string
  /** Who asks, then the services that act for them. */
  readonly principals: readonly ExplainedPrincipal[]
  readonly rules: readonly ExplainedRule[]
  /** Roles of which one more would be enough: their grants mean this record. */
  readonly missing: readonly string[]
  /** Of the record's fields and lists: which may be seen, and of a write which may be named. */
  readonly fields: Readonly<Record<string, { readonly read: CellDecision; readonly write?: CellDecision }>>
}

/** A question that still has to look at the record: what to ask of it, and what follows from the answers. */
export interface AccessInquiry {
  readonly behaviour: ModelBehaviour
  readonly conditions: readonly Condition[]
  /** @param holds Whether a condition holds of the record; undefined if no record was asked about, null if there is none. */
  conclude(holds: ((condition: Condition) => boolean) | undefined | null): AccessExplanation
}
