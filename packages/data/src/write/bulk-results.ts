import { ArchipelError, type ErrorCode, type ErrorDetails, kindOf, Refusal } from "@archipel/core"
import type { BulkResult, ChangeAnswer } from "./answers.ts"

/** A result as it is kept under an idempotency key. */
type Kept =
  | { readonly ok: true; readonly answer: ChangeAnswer }
  | { readonly ok: false; readonly code: string; readonly details: object; readonly isRefusal: boolean }

/** Whether nothing would come out otherwise if it were tried again: what failed for a passing reason, or by a defect, is no answer. */
export const isFinal = (result: BulkResult): boolean =>
  result.ok ||
  result.error instanceof Refusal ||
  (result.error instanceof ArchipelError &&
    result.error.code !== "request.aborted" &&
    !kindOf(result.error.code).retryable &&
    kindOf(result.error.code).status < 500)

/** Results that are all final, as JSON text: an error by its code and details. */
export const keptResults = (results: readonly BulkResult[]): string =>
  JSON.stringify(
    results.map((result): Kept => {
      if (result.ok) return result
      const { code, details } = result.error as ArchipelError | Refusal
      return { ok: false, code, details, isRefusal: result.error instanceof Refusal }
    }),
  )

/** What `keptResults` was made of. */
export const readResults = (kept: string): readonly BulkResult[] =>
  (JSON.parse(kept) as readonly Kept[]).map((result): BulkResult => {
    if (result.ok) return result
    const { code, details, isRefusal } = result
    const error = isRefusal
      ? new Refusal(code, details as Refusal["details"])
      : new ArchipelError(code as ErrorCode, details as ErrorDetails<ErrorCode>)
    return { ok: false, error }
  })
