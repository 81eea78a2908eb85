/** What a service said no with (RFC 9457), as it came, or as this side says it where nothing came. */
export interface ProblemDetails {
  readonly code: string
  readonly status: number
  readonly title: string
  readonly detail?: string
  readonly traceId?: string
  readonly details?: Readonly<Record<string, unknown>>
}

/** A mistake in what was sent: where (a JSON Pointer), which, and in words. */
export interface FieldMistake {
  readonly path: string
  readonly code: string
  readonly detail?: string
}

/** Codes of this side, for what no service could say. */
export const NO_ANSWER = "service.unavailable"

/** A refused or failed request. Switch on `code`. */
export class ProblemError extends Error {
  override readonly name = "ProblemError"
  readonly problem: ProblemDetails

  constructor(problem: ProblemDetails, options?: ErrorOptions) {
    super(problem.detail ?? problem.title, options)
    this.problem = problem
  }

  get code(): string {
    return this.problem.code
  }
  get status(): number {
    return this.problem.status
  }
  /** Whether the service was not there: the same request can succeed later. */
  get isOutage(): boolean {
    return this.status === 503 || this.status === 504 || this.status === 502 || this.status === 0
  }
  get isDenied(): boolean {
    return this.status === 403
  }
  get isMissing(): boolean {
    return this.status === 404
  }
  /** All mistakes of a refused change, in the order of the service. */
  get mistakes(): readonly FieldMistake[] {
    const errors = this.problem.details?.["errors"]
    return Array.isArray(errors) ? (errors as readonly FieldMistake[]) : []
  }
}

/** Anything thrown, as a problem: what is none of a service's is a defect of the application. */
export function problemOf(error: unknown): ProblemDetails {
  if (error instanceof ProblemError) return error.problem
  return { code: "internal", status: 500, title: error instanceof Error ? error.message : String(error) }
}

/** Whether a request was given up by this side: no failure that anybody has to be told of. */
export const isAborted = (error: unknown): boolean => error instanceof DOMException && error.name === "AbortError"
