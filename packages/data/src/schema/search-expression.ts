/**
 * Text search: how words are found in a record's texts, and what an index on it holds.
 *
 * @module
 */
import pg from "pg"
import { FRAMEWORK_SCHEMA } from "./structure.ts"

/**
 * All texts of a record as one, without case and accents. Each word of a search must occur in it: since a word has no
 * line break, it then occurs in one of the columns. A query has to use the very same columns in the same order (those of
 * core's `searchable`, in the model's order) for the trigram index to serve it; any other set works without an index.
 *
 * @param alias Of the table in the query; left out in the index.
 */
export function searchExpression(columnNames: readonly string[], alias?: string): string {
  const prefix = alias === undefined ? "" : `${alias}.`
  const texts = columnNames.map((name) => `coalesce(${prefix}${pg.escapeIdentifier(name)}, '')`)
  return `${FRAMEWORK_SCHEMA}.folded(${texts.join(" || E'\\n' || ")})`
}

/** So many words narrow the index scan; further ones only filter its result. */
const INDEXED_WORDS = 3

/**
 * The condition that every word of a search occurs.
 *
 * @param words SQL of a text array, one LIKE pattern for each word as `searchPatterns` makes it: "$1::text[]". One
 *   statement serves any number of words.
 */
export function searchCondition(expression: string, words: string): string {
  const folded = (word: string): string => `${FRAMEWORK_SCHEMA}.folded(${word})`
  const single = Array.from({ length: INDEXED_WORDS }, (_, position) => {
    // With fewer words the first one again, since an index condition of "%" would make the planner expect a scan of all.
    return `${expression} like ${folded(`coalesce((${words})[${position + 1}], (${words})[1], '%')`)}`
  })
  const others = `array(select ${folded("word")} from unnest((${words})[${INDEXED_WORDS + 1}:]) as word)`
  return `(${[...single, `${expression} like all (${others})`].join(" and ")})`
}

/** The words of a search as LIKE patterns, still with their case and accents. */
export const searchPatterns = (search: string): string[] =>
  search
    .split(/\s+/)
    .filter((word) => word !== "")
    .map((word) => `%${word.replaceAll(/[\\%_]/g, "\\$&")}%`)
