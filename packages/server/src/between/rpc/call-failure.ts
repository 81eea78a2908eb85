/**
 * What it means that a call got no answer: a problem of the service that was asked, or nothing but that it did not answer.
 *
 * @module
 */
import { type ServiceError, status } from "@grpc/grpc-js"
import { ArchipelError } from "@archipel/core"
import { MAX_ANSWER_BYTES, MAX_REQUEST_BYTES, metadataNames } from "./data-definition.ts"
import { errorOf } from "./problem-wire.ts"

const RETRY_AFTER_SECONDS = 2

export const unavailable = (service: string, cause?: unknown): ArchipelError =>
  new ArchipelError("service.unavailable", { service, retryAfterSeconds: RETRY_AFTER_SECONDS }, { cause })

export const isServiceError = (error: unknown): error is ServiceError =>
  error instanceof Error && "code" in error && "metadata" in error && !(error instanceof ArchipelError)

/** What the network or whatever answered there made up, of a service that did not answer as services do. */
const lost: ReadonlySet<status> = new Set([status.UNAVAILABLE, status.DEADLINE_EXCEEDED, status.INTERNAL])

/** Whether nobody answered: such calls tell of a service that is away, all others of one that is there. */
export const isLost = ({ code }: ServiceError): boolean => lost.has(code)

/** Words of the gRPC library for a call that was on no connection yet. */
const NOT_SENT = /^(?:round_robin: )?No connection established/

/** Whether nobody can have heard of the call. */
export const wasNotSent = ({ code, details }: ServiceError): boolean =>
  code === status.UNAVAILABLE && NOT_SENT.test(details)

/** Words of the gRPC library, which has one status for all bounds. */
const LARGE_ANSWER = /^Received message/
const LARGE_REQUEST = /^Attempted to send message/

/** What the service answered, if it did, or what it could not be asked; undefined where it is only known that there is no answer. */
export function refusalOf(error: ServiceError, service: string): Error | undefined {
  if (error.code === status.RESOURCE_EXHAUSTED) {
    if (LARGE_ANSWER.test(error.details))
      return new ArchipelError("service.answer_too_large", { service, limitBytes: MAX_ANSWER_BYTES })
    if (LARGE_REQUEST.test(error.details))
      return new ArchipelError("request.too_large", { limitBytes: MAX_REQUEST_BYTES })
  }
  const [problem] = error.metadata?.get(metadataNames.problem) ?? []
  if (problem === undefined) return undefined
  try {
    return errorOf(JSON.parse(problem.toString()))
  } catch {
    return undefined
  }
}
