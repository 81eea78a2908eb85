import { ArchipelError, kindOf, Refusal } from "./errors.ts"

/** RFC 9457 problem document (`application/problem+json`); `code`, `traceId`, `details` and `retryable` are extension members. `type` is "/errors/" and the code. */
export interface Problem {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly instance: string
  readonly code: string
  readonly traceId: string
  readonly details: object
  readonly retryable: boolean
}

/** Where the problem happened: the request path, and the W3C trace id (32 hex digits) to look up in the logs. */
export interface ProblemContext {
  readonly instance: string
  readonly traceId: string
}

/**
 * The one funnel from anything thrown to what a caller may see.
 * What is neither an `ArchipelError` nor a `Refusal` becomes `internal`, with nothing of its message.
 */
export function toProblem(error: unknown, context: ProblemContext): Problem {
  if (error instanceof Refusal) {
    const { status, title, detail } = kindOf("record.refused")
    return {
      // One page for all codes that services make; the framework's catalogue does not know them.
      type: "/errors/record.refused",
      title,
      status,
      detail: detail({ code: error.code }),
      code: error.code,
      details: error.details,
      retryable: false,
      ...context,
    }
  }
  const known = error instanceof ArchipelError ? error : new ArchipelError("internal", {})
  const { status, title, detail, retryable } = kindOf(known.code)
  return {
    type: `/errors/${known.code}`,
    title,
    status,
    detail: detail(known.details),
    code: known.code,
    details: known.details,
    retryable,
    ...context,
  }
}
