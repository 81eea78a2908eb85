import { createHash } from "node:crypto"
import { ArchipelError } from "@archipel/core"
import type { Idempotency } from "@archipel/data"
import type { ApiRequest } from "./api-request.ts"
import type { Exchange, RecordTarget } from "./exchange.ts"

/** The entity tag of a record's version: strong, and for If-Match only, since what is nested in an answer changes without it. */
export const entityTag = (version: number): string => `"${version}"`

/**
 * The version that If-Match names (RFC 9110, section 13.1.1); undefined without the header and for `*`.
 *
 * @throws `record.precondition_failed` if the tag can be no version of this record: weak ones never match.
 */
export function versionOfIfMatch(request: ApiRequest, { model, id }: RecordTarget): number | undefined {
  const header = request.headers.get("if-match")?.trim()
  if (header === undefined || header === "*") return undefined
  if (header.includes(",")) {
    throw new ArchipelError("request.invalid", {
      errors: [{ path: "", code: "if_match.single", detail: "If-Match names one version here." }],
    })
  }
  const version = Number(/^"([1-9]\d{0,9})"$/.exec(header)?.[1])
  if (Number.isNaN(version)) throw new ArchipelError("record.precondition_failed", { model: model.name, id })
  return version
}

const MAX_KEY = 255

/**
 * The request's Idempotency-Key, plain or as a structured string, with a fingerprint of what was asked.
 *
 * @throws `request.invalid` if it is not 1 to 255 visible ASCII characters
 */
export function idempotencyOf({ request, path, search }: Exchange, body: string): Idempotency | undefined {
  const header = request.headers.get("idempotency-key")
  if (header === null) return undefined
  const key = /^"(.*)"$/.exec(header.trim())?.[1] ?? header.trim()
  if (key.length === 0 || key.length > MAX_KEY || !/^[\x21-\x7e]+$/.test(key)) {
    throw new ArchipelError("request.invalid", {
      errors: [
        {
          path: "",
          code: "idempotency_key.invalid",
          detail: `An Idempotency-Key has 1 to ${MAX_KEY} visible ASCII characters.`,
        },
      ],
    })
  }
  const fingerprint = createHash("sha256")
    .update(`${request.method} ${path}?${search}\n${request.headers.get("if-match") ?? ""}\n`)
    .update(body)
    .digest("hex")
  return { key, fingerprint }
}
