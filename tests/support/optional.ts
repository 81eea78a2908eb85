/**
 * Tests that need something a machine may lack: a program, a data set, a reference measurement.
 *
 * Missing things skip those tests under a name that says why. With `REQUIRE_ALL=1`, which `.ci/run` sets,
 * the same tests fail instead, so that a green run there has really run everything.
 *
 * @module
 */
import { accessSync, constants, existsSync } from "node:fs"
import { delimiter, join } from "node:path"
import { describe, test } from "vitest"

/** Something that may be missing, and the ways to write tests that need it. */
export interface Optional {
  /** Name used in skips and failures, for example `NORTHWIND_SQL`. */
  readonly name: string
  /** The thing itself, or `undefined` where it is missing. */
  readonly value: string | undefined
  /** `describe` for tests that need the value. */
  readonly describe: (title: string, body: (value: string) => void) => void
  /** `test` that needs the value. */
  readonly test: (title: string, body: (value: string) => Promise<void> | void, timeoutMs?: number) => void
}

/** What becomes of tests whose need is missing. */
export type MissingPolicy = "skip" | "fail"

/** An environment variable's value, or a path, that tests need: `optional("NORTHWIND_SQL", process.env["NORTHWIND_SQL"])`. */
export function optional(name: string, value: string | undefined): Optional {
  const present = value === "" ? undefined : value
  const missing = (title: string): void => {
    const reason = `${name} is missing`
    if (missingPolicy() === "skip") test.skip(`${title} (skipped: ${reason})`, () => {})
    else
      test(title, () => {
        throw new Error(`${reason}, and REQUIRE_ALL=1 forbids to skip this test`)
      })
  }
  return {
    name,
    value: present,
    describe: (title, body) => {
      if (present === undefined) missing(title)
      else
        describe(title, () => {
          body(present)
        })
    },
    test: (title, body, timeoutMs) => {
      if (present === undefined) missing(title)
      else test(title, () => body(present), timeoutMs)
    },
  }
}

/** A file or directory that tests need, named by an environment variable; a path that does not exist counts as missing. */
export function optionalPath(variable: string): Optional {
  const path = process.env[variable]
  return optional(variable, path !== undefined && path !== "" && existsSync(path) ? path : undefined)
}

/** A program on PATH that tests need; its value is the program's full path. */
export function optionalProgram(...names: readonly [string, ...string[]]): Optional {
  return optional(names[0], findProgram(names))
}

export function missingPolicy(requireAll: string | undefined = process.env["REQUIRE_ALL"]): MissingPolicy {
  return requireAll === "1" ? "fail" : "skip"
}

/** The first of these programs that is on `searchPath`, as a full path. */
export function findProgram(names: readonly string[], searchPath = process.env["PATH"] ?? ""): string | undefined {
  const endings = process.platform === "win32" ? [".exe", ".cmd"] : [""]
  for (const name of names)
    for (const folder of searchPath.split(delimiter))
      for (const ending of endings) {
        const path = join(folder, name + ending)
        if (folder !== "" && isExecutable(path)) return path
      }
  return undefined
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
