/**
 * What a source file and a package look like.
 *
 * @module
 */
import type { SourceFile } from "./source-file.ts"

/** Past this many lines a second idea has usually moved in; tables of data are named in `longTables`. */
export const longestFile = 500

/** Files that are one long table of data, with the reason that they stay in one piece. */
const longTables: ReadonlyMap<string, string> = new Map([
  ["packages/core/src/errors.ts", "the catalogue of error codes, one entry each"],
])

/** `export *` that stays, as `path module`, with the reason. */
const starExports: ReadonlyMap<string, string> = new Map([
  [
    "packages/core/src/index.ts ./contracts.ts",
    "`declare module` can add to an interface that is re-exported by a star, but not by name",
  ],
])

const vagueNames = new Set(["utils", "util", "helpers", "helper", "common", "types", "misc", "shared"])

export function formViolations(file: SourceFile): readonly string[] {
  const name = file.path.slice(file.path.lastIndexOf("/") + 1)
  const stem = name.replace(/\.(test\.)?tsx?$/, "")
  const violations = file.excludedForms.map((form) => `${file.path} has ${form}`)
  if (!/^[a-z0-9]+([.-][a-z0-9]+)*$/.test(stem)) violations.push(`${file.path} is not named in kebab-case`)
  if (vagueNames.has(stem)) violations.push(`${file.path} says nothing of its subject`)
  if (file.lines > longestFile && !longTables.has(file.path) && !file.path.endsWith(".test.ts"))
    violations.push(`${file.path} has ${file.lines} lines, more than ${longestFile}`)
  for (const module of file.starExports)
    if (!starExports.has(`${file.path} ${module}`)) violations.push(`${file.path} exports * from ${module}`)
  return violations
}

/** What every package must contain, given the names of its files relative to its folder. */
export function packageViolations(folder: string, files: ReadonlySet<string>): readonly string[] {
  return ["README.md", "src/index.ts", "tsconfig.build.json"]
    .filter((name) => !files.has(name))
    .map((name) => `${folder} has no ${name}`)
}
