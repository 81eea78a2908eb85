import { parseArgs } from "node:util"
import { readsFirst, type WorkName, works } from "./works.ts"

export interface BenchOptions {
  /** Each round measures every work of every subject once, from fresh data. Five, so that a median outlives two disturbed rounds. */
  readonly rounds: number
  /** Length of one measurement. */
  readonly seconds: number
  /**
   * For how long each work is done before it is measured. Fifteen: a server is warm for most of its life, and until all of it is
   * compiled the product's changes of a second go from 2,350 to 3,700, in some 16 s.
   */
  readonly warmSeconds: number
  /** In the order in which they are done. */
  readonly works: readonly WorkName[]
  readonly subjects: readonly string[] | null
  /** Numbers of orders for which a page of a list, with `admin` the admin's list, is timed; none leaves that part out. */
  readonly rows: readonly number[]
  /** Whether the cost of rules is measured too. */
  readonly rules: boolean
  /** Measures services apart in place of the five works. */
  readonly apart: boolean
  /** Rows of a table that is migrated under writes, in place of the five works. */
  readonly migrate: number | null
  /** Measures the admin in a browser, in place of the five works. */
  readonly admin: boolean
  /** With `admin`: only these numbers of its acceptance list; null for all. */
  readonly checks: readonly number[] | null
  /** With `admin`: a directory whose orders are kept for the next run. */
  readonly data: string | null
  /** Measures CPU time alone in place of throughput. */
  readonly cpu: boolean
  /** With `cpu`: another checkout, whose product is measured too. */
  readonly against: string | null
  /** A missed budget of the first column ends the program with status 1. */
  readonly enforce: boolean
}

export const usage = `npm run bench -- [options]
  --rounds N         interleaved rounds, 5
  --seconds N        length of one measurement, 4
  --warm N           seconds of each work before it is measured, 15
  --works W1,W3      only these works
  --subjects a,b     of baseline, product, reference (which needs REFERENCE_BENCH); all by default
  --rows 1000,1e6    sizes for the time of a page of a list, 1e3,1e5,1e6; 0 leaves it out. With --admin 1e5,1e6
  --no-rules         without the cost of rules
  --apart            services apart instead: calls between them, both topologies, drills
  --migrate [N]      a migration of a table of 2e6 (or N) rows under writes instead
  --admin            the admin in Chromium instead: the times of its acceptance list
  --checks 2,5       with --admin: only these numbers of the list
  --data DIR         with --admin: keeps its orders in this directory for the next run
  --cpu              only the CPU time of the five works, in short samples: for a machine that others use too
  --against DIR      with --cpu: measures the product of another checkout beside this one
  --quick            2 rounds of 2 s, warmed for 4 s, lists at 1e3 and 1e5 rows; with --admin at 2e4 rows
  --enforce          end with status 1 when a first budget is missed`

/** @throws TypeError for an option that does not exist, RangeError for a value that makes no sense. */
export function readOptions(args: readonly string[]): BenchOptions | "help" {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      rounds: { type: "string" },
      seconds: { type: "string" },
      warm: { type: "string" },
      works: { type: "string" },
      subjects: { type: "string" },
      rows: { type: "string" },
      "no-rules": { type: "boolean", default: false },
      apart: { type: "boolean", default: false },
      migrate: { type: "boolean", default: false },
      admin: { type: "boolean", default: false },
      checks: { type: "string" },
      data: { type: "string" },
      cpu: { type: "boolean", default: false },
      against: { type: "string" },
      quick: { type: "boolean", default: false },
      enforce: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  })
  if (values.help) return "help"
  const names = values.works?.split(",") ?? works.map((work) => work.name)
  const unknown = names.find((name) => !works.some((work) => work.name === name))
  if (unknown !== undefined) throw new RangeError(`there is no work ${unknown}`)
  const sizes = values.admin ? { quick: "2e4", full: "1e5,1e6" } : { quick: "1e3,1e5", full: "1e3,1e5,1e6" }
  const rows = (values.rows ?? (values.quick ? sizes.quick : sizes.full)).split(",").map(Number)
  if (rows.some((count) => !Number.isSafeInteger(count) || count < 0))
    throw new RangeError("--rows takes whole numbers")
  return {
    rounds: positive("rounds", values.rounds ?? (values.quick ? "2" : "5")),
    seconds: positive("seconds", values.seconds ?? (values.quick ? "2" : "4")),
    warmSeconds: positive("warm", values.warm ?? (values.quick ? "4" : "15")),
    works: readsFirst(works.map((work) => work.name).filter((name) => names.includes(name))),
    subjects: values.subjects?.split(",") ?? null,
    rows: rows.filter((count) => count > 0),
    rules: !values["no-rules"],
    apart: values.apart,
    migrate: values.migrate ? positive("migrate", String(Number(positionals[0] ?? "2e6"))) : null,
    admin: values.admin,
    checks: values.checks?.split(",").map((text) => positive("checks", text)) ?? null,
    data: values.data ?? null,
    cpu: values.cpu,
    against: values.against ?? null,
    enforce: values.enforce,
  }
}

function positive(name: string, text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < 1) throw new RangeError(`--${name} takes a whole number from 1`)
  return value
}
