/**
 * The row that a piece of JSON is made from.
 *
 * @module
 */
import type { ColumnMember, Condition } from "@archipel/core"
import { booleanSql } from "../sql/condition-sql.ts"
import { partColumn, keyPartsOf } from "../sql/key-sql.ts"
import { columnOf, identifier, isPlainColumn, type StatementBuilder } from "../sql/statement-builder.ts"

/**
 * A row read in two steps: conditions look at the table's row (`base`), JSON at what is taken from it (`alias`). What is
 * asked for is what is taken: no column is read for nothing, and each mask is decided once a row, however many cells it hides.
 */
export interface RowScope {
  /** The alias that the JSON refers to. */
  readonly alias: string
  /** The alias of the table itself. */
  readonly base: string
  /** A column, taken along. */
  column(member: ColumnMember): string
  /** The columns of an id or a reference, taken along. */
  parts(member: ColumnMember): string[]
  /** Whether a condition holds for the row: never NULL. "true" and "false" where that is known before. */
  mask(condition: Condition): string
  /** Any expression over the table's row, taken along. */
  take(name: string, expression: string): string
  /** Whether anything but plain columns is taken. */
  readonly isComputed: boolean
  /** The select list of what is taken. */
  selectList(): string
}

/** The one column of a member that is a column as it is. */
const plainName = (member: ColumnMember): string =>
  member.stored?.kind === "key" ? (member.stored.parts[0]?.column ?? member.columnName) : member.columnName

/** @param base The alias of the table's row; that of the JSON if nothing lies between. */
export function rowScope(builder: StatementBuilder, alias: string, base: string): RowScope {
  const taken = new Map<string, string>()
  const masks = new Map<string, string>()
  let computed = 0
  const scope: RowScope = {
    alias,
    base,
    column(member) {
      const expression = columnOf(base, member)
      if (alias === base) return expression
      if (!isPlainColumn(member)) return scope.take(`$${member.name}`, expression)
      const column = plainName(member)
      taken.set(column, expression)
      return `${alias}.${identifier(column)}`
    },
    parts: (member) =>
      keyPartsOf(member).map(({ column }) => {
        if (alias !== base) taken.set(column, partColumn(base, column))
        return partColumn(alias, column)
      }),
    mask(condition) {
      if (condition.kind === "true" || condition.kind === "false") return condition.kind
      const sql = booleanSql(condition, base, builder)
      const known = masks.get(sql)
      if (known !== undefined) return known
      const mask = scope.take(`$m${masks.size + 1}`, sql)
      masks.set(sql, mask)
      return mask
    },
    take(name, expression) {
      computed++
      taken.set(name, expression)
      return `${alias}.${identifier(name)}`
    },
    get isComputed() {
      return computed > 0
    },
    selectList: () => [...taken].map(([name, sql]) => `${sql} as ${identifier(name)}`).join(", "),
  }
  return scope
}
