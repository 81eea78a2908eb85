/**
 * What a service that keeps copies of another's records asks, and is answered.
 *
 * @module
 */
import type { RecordsToKeep } from "@archipel/data"

export interface MirrorRequest {
  /** Of the service that is asked, each with the fields to answer besides the id: columns of its own, without dots. */
  readonly models: readonly { readonly model: string; readonly fields: readonly string[] }[]
  /** Where the last answer ended; null to begin. */
  readonly cursor: string | null
  /** Records of an answer, 1 to `mirrorLimits.records`. */
  readonly limit: number
}

/** Records of one model, as they are now. */
export interface MirrorPart extends RecordsToKeep {
  readonly model: string
}

export interface MirrorAnswer {
  readonly parts: readonly MirrorPart[]
  readonly cursor: string
  /** Whether whoever keeps what has come so far has all that was committed when it asked. */
  readonly isCurrent: boolean
}

export const mirrorLimits = {
  /** Records of one answer. */
  records: 500,
  models: 100,
  /** Of one model. */
  fields: 200,
  /** Characters. */
  cursor: 10_000,
} as const

/** How often owners may be asked for changes. */
export const MIN_POLL_MS = 50
export const MAX_POLL_MS = 60_000
