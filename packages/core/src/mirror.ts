import type { Contracts } from "./contracts.ts"
import type { AnyOne, Flat, KeysOf, Members, ModelName, ServiceOf, Target } from "./names.ts"
import type { RemotePath, UnknownField } from "./paths.ts"

/**
 * The mirrors that each service keeps, by its name. Whoever declares one adds it, so that rules, orders and groups of that service
 * may use what is mirrored:
 *
 * ```ts
 * declare module "@archipel/core" { interface Mirrors { sales: typeof customers } }
 * ```
 *
 * Of several, their union: `typeof customers | typeof products`.
 */
export interface Mirrors {}

/** A mirror as data. */
export interface MirrorDefinition {
  /** "crm.Customer". */
  readonly model: string
  /** Fields and references of it, also through its references to other models of its service: "country.code". */
  readonly paths: readonly string[]
  readonly grants: readonly { readonly role: string; readonly fields?: readonly string[] }[]
}

/** "service.role" of every known contract, and "public". */
type AnyRole =
  | { [S in keyof Contracts & string]: `${S}.${Contracts[S]["roles"][number]}` }[keyof Contracts & string]
  | "public"

/** Chosen fields `P` of another service's model `N`, kept here; `R` are the roles that may use them. */
export interface Mirror<N extends string, P extends string, R extends string = never> {
  readonly $?: [N, P, R]
  readonly definition: MirrorDefinition
  /**
   * Who may filter, order and group by the mirrored fields: a role of the service that keeps the mirror. Without a grant nobody may.
   * What a record of the other service shows of itself when it is selected stays that service's decision.
   *
   * @param rows All of them: what the other service's rules say of single rows is not known here.
   * @param options.fields All mirrored ones when left out. The references on the way to a field belong to it.
   */
  grant<const G extends AnyRole>(
    role: G,
    rows: "all",
    options?: { readonly fields?: readonly P[] },
  ): Mirror<N, P, R | G>
}

/** `P` itself if it is a field or reference of `N`, or one through its references within its service; else what is wrong. */
type ValidMirrorPath<N extends string, P extends string, W extends string = P> =
  P extends Flat<N>
    ? W
    : P extends `${infer H}.${infer T}`
      ? H extends KeysOf<N, AnyOne>
        ? ServiceOf<Target<Members<N>[H]>> extends ServiceOf<N>
          ? ValidMirrorPath<Target<Members<N>[H]>, T, W>
          : RemotePath<H>
        : UnknownField<H, KeysOf<N, AnyOne>>
      : UnknownField<P, Flat<N>>

/** `P` itself if all of them can be mirrored from model `N`; else a type that says which cannot. */
export type MirrorPaths<N extends string, P extends readonly string[]> = P & {
  [I in keyof P]: ValidMirrorPath<N, P[I] & string>
}

/** What service `S` mirrors of model `N`. */
export type MirroredPaths<S extends string, N extends string> = S extends keyof Mirrors
  ? Extract<Mirrors[S], { readonly $?: [N, string, string] }> extends {
      readonly $?: [N, infer P extends string, string]
    }
    ? P
    : never
  : never

/** The paths of model `N` that lead through a reference into another service, and that its service mirrors: "customer.name". */
export type MirroredPath<N extends string> = {
  [K in KeysOf<N, AnyOne>]: `${K}.${MirroredPaths<ServiceOf<N>, Target<Members<N>[K]>>}`
}[KeysOf<N, AnyOne>]

const mirrorOf = (definition: MirrorDefinition): Mirror<string, string, string> => ({
  definition,
  grant: (role, _rows, options) =>
    mirrorOf({ ...definition, grants: [...definition.grants, { role, ...options }] }) as never,
})

/**
 * Keeps fields of another service's records in the database of the service that lists it in its `mirrors`, so that conditions,
 * orders, groups and row rules may use them through a reference: `orderBy: ["customer.name"]`, answered by one statement here.
 *
 * The copy follows its owner within seconds and says how old it is. It has all records of the model, archived ones among them, and of
 * the models on the way. The owner must let the service read every row of these fields.
 *
 * @param paths Of models of the same service as `model`: "name", "country.code". Not lists, and no lines that belong to a parent.
 */
export const mirror = <const N extends ModelName, const P extends readonly string[]>(
  model: N,
  paths: MirrorPaths<N, P>,
): Mirror<N, P[number]> => mirrorOf({ model, paths, grants: [] }) as never
