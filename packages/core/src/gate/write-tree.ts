import type { ColumnMember, ManyMember, ManyToManyMember, OneMember, ResolvedModel } from "../catalog.ts"
import type { ModelBehaviour, ResolvedInvocation } from "../service-definition.ts"
import type { Condition, Operand } from "./condition.ts"
import type { RulePart } from "./rule-part.ts"

/**
 * A change after the gate: every name resolved, every value checked, every row and cell narrowed to what the principal may
 * write. Sources execute it and decide nothing.
 *
 * @module
 */

/** A value for one column. */
export interface CellValue {
  readonly member: ColumnMember
  /** As on the wire, checked and made uniform. */
  readonly value: unknown
  /** JSON Pointer in the request's values. */
  readonly path: string
  /** On which rows the cell may be written: of an update the row before it, of a create the row it makes. */
  readonly writable: Condition
}

/** References that the caller names: each must exist and be readable, or it counts as missing. */
export interface ReferenceCheck {
  readonly path: string
  readonly member: OneMember | ManyToManyMember
  readonly id: string
  /** Of another service: not known here, its owner is asked. */
  readonly visible: Condition
}

interface NodeBase {
  readonly behaviour: ModelBehaviour
  readonly model: ResolvedModel
  /** JSON Pointer in the request's values; "" for the record itself. */
  readonly path: string
}

/** What must hold of a stored row before it changes. */
export interface RowGuard {
  /** Else there is no such record (404). */
  readonly readable: Condition
  /** Else the change is refused (403). */
  readonly allowed: Condition
  /** What `allowed` is made of, to say which rule refused. */
  readonly parts: readonly RulePart[]
}

/** What a row must satisfy once it is written (403). */
export interface AfterRow {
  readonly after: Condition
  /** What `after` is made of, to say which rule refused. */
  readonly afterParts: readonly RulePart[]
}

/** A value that grants give to a field which the caller did not name. */
export interface PresetCell {
  readonly member: ColumnMember
  readonly operand: Operand
  /** To which rows: of an update as they are before it. */
  readonly where: Condition
  /** The grants that say it. */
  readonly rules: readonly string[]
}

/** Columns, lines and links of a record. */
export interface Content {
  readonly cells: readonly CellValue[]
  readonly lines: readonly LinesNode[]
  readonly links: readonly LinksNode[]
  readonly presets: readonly PresetCell[]
}

/** A new record or line. */
export interface InsertNode extends NodeBase, Content, AfterRow {
  readonly kind: "insert"
  readonly id: string | undefined
  /** The client's own name of a line that has no id yet. */
  readonly tmp: string | undefined
}
/** A change of a record or line that is there. */
export interface UpdateNode extends NodeBase, Content, AfterRow {
  readonly kind: "update"
  readonly id: string
  readonly version: number | undefined
  readonly guard: RowGuard
}
/** The end of a record or line, with its own lines. */
export interface DeleteNode extends NodeBase {
  readonly kind: "delete"
  readonly id: string
  readonly version: number | undefined
  readonly guard: RowGuard
}
/** What is written of one list of lines. */
export interface LinesNode {
  readonly member: ManyMember
  readonly path: string
  /** On which parents the list may be written, as a cell. */
  readonly writable: Condition
  /** Lines that are not named are deleted. */
  readonly replace: boolean
  readonly nodes: readonly (InsertNode | UpdateNode | DeleteNode)[]
  /** For lines deleted by `replace`. */
  readonly guard: RowGuard
}
/** What is written of one many-to-many field. */
export interface LinksNode {
  readonly member: ManyToManyMember
  readonly path: string
  readonly writable: Condition
  /** Which targets the caller may see: links to others stay as they are. */
  readonly visible: Condition
  /** Links that are not named are removed. */
  readonly replace: boolean
  readonly add: readonly string[]
  readonly remove: readonly string[]
}
/** An insert or an update: which of them, the key decides once it is locked. */
export interface UpsertNode extends NodeBase {
  readonly kind: "upsert"
  readonly key: readonly ColumnMember[]
  readonly insert: InsertNode
  /** Its `id` is known once the record is found. */
  readonly update: UpdateNode
}
/** Sets or empties `archivedAt`. */
export interface ArchiveNode extends NodeBase, AfterRow {
  readonly kind: "archive"
  readonly id: string
  readonly version: number | undefined
  readonly restore: boolean
  readonly guard: RowGuard
}
/** A transition or an action; restrictions hold after it too. */
export interface InvokeNode extends NodeBase, AfterRow {
  readonly kind: "invoke"
  readonly id: string
  readonly version: number | undefined
  readonly invocation: ResolvedInvocation
  readonly input: Readonly<Record<string, unknown>>
  /** Input fields of a transition that are fields of the record. */
  readonly cells: readonly CellValue[]
  /** Inputs that nobody named and whose default depends on who asks and when: "me", "now", "today". */
  readonly defaults: readonly ColumnMember[]
  readonly guard: RowGuard
}

/** What an authorised change writes, by operation. */
export type WriteNode = InsertNode | UpdateNode | DeleteNode | UpsertNode | ArchiveNode | InvokeNode

/** A change as the gate lets it pass. */
export interface WriteTree {
  readonly root: WriteNode
  readonly references: readonly ReferenceCheck[]
}
