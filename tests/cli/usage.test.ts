import { expect, test } from "vitest"
import { sampled } from "../support/counts.ts"
import { archipel, executable, temporaryFolder } from "./command-line.ts"
import { spawnSync } from "node:child_process"
import { existsSync } from "node:fs"
import { optional } from "../support/optional.ts"

test("help says what there is, and of a command how it is used", () => {
  using folder = temporaryFolder()
  const overview = archipel(folder.path, ["help"])
  expect(overview).toMatchObject({ code: 0, err: "" })
  const commands = ["new", "add", "dev", "console", "routes", "rights", "contract", "migrate", "adopt", "schema"]
  for (const name of commands) expect(overview.out).toContain(`  ${name}`)
  for (const name of sampled(commands, 4)) {
    const help = archipel(folder.path, [name, "--help"])
    expect(help).toMatchObject({ code: 0, err: "" })
    expect(help.out).toContain(`archipel ${name}`)
    expect(archipel(folder.path, ["help", name]).out).toBe(help.out)
  }
  expect(archipel(folder.path, [])).toMatchObject({ code: 2, out: overview.out })
})

test.each([
  [["nwe"], 'There is no command "nwe". Did you mean "new"?'],
  [["new"], "Something is missing."],
  [["new", "x", "--quickly"], "There is no option --quickly."],
  [["new", "x", "--no-instal"], 'There is no option --no-instal. Did you mean "--no-install"?'],
  [["new", "x", "y"], '"y" is one word too many.'],
  [["new", "Not A Name"], '"Not A Name" cannot be the name of a project.'],
  [["add"], "What shall be added?"],
  [["add", "modl", "x"], '"modl" cannot be added. Did you mean "model"?'],
  [["contract"], "What shall be done with contracts?"],
  [["contract", "chek"], 'Nothing called "chek" can be done with contracts. Did you mean "check"?'],
  [["contract", "export"], "Something is missing."],
  [["dev", "--port"], "Option '--port <value>' argument missing."],
  [["constructor"], 'There is no command "constructor".'],
])("archipel %j is answered with what is wrong and how it is right", (args, says) => {
  using folder = temporaryFolder()
  const { code, out, err } = archipel(folder.path, args)
  const [first, hint] = err.split("\n")
  expect({ code, out, first }).toEqual({ code: 2, out: "", first: says })
  expect(hint).toMatch(/^ {2}\S/)
})

test("outside of a project, commands say so", () => {
  using folder = temporaryFolder()
  expect(archipel(folder.path, ["dev"]).err).toContain("There is no main.ts here.")
  expect(archipel(folder.path, ["routes", "none.ts"]).err).toContain("There is no none.ts here.")
  const { code, err } = archipel(folder.path, ["add", "service", "sales"])
  expect(code).toBe(1)
  expect(err).toBe(
    "This is no project: there is no package.json here or above.\n  Make one with `archipel new NAME`, or change into its directory.\n",
  )
})

const systemNode = ["/usr/bin/node", "/usr/local/bin/node"].find((path) => existsSync(path))
optional("a Node of the system", systemNode).test("an old Node is told what it lacks, or hands over", (node) => {
  using folder = temporaryFolder()
  const runs = spawnSync(node, ["-p", "Boolean(process.features.typescript)"], { encoding: "utf8" }).stdout.trim()
  const { status, stderr } = spawnSync(node, [executable, "routes"], { cwd: folder.path, encoding: "utf8" })
  expect(status).not.toBe(0)
  if (runs === "false") expect(stderr).toContain("install Node 22.18 or later")
})
