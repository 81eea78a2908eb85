/**
 * What a migration consists of.
 *
 * @module
 */

/**
 * When a step runs. `expand` and `backfill` leave a database on which the old and the new release work side by side; `contract` takes
 * away what only the old one needs, and adds what it could violate.
 */
export type Phase = "expand" | "backfill" | "contract"
export const phases: readonly Phase[] = ["expand", "backfill", "contract"]

/** Of PostgreSQL's table locks ("Explicit Locking") the strongest that a step takes. */
export type LockLevel = "none" | "row share" | "share update exclusive" | "share row exclusive" | "access exclusive"

/** How a step is run. */
export type StepMode =
  /** Its statements in one transaction, which also records it. */
  | "transaction"
  /** One statement that cannot be in a transaction: an index built or dropped beside running writes. */
  | "alone"
  /** One statement for each batch of rows in the order of their key, each in a transaction that also records how far it came. */
  | "batches"
  /** The functions in the migration's `data.ts`. */
  | "data"
  /** The service's logic computes stored values anew. */
  | "recompute"

/** How long a step takes: by the catalogue alone, by reading all rows, by an index over them, or by writing them. */
export type StepCost = "catalogue" | "scan" | "index" | "rows"

export interface MigrationStep {
  /** "03", in the order of running, the same for the same migration. */
  readonly id: string
  readonly phase: Phase
  /** "sales.Order.note: add the column note" */
  readonly title: string
  /** The table that it is about. */
  readonly table: string
  readonly mode: StepMode
  readonly lock: LockLevel
  readonly cost: StepCost
  /** SQL without a final semicolon; in batches `:rows` stands for the condition that picks a batch, `:trigram` for the schema of pg_trgm. */
  readonly statements: readonly string[]
  /** What could get lost. Without a consent in the migration's file the migration is not run. */
  readonly loss?: string
  /** Of `alone`: the index, so that what is left of one that failed is cleaned up. */
  readonly index?: string
  /** Of `batches`, `data` and `recompute`: the key that gives the order. */
  readonly key?: readonly string[]
  /** Of `recompute`: "sales.Order.total". */
  readonly field?: string
  /** Needs the extension pg_trgm, and is passed over where there is none. */
  readonly needsTrigram?: true
}

export type NewStep = Omit<MigrationStep, "id" | "phase">
