/**
 * Long tests that take turns: each run of `npm test` takes one file of each group, by its seed; `npm run verify` takes all of them, and so
 * does `--only`. So a run fits its time, and nothing goes untested for long.
 *
 * @module
 */
const groups: readonly (readonly string[])[] = [
  ["tests/tutorial/tutorial.test.ts", "tests/departments/departments.test.ts"],
  ["tests/cli/contracts-guide.test.ts", "tests/cli/migrations-guide.test.ts", "tests/cli/adopt-guide.test.ts"],
  ["tests/failure/fleet.test.ts", "tests/failure/rolling-restart.test.ts"],
]

/** The files that wait for another seed. @param takesAll Whether all have their turn in this run. */
export function waitingFiles(seed: number, takesAll: boolean): readonly string[] {
  return takesAll ? [] : groups.flatMap((group) => group.filter((_, place) => place !== seed % group.length))
}
