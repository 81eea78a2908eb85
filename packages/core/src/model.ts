import type { Cmp } from "./where.ts"
import type {
  ActionDefinition,
  AutomaticField,
  ContractDefinition,
  MemberDefinition,
  ModelDefinition,
} from "./definition.ts"
import { type Field, inputDefinitions, text } from "./fields.ts"

/** Members and actions of one kind of record; `N` holds the name of its table or collection, where it gives one. */
export interface Model<S, A = {}, N = {}> {
  readonly $?: [S, A, N]
  readonly definition: ModelDefinition
}

/** Something that can be asked of a record besides CRUD, with typed input and output. */
export interface Action<I, O> {
  readonly kind: "action"
  readonly $?: [I, O]
  readonly definition: ActionDefinition
}

type Shape = Readonly<Record<string, { readonly definition: unknown }>>

/** Something that can be asked of a record besides CRUD. `logic` says with `.on(name, …)` who may and what it does. */
export const action = <I extends Shape = {}, O extends Shape = {}>(
  input?: I,
  output?: O,
  options: { readonly label?: string } = {},
): Action<I, O> => ({
  kind: "action",
  definition: {
    input: inputDefinitions(input ?? {}) as ActionDefinition["input"],
    output: inputDefinitions(output ?? {}) as ActionDefinition["output"],
    ...options,
  },
})

type OwnFields<S> = {
  [P in keyof S]: S[P] extends Field<infer V, infer N, infer _> ? Cmp<N extends true ? V | null : V> : never
}
/** A condition over a record's own fields. */
export type OwnWhere<S> = { readonly [P in keyof S as OwnFields<S>[P] extends never ? never : P]?: OwnFields<S>[P] } & {
  readonly and?: readonly OwnWhere<S>[]
  readonly or?: readonly OwnWhere<S>[]
  readonly not?: OwnWhere<S>
}

type MemberName<S> = keyof S & string

/** Names, keys, indexes and rules of one model; all may be left out. */
export interface ModelOptions<S> {
  /** Collection name of the URL and the table, where the derived English plural is wrong; camelCase or kebab-case. */
  readonly plural?: string
  readonly label?: string
  readonly table?: string
  /** The schema of an adopted table, where it is not the one in which names are looked up. */
  readonly schema?: string
  /**
   * The members whose columns are the primary key of an adopted table. Where that is a single column of its own, the model
   * may declare a field `id` and its `table` instead. Either makes the model an *adopted* one: its table was there before, is never altered, and has
   * none of the automatic fields but `version`. Ids are strings: the values in this order, joined by commas.
   */
  readonly key?: readonly MemberName<S>[]
  /**
   * Columns of an adopted table that the framework writes as it writes its own. Without one for `version`, that is the number of
   * the transaction that last wrote the row.
   */
  readonly automatic?: Readonly<Partial<Record<AutomaticField, string>>>
  /** The table is a view: records are read, never written, and have no `version`. */
  readonly view?: boolean
  /** The model's name in earlier contracts, "Order": its records are kept. It renames and does nothing else, and may stay for good. */
  readonly was?: string
  /** The field shown as the record's name; the first text field when left out. */
  readonly title?: MemberName<S>
  /**
   * The text fields that `search` looks into. Left out, those that identify a record: the title, `sequence`, `email` and `phone`
   * fields, and texts that are unique or indexed by themselves. Each costs index maintenance whenever it changes.
   */
  readonly search?: readonly MemberName<S>[]
  /** References show this model's title also to those who may not read the record. */
  readonly publicTitle?: boolean
  /** Records can be archived: `archivedAt` is set, and queries leave them out unless they ask. */
  readonly archive?: boolean
  /** Adds `externalId`: the record's key in another system, unique, written on import. */
  readonly externalId?: boolean
  /**
   * Whether people comment on records and attach files to them, under the record's own rights; true when left out. Lines have none,
   * nor have records of adopted tables.
   * Costs nothing where nobody does.
   */
  readonly discussion?: boolean
  /**
   * The field or reference with the company that a record belongs to: such records are seen and changed only by who has its key
   * among the claim `companies`, whatever is granted; and a role given for certain companies counts for their records only.
   */
  readonly company?: MemberName<S>
  /** A record without a company belongs to all of them. Without it, to none: nobody but the system sees it. */
  readonly sharedWhenNull?: boolean
  readonly unique?: readonly (readonly MemberName<S>[])[]
  /** Each a list of fields; "-name" is descending. References, unique fields and the ids have theirs anyway. */
  readonly index?: readonly (readonly (MemberName<S> | `-${MemberName<S>}`)[])[]
  /** Conditions that every row satisfies, by error code: constraints of the database. */
  readonly checks?: Readonly<Record<string, OwnWhere<S>>>
  // oxlint-disable-next-line typescript/no-explicit-any -- each action's input and output are inferred, not constrained
  readonly actions?: Readonly<Record<string, Action<any, any>>>
}

