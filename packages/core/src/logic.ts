import type { Context, Input, ListKey, Output } from "./db.ts"
import type { Field, States } from "./fields.ts"
import type { ActionName, AnyField, Flat, Members, ModelName, Roles, Target, TransitionName } from "./names.ts"
import type { Paths, Selected } from "./paths.ts"
import type { One } from "./relations.ts"
import type { Create, Value } from "./record.ts"
import type { Claim, Me, Today, Where, WhereJson } from "./where.ts"

/** What a grant allows; transitions and actions are allowed by `.on(…)` alone. */
export type Operation = "read" | "create" | "update" | "delete"
/** What a rollup makes of a list. */
export type Aggregate = "sum" | "count" | "min" | "max" | "avg"

type ComputedKey<N extends string> = {
  [P in keyof Members<N>]: Members<N>[P] extends States<infer _, infer _T>
    ? never
    : Members<N>[P] extends Field<infer _V, infer _N, "never">
      ? P
      : never
}[keyof Members<N>] &
  string
type FieldKey<N extends string> = {
  [P in keyof Members<N>]: Members<N>[P] extends AnyField ? P : never
}[keyof Members<N>] &
  string
type UserKey<N extends string> = {
  [P in keyof Members<N>]: Members<N>[P] extends One<"identity.User", infer _N, infer _I> ? P : never
}[keyof Members<N>] &
  string

/** What `run` returns: an action's output where it has one, else whatever it likes. */
type Answer<N extends string, A> = {} extends Output<N, A> ? unknown : Output<N, A>

/** A value that a grant gives: a constant, or one that depends on who asks and when. */
type PresetValue<X> =
  | Value<X>
  | Claim
  | (X extends One<"identity.User", infer _N, infer _I> ? Me : never)
  | (string extends Value<X> ? Today : never)

/** What a grant covers besides rows. */
export interface GrantOptions<N extends string> {
  /** The fields and lists it covers, for reading and writing; all when left out. */
  readonly fields?: readonly (Flat<N> | ListKey<N>)[] | { readonly except: readonly (Flat<N> | ListKey<N>)[] }
  /** Of these, the ones that may be read but not written. */
  readonly readOnly?: readonly Flat<N>[]
  /** What the row must satisfy after a create or update; the grant's `where` when left out. May use `before("field")`. */
  readonly check?: Where<N, true>
  /**
   * Values of fields that who writes by this grant does not choose: set on create and update before defaults, and refused in payloads
   * as fields that may not be written. The row must have them afterwards for the grant to allow the write. On update they are set in
   * rows that the grant's `where` matches. Where several grants of one principal preset a field differently, the write is refused,
   * unless another grant lets the field be named and it is.
   */
  readonly presets?: { readonly [K in keyof Create<N> & Flat<N>]?: PresetValue<Members<N>[K]> }
}

/** What is said of a computed value besides its definition. */
export interface ComputeOptions {
  /**
   * Raised when the function computes something else from the same dependencies (default 0): the next migration then computes the
   * stored values anew. Other dependencies are noticed by themselves; the function's text is not looked at.
   */
  readonly revision?: number
}

/**
 * The private behaviour of one model. Each method returns the same description with one statement more.
 * Functions are pure and synchronous unless they are `run`; the paths they name are all they see, and are loaded for
 * the whole batch at once.
 */
