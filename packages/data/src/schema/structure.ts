/**
 * The structure of a service's database as plain data: what the contract wants, and what the database has.
 *
 * @module
 */

/** The schema of the framework's own tables, beside the service's. */
export const FRAMEWORK_SCHEMA = "archipel"

export interface ColumnSchema {
  readonly name: string
  /** As `format_type` prints it: "text", "numeric(20,2)", "timestamp(3) with time zone". */
  readonly type: string
  /** Of texts: "C", the order of code points, everywhere. */
  readonly collation?: string
  readonly nullable: boolean
  /** The plain text of a constant; `now()` for instants, `gen_random_uuid()` for ids, `pg_current_xact_id()` for transactions. */
  readonly default?: string
  /** Counted by the database. */
  readonly identity?: true
  /** "sales.Order.total", or "archipel" for the framework's own; without it the column was not made by Archipel. */
  readonly source?: string
}

export interface ForeignKeySchema {
  readonly name: string
  readonly column: string
  /** Table of the same schema; its `id`. */
  readonly target: string
  readonly onDelete: "refuse" | "cascade" | "clear"
}

export interface IndexSchema {
  readonly name: string
  readonly unique?: true
  readonly method: "btree" | "trigram"
  readonly columns: readonly { readonly name: string; readonly descending?: true }[]
  /** Only rows in which this column is empty. */
  readonly whereEmpty?: string
}

export type CheckRule =
  | { readonly kind: "length"; readonly column: string; readonly max: number }
  | { readonly kind: "values"; readonly column: string; readonly values: readonly string[] }
  | {
      readonly kind: "range"
      readonly column: string
      readonly min?: string
      readonly max?: string
    }
  | { readonly kind: "condition"; readonly code: string; readonly sql: string }

export interface CheckSchema {
  readonly name: string
  readonly rule: CheckRule
}

export interface TableSchema {
  /** In `archipel` rather than the service's schema. */
  readonly framework: boolean
  readonly name: string
  /** Kept from another service and filled anew when it has to be: a column too many does no harm. */
  readonly derived?: true
  /** "sales.Order", "sales.Order.tags" for a link table, "a mirror of crm.Customer", or "archipel"; without it the table was not made by Archipel. */
  readonly source?: string
  readonly columns: readonly ColumnSchema[]
  readonly primaryKey: { readonly name: string; readonly columns: readonly string[] }
  readonly foreignKeys: readonly ForeignKeySchema[]
  readonly indexes: readonly IndexSchema[]
  readonly checks: readonly CheckSchema[]
}

/** A function of the framework in the schema `archipel`. */
export interface FunctionSchema {
  readonly name: string
  /** Types of the parameters, as `pg_get_function_identity_arguments` without names. */
  readonly parameters: string
  /** Everything behind the parameter list; `:fold:` stands for the collation that knows letters' cases. */
  readonly definition: string
  /** Grows when the definition changes in meaning. */
  readonly revision: number
}

export interface DatabaseSchema {
  readonly service: string
  /** The service's tables in the order of the contract, then the framework's. */
  readonly tables: readonly TableSchema[]
  readonly functions: readonly FunctionSchema[]
}

/** A table that is there. */
export interface ActualTable extends TableSchema {
  readonly isEmpty: boolean
  /** Names of indexes and constraints that Archipel did not make, or that were changed since. */
  readonly foreign: ReadonlySet<string>
}

export interface ActualSchema {
  readonly tables: readonly ActualTable[]
  /** Revisions by "name(parameters)". */
  readonly functions: ReadonlyMap<string, number>
  readonly hasFrameworkSchema: boolean
  /** Collation that knows letters' cases, quoted. */
  readonly foldCollation: string
  /** Schema of the extension pg_trgm; "available" if it could be installed by this user. */
  readonly trigram: { readonly schema: string } | "available" | undefined
}
