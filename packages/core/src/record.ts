import type { Field } from "./fields.ts"
import type { Flat, Id, KeysOf, Members } from "./names.ts"
import type { Many, ManyToMany, One } from "./relations.ts"

type IsNull<X> =
  X extends One<infer _, infer N, infer _I> ? N : X extends Field<infer _V, infer N, infer _I> ? N : false
export type OrNull<T, X> = IsNull<X> extends true ? T | null : T
/** The value of a field or reference, as code and JSON see it. */
export type Value<X> =
  X extends Field<infer V, infer _N, infer _I>
    ? OrNull<V, X>
    : X extends One<infer N, infer _N2, infer _I2>
      ? OrNull<Id<N>, X>
      : never
/** The values of a record of fields: an action's input or output. What is optional or has a default may be left out. */
export type Values<I> = { readonly [K in keyof I as InputOf<I[K]> extends "optional" ? never : K]: Value<I[K]> } & {
  readonly [K in keyof I as InputOf<I[K]> extends "optional" ? K : never]?: Value<I[K]>
}

type InputOf<X> =
  X extends Field<infer _V, infer _N, infer I> ? I : X extends One<infer _T, infer _N2, infer I> ? I : never
type InputKeys<N extends string, I> = {
  [P in keyof Members<N>]: InputOf<Members<N>[P]> extends I ? P : never
}[keyof Members<N>] &
  Flat<N>
// oxlint-disable-next-line typescript/no-explicit-any -- any target, any inverse
type OwnedKeys<N extends string> = KeysOf<N, Many<any, any, true>>
// oxlint-disable-next-line typescript/no-explicit-any -- any target
type LinkKeys<N extends string> = KeysOf<N, ManyToMany<any>>

type LinePatch<T extends string, By extends string> = { readonly id: Id<T> } & Partial<Omit<Create<T>, By>>
type Line<X> =
  X extends Many<infer T, infer By, infer _>
    ?
        | readonly (Omit<Create<T>, By> | LinePatch<T, By> | { readonly id: Id<T>; readonly $delete: true })[]
        | { readonly $set: readonly (Omit<Create<T>, By> | LinePatch<T, By>)[] }
    : never
type Links<X> =
  X extends ManyToMany<infer T>
    ? readonly Id<T>[] | { readonly $add?: readonly Id<T>[]; readonly $remove?: readonly Id<T>[] }
    : never

/** What creating a record takes: required fields, then what may be given, then its lines and links. */
export type Create<N extends string> = { readonly [P in InputKeys<N, "required">]: Value<Members<N>[P]> } & {
  readonly [P in InputKeys<N, "optional">]?: Value<Members<N>[P]>
} & { readonly [P in OwnedKeys<N>]?: Line<Members<N>[P]> } & { readonly [P in LinkKeys<N>]?: Links<Members<N>[P]> }

/** What an update takes: what is named changes (RFC 7396 in meaning), lines with an `id` are patched, without one added, with `$delete` deleted. */
export type Update<N extends string> = Partial<Create<N>>
