import { inspect } from "node:util"

/** Something that a person can put right: what is wrong in one sentence, and what to do. Never shown with a stack. */
export class Failure extends Error {
  override readonly name = "Failure"
  readonly hint: string | undefined
  /** "path/file.ts:12", relative to the working directory. */
  readonly place: string | undefined
  /** 2: the command line itself is wrong. */
  readonly exitCode: number

  constructor(says: string, options: { hint?: string; place?: string; exitCode?: number; cause?: unknown } = {}) {
    super(says, options.cause === undefined ? undefined : { cause: options.cause })
    this.hint = options.hint
    this.place = options.place
    this.exitCode = options.exitCode ?? 1
  }

  /** As a console shows it. */
  [inspect.custom](): string {
    return this.hint === undefined ? this.message : `${this.message}\n  ${this.hint}`
  }
}

/** The command line is wrong. */
export const misuse = (says: string, hint?: string): Failure =>
  new Failure(says, { exitCode: 2, ...(hint === undefined ? {} : { hint }) })
