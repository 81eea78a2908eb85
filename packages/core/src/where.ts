import type { AnyField, AnyMany, AnyOne, Id, KeysOf, Members, ServiceOf, Target } from "./names.ts"
import type { MirroredPaths } from "./mirror.ts"
import type { Value } from "./record.ts"

/** The user who asks, bound when the condition runs. */
export interface Me {
  readonly $me: "id"
}
/** The user who asks: compares with references to `identity.User`, and with its `id`. */
export const me: Me = { $me: "id" }

/** An attribute of the user who asks, from the access token or the directory; without a value no row matches. */
export interface Claim {
  readonly $claim: string
}
/** An attribute of the user who asks: `{ region: claim("region") }`, or a list of them after `in`. Without a value no row matches. */
export const claim = (name: string): Claim => ({ $claim: name })

/** The current day in the caller's time zone, plus a constant number of days. */
export interface Today {
  readonly $today: number
}
/** The current day in the caller's time zone plus a whole number of days, at most 36,525 either way; for dates and instants. */
export const today = (offsetDays = 0): Today => ({ $today: offsetDays })

/** The record's value before the change; only in checks of a grant. */
export interface Before {
  readonly $before: string
}
/** The value that a field had before the change; it has a meaning only in the `check` of a grant. */
export const before = (field: string): Before => ({ $before: field })

/** What a value is compared with. */
export type Operand<V> = V | Claim | Today | Before

/** Comparison with one field: a plain value means equality, `null` means empty; several operators mean all of them. */
export type Cmp<V> =
  | V
  | Claim
  | {
      readonly eq?: Operand<V>
      readonly not?: Operand<V> | null
      readonly in?: readonly V[] | Claim
      readonly lt?: Operand<V>
      readonly lte?: Operand<V>
      readonly gt?: Operand<V>
      readonly gte?: Operand<V>
      /** Case-insensitive. */
      readonly contains?: string
      /** Case-insensitive. */
      readonly startsWith?: string
      readonly isSet?: boolean
    }

type MeOf<N extends string> = N extends "identity.User" ? Me : never
type Ref<N extends string> = Cmp<Id<N>> | MeOf<N>

type Head<P> = P extends `${infer H}.${string}` ? H : P
type Tail<P, H extends string> = P extends `${H}.${infer T}` ? T : never

/** A condition on what is mirrored of another service's records: the paths `P` of model `N`. Nothing where nothing is. */
export type MirrorWhere<N extends string, P extends string> = [P] extends [never]
  ? never
  : {
      readonly [K in Head<P> & keyof Members<N>]?: Members<N>[K] extends AnyOne
        ? Ref<Target<Members<N>[K]>> | MirrorWhere<Target<Members<N>[K]>, Tail<P, K & string>>
        : Cmp<Value<Members<N>[K]>>
    } & {
      readonly or?: readonly MirrorWhere<N, P>[]
      readonly and?: readonly MirrorWhere<N, P>[]
      readonly not?: MirrorWhere<N, P>
    }

/**
 * The one condition grammar: in code, in the URL, in rules, in saved filters, in conditional UI. Plain JSON.
 *
 * Two-valued: a comparison with an empty value is false, and `not` of it is true. The members of one object are joined
 * by "and". A to-one reference takes a nested condition, a list takes `some` or `none`.
 */
export type Where<N extends string, Local extends boolean = false> = {
  readonly [K in KeysOf<N, AnyField>]?: Cmp<Value<Members<N>[K]>> | (K extends "id" ? MeOf<N> : never)
} & {
  readonly [K in KeysOf<N, AnyOne>]?:
    | Ref<Target<Members<N>[K]>>
    | (Local extends true
        ? ServiceOf<Target<Members<N>[K]>> extends ServiceOf<N>
          ? Where<Target<Members<N>[K]>, Local>
          : MirrorWhere<Target<Members<N>[K]>, MirroredPaths<ServiceOf<N>, Target<Members<N>[K]>>>
        : Where<Target<Members<N>[K]>, Local>)
} & {
  readonly [K in KeysOf<N, AnyMany>]?: {
    readonly some?: Where<Target<Members<N>[K]>, Local>
    readonly none?: Where<Target<Members<N>[K]>, Local>
  }
} & {
  readonly or?: readonly Where<N, Local>[]
  readonly and?: readonly Where<N, Local>[]
  readonly not?: Where<N, Local>
}

/** A condition as it travels: its names are checked by the gate, not by types. */
export interface WhereJson {
  readonly [name: string]: unknown
}

/** What a field's value is compared by: the names that an object has where it is no condition on other records. */
export const whereOperators: ReadonlySet<string> = new Set([
  "eq",
  "not",
  "in",
  "lt",
  "lte",
  "gt",
  "gte",
  "contains",
  "startsWith",
  "isSet",
])
