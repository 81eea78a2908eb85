import type { WhereJson } from "./where.ts"

/** What to select: a dotted path, or a list with its own condition, order and limit. */
export type SelectEntry =
  | string
  | {
      readonly path: string
      readonly select?: readonly SelectEntry[]
      readonly where?: WhereJson
      readonly orderBy?: readonly string[]
      /** 1 to 1,000; 1,000 when left out. */
      readonly limit?: number
    }

/** Everything that reads. Plain JSON; a protocol only translates to it. */
export interface Query {
  /** "service.Model". */
  readonly model: string
  /** All readable own fields, with references as ids, when left out. */
  readonly select?: readonly SelectEntry[]
  readonly where?: WhereJson
  /** Words that all occur in the record's `text`, `longText`, `email`, `phone` and `sequence` fields, whole or in part, accents and case aside. */
  readonly search?: string
  /** Field paths through to-one relations; "-" before means descending. Empty values come last, descending first; `id` breaks ties. Not `longText`, `html`, `json` and files. */
  readonly orderBy?: readonly string[]
  /** 1 to 1,000; 100 when left out, so that a forgotten limit cannot load a table. Of groups 1 to 10,000, and 1,000 when left out. */
  readonly limit?: number
  /** A cursor: the page after it. */
  readonly after?: string
  /** A cursor: the page before it. */
  readonly before?: string
  /** The last page instead of the first. */
  readonly last?: true
  /** "exact" counts all matching records; "estimate" takes the planner's estimate where the exact number would be dear. */
  readonly count?: "exact" | "estimate"
  /** Whether each record says in `_can` what the caller may do with it: "update", "delete", "$attachments", transitions and actions that start in its state. */
  readonly can?: true
  /** Archived records: left out ("exclude", the default), also shown ("any"), or only they ("only"). */
  readonly archived?: "exclude" | "any" | "only"
  /** Group by fields and references of this service, also through references, or by periods of dates: "customer", "date:month" (day, week, month, quarter, year). */
  readonly group?: readonly string[]
  /** By result name: "count", or "sum(total)", with count, sum, avg, min, max, countDistinct. { count: "count" } when left out; without `group`, of all records. */
  readonly aggregates?: Readonly<Record<string, string>>
}

/**
 * What is missing from an answer, as its `partial`: what these services would have added if they had answered. Where a record or a
 * title of theirs belongs stands `{ id, …, _unavailable: true }` with nothing but its id.
 */
export interface PartialAnswer {
  /** Names, sorted. */
  readonly services: readonly string[]
}

/** The written bounds of a query; over them `query.too_complex`. */
export const queryLimits = {
  /** Records of a page. */
  page: 1_000,
  defaultPage: 100,
  /** Relations from the root to the deepest selected or tested field. */
  depth: 8,
  /** Comparisons and connectives in all conditions of one query. */
  filterNodes: 200,
  /** Conditions on other services' records in one query: each is a call. */
  elsewhere: 20,
  /** Records of another service that one condition may match: their ids are compared with here. */
  matchesElsewhere: 1_000,
  /** Values of one `in`. */
  inValues: 10_000,
  /** Selected fields and relations. */
  selectNodes: 500,
  orderTerms: 8,
  groupTerms: 4,
  aggregates: 20,
  /** Groups of one answer. */
  groups: 10_000,
  /** Characters of a search text. */
  search: 200,
  /** Characters of a field's path. */
  path: 500,
  /** Characters of a cursor. */
  cursor: 4_000,
} as const
