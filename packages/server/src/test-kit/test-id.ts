import { createHash } from "node:crypto"
import type { Id } from "@archipel/core"

/** The id of a record that a test makes up: a UUID, always the same for the same name. */
export function testId<N extends string = string>(name: string): Id<N> {
  const hex = createHash("sha256").update(name).digest("hex")
  // Version 7 (RFC 9562) of a moment long before any test, so that it never comes in between of new ones.
  return `01000000-0000-7${hex.slice(0, 3)}-8${hex.slice(3, 6)}-${hex.slice(6, 18)}`
}
