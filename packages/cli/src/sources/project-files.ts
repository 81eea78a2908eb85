import { existsSync, readdirSync } from "node:fs"
import { join, resolve } from "node:path"
import { Failure } from "../failure.ts"
import {
  argumentsOf,
  nodesOf,
  readTypeScript,
  stringOf,
  type SyntaxNode,
  type TypeScriptFile,
} from "./typescript-file.ts"

const IGNORED = /^(?:node_modules|dist|coverage|\..*)$/
/** A project of more source files than this is not one that was opened by mistake, but a home directory. */
const MAX_FILES = 20_000

/** TypeScript files below a folder, as Node 20 can find them too: `archipel new` runs on that. */
function* filesBelow(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (IGNORED.test(entry.name)) continue
    const path = join(folder, entry.name)
    if (entry.isDirectory()) yield* filesBelow(path)
    else if (entry.name.endsWith(".ts")) yield path
  }
}

/** The TypeScript files of a project, without tests, declarations, packages and hidden folders. */
export function projectFiles(folder: string): readonly string[] {
  const found = [...filesBelow(folder)]
  if (found.length > MAX_FILES)
    throw new Failure(`${folder} has ${found.length} source files: this is no project.`, {
      hint: "Change into the project's directory first.",
    })
  return found.filter((path) => !/\.(?:test|d)\.ts$/.test(path)).sort()
}

/** A call in a file, for example `contract("sales", …)`. */
export interface FoundCall {
  readonly file: TypeScriptFile
  readonly call: SyntaxNode
  readonly arguments: readonly SyntaxNode[]
}

/** The calls of `name` whose first argument is the text `first`. */
export function callsOf(files: Iterable<string>, name: string, first?: string): FoundCall[] {
  const found: FoundCall[] = []
  for (const path of files) {
    const file = readTypeScript(path)
    // Most files do not have it: looking is cheaper than walking.
    if (!file.text.includes(`${name}(`)) continue
    for (const call of nodesOf(file.program)) {
      const given = argumentsOf(call, name)
      if (given && (first === undefined || stringOf(given[0]) === first)) found.push({ file, call, arguments: given })
    }
  }
  return found
}

/** The directory of the project that `from` lies in: the nearest one with a package.json. */
export function projectFolder(from: string = process.cwd()): string {
  for (let folder = resolve(from); ; folder = resolve(folder, "..")) {
    if (existsSync(join(folder, "package.json"))) return folder
    if (folder === resolve(folder, ".."))
      throw new Failure("This is no project: there is no package.json here or above.", {
        hint: "Make one with `archipel new NAME`, or change into its directory.",
      })
  }
}
