/**
 * What steps cost on a database of this size.
 *
 * @module
 */
import type { Queryable } from "../postgres/database.ts"
import { literal } from "../schema/ddl.ts"
import type { MigrationStep } from "./step.ts"

/** Of an ordinary server, rather too few than too many. */
const ROWS_PER_SECOND = { scan: 1_000_000, index: 300_000, rows: 15_000 } as const

export interface Estimate {
  readonly rows: number
  readonly seconds: number
  /** For people; empty where there is nothing to say. */
  readonly words: string
}

/** How many rows tables have, about: by PostgreSQL's statistics, or counted up to 10,000 where there are none. */
export async function tableSizes(database: Queryable, tables: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const found = new Map<string, number>()
  for (const name of new Set(tables)) {
    const path = name.includes(".") ? name : `"${name}"`
    const text = await database.text({
      text: `select case when c.oid is null then null when c.reltuples > 0 then c.reltuples::bigint else -1 end::text
        from (select to_regclass(${literal(path)}) as oid) t left join pg_class c on c.oid = t.oid`,
    })
    if (text === null) continue
    const rows =
      text === "-1"
        ? await database.text({ text: `select count(*)::text from (select from ${path} limit 10000) counted` })
        : text
    found.set(name, Number(rows))
  }
  return found
}

export function estimateOf(step: MigrationStep, rows: number): Estimate {
  const about = `about ${rows.toLocaleString("en")} rows`
  if (step.cost === "catalogue" || rows === 0) return { rows, seconds: 0, words: "" }
  const seconds = rows / ROWS_PER_SECOND[step.cost]
  const time =
    seconds < 1
      ? "less than a second"
      : seconds < 120
        ? `about ${Math.ceil(seconds)} s`
        : `about ${Math.ceil(seconds / 60)} min`
  const what = {
    scan: `reads ${about}, ${time}; reads and writes go on`,
    index: `an index over ${about}, ${time}; reads and writes go on`,
    rows: `writes up to ${about} in batches, ${time}; a row waits for its batch at most`,
  }[step.cost]
  return { rows, seconds, words: what }
}
