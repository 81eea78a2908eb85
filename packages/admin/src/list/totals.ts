import { useQuery } from "@tanstack/react-query"
import type { WhereJson } from "@archipel/core"
import { query } from "../api/records.ts"
import { useAskedAgain } from "./use-asked-again.ts"
import { formatValue } from "../fields/format.ts"
import type { Language } from "../i18n/language.ts"
import type { Column } from "./columns.ts"

/** What a column adds up to, as it is shown. */
export function formatTotal(sums: Readonly<Record<string, unknown>>, column: Column, language: Language): string {
  const sum = sums[column.path]
  return sum === undefined || sum === null ? "" : formatValue(column.field, sum, language)
}

export interface Totals {
  readonly count: number
  readonly sums: Readonly<Record<string, unknown>>
}

const KINDS = ["totals"]

/**
 * Of all records that match, by the service: how many, and the sums of columns. They are asked for once the rows are there: the
 * database looks at every record for them, and the rows would wait for their share of it. What is changed here asks again.
 */
export function useTotals(
  collection: string,
  about: {
    readonly where: WhereJson | undefined
    readonly search: string | undefined
    readonly archived: "any" | "only" | undefined
  },
  summed: readonly string[],
  hasRows: boolean,
) {
  useAskedAgain(collection, KINDS)
  return useQuery({
    enabled: hasRows,
    queryKey: ["totals", collection, about, summed],
    queryFn: async ({ signal }): Promise<Totals> => {
      const aggregates = { count: "count", ...Object.fromEntries(summed.map((path, i) => [`sum${i}`, `sum(${path})`])) }
      const { where, search, archived } = about
      const page = await query(
        collection,
        {
          aggregates,
          ...(where === undefined ? {} : { where }),
          ...(search === undefined ? {} : { search }),
          ...(archived === undefined ? {} : { archived }),
        },
        { signal },
      )
      const row = page.data[0] ?? {}
      return {
        count: Number((row as Readonly<Record<string, unknown>>)["count"] ?? 0),
        sums: Object.fromEntries(
          summed.map((path, i) => [path, (row as Readonly<Record<string, unknown>>)[`sum${i}`]]),
        ),
      }
    },
  })
}
