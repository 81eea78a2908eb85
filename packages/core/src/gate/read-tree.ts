import type { ColumnMember, ListMember, OneMember, ResolvedModel } from "../catalog.ts"
import type { Aggregate } from "../logic.ts"
import type { SelectEntry } from "../query.ts"
import type { WhereJson } from "../where.ts"
import type { Condition } from "./condition.ts"

/**
 * A query after the gate: every name resolved, every row and cell narrowed to what the principal may see.
 * Sources execute it and decide nothing.
 *
 * @module
 */

/** An own column in the answer; `null` where it may not be read. A reference is its id. */
export interface FieldNode {
  readonly name: string
  readonly member: ColumnMember
  readonly readable: Condition
}

/** A local record in the answer: `null` if the reference is empty or its cell may not be read. */
export interface OneNode {
  readonly name: string
  readonly member: OneMember
  readonly readable: Condition
  /**
   * Whether the target may be seen. Where it may not, its `id` is shown (it is this record's own cell) and its fields are
   * masked, except the title if `publicTitle`.
   */
  readonly visible: Condition
  readonly publicTitle: boolean
  readonly node: RecordNode
}

/** A list in the answer; empty where it may not be read. */
export interface ListNode {
  readonly name: string
  readonly member: ListMember
  readonly readable: Condition
  /** Which records: those that may be seen and that the caller asks for. */
  readonly where: Condition
  readonly orderBy: readonly OrderTerm[]
  readonly limit: number
  readonly node: RecordNode
}

/** Another service's record in the answer: its id from here, the rest from there by one batched query. */
export interface RemoteNode {
  readonly name: string
  readonly member: OneMember
  readonly readable: Condition
  readonly select: readonly SelectEntry[]
}

/**
 * What to answer of a record. If any cell of it may be masked (`maskable`), the object gets a `_masked` list with the names of
 * those that are.
 */
export interface RecordNode {
  readonly model: ResolvedModel
  readonly fields: readonly FieldNode[]
  readonly ones: readonly OneNode[]
  readonly lists: readonly ListNode[]
  readonly remotes: readonly RemoteNode[]
  /** The names of all these, in the order that the caller asked for them: the order of the answer's keys. */
  readonly names: readonly string[]
  readonly maskable: boolean
}

/** A column reached through local to-one references; empty where a step is empty, or may not be seen. */
export interface ValuePath {
  readonly steps: readonly { readonly member: OneMember; readonly readable: Condition; readonly visible: Condition }[]
  readonly member: ColumnMember
  readonly readable: Condition
}

/** Empty values come last ascending and first descending, as in PostgreSQL. */
export interface OrderTerm {
  readonly value: ValuePath
  readonly descending: boolean
}

/**
 * A condition on records of another service, which is asked there first, as the same principal, for the ids of the records that
 * satisfy it: a semi-join.
 */
export interface ElsewhereCondition {
  readonly target: ResolvedModel
  /** As it travels. */
  readonly where: WhereJson
  /** Where it stands in the query, as a JSON Pointer: "/where/customer". */
  readonly path: string
}

/** A condition as it was found when the tree was made: `conditionElsewhere` puts the values of another query of the same shape in. */
export interface ElsewhereNode extends ElsewhereCondition {
  /** Index of its first value among those of the query. */
  readonly firstValue: number
}

/** Something that may be done with a record, and with which. */
export interface Possibility {
  /** An operation, transition or action. */
  readonly name: string
  readonly condition: Condition
}

/** A page of records. Answer: one object a record, as `root` says. */
export interface PageTree {
  readonly kind: "page"
  /** What other services are asked first; `found` operands count them. */
  readonly elsewhere: readonly ElsewhereNode[]
  readonly root: RecordNode
  readonly where: Condition
  /** Words that must all occur in at least one of the fields each. */
  readonly search?: { readonly index: number; readonly fields: readonly FieldNode[] }
  /** Ends with `id`, so the order is total. */
  readonly orderBy: readonly OrderTerm[]
  readonly limit: number
  readonly cursor?: { readonly direction: "after" | "before"; readonly index: number }
  readonly last: boolean
  /** What may be done with each record, as its `_can`. */
  readonly can?: readonly Possibility[]
  readonly count?: "exact" | "estimate"
}

/** A period is named by its first day; weeks begin on Monday (ISO 8601). */
export type DatePeriod = "day" | "week" | "month" | "quarter" | "year"

/** One thing that records are grouped by. */
export interface GroupKey {
  /** Name in the answer: "customer", "date:month". */
  readonly name: string
  readonly value: ValuePath
  readonly period?: DatePeriod
  /** For a local reference: whether and when the title of its target may be shown. */
  readonly title?: { readonly member: ColumnMember; readonly visible: Condition }
}

/** One number or value of each group; empty and masked cells are left out, but by a plain count. */
export interface AggregateNode {
  readonly name: string
  readonly aggregate: Aggregate | "countDistinct"
  /** What is aggregated; rows themselves for a plain count. */
  readonly value?: ValuePath
}

/** Answer: one object a group with the keys (a reference as `{ id, title }`) and the aggregates by name. */
export interface GroupTree {
  readonly kind: "group"
  readonly elsewhere: readonly ElsewhereNode[]
  readonly model: ResolvedModel
  readonly where: Condition
  readonly search?: PageTree["search"]
  readonly keys: readonly GroupKey[]
  readonly aggregates: readonly AggregateNode[]
  /** By keys and aggregates; all keys follow, so the order is total. */
  readonly orderBy: readonly { readonly name: string; readonly descending: boolean }[]
  readonly limit: number
}

/** What an authorised query reads. */
export type ReadTree = PageTree | GroupTree
