import type { Arguments } from "./command.ts"
import { mainFile } from "./dev/dev.ts"
import { Failure } from "./failure.ts"
import { type LoadedProgram, loadProgram } from "./load-program.ts"
import { didYouMean } from "./nearest-word.ts"

/**
 * The program of a command's arguments: `[MAIN] [--service NAME]`.
 *
 * @throws what loading it throws, and Failure if it has no service of that name.
 */
export async function programOf(
  given: Arguments,
): Promise<{ readonly program: LoadedProgram; readonly only: string | undefined }> {
  const program = await loadProgram(mainFile(given.positionals[0]))
  const only = given.text("service")
  const names = program.services.map(({ name }) => name)
  if (only !== undefined && !names.includes(only))
    throw new Failure(`The program has no service "${only}".${didYouMean(only, names)}`, {
      hint: `Its services are ${names.join(", ")}.`,
    })
  return { program, only }
}
