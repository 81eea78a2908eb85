import type { AnyMany, AnyOne, Id, KeysOf, Members, ServiceOf, Target } from "./names.ts"
import type { OrNull, Value } from "./record.ts"
import type { ManyToMany, Many, One } from "./relations.ts"

/** Stands where a path is wrong, so that the compiler's message names the field and what exists. */
export interface UnknownField<At extends string, Known> {
  readonly "unknown field": At
  readonly "known here": Known
}
/** Stands where a rule or a stored compute looks into another service. */
export interface RemotePath<At extends string> {
  readonly "belongs to another service": At
}

/** `P` itself if it is a path of model `N`, else a type that says what is wrong. `Local`: only this service's models may be walked. */
export type ValidPath<
  N extends string,
  P extends string,
  Local extends boolean = false,
  W extends string = P,
> = P extends keyof Members<N>
  ? W
  : P extends `${infer H}.${infer T}`
    ? H extends KeysOf<N, AnyOne | AnyMany>
      ? Local extends true
        ? ServiceOf<Target<Members<N>[H]>> extends ServiceOf<N>
          ? ValidPath<Target<Members<N>[H]>, T, Local, W>
          : RemotePath<H>
        : ValidPath<Target<Members<N>[H]>, T, Local, W>
      : UnknownField<H, keyof Members<N>>
    : UnknownField<P, keyof Members<N>>

/** `P` itself if all of them are paths of model `N`; else a type that says which is wrong. `Local`: of this service only. */
export type Paths<N extends string, P extends readonly string[], Local extends boolean = false> = P & {
  [I in keyof P]: ValidPath<N, P[I] & string, Local>
}

type Head<P> = P extends `${infer H}.${string}` ? H : P
type Tail<P, H extends string> = P extends `${H}.${infer T}` ? T : never

/** The record that the paths `P` select: nothing but what they name (and the ids on the way). */
export type Selected<N extends string, P extends string> = {
  readonly [K in Head<P> & keyof Members<N>]: Members<N>[K] extends
    | Many<infer T, infer _B, infer _O>
    | ManyToMany<infer T>
    ? readonly ({ readonly id: Id<T> } & ([Tail<P, K & string>] extends [never]
        ? {}
        : Selected<T, Tail<P, K & string>>))[]
    : Members<N>[K] extends One<infer T, infer _N, infer _I>
      ? [Tail<P, K & string>] extends [never]
        ? Value<Members<N>[K]>
        : OrNull<{ readonly id: Id<T> } & Selected<T, Tail<P, K & string>>, Members<N>[K]>
      : Value<Members<N>[K]>
}
