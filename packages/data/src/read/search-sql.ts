/**
 * The condition of a text search.
 *
 * @module
 */
import { type PageTree, type ResolvedModel, searchable } from "@archipel/core"
import { searchCondition, searchExpression } from "../schema/search-expression.ts"
import { FRAMEWORK_SCHEMA } from "../schema/structure.ts"
import { maskedSql } from "../sql/condition-sql.ts"
import { columnOf, type StatementBuilder } from "../sql/statement-builder.ts"

/** Words that get a condition of their own, which the trigram index can serve; more are tested on the rows that these find. */
const INDEXED_WORDS = 4

/** How many plans a search can have, by its words: what tells them apart. */
export const searchVariant = (words: number): number => Math.min(words, INDEXED_WORDS + 1)

/** @param variant As `searchVariant` makes it. */
export function searchSql(
  model: ResolvedModel,
  search: NonNullable<PageTree["search"]>,
  variant: number,
  alias: string,
  builder: StatementBuilder,
): string {
  // Nothing to look for: no parameter may be left that the text does not name.
  if (variant === 0) return "true"
  const { fields, index } = search
  const all = searchable(model)
  const isIndexed =
    fields.length === all.length && fields.every((f, i) => f.member === all[i] && f.readable.kind === "true")
  const texts = fields.map(
    ({ member, readable }) => `coalesce(${maskedSql(readable, columnOf(alias, member), alias, builder)}, '')`,
  )
  const expression = isIndexed
    ? searchExpression(
        all.map(({ columnName }) => columnName),
        alias,
      )
    : `${FRAMEWORK_SCHEMA}.folded(${texts.join(" || E'\\n' || ")})`
  const conditions = Array.from({ length: Math.min(variant, INDEXED_WORDS) }, (_, word) => {
    return `${expression} like ${FRAMEWORK_SCHEMA}.folded(${builder.parameter({ kind: "search", index, word }, "text")})`
  })
  if (variant > INDEXED_WORDS) {
    conditions.push(searchCondition(expression, builder.parameter({ kind: "search", index }, "text[]")))
  }
  return conditions.join(" and ")
}
