import type { Service } from "./service.ts"
import type { StartOptions } from "./start-plan.ts"

/** A program as its main file describes it. */
export interface DescribedProgram {
  readonly services: readonly Service[]
  readonly options: StartOptions
}

/** Of the whole process: the program may have been loaded with its own copy of this module. */
const key = Symbol.for("archipel.interceptStart")
const holder = globalThis as { [key]?: (program: DescribedProgram) => void }

/**
 * From now on `start` hands its program over instead of running it, and never returns: for tools that look into a program,
 * such as a console. Load its main file afterwards.
 */
export function interceptStart(taken: (program: DescribedProgram) => void): void {
  holder[key] = taken
}

/** Returns at once where nobody intercepts. */
export async function intercepted(program: DescribedProgram): Promise<void> {
  const taken = holder[key]
  if (taken === undefined) return
  taken(program)
  await new Promise<never>(() => {})
}

const failureKey = Symbol.for("archipel.takeStartFailures")
const failureHolder = globalThis as { [failureKey]?: true }

/** From now on `start` throws what keeps its program from starting, instead of saying it and ending the process: for tools that say it better. */
export function takeStartFailures(): void {
  failureHolder[failureKey] = true
}

export const areStartFailuresTaken = (): boolean => failureHolder[failureKey] === true
