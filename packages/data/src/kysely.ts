/**
 * Hand-written SQL, typed by the contracts, for what queries and changes cannot say.
 *
 * @module
 */
import type { Contracts, Field, Id, ManyToMany, Model, One, Value } from "@archipel/core"
import {
  type ColumnType,
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryResult,
  type TransactionSettings,
} from "kysely"
import type { Database, Queryable } from "./postgres/database.ts"
import type { Transaction } from "./postgres/transaction.ts"

type IsUpper<C extends string> = C extends Lowercase<C> ? false : true
type StartsLower<S extends string> = S extends `${infer C}${string}` ? (C extends Uppercase<C> ? false : true) : false
/** As `snakeCase` of core does it: "unitPrice" is "unit_price", "URLField" is "url_field". */
type Snake<S extends string, Before extends "start" | "lower" | "upper" = "start"> = S extends `${infer C}${infer Rest}`
  ? IsUpper<C> extends true
    ? Before extends "lower"
      ? `_${Lowercase<C>}${Snake<Rest, "upper">}`
      : Before extends "upper"
        ? StartsLower<Rest> extends true
          ? `_${Lowercase<C>}${Snake<Rest, "upper">}`
          : `${Lowercase<C>}${Snake<Rest, "upper">}`
        : `${Lowercase<C>}${Snake<Rest, "upper">}`
    : C extends "-"
      ? `_${Snake<Rest>}`
      : `${C}${Snake<Rest, "lower">}`
  : ""

type Vowel = "a" | "e" | "i" | "o" | "u"
/** As `collectionName` of core does it. */
type Plural<W extends string> = W extends `${string}${"s" | "x" | "z" | "ch" | "sh"}`
  ? `${W}es`
  : W extends `${string}${Vowel}y` | "y"
    ? `${W}s`
    : W extends `${infer Stem}y`
      ? `${Stem}ies`
      : `${W}s`

type TableName<M extends string, Names> = Names extends { readonly table: infer T extends string }
  ? T
  : Names extends { readonly plural: infer P extends string }
    ? Snake<P>
    : Plural<Snake<M>>

// Members are told apart by structure: `unknown` would not match their type parameters.
// oxlint-disable-next-line typescript/no-explicit-any
type AnyColumn = Field<any, any, any> | One<any, any, any>
type InsertOf<X> =
  X extends Field<infer _V, infer _N, infer I> ? I : X extends One<infer _T, infer _N, infer I> ? I : never
type Stored<X> = ColumnType<Value<X>, InsertOf<X> extends "required" ? Value<X> : Value<X> | undefined, Value<X>>
type ColumnName<K extends string, X> = X extends { readonly kind: "one" } ? `${Snake<K>}_id` : Snake<K>

interface AutoColumns<N extends string> {
  /** Made by the framework elsewhere (UUID v7); a hand-written insert gives it. */
  readonly id: ColumnType<Id<N>, Id<N>, never>
  readonly version: ColumnType<number, number | undefined, number>
  readonly created_at: ColumnType<string, string | undefined, string>
  readonly created_by_id: ColumnType<
    Id<"identity.User"> | null,
    Id<"identity.User"> | null | undefined,
    Id<"identity.User"> | null
  >
  readonly updated_at: ColumnType<string, string | undefined, string>
  readonly updated_by_id: ColumnType<
    Id<"identity.User"> | null,
    Id<"identity.User"> | null | undefined,
    Id<"identity.User"> | null
  >
}
type Columns<N extends string, S> = {
  readonly [K in keyof S & string as S[K] extends AnyColumn ? ColumnName<K, S[K]> : never]: Stored<S[K]>
} & AutoColumns<N>

/** A link table; the side that declares the relation is the source. */
export interface LinkColumns {
  readonly source_id: string
  readonly target_id: string
}

type ModelsOf<S extends keyof Contracts> = Contracts[S] extends { readonly models: infer M } ? M : never

type ModelTables<S extends keyof Contracts & string> = {
  readonly [M in keyof ModelsOf<S> & string as ModelsOf<S>[M] extends Model<infer _S, infer _A, infer Names>
    ? TableName<M, Names>
    : never]: ModelsOf<S>[M] extends Model<infer Shape, infer _A, infer _N> ? Columns<`${S}.${M}`, Shape> : never
}
type LinksOf<M extends string, X> =
  X extends Model<infer Shape, infer _A, infer Names>
    ? {
        // oxlint-disable-next-line typescript/no-explicit-any
        [K in keyof Shape & string]: Shape[K] extends ManyToMany<any> ? `${TableName<M, Names>}__${Snake<K>}` : never
      }[keyof Shape & string]
    : never
