/**
 * Sources of a page in a directory of their own, where they find the packages of this repository.
 *
 * @module
 */
import { execFile } from "node:child_process"
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"
import { promisify } from "node:util"

const root = fileURLToPath(new URL("../../", import.meta.url))
const DEADLINE_MS = 50_000

export interface SourceDirectory extends AsyncDisposable {
  readonly path: string
  load(file: string): Promise<unknown>
  /** What the compiler says; empty if it is content. */
  mistakes(): Promise<string>
}

export async function sourceDirectory(files: Readonly<Record<string, string>>): Promise<SourceDirectory> {
  const path = await mkdtemp(join(tmpdir(), "archipel-reference-"))
  await mkdir(join(path, "src"))
  await symlink(join(root, "node_modules"), join(path, "node_modules"))
  await writeFile(join(path, "package.json"), '{ "type": "module" }')
  const compilerOptions = {
    typeRoots: [join(root, "node_modules/@types")],
    noUnusedLocals: false,
    noUnusedParameters: false,
  }
  await writeFile(
    join(path, "tsconfig.json"),
    JSON.stringify({ extends: join(root, "tsconfig.json"), compilerOptions, include: ["src"] }),
  )
  for (const [name, text] of Object.entries(files)) await writeFile(join(path, "src", name), text)
  return {
    path,
    load: (file) => import(pathToFileURL(join(path, "src", file)).href) as Promise<unknown>,
    async mistakes() {
      const compiler = join(root, "node_modules/typescript/bin/tsc")
      const run = promisify(execFile)(process.execPath, [compiler, "-p", path], { cwd: path, timeout: DEADLINE_MS })
      const { stdout } = await run.catch((error: { readonly stdout: string }) => error)
      return stdout
    },
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }),
  }
}
