import type { LinkTableDefinition, ManyDefinition, ManyToManyDefinition, OneDefinition } from "./definition.ts"
import type { Input } from "./fields.ts"

/** A reference to one record, of this service or of another: its id. */
export interface One<N extends string, Null extends boolean = false, In extends Input = "required"> {
  readonly kind: "one"
  readonly to: N
  readonly $?: [Null, In]
  readonly definition: OneDefinition
  optional(): One<N, true, "optional">
  /** The caller's own user id, for references to `identity.User`. */
  default(value: "me"): One<N, Null, "optional">
  /** A default made by `logic` that follows its dependencies until somebody names the field. */
  suggested(): One<N, Null, "optional">
  /** At most one record refers to a target. */
  unique(): this
  tracked(): this
  label(text: string): this
  help(text: string): this
  /** The physical column, where it is not the snake_case name with `_id`; of a target whose key has several columns, one for each. */
  column(...names: readonly [string, ...string[]]): this
  /** The reference's name in earlier contracts: it renames and does nothing else. */
  was(name: string): this
}

/** The records of `N` whose field `By` refers here. */
export interface Many<N extends string, By extends string, Owned extends boolean = false> {
  readonly kind: "many"
  readonly to: N
  readonly by: By
  readonly $?: Owned
  readonly definition: ManyDefinition
  /** Lines: written, locked and deleted with this record, under its rights. */
  owned(): Many<N, By, true>
  label(text: string): this
  help(text: string): this
}

/** Links to any number of records, in a table of their own. */
export interface ManyToMany<N extends string> {
  readonly kind: "manyToMany"
  readonly to: N
  readonly definition: ManyToManyDefinition
  label(text: string): this
  help(text: string): this
  /** The link table, where it was there before; said by the declaring side. */
  through(table: LinkTableDefinition): this
  /** The relation's name in earlier contracts, on the side that declares it: its links are kept. */
  was(name: string): this
}

const oneOf = (definition: OneDefinition): One<string, boolean, Input> => ({
  kind: "one",
  to: definition.to,
  definition,
  optional: () => oneOf({ ...definition, optional: true }) as never,
  default: (value) => oneOf({ ...definition, default: value }) as never,
  suggested: () => oneOf({ ...definition, writtenBy: "suggestion" }) as never,
  unique: () => oneOf({ ...definition, unique: true }) as never,
  tracked: () => oneOf({ ...definition, tracked: true }) as never,
  label: (text) => oneOf({ ...definition, label: text }) as never,
  help: (text) => oneOf({ ...definition, help: text }) as never,
  column: (...names) =>
    oneOf({ ...definition, ...(names.length === 1 ? { column: names[0] } : { columns: names }) }) as never,
  was: (name) => oneOf({ ...definition, was: name }) as never,
})

/**
 * A reference to one record. `target` is a global name, "service.Model": checked at start and by the paths that use it.
 *
 * @param options.onDelete What deleting the target does here, in the same service: refused ("restrict", the default), this
 *   record is deleted too ("cascade"), or the reference is emptied ("clear"). Another service's record may disappear at any time.
 */
export const one = <const N extends string>(
  target: N,
  options: { readonly onDelete?: "restrict" | "cascade" | "clear" } = {},
): One<N> => oneOf({ kind: "one", to: target, writtenBy: "client", onDelete: options.onDelete ?? "restrict" }) as never

const manyOf = (definition: ManyDefinition): Many<string, string, boolean> => ({
  kind: "many",
  to: definition.to,
  by: definition.by,
  definition,
  owned: () => manyOf({ ...definition, owned: true }) as never,
  label: (text) => manyOf({ ...definition, label: text }) as never,
  help: (text) => manyOf({ ...definition, help: text }) as never,
})

/** The records of `target` whose to-one field `by` refers here. */
export const many = <const N extends string, const By extends string>(target: N, by: By): Many<N, By> =>
  manyOf({ kind: "many", to: target, by }) as never

const manyToManyOf = (definition: ManyToManyDefinition): ManyToMany<string> => ({
  kind: "manyToMany",
  to: definition.to,
  definition,
  label: (text) => manyToManyOf({ ...definition, label: text }) as never,
  help: (text) => manyToManyOf({ ...definition, help: text }) as never,
  through: (table) => manyToManyOf({ ...definition, through: table }) as never,
  was: (name) => manyToManyOf({ ...definition, was: name }) as never,
})

/**
 * Links to any number of records of this service. Written by the rights of the side that declares it; the other side names
 * that field as `inverse` and only reads.
 */
export const manyToMany = <const N extends string>(
  target: N,
  options: { readonly inverse?: string } = {},
): ManyToMany<N> => manyToManyOf({ kind: "manyToMany", to: target, ...options }) as never
