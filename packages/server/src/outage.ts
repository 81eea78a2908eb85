import { ArchipelError, isRecord, kindOf, serviceUnavailable } from "@archipel/core"
import type { StopSignal } from "@archipel/data"
import type { ComposedPage } from "./service-runtime.ts"

/**
 * Whether a service that was asked is away, slow or broken: it, its database or what it needs in turn. Neither is a refusal, also of what
 * its contract lacks, nor a defect, nor that the request was stopped which the service was asked for.
 *
 * @param signal Of that request.
 */
export function isOutage(error: unknown, signal: StopSignal | undefined): boolean {
  if (signal?.aborted || !(error instanceof ArchipelError)) return false
  const { status, retryable } = kindOf(error.code)
  return status === 503 && retryable
}

/** An outage in words that say which service it is: that of its database does not. Other errors stay as they are. */
export function named(error: unknown, service: string, signal: StopSignal | undefined): unknown {
  const saysWho = error instanceof ArchipelError && "service" in error.details
  return isOutage(error, signal) && !saysWho ? serviceUnavailable(service, error) : error
}

/** Whether something is the list that a page has to be. */
export const areRows = (value: unknown): value is Record<string, unknown>[] =>
  Array.isArray(value) && value.every(isRecord)

/** The records of a page that another service answered. @throws `service.unavailable` for what is no page */
export function rowsIn({ data, rows: known }: ComposedPage, service: string): Record<string, unknown>[] {
  if (known !== undefined) return known
  let rows: unknown
  try {
    rows = JSON.parse(data)
  } catch (cause) {
    throw serviceUnavailable(service, cause)
  }
  if (!areRows(rows)) throw serviceUnavailable(service)
  return rows
}
