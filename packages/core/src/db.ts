import type { Contracts } from "./contracts.ts"
import type {
  ActionInput,
  ActionName,
  ActionOutput,
  Flat,
  Id,
  KeysOf,
  AnyMany,
  ModelName,
  TransitionName,
  TransitionsOf,
} from "./names.ts"
import type { MirroredPath } from "./mirror.ts"
import type { Paths, Selected } from "./paths.ts"
import type { Create, Update, Values } from "./record.ts"
import type { Where } from "./where.ts"

/** What to find: the words of a `Query`, typed. */
export interface Find<N extends string, P extends readonly string[]> {
  readonly select: Paths<N, P>
  readonly where?: Where<N>
  readonly search?: string
  readonly orderBy?: readonly (Flat<N> | `-${Flat<N>}` | MirroredPath<N> | `-${MirroredPath<N>}`)[]
  /** 1 to 1,000; 100 when left out. */
  readonly limit?: number
  readonly after?: string
  readonly archived?: "exclude" | "any" | "only"
}

type Key<N extends string> = Flat<N> | MirroredPath<N>

/** What to group: the words of a grouped `Query`, typed. Orders name keys and results; 1 to 10,000 groups, 1,000 when left out. */
export interface Grouping<N extends string> {
  readonly group: readonly (Key<N> | `${Key<N>}:${"day" | "week" | "month" | "quarter" | "year"}`)[]
  readonly aggregates: Readonly<Record<string, string>>
  readonly where?: Where<N>
  readonly orderBy?: readonly string[]
  readonly limit?: number
}

type TransitionInput<N extends string, A> =
  TransitionsOf<N> extends infer T
    ? A extends keyof T
      ? T[A] extends { readonly input: infer I }
        ? Values<I>
        : {}
      : never
    : never
/** What a transition or action takes. */
export type Input<N extends string, A> = A extends ActionName<N> ? Values<ActionInput<N, A>> : TransitionInput<N, A>
/** What an action answers; of a transition nothing. */
export type Output<N extends string, A> = A extends ActionName<N> ? Values<ActionOutput<N, A>> : {}
type Given<I> = {} extends I ? [input?: I] : [input: I]

type New<N extends string> = Create<N> & { readonly id?: Id<N> }

/**
 * The records of one model as one principal may see and change them. Each call is one statement for what it reads,
 * plus one call per other service and level; inside a transaction it runs there.
 */
export interface Repository<N extends string> {
  /** @throws `query.unknown_field` if a field does not exist or may not be read: deliberately the same answer. */
  find<const P extends readonly string[]>(query: Find<N, P>): Promise<Selected<N, P[number] | "id">[]>
  /** The record, or null if there is none or it may not be read. */
  get<const P extends readonly string[]>(
    id: Id<N>,
    query: { readonly select: Paths<N, P> },
  ): Promise<Selected<N, P[number] | "id"> | null>
  count(where?: Where<N>): Promise<number>
  group(query: Grouping<N>): Promise<Readonly<Record<string, unknown>>[]>
  /** @param values With an `id` where it was chosen before; else it is made here. */
  create(values: New<N>): Promise<{ readonly id: Id<N> }>
  /**
   * Creates several records in one transaction of their service, in this order: all of them or none. Cheaper than one by one.
   * At most 1,000 (`changeLimits.bulk`).
   *
   * @throws what the first refused one is refused for; `query.too_complex` over the bound
   */
  createMany(values: readonly New<N>[]): Promise<{ readonly id: Id<N> }[]>
  /** @param options.version The version seen; another one is refused with `record.version_conflict`. */
  update(id: Id<N>, patch: Update<N>, options?: { readonly version?: number }): Promise<void>
  delete(id: Id<N>, options?: { readonly version?: number }): Promise<void>
  /** Creates, or updates the record with the same values in the unique key `key`. */
  upsert(values: Create<N>, options: { readonly key: readonly Flat<N>[] }): Promise<{ readonly id: Id<N> }>
  /** Runs a transition or an action of one record. */
  do<A extends ActionName<N> | TransitionName<N>>(
    action: A,
    id: Id<N>,
    ...input: Given<Input<N, A>>
  ): Promise<Output<N, A>>
  /**
   * Runs a transition or an action of several records in one transaction, in this order, each with the same input: all of them or
   * none. At most 1,000 (`changeLimits.bulk`).
   *
   * @throws what the first refused one is refused for; `query.too_complex` over the bound
   */
  doMany<A extends ActionName<N> | TransitionName<N>>(
    action: A,
    ids: readonly Id<N>[],
    ...input: Given<Input<N, A>>
  ): Promise<Output<N, A>[]>
}

/** The way to all models of all services, for one principal: `db("sales.Order").find(…)`. */
export interface Db {
  <const N extends ModelName>(name: N): Repository<N>
  /**
   * Several changes of one service as one: all of them, or none. Reads inside see its own writes. A change of another service inside
   * is refused: no transaction spans services.
   */
  transaction<R>(service: keyof Contracts & string, run: (db: Db) => Promise<R>): Promise<R>
}

/** What an author's code gets besides the record. `I` is the input of its transition or action. */
export interface Context<I = Readonly<Record<string, unknown>>> {
  /** Who asks. */
  readonly user: { readonly id: Id<"identity.User">; in(role: string): boolean; claim(name: string): unknown }
  /** With the caller's rights. In a transition or action of this service: in its transaction. */
  readonly db: Db
  /** The instant of the write, the same for all it does. */
  readonly now: string
  /** The day of the write in the caller's time zone. */
  readonly today: string
  /** A transition's or action's input. */
  readonly input: I
  /** The only elevation: runs with the rights of the system; `reason` is recorded. */
  asSystem<R>(reason: string, run: (db: Db) => Promise<R>): Promise<R>
}

/** Names of list members, for rollups. */
export type ListKey<N extends string> = KeysOf<N, AnyMany>