type LinkTables<S extends keyof Contracts & string> = {
  readonly [T in { [M in keyof ModelsOf<S> & string]: LinksOf<M, ModelsOf<S>[M]> }[keyof ModelsOf<S> &
    string]]: LinkColumns
}

/**
 * The tables of a service with their columns, as the contract's types say them. Columns that are named by `.column()` are
 * known to types under their usual name only, and of a many-to-many relation's two sides only the declaring one has a
 * table.
 */
export type ServiceTables<S extends keyof Contracts & string> = ModelTables<S> & LinkTables<S>

/**
 * **Obeys no rights, no restrictions, no locks and no logic, and writes neither history nor events**: whoever calls it
 * answers for that. For reading what queries cannot say, and for maintenance; records are changed through `db`.
 *
 * Over a database it shares its connections, over a transaction it is part of it; closing stays with whoever opened them
 * (`destroy` does nothing). Values are as in contracts: decimals and big integers as strings, instants as ISO 8601 texts.
 * A list for a JSON column is given as `JSON.stringify(list)`, since lists are PostgreSQL's arrays.
 *
 * Errors of SQL are `pg`'s; `database.…` and `deadline.exceeded` as of any statement.
 */
export const kyselyFor = <S extends keyof Contracts & string>(
  source: Database | Transaction,
): Kysely<ServiceTables<S>> => kyselyOver<ServiceTables<S>>(source)

/** The same over tables that are typed by something else than the contracts of today. */
export function kyselyOver<Tables>(source: Database | Transaction): Kysely<Tables> {
  const dialect: Dialect = {
    createDriver: () => driverOver(source),
    createQueryCompiler: () => new PostgresQueryCompiler(),
    createAdapter: () => new PostgresAdapter(),
    createIntrospector: (db) => new PostgresIntrospector(db),
  }
  return new Kysely<Tables>({ dialect })
}

function driverOver(source: Database | Transaction): Driver {
  const sessionOf = (connection: DatabaseConnection): Session => {
    if (!(connection instanceof Session)) throw new TypeError("a connection of another driver")
    return connection
  }
  return {
    init: async () => {},
    destroy: async () => {},
    acquireConnection: async () => new Session(source),
    releaseConnection: async () => {},
    beginTransaction: (connection, settings) => sessionOf(connection).begin(settings),
    commitTransaction: (connection) => sessionOf(connection).end("commit"),
    rollbackTransaction: (connection) => sessionOf(connection).end("rollback"),
  }
}

class Undone extends Error {}

/** What Kysely takes for a connection: a place in the database's own, or one transaction. */
class Session implements DatabaseConnection {
  readonly #source: Database | Transaction
  #open:
    | { readonly tx: Transaction; readonly end: (how: "commit" | "rollback") => void; readonly done: Promise<void> }
    | undefined

  constructor(source: Database | Transaction) {
    this.#source = source
  }

  async begin({ isolationLevel, accessMode }: TransactionSettings): Promise<void> {
    if (!("transaction" in this.#source)) throw new TypeError("this already is part of a transaction, and ends with it")
    if (isolationLevel === "snapshot" || isolationLevel === "read uncommitted") {
      throw new TypeError(`PostgreSQL has no isolation level ${isolationLevel} of its own`)
    }
    const started = Promise.withResolvers<Transaction>()
    const ending = Promise.withResolvers<void>()
    const done = this.#source
      .transaction(
        async (tx) => {
          started.resolve(tx)
          await ending.promise
        },
        {
          ...(isolationLevel === undefined ? {} : { isolation: isolationLevel }),
          readOnly: accessMode === "read only",
        },
      )
      .catch((error: unknown) => {
        started.reject(error)
        if (!(error instanceof Undone)) throw error
      })
    // Looked at when the transaction ends.
    done.catch(() => {})
    const end = (how: "commit" | "rollback"): void =>
      how === "commit" ? ending.resolve() : ending.reject(new Undone())
    this.#open = { tx: await started.promise, end, done }
  }

  async end(how: "commit" | "rollback"): Promise<void> {
    const open = this.#open
    this.#open = undefined
    open?.end(how)
    await open?.done
  }

  async executeQuery<R>({ sql, parameters, query }: CompiledQuery): Promise<QueryResult<R>> {
    const runner: Queryable = this.#open?.tx ?? this.#source
    const { rows, count } = await runner.query<R>({ text: sql }, parameters, { parse: true })
    const writes = query.kind !== "SelectQueryNode"
    return { rows: [...rows], ...(writes ? { numAffectedRows: BigInt(count) } : {}) }
  }

  // oxlint-disable-next-line require-yield
  async *streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new TypeError("long answers are read by `batches` of the database")
  }
}
