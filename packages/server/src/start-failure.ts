import { ArchipelError, DefinitionError, kindOf } from "@archipel/core"
import { UsageError } from "./start-arguments.ts"
import { WorkerFailure } from "./workers.ts"

/** One thing that keeps a program from starting. */
export interface StartFailure {
  /** In a sentence. */
  readonly says: string
  /** What to do. */
  readonly hint?: string
}

const hints: Readonly<Record<string, string>> = {
  "postgres.directory_in_use": "Stop that program, or give this one its own data: --data DIR.",
  "postgres.start_failed": "If the data may go, begin anew with --fresh.",
  "database.unavailable": "Start the server that DATABASE_URL names, or unset it to use the one that comes along.",
  "database.unsuitable": "Give DATABASE_URL another server or user, or unset it to use the one that comes along.",
  "auth.development_only": "Unset NODE_ENV, or give the program an identity service.",
}

/**
 * What kept a program from starting, in words for whoever started it; undefined for what nobody foresaw, where only the stack helps.
 */
export function startFailures(error: unknown): readonly StartFailure[] | undefined {
  // Each worker has said why itself.
  if (error instanceof WorkerFailure) return []
  if (error instanceof UsageError) return [{ says: error.message }]
  if (error instanceof DefinitionError) return error.mistakes.map((mistake) => ({ says: mistake }))
  if (error instanceof ArchipelError) {
    if (error.code === "internal") return undefined
    if (error.code === "schema.refused") {
      const { refused } = error.details as { refused: readonly { what: string; why: string; hint: string }[] }
      return refused.map(({ what, why, hint }) => ({ says: `${what}: ${why}.`, hint }))
    }
    if (error.code === "program.misconfigured") {
      const { mistakes } = error.details as { mistakes: readonly string[] }
      return mistakes.map((mistake) => ({ says: mistake }))
    }
    const hint = hints[error.code]
    return [{ says: `${error.code}: ${kindOf(error.code).detail(error.details)}`, ...(hint ? { hint } : {}) }]
  }
  const { code, port, syscall, address } = error as NodeJS.ErrnoException & { port?: number; address?: string }
  if (syscall !== "listen" && syscall !== "getaddrinfo") return undefined
  if (code === "EADDRINUSE") {
    const next = port === undefined ? 0 : port + 1
    return [
      {
        says: `Port ${port} is in use by another program.`,
        hint: `Stop it, or take another: --port ${next} (0 takes any free one).`,
      },
    ]
  }
  if (code === "EACCES")
    return [{ says: `Port ${port} is for administrators only.`, hint: "Take one from 1024 on: --port 4000." }]
  return [
    {
      says: `Nothing can listen at ${address ?? "this host"}: ${code}.`,
      hint: "--host takes an address of this machine.",
    },
  ]
}

/** Says on standard error why a program did not start: a line for each reason, and below it what to do. */
export function reportStartFailure(error: unknown): void {
  const failures = startFailures(error)
  if (failures === undefined) console.error(error)
  else for (const { says, hint } of failures) console.error(hint === undefined ? says : `${says}\n  ${hint}`)
}
