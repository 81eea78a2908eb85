import type { Query } from "@tanstack/react-query"
import { useEffect, useRef, useState } from "react"
import { onBack } from "../api/away.ts"
import { ProblemError } from "../api/problem.ts"

/**
 * What is missing because a service is away comes by itself once that answers again: within five seconds, so it is asked for a bit more
 * often.
 *
 * @module
 */
export const RETRY_MS = 2_500

export const isOutage = (error: unknown): boolean => error instanceof ProblemError && error.isOutage

/** For queries: again and again while the answer is missing, or a service's part of it (`Page.partial`). */
export function retryInterval({ state: { error, data } }: Pick<Query, "state">): number | false {
  const { partial = [] } = (typeof data === "object" && data !== null ? data : {}) as { readonly partial?: unknown }
  return isOutage(error) || (Array.isArray(partial) && partial.length > 0) ? RETRY_MS : false
}

/** Calls `again` from time to time while something is missing and the page is looked at, and as soon as a service is back. */
export function useRetry(isMissing: boolean, again: () => void): void {
  const latest = useRef(again)
  useEffect(() => {
    latest.current = again
  })
  useEffect(() => {
    if (!isMissing) return
    const timer = setInterval(() => {
      if (!document.hidden) latest.current()
    }, RETRY_MS)
    const stop = onBack(() => latest.current())
    return () => {
      clearInterval(timer)
      stop()
    }
  }, [isMissing])
}

/** Why a query has no answer: until it has one, also while it is asked again, so that nothing flickers and no focus is lost. */
export function useFailure({ error, data }: { readonly error: unknown; readonly data: unknown }): unknown {
  const [failure, setFailure] = useState<unknown>(null)
  const now = error ?? (data === undefined ? failure : null)
  if (now !== failure) setFailure(now)
  return now
}
