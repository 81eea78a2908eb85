/**
 * Runs the compiler on files outside the repository, and reads what it says.
 *
 * @module
 */
import { spawnSync } from "node:child_process"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

export const repository: string = fileURLToPath(new URL("../..", import.meta.url))
const tsc = join(repository, "node_modules/typescript/bin/tsc")

/** One error, with the further lines that explain it. */
export interface Diagnostic {
  readonly file: string
  readonly line: number
  readonly column: number
  /** "TS2345". */
  readonly code: string
  readonly message: string
}

export interface Compilation {
  readonly diagnostics: readonly Diagnostic[]
  /** User and system time of the compiler, all its threads together. */
  readonly cpuSeconds: number
}

/** Options that resolve the product and the company's contracts from their sources. */
export const fromSource = {
  customConditions: ["@archipel/source"],
  // Core runs in a browser and in Node; of the globals it uses, all are a browser's.
  lib: ["es2024", "esnext.temporal", "esnext.disposable", "esnext.collection", "dom"],
  paths: {
    "@archipel/core": [join(repository, "packages/core/src/index.ts")],
    "@company/*": [join(repository, "examples/company/*/contract.ts")],
  },
}

/** As an application of somebody else is compiled: nothing from this repository, declarations checked too. */
export const fromPackages = { customConditions: [], skipLibCheck: false }

/**
 * Compiles `files` of `folder` with the repository's strictness.
 *
 * @throws Error when the compiler says something that is no error in a file, as it does about its own options.
 */
export function compile(folder: string, files: readonly string[], options: object): Compilation {
  const config = {
    extends: join(repository, "tsconfig.json"),
    compilerOptions: { types: [], ...options },
    files,
    include: [],
  }
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, type: "module" }))
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config))
  // `times` of a POSIX shell is the one portable way to the CPU time of a process that has ended.
  const script = '"$@"; status=$?; times; exit $status'
  const args = ["-c", script, "sh", process.execPath, tsc, "-p", "tsconfig.json", "--pretty", "false"]
  const run = spawnSync("sh", args, { cwd: folder, encoding: "utf8", timeout: 300_000 })
  if (run.error) throw run.error
  const lines = run.stdout.trimEnd().split("\n")
  const [, children = ""] = lines.splice(-2)
  return { diagnostics: readDiagnostics(lines), cpuSeconds: readSeconds(children) }
}

function readDiagnostics(lines: readonly string[]): readonly Diagnostic[] {
  const found: Diagnostic[] = []
  for (const line of lines) {
    const match = /^(?<file>[^(\s][^(]*)\((?<line>\d+),(?<column>\d+)\): error (?<code>TS\d+): (?<message>.*)$/.exec(
      line,
    )
    const last = found.at(-1)
    if (match?.groups) {
      const { file = "", code = "", message = "" } = match.groups
      found.push({ file, line: Number(match.groups["line"]), column: Number(match.groups["column"]), code, message })
    } else if (last && line.startsWith("  ")) {
      found[found.length - 1] = { ...last, message: `${last.message}\n${line}` }
    } else if (line !== "") {
      throw new Error(`The compiler said: ${line}`)
    }
  }
  return found
}

/** "0m3.25s 0m0.5s" → 3.75 */
function readSeconds(times: string): number {
  const parts = [...times.matchAll(/(\d+)m(\d+(?:[.,]\d+)?)s/g)]
  if (parts.length !== 2) throw new Error(`The shell said ${JSON.stringify(times)} about CPU times`)
  return parts.reduce(
    (sum, [, minutes, seconds = ""]) => sum + 60 * Number(minutes) + Number(seconds.replace(",", ".")),
    0,
  )
}
