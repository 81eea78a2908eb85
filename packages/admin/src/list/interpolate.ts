import type { WhereJson } from "@archipel/core"
import type { RecordData } from "../api/records.ts"

/** How values that rows are sorted by become numbers, and back. */
export type Scale = "number" | "date" | "datetime" | "uuid7"

/** The first term of an order, where positions between two values can be reckoned. */
export interface SortKey {
  /** A field of the model itself: "total". */
  readonly path: string
  readonly scale: Scale
  readonly isDescending: boolean
  valueOf(row: RecordData | undefined): string | undefined
}

const DAY_MS = 86_400_000

function toNumber(scale: Scale, value: string): number {
  if (scale === "number") return Number(value)
  // The first 48 bits of a UUID of version 7 are when it was made (RFC 9562, section 5.7).
  if (scale === "uuid7") return Number.parseInt(value.replaceAll("-", "").slice(0, 12), 16)
  return Date.parse(value)
}

function fromNumber(scale: Scale, at: number): string {
  if (scale === "number") return String(Math.round(at))
  if (scale === "datetime") return new Date(Math.round(at)).toISOString()
  if (scale === "date") return new Date(Math.round(at / DAY_MS) * DAY_MS).toISOString().slice(0, 10)
  const hex = Math.round(at).toString(16).padStart(12, "0")
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-000000000000`
}

/**
 * A value near a position, from those at both sides of it; undefined where they do not enclose it, or are the same: then nothing can be
 * told apart by it.
 *
 * @param known Sorted by position.
 */
export function valueNear(
  key: SortKey,
  known: readonly { readonly index: number; readonly value: string }[],
  index: number,
): string | undefined {
  const after = known.find((each) => each.index > index)
  const before = known.findLast((each) => each.index <= index)
  if (!after || !before) return undefined
  const [low, high] = [toNumber(key.scale, before.value), toNumber(key.scale, after.value)]
  if (!Number.isFinite(low) || !Number.isFinite(high) || low === high) return undefined
  const share = (index - before.index) / (after.index - before.index)
  return fromNumber(key.scale, low + (high - low) * share)
}

/** The rows before a value and those from it on, in the order of the sort: each row is in one of them. */
export function splitAt(
  key: SortKey,
  value: string,
  where: WhereJson | undefined,
): { before: WhereJson; from: WhereJson } {
  const { path, isDescending } = key
  const joined = (own: WhereJson): WhereJson => (where === undefined ? own : ({ and: [where, own] } as WhereJson))
  const comparison = { [path]: { [isDescending ? "gt" : "lt"]: value } } as WhereJson
  // By `not`, so that rows without a value are on the side where the order has them: they come last, descending first.
  if (isDescending) {
    return {
      before: joined({ or: [comparison, { [path]: { isSet: false } }] } as WhereJson),
      from: joined({ [path]: { lte: value } } as WhereJson),
    }
  }
  return { before: joined(comparison), from: joined({ not: comparison } as WhereJson) }
}
