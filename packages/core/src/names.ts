import type { Contracts } from "./contracts.ts"
import type { Action, Model } from "./model.ts"
import type { Field, States } from "./fields.ts"
import type { Many, ManyToMany, One } from "./relations.ts"

/** A record's id: UUID v7 as text, or the key of an adopted table's row. The type parameter keeps ids of different models apart in code. */
export type Id<N extends string = string> = string & { readonly __model?: N }

/** What every record has, set by the framework. `version` starts at 1 and grows by one with every change of the record or its lines. */
export interface Auto<N extends string> {
  id: Field<Id<N>, false, "never">
  version: Field<number, false, "never">
  createdAt: Field<string, false, "never">
  createdBy: One<"identity.User", true, "never">
  updatedAt: Field<string, false, "never">
  updatedBy: One<"identity.User", true, "never">
}

type ModelsOf<S> = S extends keyof Contracts ? (Contracts[S] extends { readonly models: infer M } ? M : never) : never

/** "service.Model" of every known contract. */
export type ModelName = { [S in keyof Contracts & string]: `${S}.${keyof ModelsOf<S> & string}` }[keyof Contracts &
  string]

type Definition<N extends string> = N extends `${infer S}.${infer M}`
  ? M extends keyof ModelsOf<S>
    ? ModelsOf<S>[M]
    : never
  : never

/** What a record of an adopted table has besides its own fields: an id that is text, and what its options say. */
type Adopted<N extends string, S, O> = Omit<S, "id"> & {
  id: Field<Id<N>, false, S extends { id: Field<infer _V, infer _N, infer I> } ? I : "never">
} & (O extends { readonly view: true } ? {} : Pick<Auto<N>, "version">) &
  (O extends { readonly automatic: infer A } ? Pick<Auto<N>, keyof A & keyof Auto<N>> : {})
type IsAdopted<S, O> = S extends { id: unknown } ? true : O extends { readonly key: readonly string[] } ? true : false

/** The members of a model, its own and the automatic ones. */
export type Members<N extends string> =
  Definition<N> extends Model<infer S, infer _, infer O>
    ? IsAdopted<S, O> extends true
      ? Adopted<N, S, O>
      : S & Auto<N>
    : never
/** The actions of a model, by name. */
export type Actions<N extends string> = Definition<N> extends Model<infer _, infer A> ? A : never
/** The service of a model: "sales" of "sales.Order". */
export type ServiceOf<N extends string> = N extends `${infer S}.${string}` ? S : never

/** The roles that a model's service declares: "sales.manager". */
export type Roles<N extends string> = Contracts[ServiceOf<N> & keyof Contracts] extends {
  readonly roles: infer R extends readonly string[]
}
  ? `${ServiceOf<N>}.${R[number]}`
  : never

// Members are told apart by structure: `any` here stands for "whatever its type parameters are".
// oxlint-disable-next-line typescript/no-explicit-any -- see above
export type AnyField = Field<any, any, any>
// oxlint-disable-next-line typescript/no-explicit-any -- see above
export type AnyOne = One<any, any, any>
// oxlint-disable-next-line typescript/no-explicit-any -- see above
export type AnyMany = Many<any, any, any> | ManyToMany<any>

/** The names of the members of kind `K`. */
export type KeysOf<N extends string, K> = {
  [P in keyof Members<N>]: Members<N>[P] extends K ? P : never
}[keyof Members<N>] &
  string
/** Own columns: fields and to-one references. */
export type Flat<N extends string> = KeysOf<N, AnyField | AnyOne>
export type Target<X> = X extends { readonly to: infer N extends string } ? N : never

export type TransitionsOf<N extends string> = {
  [P in keyof Members<N>]: Members<N>[P] extends States<infer _, infer T> ? T : never
}[keyof Members<N>]
export type TransitionName<N extends string> =
  TransitionsOf<N> extends infer T ? (T extends unknown ? keyof T & string : never) : never
export type ActionName<N extends string> = keyof Actions<N> & string
export type ActionInput<N extends string, A> = A extends keyof Actions<N>
  ? Actions<N>[A] extends Action<infer I, infer _>
    ? I
    : never
  : never
export type ActionOutput<N extends string, A> = A extends keyof Actions<N>
  ? Actions<N>[A] extends Action<infer _, infer O>
    ? O
    : never
  : never
