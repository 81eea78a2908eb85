import type { Catalog, ColumnMember, ListMember, ManyMember, ResolvedModel } from "./catalog.ts"
import type { ContractDefinition, TransitionDefinition } from "./definition.ts"
import type { Condition, Operand } from "./gate/condition.ts"
import type { Context } from "./db.ts"
import type { Aggregate, Operation, RecordFunction } from "./logic.ts"
import type { ResolvedMirrors } from "./resolve-mirrors.ts"
import type { WordsDefinition } from "./translations.ts"
import type { ViewsDefinition } from "./views.ts"

/** A value that a grant gives to a field which its holder may not choose. */
export interface ResolvedPreset {
  readonly member: ColumnMember
  /** Never `value` or `before`; a constant `null` leaves the field empty. */
  readonly operand: Operand
  /** That the field has this value. */
  readonly holds: Condition
}

/** A grant with its condition resolved. */
export interface ResolvedGrant {
  /** "sales.Order/grant/user/read+create": names the rule in refusals, logs and explanations; changes only when the rule does. */
  readonly id: string
  readonly role: string
  readonly operations: ReadonlySet<Operation>
  readonly where: Condition
  /** What the row must satisfy after the change. */
  readonly check: Condition
  readonly fields: "all" | ReadonlySet<string>
  readonly readOnly: ReadonlySet<string>
  /** By field. */
  readonly presets: ReadonlyMap<string, ResolvedPreset>
}

/** A restriction with its condition resolved. */
export interface ResolvedRestriction {
  /** "sales.Order/restrict/only-open-years"; "sales.Order/company" for the one that a model's company makes. */
  readonly id: string
  readonly where: Condition
  readonly why: string
}

/** A compute with its field resolved. */
export interface ResolvedCompute {
  readonly field: ColumnMember
  readonly dependencies: readonly string[]
  readonly run: RecordFunction
}
/** A rollup with its names and condition resolved. */
export interface ResolvedRollup {
  readonly field: ColumnMember
  readonly aggregate: Aggregate
  readonly over: ListMember
  readonly of?: ColumnMember
  readonly where: Condition
}
/** A suggestion with its field resolved. */
export interface ResolvedSuggestion {
  readonly field: ColumnMember
  readonly dependencies: readonly string[]
  readonly run: RecordFunction
  readonly sticky: boolean
}
/** A check or a warning: holds if `run` is true. */
export interface ResolvedCheck {
  readonly code: string
  readonly dependencies: readonly string[]
  readonly run: RecordFunction
}
/** A transition or an action with its logic. */
export interface ResolvedInvocation {
  /** "sales.Order/on/confirm"; its condition is "…/where", its four eyes "…/notBy". */
  readonly id: string
  readonly name: string
  readonly by: ReadonlySet<string>
  readonly where: Condition
  readonly notBy: ColumnMember | undefined
  readonly needs: readonly string[]
  readonly run: ((record: never, context: Context) => unknown) | undefined
  /** For a transition: its states field and what it does to it. */
  readonly transition: (TransitionDefinition & { readonly field: ColumnMember }) | undefined
}
/** A lock with its condition resolved. */
export interface ResolvedLock {
  readonly when: Condition
  readonly except: ReadonlySet<string>
  readonly why: string
}

/** The private behaviour of one model, with names resolved. */
export interface ModelBehaviour {
  readonly model: ResolvedModel
  /** For lines: the list that owns them. */
  readonly owner: ManyMember | undefined
  readonly grants: readonly ResolvedGrant[]
  readonly restrictions: readonly ResolvedRestriction[]
  readonly computes: readonly ResolvedCompute[]
  readonly rollups: readonly ResolvedRollup[]
  readonly suggestions: readonly ResolvedSuggestion[]
  readonly checks: readonly ResolvedCheck[]
  readonly warnings: readonly ResolvedCheck[]
  readonly invocations: ReadonlyMap<string, ResolvedInvocation>
  readonly locks: readonly ResolvedLock[]
}

/** One service: its contract and logic, resolved against all contracts it knows. */
export interface ServiceDefinition {
  readonly name: string
  readonly contract: ContractDefinition
  readonly catalog: Catalog
  /** "sales.manager". */
  readonly roles: ReadonlySet<string>
  /** By "service.Model"; of this service only. */
  readonly models: ReadonlyMap<string, ModelBehaviour>
  /** What is kept here of other services' records. */
  readonly mirrors: ResolvedMirrors
  /** The mirrored models that some rule of the service looks at: nothing is written before these are there. */
  readonly ruledBy: ReadonlySet<string>
  /** The roles that may ask why somebody may or may not; usually none. */
  readonly explain: ReadonlySet<string>
  /** How models are presented, where that is not derived; by model. */
  readonly views: ReadonlyMap<string, ViewsDefinition>
  /** Words for people by language, besides the contract's own. */
  readonly words: ReadonlyMap<string, WordsDefinition>
  /** Whether anything at all is granted to who did not log in. */
  readonly isPublic: boolean
  /** Whether records of some model belong to companies. */
  readonly hasCompanies: boolean
}
