/**
 * Groups and aggregates folded over records in memory.
 *
 * @module
 */
import { dayIn, periodStart } from "../calendar.ts"
import type { ColumnMember, ResolvedModel } from "../catalog.ts"
import { compareDecimals, divide, round, sum } from "../decimal.ts"
import type { Query } from "../query.ts"
import type { DataRecord } from "./dataset.ts"
import { type Evaluation, evaluationOf, matching, rootModel, valueAt } from "./evaluate-query.ts"
import type { Situation } from "./sight.ts"
import { compareNullable, compareTexts, compareValues } from "./value-order.ts"

interface Cell {
  readonly shown: unknown
  readonly compare: (other: unknown) => number
  readonly raw: unknown
}

/** The groups of a query in its order, all of them, as the JSON that an answer has. Without keys all records are one group. */
export function evaluateGroups(query: Query, situation: Situation): readonly Record<string, unknown>[] {
  const evaluation = evaluationOf(query, situation)
  const model = rootModel(evaluation)
  const keys = query.group ?? []
  const aggregates = Object.entries(query.aggregates ?? { count: "count" })
  const groups = new Map<string, { readonly keys: readonly Cell[]; readonly records: DataRecord[] }>()
  for (const record of matching(evaluation)) {
    const cells = keys.map((key) => keyCell(model, record, key, evaluation))
    const id = JSON.stringify(cells.map(({ raw }) => raw))
    const group = groups.get(id) ?? { keys: cells, records: [] }
    group.records.push(record)
    groups.set(id, group)
  }
  if (keys.length === 0 && groups.size === 0) groups.set("", { keys: [], records: [] })
  const rows = [...groups.values()].map((group) => {
    const cells = aggregates.map(([, text]) => aggregateCell(model, group.records, text, evaluation))
    const names = [...keys, ...aggregates.map(([name]) => name)]
    return new Map([...group.keys, ...cells].map((cell, i) => [names[i] as string, cell]))
  })
  const terms = [...(query.orderBy ?? [])]
  for (const key of keys) if (!terms.some((t) => t.replace(/^-/, "") === key)) terms.push(key)
  const ordered = rows.toSorted((a, b) => {
    for (const term of terms) {
      const name = term.replace(/^-/, "")
      const order = a.get(name)?.compare(b.get(name)?.raw) ?? 0
      if (order !== 0) return term.startsWith("-") ? -order : order
    }
    return 0
  })
  return ordered.map((row) => Object.fromEntries([...row].map(([name, { shown }]) => [name, shown])))
}

const cellOf = (member: ColumnMember, raw: unknown, shown = raw): Cell => ({
  raw,
  shown,
  compare: (other) => compareNullable(member, raw, other),
})

const nullableOrder = (raw: unknown, other: unknown, compare: () => number): number =>
  raw === null || other === null ? (raw === other ? 0 : raw === null ? 1 : -1) : compare()

function keyCell(model: ResolvedModel, record: DataRecord, key: string, evaluation: Evaluation): Cell {
  const [path, period] = key.split(":") as [string, Parameters<typeof periodStart>[1] | undefined]
  const { member, value } = valueAt(model, record, path, evaluation)
  if (period !== undefined) {
    const isInstant = member.kind === "field" && member.type === "datetime"
    const day = isInstant && value !== null ? dayIn(String(value), evaluation.principal.timeZone) : value
    const start = day === null ? null : periodStart(String(day), period)
    return {
      raw: start,
      shown: start,
      compare: (other) => nullableOrder(start, other, () => compareTexts(String(start), String(other))),
    }
  }
  if (member.kind === "field" || value === null) return cellOf(member, value)
  if (!member.local) return cellOf(member, value, { id: value })
  const { target } = member
  const found = evaluation.dataset.records(target.name).find((r) => r["id"] === value)
  const isSeen =
    found &&
    (target.publicTitle ||
      (evaluation.sight.record(target, found) && evaluation.sight.cell(target, found, target.title)))
  return cellOf(member, value, { id: value, title: isSeen ? (found[target.title] ?? null) : null })
}

function aggregateCell(
  model: ResolvedModel,
  records: readonly DataRecord[],
  text: string,
  evaluation: Evaluation,
): Cell {
  const [, name, path] = /^(\w+)(?:\((.+)\))?$/.exec(text) as unknown as [string, string, string | undefined]
  const numeric = (raw: string | number | null): Cell => ({
    raw,
    shown: raw,
    compare: (other) => nullableOrder(raw, other, () => compareDecimals(String(raw), String(other))),
  })
  if (path === undefined) return numeric(records.length)
  const found = records.map((record) => valueAt(model, record, path, evaluation))
  const values = found.map(({ value }) => value).filter((value) => value !== null)
  const member = found[0]?.member
  if (name === "count") return numeric(values.length)
  if (name === "countDistinct") return numeric(new Set(values).size)
  if (values.length === 0 || !member) return { raw: null, shown: null, compare: (other) => (other === null ? 0 : 1) }
  if (name === "min" || name === "max") {
    const sorted = values.toSorted((a, b) => compareValues(member, a, b))
    return cellOf(member, name === "min" ? sorted[0] : sorted.at(-1))
  }
  const total = sum(values.map(String))
  if (name === "avg") return numeric(divide(total, values.length, 6))
  return numeric(member.kind === "field" && member.scale !== undefined ? round(total, member.scale) : total)
}