export interface Logic<N extends string> {
  readonly model: N
  readonly statements: readonly Statement[]
  /** A stored value made from other values of this service: recomputed in the transaction that changes one of them. */
  compute<K extends ComputedKey<N>, const P extends readonly string[]>(
    field: K,
    dependencies: Paths<N, P, true>,
    definition: (record: Selected<N, P[number]>) => Value<Members<N>[K]>,
    options?: ComputeOptions,
  ): Logic<N>
  /** A stored aggregate over a list of this service: one set-based statement, the parent locked. Of no lines: sum and count 0, min, max and avg empty. */
  rollup<K extends ComputedKey<N>, R extends ListKey<N>>(
    field: K,
    aggregate: Aggregate,
    over: R,
    of?: FieldKey<Target<Members<N>[R]>>,
    options?: { readonly where?: Where<Target<Members<N>[R]>, true> },
  ): Logic<N>
  /** A default: on create where the payload does not name the field; on update again when a dependency changed in this write. May read other services. With `sticky`, a value once named is kept. */
  suggest<K extends Flat<N>, const P extends readonly string[]>(
    field: K,
    dependencies: Paths<N, P>,
    definition: (record: Selected<N, P[number]>) => Value<Members<N>[K]>,
    options?: { readonly sticky?: boolean },
  ): Logic<N>
  /** Must hold after every create, and after every change of a dependency; else `record.invalid` with this code. */
  check<const P extends readonly string[]>(
    code: string,
    dependencies: Paths<N, P>,
    holds: (record: Selected<N, P[number]>) => boolean,
  ): Logic<N>
  /** As `check`, but the write goes through and its answer carries the warning. */
  warn<const P extends readonly string[]>(
    code: string,
    dependencies: Paths<N, P>,
    holds: (record: Selected<N, P[number]>) => boolean,
  ): Logic<N>
  /** Who may do what with which rows. `where` is never left out: "all" says that every row is meant. "all" operations are read, create, update and delete, never transitions or actions. Grants add up; without one nothing is allowed. "public" is everybody, logged in or not. */
  grant(
    role: Roles<N> | "public",
    operations: "all" | readonly Operation[],
    where: "all" | Where<N, true>,
    options?: GrantOptions<N>,
  ): Logic<N>
  /** What every row must satisfy, before and after a change, for anybody but the system to see or change it, whatever is granted. */
  restrict(where: Where<N, true>, why: string): Logic<N>
  /** What a transition or action does and who may. `notBy`: not the user in that field (four eyes). `run` is in the transaction; what it throws with `refuse` rolls everything back. */
  on<A extends TransitionName<N> | ActionName<N>, const P extends readonly string[] = readonly []>(
    name: A,
    options: {
      readonly by: readonly (Roles<N> | "public")[]
      readonly where?: Where<N, true>
      readonly notBy?: UserKey<N>
      readonly needs?: Paths<N, P>
      run?(record: Selected<N, P[number] | "id">, context: Context<Input<N, A>>): Promise<Answer<N, A>> | Answer<N, A>
    },
  ): Logic<N>
  /** While the stored record satisfies `when`, it is neither updated nor deleted, nor are its lines; fields in `except` and transitions stay possible. */
  lock(when: Where<N, true>, options: { readonly except?: readonly Flat<N>[]; readonly why: string }): Logic<N>
}

/** A function of a record whose shape its dependencies describe. */
export type RecordFunction = (record: never) => unknown

/** What one call on a `Logic` recorded. */
export type Statement =
  | {
      readonly kind: "compute"
      readonly field: string
      readonly dependencies: readonly string[]
      readonly run: RecordFunction
      readonly revision?: number
    }
  | {
      readonly kind: "rollup"
      readonly field: string
      readonly aggregate: Aggregate
      readonly over: string
      readonly of?: string
      readonly where?: WhereJson
    }
  | {
      readonly kind: "suggest"
      readonly field: string
      readonly dependencies: readonly string[]
      readonly run: RecordFunction
      readonly sticky: boolean
    }
  | {
      readonly kind: "check"
      readonly code: string
      readonly dependencies: readonly string[]
      readonly run: RecordFunction
    }
  | {
      readonly kind: "warn"
      readonly code: string
      readonly dependencies: readonly string[]
      readonly run: RecordFunction
    }
  | {
      readonly kind: "grant"
      readonly role: string
      readonly operations: readonly Operation[]
      readonly where: "all" | WhereJson
      readonly fields?: readonly string[] | { readonly except: readonly string[] }
      readonly readOnly?: readonly string[]
      readonly check?: WhereJson
      readonly presets?: Readonly<Record<string, unknown>>
    }
  | { readonly kind: "restrict"; readonly where: WhereJson; readonly why: string }
  | {
      readonly kind: "on"
      readonly name: string
      readonly by: readonly string[]
      readonly where?: WhereJson
      readonly notBy?: string
      readonly needs: readonly string[]
      readonly run?: (record: never, context: Context) => unknown
    }
  | { readonly kind: "lock"; readonly when: WhereJson; readonly except: readonly string[]; readonly why: string }

const OPERATIONS: readonly Operation[] = ["read", "create", "update", "delete"]

const withStatements = (model: string, statements: readonly Statement[]): Logic<string> => {
  const add = (statement: object) => withStatements(model, [...statements, statement as Statement]) as never
  return {
    model,
    statements,
    compute: (field, dependencies, run, options) => add({ kind: "compute", field, dependencies, run, ...options }),
    rollup: (field, aggregate, over, of, options) =>
      add({ kind: "rollup", field, aggregate, over, ...(of ? { of } : {}), ...options }),
    suggest: (field, dependencies, run, options) =>
      add({ kind: "suggest", field, dependencies, run, sticky: options?.sticky ?? false }),
    check: (code, dependencies, run) => add({ kind: "check", code, dependencies, run }),
    warn: (code, dependencies, run) => add({ kind: "warn", code, dependencies, run }),
    grant: (role, operations, where, options) =>
      add({ kind: "grant", role, operations: operations === "all" ? OPERATIONS : operations, where, ...options }),
    restrict: (where, why) => add({ kind: "restrict", where, why }),
    on: (name, options) => add({ kind: "on", name, needs: [], ...options }),
    lock: (when, { except, why }) => add({ kind: "lock", when, except: except ?? [], why }),
  }
}

/** Starts the description of a model's private behaviour; a model may have several, which add up. */
export const logic = <const N extends ModelName>(model: N): Logic<N> => withStatements(model, []) as never
