import type { WhereJson } from "@archipel/core"
import { keepPreviousData, useQuery } from "@tanstack/react-query"
import { type Page, query, type RecordData } from "../api/records.ts"
import { formatValue, referenceOf, valueLabel } from "../fields/format.ts"
import { type Language, useLanguage } from "../i18n/language.ts"
import type { Column } from "../list/columns.ts"
import { isOne, type UiField, type UiModel } from "../metadata/model.ts"
import { type BoardTexts, useBoardTexts } from "./text.ts"

/** A column of a board: the records with one value, or without any. */
export interface Lane {
  readonly key: string
  readonly value: string | null
  readonly title: string
  readonly count: number
  readonly sum: string | undefined
}

/** What a board shows of a model's records. */
export interface BoardAbout {
  readonly where: WhereJson | undefined
  readonly search: string | undefined
  readonly archived: "any" | "only" | undefined
}

/** Columns by references: those with the most records. */
export const MAX_LANES = 60

/** No value of a field begins with a space. */
const keyOf = (value: string | null): string => value ?? " none"

/** The value of a row by which it is in its column. */
export function laneValue(row: RecordData, field: string): string | null {
  const value = row[field]
  return referenceOf(value, undefined)?.id ?? null
}

export const laneWhere = (field: string, value: string | null): WhereJson =>
  ({ [field]: value === null ? { isSet: false } : value }) as WhereJson

export const askedOf = ({ where, search, archived }: BoardAbout) => ({
  ...(where ? { where } : {}),
  ...(search ? { search } : {}),
  ...(archived ? { archived } : {}),
})

interface LanesOf {
  readonly name: string
  readonly field: UiField
  readonly amount: Column | undefined
  readonly t: BoardTexts
  readonly language: Language
}

/** The columns of the groups that a service found: every value of a state or choice, of references those that there are, by their titles. */
export function lanesOf({ data }: Pick<Page, "data">, { name, field, amount, t, language }: LanesOf): readonly Lane[] {
  const groups = new Map(data.map((group) => [keyOf(laneValue(group, name)), group]))
  const lane = (value: string | null, title: string): Lane => {
    const group = groups.get(keyOf(value))
    const sum = amount && group?.["sum"] ? formatValue(amount.field, group["sum"], language) : undefined
    return { key: keyOf(value), value, title, count: Number(group?.["count"] ?? 0), sum }
  }
  const isEmptyShown = field.type !== "states" && field.optional === true
  const empty = isEmptyShown && (isOne(field) || groups.has(keyOf(null))) ? [lane(null, t.none(field.label))] : []
  if (!isOne(field)) {
    const { values = [] } = field as { readonly values?: readonly string[] }
    return [...empty, ...values.map((value) => lane(value, valueLabel(field, value)))]
  }
  const found = data.flatMap((group) => {
    const reference = referenceOf(group[name], field.display)
    if (!reference) return []
    const { id, title, unavailable } = reference
    return lane(id, title ?? (unavailable ? `${id.slice(-8)} · ${t.away}` : t.unknown))
  })
  return [...empty, ...found.toSorted((a, b) => a.title.localeCompare(b.title, language))]
}

/** The columns of a board with their counts, and the sum of the first amount. */
export function useLanes(model: UiModel, name: string, amount: Column | undefined, about: BoardAbout) {
  const language = useLanguage()
  const t = useBoardTexts()
  const field = model.fields[name] as UiField
  return useQuery({
    queryKey: ["lanes", model.collection, name, amount?.path, language, about],
    placeholderData: keepPreviousData,
    queryFn: async ({ signal }) => {
      const page = await query(
        model.collection,
        {
          group: [name],
          aggregates: { count: "count", ...(amount ? { sum: `sum(${amount.path})` } : {}) },
          orderBy: ["-count"],
          limit: MAX_LANES + 1,
          ...askedOf(about),
        },
        { signal },
      )
      const shown = page.data.slice(0, MAX_LANES)
      return {
        lanes: lanesOf({ data: shown }, { name, field, amount, t, language }),
        hasMore: page.data.length > MAX_LANES,
        partial: page.partial,
      }
    },
  })
}