type Extra<O> = (O extends { readonly archive: true } ? { archivedAt: Field<string, true, "never"> } : {}) &
  (O extends { readonly externalId: true } ? { externalId: Field<string, true, "optional"> } : {})
type ActionsOf<O> = O extends { readonly actions: infer A } ? A : {}

/**
 * One kind of record. It gets `id`, `version`, `createdAt`, `createdBy`, `updatedAt` and `updatedBy` besides its `members`; where it
 * declares its own key (a field `id`, or `key`), only what its table has.
 */
export function model<const S extends Shape, const O extends ModelOptions<S> = {}>(
  members: S,
  options?: O & ModelOptions<S>,
): Model<S & Extra<O>, ActionsOf<O>, Pick<O, keyof O & ("table" | "plural" | "key" | "automatic" | "view")>> {
  const {
    archive,
    discussion,
    externalId,
    publicTitle,
    sharedWhenNull,
    view,
    actions,
    unique,
    index,
    checks,
    ...names
  } = (options ?? {}) as ModelOptions<S>
  const definitions: Record<string, MemberDefinition> = {}
  for (const [name, member] of Object.entries(members)) definitions[name] = member.definition as MemberDefinition
  if (archive) {
    definitions["archivedAt"] = { kind: "field", type: "datetime", writtenBy: "framework", optional: true }
  }
  if (externalId) definitions["externalId"] = text({ maxLength: 200 }).optional().unique().definition
  return {
    definition: {
      ...names,
      members: definitions,
      actions: inputDefinitions((actions ?? {}) as Shape) as Record<string, ActionDefinition>,
      unique: unique ?? [],
      indexes: (index ?? []) as readonly (readonly string[])[],
      checks: (checks ?? {}) as Record<string, object>,
      ...(view ? { view } : {}),
      ...(archive ? { archive } : {}),
      ...(externalId ? { externalId } : {}),
      ...(discussion === false ? { discussion } : {}),
      ...(publicTitle ? { publicTitle } : {}),
      ...(sharedWhenNull ? { sharedWhenNull } : {}),
    },
  }
}

/** The public structure of one service. */
export interface Contract<N extends string, R extends readonly string[], M> {
  readonly name: N
  readonly roles: R
  readonly models: M
  readonly definition: ContractDefinition
}

type Models = Readonly<Record<string, { readonly definition: ModelDefinition }>>

const registered = new Map<string, ContractDefinition>()

/**
 * The contract of a service: its roles (used as "service.role") and models (used as "service.Model"). Importing a contract makes it known
 * to the program.
 *
 * @param parts.version Of the release, where it is a package that `archipel contract export` wrote; left out in a service's own source.
 */
export function contract<const N extends string, const R extends readonly string[], M extends Models>(
  name: N,
  { version, ...parts }: { readonly roles: R; readonly models: M; readonly version?: string },
): Contract<N, R, M> {
  const models: Record<string, ModelDefinition> = {}
  for (const [modelName, made] of Object.entries(parts.models)) models[modelName] = made.definition
  const definition: ContractDefinition = {
    name,
    ...(version === undefined ? {} : { version }),
    roles: parts.roles,
    models,
  }
  registered.set(name, definition)
  return { name, ...parts, definition }
}

/** The contracts imported so far, by service. */
export const knownContracts = (): ReadonlyMap<string, ContractDefinition> => registered
