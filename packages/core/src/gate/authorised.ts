import type { Change } from "../change.ts"
import type { Query } from "../query.ts"
import type { Principal } from "./principal.ts"
import type { ReadTree } from "./read-tree.ts"
import type { Rights } from "./rights.ts"
import type { WriteTree } from "./write-tree.ts"

declare const passed: unique symbol

/** A query that went through the gate: the only thing that a source reads by. Made by `authoriseQuery`. */
export interface AuthorisedQuery {
  readonly [passed]: "query"
  readonly query: Query
  readonly rights: Rights
  readonly principal: Principal
  /** Equal for queries that differ in users' values only and are asked with equal rights: the key of a compiled plan. */
  readonly key: string
  /** The users' values, in the order that `Operand.index` counts. Not yet checked against their fields. */
  readonly values: readonly unknown[]
  /**
   * The narrowed tree; built when asked for, since a cached plan does not need it.
   *
   * @throws `query.unknown_field`, `query.remote_path`, `query.invalid`, `query.too_complex`, `access.denied`
   */
  tree(): ReadTree
}

/** A change that went through the gate: the only thing that a source writes by. Made by `authoriseChange`. */
export interface AuthorisedChange {
  readonly [passed]: "change"
  readonly change: Change
  readonly rights: Rights
  readonly principal: Principal
  /** What to write, and what must hold when it is written. */
  readonly tree: WriteTree
}
