import { Failure } from "../failure.ts"
import { styled, type Terminal } from "../terminal.ts"

/** One thing that is wrong, for the person who can put it right. */
export interface Complaint {
  /** "services/tasks/contract.ts:12" */
  readonly place?: string
  /** One sentence. */
  readonly says: string
  /** What to do. */
  readonly hint?: string
}

/** "place  sentence", and below it what to do. */
export function complaintText({ place, says, hint }: Complaint, stream: Terminal["err"]): string {
  const first = `${place === undefined ? "" : `${styled(stream, "cyan", place)}  `}${styled(stream, "red", says)}\n`
  return hint === undefined ? first : `${first}${hint.replace(/^/gm, "  ")}\n`
}

/** Says what went wrong on the terminal, without a stack where the cause is known. @returns the exit code. */
export async function complain(error: unknown, { err }: Terminal, files: readonly string[] = []): Promise<number> {
  if (error instanceof Failure) {
    const { message: says, place, hint } = error
    err.write(complaintText({ says, ...(place ? { place } : {}), ...(hint ? { hint } : {}) }, err))
    return error.exitCode
  }
  const { explain } = await import("./explain.ts")
  for (const complaint of explain(error, files)) err.write(complaintText(complaint, err))
  if (process.env["ARCHIPEL_STACK"] === "1" && error instanceof Error) err.write(`\n${error.stack}\n`)
  return 1
}
