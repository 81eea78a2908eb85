import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { openDatabaseServer } from "@archipel/data"
import { expect, inject, test } from "vitest"
import { missingLine, stepsOf } from "../tutorial/markdown-steps.ts"
import { openShell } from "../tutorial/shell.ts"
import { temporaryFolder } from "./command-line.ts"

const root = fileURLToPath(new URL("../..", import.meta.url))
const page = readFileSync(join(root, "docs/guides/migrations.md"), "utf8")

test("what the guide to migrations says works, from the first command to the last", { timeout: 600_000 }, async () => {
  using folder = temporaryFolder()
  // Where the project looks for packages that it does not have itself; the command line runs from its sources.
  mkdirSync(join(folder.path, "node_modules"))
  for (const name of ["@archipel", "@types", ".bin"])
    symlinkSync(join(root, "node_modules", name), join(folder.path, "node_modules", name))
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(?:npm_|NODE_|VITEST|DATABASE_URL|FORCE_COLOR)/.test(name),
  )
  const base = `guide_${process.pid}`
  const url = new URL(inject("postgresUrl"))
  url.pathname = `/${base}`
  const server = await openDatabaseServer(inject("postgresUrl"))
  await server.create(base)
  try {
    const env = { ...Object.fromEntries(kept), NODE_OPTIONS: "--conditions=@archipel/source", DATABASE_URL: url.href }
    await using shell = openShell(folder.path, env)
    await shell.run('npx() { "$NPX_BIN/$1" "${@:2}"; }')
    await shell.run(`NPX_BIN=${join(root, "node_modules/.bin")}`)
    let said = ""
    let isNew = true
    for (const step of stepsOf(page)) {
      if (step.kind === "run") {
        if (isNew) said = ""
        isNew = false
        said += await shell.run(step.script)
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
  } finally {
    rmSync(join(folder.path, "node_modules"), { recursive: true })
    for (const name of await server.names(base)) await server.drop(name)
    await server.close()
  }
})
