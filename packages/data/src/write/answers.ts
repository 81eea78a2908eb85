import type { Mistake, Warning } from "@archipel/core"

export interface ChangeAnswer {
  readonly id: string
  /** The version after the change; null after a delete. */
  readonly version: number | null
  /** The record re-read under the caller's rights as JSON text; null if it may not be seen, or is gone. */
  readonly data: string | null
  readonly warnings: readonly Warning[]
  /** What an action returned, as JSON text. */
  readonly output?: string
}

export type BulkResult =
  | { readonly ok: true; readonly answer: ChangeAnswer }
  | { readonly ok: false; readonly error: unknown }

/** A request's identity for replay: the same key with the same fingerprint gets the stored answer for 24 hours. */
export interface Idempotency {
  readonly key: string
  /** Hash of method, address and body. */
  readonly fingerprint: string
}

/** What a form shows before it is saved; nothing is written. */
export interface DraftRequest {
  readonly model: string
  readonly id?: string
  readonly version?: number
  readonly values: Readonly<Record<string, unknown>>
}
export interface DraftAnswer {
  /** Values that suggestions and computes would give, by field; lines by their `$tmp` or `id`. */
  readonly patch: Readonly<Record<string, unknown>>
  readonly errors: readonly Mistake[]
  readonly warnings: readonly Warning[]
  readonly fields: Readonly<Record<string, { readonly readonly: boolean; readonly required: boolean }>>
}
