import { relative } from "node:path"
import { pathToFileURL } from "node:url"
import { type DescribedProgram, interceptStart } from "@archipel/server"
import { noteLoadedFiles } from "./dev/loaded-files.ts"
import { complain } from "./explain/complaint.ts"
import { Failure } from "./failure.ts"
import type { Terminal } from "./terminal.ts"

/** A program that was loaded and not started. */
export interface LoadedProgram extends DescribedProgram {
  /** Its source files. */
  readonly files: ReadonlySet<string>
}

/**
 * Loads a program's main file and takes from it what it would start.
 *
 * @throws what the file throws, and Failure if it starts nothing.
 */
export async function loadProgram(main: string): Promise<LoadedProgram> {
  const { files } = noteLoadedFiles()
  const described = Promise.withResolvers<DescribedProgram>()
  interceptStart(described.resolve)
  const loaded = import(pathToFileURL(main).href).then(() => {
    throw new Failure(`${relative(process.cwd(), main)} starts no services.`, {
      hint: "A program's main file ends with: await start([…])",
    })
  })
  try {
    return { ...(await Promise.race([described.promise, loaded])), files }
  } catch (error) {
    throw new ProgramFailure(error, [...files])
  }
}

/** What a program threw, with the files that were loaded until then. */
export class ProgramFailure extends Error {
  override readonly name = "ProgramFailure"
  readonly files: readonly string[]

  constructor(cause: unknown, files: readonly string[]) {
    super("The program failed.", { cause })
    this.files = files
  }
}

/** Runs a command over a program, and says what is wrong with the program in words. @returns the exit code. */
export async function withProgram(terminal: Terminal, run: () => Promise<number>): Promise<number> {
  try {
    return await run()
  } catch (error) {
    if (error instanceof ProgramFailure) return complain(error.cause, terminal, error.files)
    throw error
  }
}
