/** Values of a write: fields by name, references as ids, owned lines as patches, links as ids. Plain JSON. */
export interface ChangeValues {
  readonly [name: string]: unknown
}

interface ChangeBase {
  /** "service.Model". */
  readonly model: string
}

/** Creates a record, with its owned lines and links. */
export interface CreateChange extends ChangeBase {
  readonly operation: "create"
  /** A UUID (best of version 7) where it must be known before; made by the framework when left out. */
  readonly id?: string
  readonly values: ChangeValues
}
/** Changes what `values` name, and nothing else. */
export interface UpdateChange extends ChangeBase {
  readonly operation: "update"
  readonly id: string
  /** The version the caller has seen; another one is refused. Without it the last writer wins. */
  readonly version?: number
  readonly values: ChangeValues
}
/** Deletes a record with its owned lines. */
export interface DeleteChange extends ChangeBase {
  readonly operation: "delete"
  readonly id: string
  readonly version?: number
}
/** Create, or update the record that has the same values in one unique key. */
export interface UpsertChange extends ChangeBase {
  readonly operation: "upsert"
  /** The fields of one unique key, all of them in `values`. */
  readonly key: readonly string[]
  readonly values: ChangeValues
}
/** Sets or empties `archivedAt`, of models that archive; the update right is needed. */
export interface ArchiveChange extends ChangeBase {
  readonly operation: "archive" | "restore"
  readonly id: string
  readonly version?: number
}
/** A transition or an action of one record. */
export interface InvokeChange extends ChangeBase {
  readonly operation: "invoke"
  readonly action: string
  readonly id: string
  readonly version?: number
  readonly input?: ChangeValues
}

/** Everything that writes. Plain JSON; a protocol only translates to it. */
export type Change = CreateChange | UpdateChange | DeleteChange | UpsertChange | ArchiveChange | InvokeChange

/** The written bounds of a change; over them `query.too_complex`. */
export const changeLimits = {
  /** Lines of one nested write. */
  lines: 1_000,
  /** Levels of owned lines below the record. */
  depth: 4,
  /** Changes of one bulk request. */
  bulk: 1_000,
  /** Records whose stored values one change may recompute. */
  recompute: 10_000,
} as const
