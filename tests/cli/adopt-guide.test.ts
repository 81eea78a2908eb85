import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { expect, test } from "vitest"
import { testDatabase } from "../support/database.ts"
import { missingLine, stepsOf } from "../tutorial/markdown-steps.ts"
import { openShell } from "../tutorial/shell.ts"
import { temporaryFolder } from "./command-line.ts"

const root = fileURLToPath(new URL("../..", import.meta.url))
const page = readFileSync(join(root, "docs/guides/adopt.md"), "utf8")

/** What `psql URL -f FILE` does, where there is none. */
const psql = `import { readFileSync } from "node:fs"
import pg from "pg"
const [url, , file] = process.argv.slice(2)
const client = new pg.Client({ connectionString: url })
await client.connect()
await client.query(readFileSync(file, "utf8"))
await client.end()
`

test("what the guide to adopting a database says works, from the first command to the last", {
  timeout: 600_000,
}, async () => {
  using folder = temporaryFolder()
  await using database = await testDatabase("guide_shop")
  await using others = await testDatabase("guide_others")
  mkdirSync(join(folder.path, "node_modules"))
  for (const name of ["@archipel", "@types", ".bin", "pg"])
    symlinkSync(join(root, "node_modules", name), join(folder.path, "node_modules", name))
  writeFileSync(join(folder.path, "psql.mjs"), psql)
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(?:npm_|NODE_|VITEST|DATABASE_URL|FORCE_COLOR)/.test(name),
  )
  const env = {
    ...Object.fromEntries(kept),
    NODE_OPTIONS: "--conditions=@archipel/source",
    SHOP_URL: database.url,
    // The services beside it: what `archipel dev` would have in its own server.
    DATABASE_URL_TASKS: others.url,
    DATABASE_URL_IDENTITY: others.url,
  }
  await using shell = openShell(folder.path, env)
  await shell.run(`npx() { ${join(root, "node_modules/.bin")}/"$1" "\${@:2}"; }`)
  await shell.run(`psql() { node ${join(folder.path, "psql.mjs")} "$@"; }`)
  let said = ""
  let isNew = true
  for (const step of stepsOf(page)) {
    if (step.kind === "run") {
      if (isNew) said = ""
      isNew = false
      said += await shell.run(step.script)
    } else if (step.kind === "file") {
      writeFileSync(join((await shell.run("pwd")).trim(), step.path), step.text)
    } else if (step.kind === "expect") {
      isNew = true
      expect(missingLine(step.lines, said) ?? "everything was there", `line ${step.line}; there was:\n${said}`).toBe(
        "everything was there",
      )
    } else throw new Error(`Line ${step.line}: this page shows no files.`)
  }
})
