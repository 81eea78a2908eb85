import type { ApiRequest } from "./api-request.ts"
import type { HeaderRecord } from "./security-headers.ts"

/** Which other origins' pages may read answers. Without it, none. */
export interface CorsOptions {
  /** Exact origins: "https://app.example.com". */
  readonly origins: readonly string[]
  /** How long a browser may remember a preflight; 600 when left out. */
  readonly maxAgeSeconds?: number
}

const none: HeaderRecord = {}

/** What is added to every answer for the request's origin. */
export function corsHeaders(cors: CorsOptions | undefined, request: ApiRequest): HeaderRecord {
  if (cors === undefined) return none
  const origin = request.headers.get("origin")
  if (origin === null || !cors.origins.includes(origin)) return { vary: "Origin" }
  return {
    vary: "Origin",
    "access-control-allow-origin": origin,
    "access-control-expose-headers":
      "ETag, Link, Location, Content-Location, Content-Disposition, Retry-After, X-Trace-Id, Archipel-Partial, Archipel-Mirror",
  }
}

/** What is added to the answer of a preflight from an allowed origin (Fetch, section 3.2.2). */
export function preflightHeaders(
  cors: CorsOptions | undefined,
  request: ApiRequest,
  allowed: readonly string[],
): HeaderRecord {
  const origin = request.headers.get("origin")
  if (cors === undefined || origin === null || !cors.origins.includes(origin)) return none
  return {
    "access-control-allow-methods": allowed.join(", "),
    "access-control-allow-headers": "Authorization, Content-Type, If-Match, Idempotency-Key, Traceparent, X-Companies",
    "access-control-max-age": String(cors.maxAgeSeconds ?? 600),
  }
}
