/**
 * A table sent to `$import` in portions, so that its progress is seen and it can be stopped between two of them.
 *
 * @module
 */
import type { Mapping } from "./mapping.ts"
import { numberOfRow, type Table } from "./table.ts"

/** Rows of one request, which the service works on for a few seconds. */
const PORTION_ROWS = 250
/** Characters of one request: far below the 8 MB of a body, whatever they are encoded as. */
const PORTION_CHARACTERS = 1_000_000
/** Mistakes that are kept; all are counted. */
const MAX_ERRORS = 1_000

/** What is wrong with a row. */
export interface RowError {
  /** As a spreadsheet counts: the header is row 1. */
  readonly row: number
  /** The column's place in the table; undefined where it is none in particular. */
  readonly column: number | undefined
  readonly code: string
  readonly detail: string
}

interface Portion {
  /** Which rows of the table they are. */
  readonly numbers: readonly number[]
  readonly rows: readonly (readonly string[])[]
}

/** What is to be sent. */
export interface Plan {
  readonly columns: readonly number[]
  readonly paths: readonly string[]
  readonly key: string | undefined
  readonly portions: readonly Portion[]
  /** Rows that are not sent, since an earlier one is of the same record: the service sees that within a portion alone. */
  readonly repeated: readonly RowError[]
}

/** Of what is sent: its header is row 1. */
const FIRST_ROW = 2

export function planOf(table: Table, mapping: Mapping, key: string | undefined): Plan {
  const filled = mapping.flatMap((path, column) => (path === undefined ? [] : [{ path, column }]))
  const columns = filled.map(({ column }) => column)
  const keyColumn = key === undefined ? undefined : filled.find(({ path }) => path === key)?.column
  const seen = new Set<string>()
  const repeated: RowError[] = []
  const portions: { numbers: number[]; rows: (readonly string[])[] }[] = []
  let characters = 0
  for (const [index, row] of table.rows.entries()) {
    const number = numberOfRow(table, index)
    const named = keyColumn === undefined ? "" : (row[keyColumn] ?? "")
    if (named !== "" && seen.has(named)) {
      repeated.push({ row: number, column: keyColumn, code: "key.repeated", detail: "" })
      continue
    }
    seen.add(named)
    // Cells beyond the last column stay: the service refuses such a row.
    const cells = [...columns.map((column) => row[column] ?? ""), ...row.slice(table.headers.length)]
    const size = cells.reduce((sum, cell) => sum + cell.length, 0)
    let last = portions.at(-1)
    if (last === undefined || last.rows.length >= PORTION_ROWS || characters + size > PORTION_CHARACTERS) {
      portions.push((last = { numbers: [], rows: [] }))
      characters = 0
    }
    characters += size
    last.numbers.push(number)
    last.rows.push(cells)
  }
  return { columns, paths: filled.map(({ path }) => path), key, portions, repeated }
}

/** What came of the portions that were answered. */
export interface Outcome {
  readonly created: number
  readonly updated: number
  readonly failed: number
  /** In the order of the rows; at most 1,000. */
  readonly errors: readonly RowError[]
  /** Rows that were looked at. */
  readonly done: number
  /** Portions that were answered: a run that ended early goes on with the next. */
  readonly portions: number
  /** Why it ended early. */
  readonly problem?: unknown
}

export const beginningOf = ({ repeated }: Plan): Outcome => ({
  created: 0,
  updated: 0,
  failed: repeated.length,
  errors: repeated.slice(0, MAX_ERRORS),
  done: repeated.length,
  portions: 0,
})

/** What a run that ended early goes on with; undefined for one that is through. */
export const nextPortion = (plan: Plan, { portions }: Outcome): Portion | undefined => plan.portions[portions]

/** The body of one request. Columns are called by their place, whatever the table calls them. */
export interface ImportBody {
  readonly columns: readonly string[]
  readonly rows: readonly (readonly string[])[]
  readonly mapping: Readonly<Record<string, string>>
  readonly key?: string
  readonly dryRun: boolean
}

export interface ImportAnswer {
  readonly created: number
  readonly updated: number
  readonly failed: number
  readonly errors: readonly {
    readonly row: number
    readonly column: string | null
    readonly code: string
    readonly detail: string
  }[]
}

function added(outcome: Outcome, { created, updated, failed, errors }: ImportAnswer, portion: Portion): Outcome {
  const found = errors.map(({ row, column, code, detail }): RowError => {
    const number = portion.numbers[row - FIRST_ROW] ?? row
    return { row: number, column: column === null ? undefined : Number(column), code, detail }
  })
  return {
    created: outcome.created + created,
    updated: outcome.updated + updated,
    failed: outcome.failed + failed,
    errors: [...outcome.errors, ...found].toSorted((a, b) => a.row - b.row).slice(0, MAX_ERRORS),
    done: outcome.done + portion.rows.length,
    portions: outcome.portions + 1,
  }
}

/**
 * Sends what is left of a plan, one portion after the other. A failure ends it with what was done until then; it never throws.
 *
 * @param from What was done before, to go on with.
 */
export async function runImport(
  plan: Plan,
  run: {
    readonly dryRun: boolean
    readonly from?: Outcome
    readonly ask: (body: ImportBody) => Promise<ImportAnswer>
    readonly onProgress: (outcome: Outcome) => void
    readonly isStopped: () => boolean
  },
): Promise<Outcome> {
  const columns = plan.columns.map(String)
  const mapping = Object.fromEntries(columns.map((column, i) => [column, plan.paths[i] as string]))
  const { problem: _, ...begun } = run.from ?? beginningOf(plan)
  let outcome: Outcome = begun
  for (const portion of plan.portions.slice(outcome.portions)) {
    if (run.isStopped()) break
    run.onProgress(outcome)
    const { rows } = portion
    const key = plan.key === undefined ? {} : { key: plan.key }
    try {
      outcome = added(outcome, await run.ask({ columns, rows, mapping, ...key, dryRun: run.dryRun }), portion)
    } catch (problem) {
      return { ...outcome, problem }
    }
  }
  return outcome
}
