/**
 * A guide's reader, whose command line runs from the sources: no package is installed, and no program stays beside the terminal.
 *
 * @module
 */
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { expect } from "vitest"
import { missingLine, stepsOf } from "../tutorial/markdown-steps.ts"
import { openShell } from "../tutorial/shell.ts"
import { temporaryFolder } from "./command-line.ts"

const root = fileURLToPath(new URL("../..", import.meta.url))

export interface GuideOptions {
  /** Besides what every reader has. */
  readonly env?: Readonly<Record<string, string>>
  /** Commands before the first of the page. */
  readonly before?: string
  /** What is run where the page shows this; `folder` is where the reader began. */
  readonly script?: (shown: string, folder: string) => string
}

/** Does what a page says, from the first command to the last. */
export async function followGuide(page: string, options: GuideOptions = {}): Promise<void> {
  using folder = temporaryFolder()
  const { env = {}, before, script = (shown) => shown } = options
  // Where projects look for packages that they do not have themselves.
  const modules = join(folder.path, "node_modules")
  mkdirSync(modules)
  for (const name of ["@archipel", "@types", ".bin"]) symlinkSync(join(root, "node_modules", name), join(modules, name))
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(?:npm_|NODE_|VITEST|DATABASE_URL|FORCE_COLOR)/.test(name),
  )
  await using shell = openShell(folder.path, {
    ...Object.fromEntries(kept),
    NODE_OPTIONS: "--conditions=@archipel/source",
    ...env,
  })
  await shell.run('npx() { "$NPX_BIN/$1" "${@:2}"; }')
  await shell.run(`NPX_BIN=${join(root, "node_modules/.bin")}`)
  if (before !== undefined) await shell.run(before)
  let said = ""
  let isNew = true
  for (const step of stepsOf(page)) {
    if (step.kind === "run") {
      if (isNew) said = ""
      isNew = false
      said += await shell.run(script(step.script, folder.path))
    } else if (step.kind === "file") {
      const path = join((await shell.run("pwd")).trim(), step.path)
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, step.text)
    } else if (step.kind === "expect") {
      isNew = true
      expect(missingLine(step.lines, said) ?? "everything was there", `line ${step.line}; there was:\n${said}`).toBe(
        "everything was there",
      )
    } else throw new Error(`Line ${step.line}: this page shows no files.`)
  }
  rmSync(modules, { recursive: true })
}
