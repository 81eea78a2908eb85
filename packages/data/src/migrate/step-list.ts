/**
 * Steps in the order in which they can run.
 *
 * @module
 */
import { type MigrationStep, type NewStep, type Phase, phases } from "./step.ts"

/** The order of steps over all tables: what has to be there, or gone, before what. */
const orders = {
  expand: ["widen", "rename", "relax", "create", "add", "in step", "refer"],
  backfill: ["data", "fill", "recompute", "check", "index", "refer"],
  contract: [
    "old names",
    "counters",
    "repair",
    "required",
    "replace",
    "drop columns",
    "recompute",
    "rename",
    "check",
    "unindex",
    "index",
    "refer",
    "drop tables",
    "history",
  ],
} as const satisfies Readonly<Record<Phase, readonly string[]>>

export type Order<P extends Phase> = (typeof orders)[P][number]

export class StepList {
  readonly #found: { readonly phase: Phase; readonly order: number; readonly step: NewStep }[] = []

  add<P extends Phase>(phase: P, order: Order<P>, step: NewStep): void {
    this.#found.push({ phase, order: (orders[phase] as readonly string[]).indexOf(order), step })
  }

  /** The same additions give the same steps with the same ids. */
  get steps(): readonly MigrationStep[] {
    const rank = (phase: Phase): number => phases.indexOf(phase)
    const sorted = this.#found.toSorted((a, b) => rank(a.phase) - rank(b.phase) || a.order - b.order)
    const digits = Math.max(2, String(sorted.length).length)
    return sorted.map(({ phase, step }, position) => ({
      id: String(position + 1).padStart(digits, "0"),
      phase,
      ...step,
    }))
  }
}

const ofTable = (
  table: string,
  rest: Omit<NewStep, "table" | "mode">,
  mode: NewStep["mode"] = "transaction",
): NewStep => ({
  table,
  mode,
  ...rest,
})

/** Changes the catalogue alone: the strongest lock, for a moment. */
export const catalogueStep = (table: string, title: string, statements: readonly string[], loss?: string): NewStep =>
  ofTable(table, {
    title,
    statements,
    lock: "access exclusive",
    cost: "catalogue",
    ...(loss === undefined ? {} : { loss }),
  })

/** Reads all rows while they are read and written as ever. */
export const validateStep = (table: string, title: string, statement: string): NewStep =>
  ofTable(table, { title, statements: [statement], lock: "share update exclusive", cost: "scan" })

export const batchesStep = (
  table: string,
  title: string,
  statement: string,
  key: readonly string[],
  loss?: string,
): NewStep =>
  ofTable(
    table,
    { title, statements: [statement], lock: "none", cost: "rows", key, ...(loss === undefined ? {} : { loss }) },
    "batches",
  )

/** Builds or drops an index beside running writes. */
export const indexStep = (
  table: string,
  title: string,
  statement: string,
  index: string,
  cost: "index" | "catalogue",
  needsTrigram = false,
): NewStep =>
  ofTable(
    table,
    {
      title,
      statements: [statement],
      lock: "share update exclusive",
      cost,
      index,
      ...(needsTrigram ? { needsTrigram: true as const } : {}),
    },
    "alone",
  )
