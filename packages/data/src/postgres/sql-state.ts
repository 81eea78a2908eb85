/**
 * What PostgreSQL's error codes (appendix A of its manual) mean here.
 *
 * @module
 */
import { ArchipelError, type Mistake } from "@archipel/core"
import pg from "pg"
import { RETRY_AFTER_SECONDS, unavailable } from "./lanes.ts"

/** The five characters of an error that PostgreSQL itself reported, else `undefined`. */
export const sqlState = (error: unknown): string | undefined =>
  error instanceof pg.DatabaseError ? error.code : undefined

/** Whether PostgreSQL answered with an error, so that the statement certainly did nothing. */
export const isUndone = (error: unknown): boolean => {
  const state = sqlState(error)
  return state !== undefined && !isAway(state)
}

/** Whether the same transaction, run again, can succeed: it collided with another one. */
export const isCollision = (error: unknown): boolean => {
  const state = sqlState(error instanceof ArchipelError ? error.cause : error)
  return state === "40001" || state === "40P01"
}

/** Whether the statement gave up waiting for what somebody else holds. */
export const isLocked = (error: unknown): boolean =>
  sqlState(error instanceof ArchipelError ? error.cause : error) === "55P03"

/** No connections left, out of resources, connection lost, shutting down or starting, or the database is being dropped.
 * Not 08P01: that is a mistake in what was sent, a defect that waiting does not mend. */
const isAway = (state: string): boolean => /^(53|08|57P0|58)/.test(state) && state !== "08P01"

/** Ended for having taken too long: a statement, a transaction, or a pause in one. */
const isTooLong = (state: string): boolean => ["57014", "25P03", "25P04"].includes(state)

/**
 * Names failures that have nothing to do with what the statement says; errors of SQL itself stay as they are, since only
 * the caller knows its constraints.
 */
export function translateFailure(error: unknown): unknown {
  if (error instanceof ArchipelError) return error
  // A mistake of ours, which an answer of 503 would hide.
  if (error instanceof TypeError || error instanceof RangeError) return error
  const state = sqlState(error)
  if (state === undefined) return unavailable(error)
  if (isTooLong(state)) return new ArchipelError("deadline.exceeded", {}, { cause: error })
  if (isAway(state)) return unavailable(error)
  if (isCollision(error)) return new ArchipelError("database.conflict", {}, { cause: error })
  if (isLocked(error)) {
    return new ArchipelError("database.busy", { retryAfterSeconds: RETRY_AFTER_SECONDS }, { cause: error })
  }
  return error
}

/** What a constraint protects, in the contract's words. */
export interface ConstraintMeaning {
  /** Full name of the model, such as `sales.Order`. */
  readonly model: string
  /** Names of fields, not of columns. */
  readonly fields: readonly string[]
  /** Code and text of the author's own check, in place of `record.check_failed`. */
  readonly mistake?: Mistake
}

export interface TranslationContext {
  /** Named where the constraint is unknown. */
  readonly model: string
  readonly constraint: (name: string) => ConstraintMeaning | undefined
  /** Field of a column, for a missing value. */
  readonly column?: (name: string) => string | undefined
  /** Tells the two meanings of a broken reference apart: a target that is missing, or a record that is still in use. */
  readonly operation: "write" | "delete"
}

/**
 * The error of a statement in the words of the contract. Nothing that PostgreSQL says goes into the text, since it may
 * hold values and SQL; it stays in `cause`. What has no meaning here becomes `internal`; what is already an
 * `ArchipelError`, or was not thrown by the database, is returned as it is.
 */
export function translateError(error: unknown, context: TranslationContext): unknown {
  if (!(error instanceof pg.DatabaseError)) return error
  const failure = translateFailure(error)
  if (failure !== error) return failure
  const state = error.code ?? ""
  const meaning = error.constraint === undefined ? undefined : context.constraint(error.constraint)
  const { model, fields } = meaning ?? { model: context.model, fields: fieldsIn(error.detail, context) }
  const cause = { cause: error }
  switch (state) {
    case "23505":
    case "23P01":
      return new ArchipelError("record.duplicate", { model, fields }, cause)
    case "23503":
      return context.operation === "write"
        ? new ArchipelError("record.missing_target", { model, fields }, cause)
        : inUse(model, fields, cause)
    case "23001":
      return inUse(model, fields, cause)
    case "23514":
      return meaning?.mistake === undefined
        ? new ArchipelError("record.check_failed", { model, constraint: error.constraint ?? "", fields }, cause)
        : new ArchipelError("record.invalid", { errors: [meaning.mistake] }, cause)
    case "23502": {
      const field = error.column === undefined ? undefined : context.column?.(error.column)
      return new ArchipelError("record.invalid_value", { model, ...(field === undefined ? {} : { field }) }, cause)
    }
    default:
      // 54000: a text too long for the index on it.
      return state.startsWith("22") || state === "54000"
        ? new ArchipelError("record.invalid_value", { model }, cause)
        : new ArchipelError("internal", {}, cause)
  }
}

/** The fields of a constraint that the contract does not know, by the columns that PostgreSQL names; none if it says nothing of them. */
function fieldsIn(detail: string | undefined, { column }: TranslationContext): readonly string[] {
  const names = /^[^()]*\(([^()]*)\)=\(/.exec(detail ?? "")?.[1]?.split(", ") ?? []
  const fields = names.map((name) => column?.(name.replace(/^"(.*)"$/, "$1")))
  return fields.includes(undefined) ? [] : [...new Set(fields as string[])]
}

function inUse(
  model: string,
  [field]: readonly string[],
  cause: { cause: unknown },
): ArchipelError<"record.reference"> {
  return new ArchipelError("record.reference", { model, ...(field === undefined ? {} : { field }) }, cause)
}
