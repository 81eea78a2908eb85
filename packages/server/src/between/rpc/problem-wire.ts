/**
 * Problems on their way from one service to another: what was refused there is the same problem here.
 *
 * @module
 */
import { status } from "@grpc/grpc-js"
import { ArchipelError, errorCatalog, type ErrorCode, isRecord, kindOf, Refusal } from "@archipel/core"

/** A problem by its code and details; without its text, which everybody makes in the same way. */
export interface WireProblem {
  readonly code: string
  readonly details: object
  /** Whether a service's own rule refused, with a code of its own. */
  readonly isRefusal: boolean
}

/** Undefined for what is a defect or the world's: nobody is told of it. */
export function problemOf(error: unknown): WireProblem | undefined {
  if (error instanceof Refusal) return { code: error.code, details: error.details, isRefusal: true }
  if (!(error instanceof ArchipelError) || error.code === "internal") return undefined
  return { code: error.code, details: error.details, isRefusal: false }
}

/** Undefined for what is no problem, or one that this version does not know. Never throws. */
export function errorOf(problem: unknown): ArchipelError | Refusal | undefined {
  if (!isRecord(problem)) return undefined
  const { code, details, isRefusal } = problem
  if (typeof code !== "string" || !isRecord(details)) return undefined
  try {
    if (isRefusal === true) return new Refusal(code, details as never)
    return Object.hasOwn(errorCatalog, code) ? new ArchipelError(code as ErrorCode, details as never) : undefined
  } catch {
    // Its words could not be made of such details.
    return undefined
  }
}

const statuses: Readonly<Record<number, status>> = {
  400: status.INVALID_ARGUMENT,
  401: status.UNAUTHENTICATED,
  403: status.PERMISSION_DENIED,
  404: status.NOT_FOUND,
  409: status.ABORTED,
  412: status.FAILED_PRECONDITION,
  413: status.RESOURCE_EXHAUSTED,
  422: status.INVALID_ARGUMENT,
  429: status.RESOURCE_EXHAUSTED,
  503: status.UNAVAILABLE,
}

/** The status that the problem has over HTTP. */
export const httpStatusOf = ({ code, isRefusal }: WireProblem): number =>
  isRefusal ? 422 : kindOf(code as ErrorCode).status

/** The status that comes closest (gRPC, "Status codes and their use"). What a handler failed with is unknown; internal is what the network breaks. */
export function statusOf(problem: WireProblem | undefined): status {
  if (problem === undefined) return status.UNKNOWN
  return statuses[httpStatusOf(problem)] ?? status.UNKNOWN
}
