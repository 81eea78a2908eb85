import type { ResolvedModel } from "@archipel/core"
import { createHash } from "node:crypto"

/** What history and events find a record by, and its id where that is another text. */
export interface RecordedId {
  readonly id: string
  readonly key: string | null
}

/**
 * The id of a record in the framework's tables, which have UUIDs there: of an adopted row a hash of its model and key as UUID v8
 * (RFC 9562, section 5.8), with the key beside it.
 */
export function recordedId({ name, key }: ResolvedModel, id: string): RecordedId {
  if (key.length === 1 && key[0]?.type === "uuid") return { id, key: null }
  const bytes = createHash("sha256").update(`${name} ${id}`).digest().subarray(0, 16)
  bytes[6] = 0x80 | ((bytes[6] ?? 0) & 0x0f)
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f)
  const hex = bytes.toString("hex")
  return {
    id: `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`,
    key: id,
  }
}
