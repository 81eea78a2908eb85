import { accessDenied, ArchipelError, errorCatalog, type ErrorCode, refuse } from "@archipel/core"
import pg from "pg"
import { translateError } from "../postgres/sql-state.ts"
import { FAIL_SQLSTATE } from "../schema/framework-functions.ts"
import type { WriteEnvironment } from "./write-session.ts"

/** What a statement tells of a row that it may not write. */
interface Refused {
  readonly model: string
  readonly operation: string
  readonly rules: readonly string[]
}

/** What a statement that undid itself says; any other error as it is. A trigger may wait with it until the commit. */
export function failureOf(error: unknown): unknown {
  if (!(error instanceof pg.DatabaseError) || error.code !== FAIL_SQLSTATE) return error
  const code = error.message
  const details = JSON.parse(error.detail ?? "{}") as object
  if (code === "access.denied") {
    const { model, operation, rules } = details as Refused
    return accessDenied(model, operation, rules)
  }
  if (code === "record.refused") return refuse((details as { readonly code: string }).code)
  return Object.hasOwn(errorCatalog, code)
    ? new ArchipelError(code as ErrorCode, details as never, { cause: error })
    : error
}

/** The error of a statement of a write in the contract's words. */
export function translateWrite(
  error: unknown,
  environment: WriteEnvironment,
  model: string,
  operation: "write" | "delete",
): unknown {
  const failure = failureOf(error)
  if (failure !== error) return failure
  const table = environment.service.models.get(model)?.model.table ?? ""
  return translateError(error, {
    model,
    operation,
    constraint: environment.meaning.constraint,
    column: (name) =>
      environment.meaning.column(error instanceof pg.DatabaseError ? (error.table ?? table) : table, name),
  })
}
