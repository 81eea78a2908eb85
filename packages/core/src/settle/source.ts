import type { ColumnMember, ManyToManyMember, OneMember, ResolvedModel } from "../catalog.ts"
import type { ResolvedRollup } from "../service-definition.ts"
import type { RowValues } from "./work.ts"

/** `change`: nobody else changes the rows until the write ends. `share`: nobody changes them, several may hold it. */
export type LockMode = "none" | "share" | "change"

/** An aggregate over stored rows, as canonical values. */
export interface Aggregated {
  readonly count: number
  readonly sum: string | null
  readonly min: unknown
  readonly max: unknown
}

/** Where settling reads from. Each call is one query for the whole batch. */
export interface SettleSource {
  /** Stored rows in the order of their ids; those that do not exist are left out. All columns if `columns` is left out. */
  rows(
    model: ResolvedModel,
    ids: readonly string[],
    lock: LockMode,
    columns?: readonly ColumnMember[],
  ): Promise<readonly RowValues[]>
  /** Stored rows whose reference is one of `ids`. */
  referring(
    member: OneMember,
    ids: readonly string[],
    lock: LockMode,
    columns?: readonly ColumnMember[],
  ): Promise<readonly RowValues[]>
  /** Stored links of these records, seen from `side`. */
  links(
    member: ManyToManyMember,
    side: "own" | "target",
    ids: readonly string[],
  ): Promise<readonly { readonly own: string; readonly target: string }[]>
  /** By parent; parents without rows are left out. `except` are ids of rows that do not count. */
  aggregate(
    rollup: ResolvedRollup,
    parents: readonly string[],
    except: readonly string[],
  ): Promise<ReadonlyMap<string, Aggregated>>
  /**
   * Records of another service by id, with the paths asked for; undefined if it does not answer.
   *
   * @param named Those of `ids` that the write's user named: they must be visible to this user. What was stored before is not
   *   the user's look at its target.
   */
  remote(
    model: ResolvedModel,
    ids: readonly string[],
    paths: readonly string[],
    named: readonly string[],
  ): Promise<ReadonlyMap<string, object> | undefined>
}
