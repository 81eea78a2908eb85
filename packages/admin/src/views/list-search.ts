import type { WhereJson } from "@archipel/core"

/**
 * The state of a list, as it is in the address: whoever is given the address sees the same, cut to what they may. All are texts; a
 * part that cannot be read counts as left out.
 *
 * @module
 */
export interface ListSearch {
  /** Which view: left out for the list. */
  readonly view?: string
  /** Words that are searched for. */
  readonly q?: string
  /** Conditions that all hold, as JSON: a list, each of it one facet. */
  readonly where?: string
  /** "-total,number" */
  readonly sort?: string
  /** "status,date:month" */
  readonly group?: string
  /** Paths of the columns in their order: "number,customer.name,total". */
  readonly columns?: string
  readonly archived?: "any" | "only"
  /** Of a board: the field that its columns are the values of. */
  readonly by?: string
  /** Of a record: the tab that is open. */
  readonly tab?: string
}

const names = ["view", "q", "where", "sort", "group", "columns", "by", "tab"] as const

export function readListSearch(search: Readonly<Record<string, unknown>>): ListSearch {
  const read: Record<string, string> = {}
  for (const name of names) {
    const value = search[name]
    if (typeof value === "string" && value !== "") read[name] = value
  }
  const archived = search["archived"]
  return { ...read, ...(archived === "any" || archived === "only" ? { archived } : {}) }
}

export const splitList = (text: string | undefined): readonly string[] => (text ? text.split(",").filter(Boolean) : [])

/** The facets of an address. */
export function readFacets(text: string | undefined): readonly WhereJson[] {
  if (text === undefined) return []
  try {
    const value: unknown = JSON.parse(text)
    const list = Array.isArray(value) ? value : [value]
    return list.filter((each): each is WhereJson => typeof each === "object" && each !== null)
  } catch {
    return []
  }
}

export const writeFacets = (facets: readonly WhereJson[]): string | undefined =>
  facets.length === 0 ? undefined : JSON.stringify(facets)

/** The one condition of all facets. */
export function whereOf(facets: readonly WhereJson[]): WhereJson | undefined {
  if (facets.length === 0) return undefined
  return facets.length === 1 ? facets[0] : ({ and: facets } as WhereJson)
}
