import { isPartOfFleet } from "./apart/child.ts"
import { workerPlace } from "./workers.ts"

/** Ends the program on the first SIGINT or SIGTERM, also while it starts; a second one ends the process at once. */
export async function untilSignal<Program extends { close(): Promise<void> }>(
  begin: (signal: AbortSignal) => Promise<Program>,
): Promise<Program> {
  const givenUp = new AbortController()
  let program: Program | undefined
  const end = async (): Promise<void> => {
    // What is still starting is ended where it is awaited.
    if (program === undefined) return
    try {
      await program.close()
      process.exit(0)
    } catch (error) {
      console.error(error)
      process.exit(1)
    }
  }
  const onSignal = (signal: NodeJS.Signals): void => {
    const isFirst = workerPlace() === undefined && !isPartOfFleet()
    // A terminal's Ctrl-C reaches all, but the others end when the first process says so; and that only once.
    if (!isFirst && (signal === "SIGINT" || givenUp.signal.aborted)) return
    if (givenUp.signal.aborted) process.exit(signal === "SIGINT" ? 130 : 143)
    givenUp.abort(signal)
    void end()
  }
  process.on("SIGINT", onSignal)
  process.on("SIGTERM", onSignal)
  try {
    program = await begin(givenUp.signal)
  } catch (error) {
    if (givenUp.signal.aborted) process.exit(0)
    throw error
  }
  if (givenUp.signal.aborted) await end()
  return program
}
