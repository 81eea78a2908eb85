import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { expect, test } from "vitest"
import { missingLine, stepsOf } from "../tutorial/markdown-steps.ts"
import { openShell } from "../tutorial/shell.ts"
import { temporaryFolder } from "./command-line.ts"

const root = fileURLToPath(new URL("../..", import.meta.url))
// The last command on the page runs until it is ended.
const page = readFileSync(join(root, "docs/guides/contracts.md"), "utf8").split("## Developing alone")[0] ?? ""

/** What `npm install` does with the packed contract, where all other packages are there already. */
const install = `mkdir -p node_modules/@company/crm-contract
tar -xzf ../company/company-crm-contract-0.1.0.tgz --strip-components=1 -C node_modules/@company/crm-contract`

test("what the guide to contracts says works, from the first command to the last", { timeout: 600_000 }, async () => {
  using folder = temporaryFolder()
  // Where the projects look for packages that they do not have themselves; the command line runs from its sources.
  mkdirSync(join(folder.path, "node_modules"))
  for (const name of ["@archipel", "@types", ".bin"])
    symlinkSync(join(root, "node_modules", name), join(folder.path, "node_modules", name))
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(?:npm_|NODE_|VITEST|DATABASE_URL|FORCE_COLOR)/.test(name),
  )
  const env = { ...Object.fromEntries(kept), NODE_OPTIONS: "--conditions=@archipel/source" }
  await using shell = openShell(folder.path, env)
  await shell.run('npx() { "$NPX_BIN/$1" "${@:2}"; }')
  await shell.run(`NPX_BIN=${join(root, "node_modules/.bin")}`)
  let said = ""
  let isNew = true
  for (const step of stepsOf(page)) {
    if (step.kind === "run") {
      if (isNew) said = ""
      isNew = false
      said += await shell.run(
        step.script.replace(/^npm install$/m, install).replaceAll("/tmp/", `${join(folder.path, "released")}/`),
      )
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
  rmSync(join(folder.path, "node_modules"), { recursive: true })
})
