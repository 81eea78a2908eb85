import type { ErrorCode, Mistake } from "@archipel/core"

/** What goes wrong before or behind the answer: nobody answered, not in time, or not in JSON. */
export type ClientErrorCode = "client.unreachable" | "client.deadline" | "client.not_json"

interface ProblemBody {
  readonly code?: unknown
  readonly title?: unknown
  readonly detail?: unknown
  readonly details?: { readonly errors?: unknown; readonly [name: string]: unknown }
  readonly retryable?: unknown
  readonly traceId?: unknown
}

/** A problem that a service answered (RFC 9457), or that there was no answer. Switch on `code`: it never changes its meaning. */
export class ApiError extends Error {
  override readonly name = "ApiError"
  /** One of the catalogue's, one of a service's own such as "order.empty", or what the client says itself. */
  readonly code: ErrorCode | ClientErrorCode | (string & {})
  /** 0 where there was no answer. */
  readonly status: number
  readonly title: string
  /** Parts of what happened, by the code: "fields", "limit", … */
  readonly details: Readonly<Record<string, unknown>>
  /** All that is wrong with the request, each with its place as a JSON Pointer into the body. */
  readonly errors: readonly Mistake[]
  /** Whether the same request can succeed later. */
  readonly retryable: boolean
  /** Leads to the request in the service's log. */
  readonly traceId: string | undefined

  constructor(status: number, body: ProblemBody, options?: ErrorOptions) {
    const text = (value: unknown, otherwise: string): string => (typeof value === "string" ? value : otherwise)
    const title = text(body.title, `The request failed with status ${status}.`)
    super(text(body.detail, title), options)
    this.status = status
    this.title = title
    this.code = text(body.code, "client.not_json")
    this.details = body.details ?? {}
    this.errors = Array.isArray(body.details?.errors) ? (body.details.errors as readonly Mistake[]) : []
    this.retryable = body.retryable === true
    this.traceId = typeof body.traceId === "string" ? body.traceId : undefined
  }
}

/** Whether something that was thrown is a problem, of this code if one is named. */
export const isApiError = (error: unknown, code?: ApiError["code"]): error is ApiError =>
  error instanceof ApiError && (code === undefined || error.code === code)
