import { toProblem } from "@archipel/core"
import type { HeaderRecord } from "./security-headers.ts"

/** An answer before it is written: kept plain, so that headers of all kinds are joined once. */
export interface Reply {
  readonly status: number
  readonly headers: HeaderRecord
  readonly body: string | Uint8Array | ReadableStream<Uint8Array> | null
  /** Of a stream: whether it is text that compresses. */
  readonly compressible?: true
  /** Of pages: headers that let their scripts and styles run. */
  readonly page?: true
}

const jsonHeaders: HeaderRecord = { "content-type": "application/json", "cache-control": "private, no-store" }

/** JSON text as it came from the database. */
export const json = (body: string, status = 200, headers: HeaderRecord = {}): Reply => ({
  status,
  headers: { ...jsonHeaders, ...headers },
  body,
})

export const noContent = (headers: HeaderRecord = {}): Reply => ({ status: 204, headers, body: null })

/** The one funnel from anything thrown to an answer: `application/problem+json` (RFC 9457) with the headers that go with the status. */
export function problemReply(error: unknown, instance: string, traceId: string): Reply {
  const problem = toProblem(error, { instance, traceId })
  const headers: Record<string, string> = {
    "content-type": "application/problem+json",
    "cache-control": "no-store",
  }
  const details = problem.details as { readonly retryAfterSeconds?: number; readonly allowed?: readonly string[] }
  if (details.retryAfterSeconds !== undefined) headers["retry-after"] = String(Math.ceil(details.retryAfterSeconds))
  else if (problem.status === 503) headers["retry-after"] = "1"
  if (problem.code === "auth.required") headers["www-authenticate"] = "Bearer"
  if (problem.code === "auth.invalid") headers["www-authenticate"] = 'Bearer error="invalid_token"'
  if (problem.code === "auth.expired")
    headers["www-authenticate"] = 'Bearer error="invalid_token", error_description="The access token has expired"'
  if (details.allowed !== undefined) headers["allow"] = details.allowed.join(", ")
  return { status: problem.status, headers, body: JSON.stringify(problem) }
}
