import { accessDenied, ArchipelError, errorCatalog, type ErrorCode } from "@archipel/core"
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

/** The error of a statement of a write in the contract's words. */
export function translateWrite(
  error: unknown,
  environment: WriteEnvironment,
  model: string,
  operation: "write" | "delete",
): unknown {
  if (error instanceof pg.DatabaseError && error.code === FAIL_SQLSTATE) {
    const code = error.message
    if (code === "access.denied") {
      const { model: of, operation: what, rules } = JSON.parse(error.detail ?? "{}") as Refused
      return accessDenied(of, what, rules)
    }
    if (Object.hasOwn(errorCatalog, code)) {
      return new ArchipelError(code as ErrorCode, JSON.parse(error.detail ?? "{}") as never, { cause: error })
    }
  }
  const table = environment.service.models.get(model)?.model.table ?? ""
  return translateError(error, {
    model,
    operation,
    constraint: environment.meaning.constraint,
    column: (name) =>
      environment.meaning.column(error instanceof pg.DatabaseError ? (error.table ?? table) : table, name),
  })
}
