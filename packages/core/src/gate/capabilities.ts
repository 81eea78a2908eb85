import type { ColumnMember } from "../catalog.ts"
import { whereOperators } from "../where.ts"
import { isOpaque, isTextual, ordersRecords } from "./bind-where.ts"
import { aggregatesOf, PERIODS } from "./read-group.ts"

/** What queries can do with a field, for those who build them: what is not in here would be refused. */
export interface Capabilities {
  /** Operators of conditions. */
  readonly operators: readonly string[]
  readonly sort: boolean
  readonly group: boolean
  /** Periods that it can be grouped by besides. */
  readonly periods?: readonly string[]
  readonly aggregates: readonly string[]
}

const NEEDS_TEXT: ReadonlySet<string> = new Set(["contains", "startsWith"])
const NEEDS_ORDER: ReadonlySet<string> = new Set(["lt", "lte", "gt", "gte"])

/** What can be asked of a column by whoever may read it, whatever its values are. */
export function capabilitiesOf(member: ColumnMember): Capabilities {
  if (isOpaque(member)) return { operators: ["isSet"], sort: false, group: false, aggregates: [] }
  const hasOrder = member.kind === "field" && member.type !== "bool"
  const operators = [...whereOperators].filter(
    (operator) => (!NEEDS_TEXT.has(operator) || isTextual(member)) && (!NEEDS_ORDER.has(operator) || hasOrder),
  )
  const isDay = member.kind === "field" && (member.type === "date" || member.type === "datetime")
  return {
    operators,
    sort: ordersRecords(member),
    group: true,
    ...(isDay ? { periods: [...PERIODS] } : {}),
    aggregates: aggregatesOf(member),
  }
}
