/**
 * Long tests that take turns: each run of `npm test` takes one file of each group, by its seed; `npm run verify` takes all of them, and so
 * does `--only`. So a run fits its time, and nothing goes untested for long.
 *
 * @module
 */
const groups: readonly (readonly string[])[] = [
  ["tests/tutorial/tutorial.test.ts", "tests/departments/departments.test.ts", "tests/admin/new-service.test.ts"],
  ["tests/cli/contracts-guide.test.ts", "tests/cli/migrations-guide.test.ts", "tests/cli/adopt-guide.test.ts"],
  ["tests/failure/fleet.test.ts", "tests/failure/rolling-restart.test.ts"],
  ["tests/cli/dev.test.ts", "tests/cli/contracts.test.ts"],
  [
    "tests/admin/form.test.ts",
    "tests/admin/list.test.ts",
    "tests/admin/clerk.test.ts",
    "tests/admin/look.test.ts",
    "tests/admin/work.test.ts",
    "tests/admin/outage.test.ts",
    "tests/admin/many-services.test.ts",
    "tests/adopt/admin.test.ts",
  ],
  ["packages/identity/test/pages/gallery.test.ts", "packages/identity/test/pages/story.test.ts"],
  ["tests/failure/stopping.test.ts", "tests/postgres14/postgres14.test.ts"],
]

/** The files that wait for another seed. @param takesAll Whether all have their turn in this run. */
export function waitingFiles(seed: number, takesAll: boolean): readonly string[] {
  const turn = (group: number, length: number): number => Math.floor(seed / 4 ** (group + 1)) % length
  return takesAll
    ? []
    : groups.flatMap((files, group) => files.filter((_, place) => place !== turn(group, files.length)))
}
