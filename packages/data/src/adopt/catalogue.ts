/**
 * What PostgreSQL's catalogue says of tables that Archipel did not make, as plain data.
 *
 * @module
 */

/** A table by its names. */
export interface TableName {
  readonly schema: string
  readonly table: string
}

export interface FoundColumn {
  readonly name: string
  /** As `format_type` prints it, of the type behind a domain: "character varying(40)", "numeric(10,2)", "text[]". */
  readonly type: string
  /** "b" base, "e" enum, "r" range, "c" composite, "p" pseudo. */
  readonly kind: string
  /** The values of an enum, in its order. */
  readonly values: readonly string[] | null
  /** The domain that the column has, as `format_type` prints it. */
  readonly domain: string | null
  /** What the domain checks, as conditions over VALUE. */
  readonly domainChecks: readonly string[]
  readonly nullable: boolean
  /** The default's expression. */
  readonly default: string | null
  /** "" none, "a" always, "d" by default. */
  readonly identity: "" | "a" | "d"
  /** Whether the database computes it. */
  readonly generated: boolean
  readonly comment: string | null
}

export interface FoundForeignKey {
  readonly name: string
  readonly columns: readonly string[]
  readonly target: TableName
  readonly targetColumns: readonly string[]
  /** "a" no action, "r" restrict, "c" cascade, "n" set null, "d" set default. */
  readonly onDelete: string
}

export interface FoundCheck {
  readonly name: string
  readonly columns: readonly string[]
  /** The condition, as `pg_get_constraintdef` prints it: "CHECK ((quantity > 0))". */
  readonly definition: string
}

export interface FoundTable extends TableName {
  /** "table" also for partitioned ones; "view" also for materialised ones and tables of other servers, which have no row versions. */
  readonly kind: "table" | "view"
  readonly comment: string | null
  readonly columns: readonly FoundColumn[]
  readonly primaryKey: readonly string[]
  readonly unique: readonly (readonly string[])[]
  readonly foreignKeys: readonly FoundForeignKey[]
  readonly checks: readonly FoundCheck[]
  /** What the user may do: "select", "insert", "update", "delete". */
  readonly privileges: readonly string[]
}

/** What a look at the values of a column says that its type does not. */
export interface FoundValues {
  /** Most digits after the point of a number without a scale. */
  readonly scale?: number
  /** Most characters of a text without a bound. */
  readonly longest?: number
  readonly hasLineBreaks?: boolean
}

export interface Catalogue {
  /** "16.4" */
  readonly version: string
  readonly user: string
  readonly database: string
  /** The schema in which names without one are looked up. */
  readonly defaultSchema: string
  readonly schemas: readonly string[]
  readonly tables: readonly FoundTable[]
  /** By "schema.table.column". */
  readonly values: ReadonlyMap<string, FoundValues>
  /** Columns that identify the rows of a view, as far as the rows of today say; by "schema.view". */
  readonly viewKeys: ReadonlyMap<string, readonly string[]>
}
