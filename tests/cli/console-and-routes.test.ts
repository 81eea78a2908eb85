import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { afterAll, beforeAll, expect, test } from "vitest"
import { archipel, type Folder, newProject, temporaryFolder } from "./command-line.ts"

const root = fileURLToPath(new URL("../..", import.meta.url))
let folder: Folder
let project: string
beforeAll(() => {
  folder = temporaryFolder()
  project = newProject(folder)
})
afterAll(() => {
  folder[Symbol.dispose]()
})

const talk = (lines: readonly string[], ...args: string[]) =>
  archipel(project, ["console", ...args], { input: `${lines.join("\n")}\n` })

test("answers are waited for and shown as a table", () => {
  const { code, out, err } = talk([
    'const { id } = await db("tasks.Task").create({ title: "Count the stock", due: "2026-01-31" })',
    'db("tasks.Task").create({ title: "Write" }).then(() => "made")',
    'db("tasks.Task").find({ select: ["title", "due", "owner.name"], where: { owner: "01900000-0000-7000-8000-000000000001", title: { in: ["Count the stock", "Write"] } }, orderBy: ["title"] }).then((rows) => rows.map(({ id, owner: { id: _, ...owner }, ...row }) => ({ ...row, owner })))',
    'db("tasks.Task").get(id, { select: ["title"] }).then(({ title }) => title)',
  ])
  expect(err).toBe("")
  expect(code).toBe(0)
  expect(out).toBe(`'made'
title            due         owner.name
───────────────  ──────────  ────────────
Count the stock  2026-01-31  Alice Arnaud
Write                        Alice Arnaud
2 records
'Count the stock'
`)
})

test("everybody has their own rights, and refusals are said in words", () => {
  const { out, err } = talk(
    [
      'as("alice")("tasks.Task").create({ title: "Secret" }).then(() => undefined)',
      'db("tasks.Task").count({ title: "Secret" })',
      'as("martin")("tasks.Task").count({ title: "Secret" })',
      'as("outsider")("tasks.Task").count()',
      'db("tasks.Task").create({ title: " " })',
      'db("tasks.Task").find({ select: ["titel"] })',
    ],
    "--as",
    "clerk",
  )
  expect(out).toBe("0\n1\n")
  expect(err).toContain("access.denied: ")
  expect(err).toContain("record.invalid: ")
  expect(err).toContain('query.unknown_field: tasks.Task has no field "titel", or you may not read it.')
  expect(err).not.toMatch(/^\s+at /m)
})

test("in a sandbox everything happens, and nothing stays", () => {
  const gone = 'count({ title: { startsWith: "Gone" } })'
  const inside = talk(
    [
      `db("tasks.Task").create({ title: "Gone" }).then(() => db("tasks.Task").${gone})`,
      `db.transaction("tasks", async (tx) => { await tx("tasks.Task").create({ title: "Gone too" }); return tx("tasks.Task").${gone} })`,
    ],
    "--sandbox",
  )
  expect(inside).toEqual({ code: 0, out: "1\n2\n", err: "" })
  expect(talk([`db("tasks.Task").${gone}`]).out).toBe("0\n")
})

test("an unknown user is named", () => {
  const { code, err } = talk([], "--as", "clra")
  expect({ code, err }).toEqual({
    code: 2,
    err: 'There is no user "clra". Did you mean "clara"?\n  The users in development are alice, martin, clara, oscar.\n',
  })
})

test("routes lists what is served, without starting it", () => {
  const { code, out, err } = archipel(project, ["routes"])
  expect({ code, err }).toEqual({ code: 0, err: "" })
  expect(out).toMatch(/^GET {5}\/api\/tasks\/tasks {3,}List tasks$/m)
  expect(out).toMatch(/^DELETE {2}\/api\/tasks\/tasks\/\{id\} {3,}Delete a task$/m)
  expect(out).not.toMatch(/ +$/m)
})

test("routes of a whole company, or of one of its services", () => {
  const main = join(root, "examples/company/main.ts")
  const all = archipel(root, ["routes", main])
  const sales = archipel(root, ["routes", main, "--service", "sales"])
  expect({ code: sales.code, err: sales.err }).toEqual({ code: 0, err: "" })
  expect(sales.out).toContain("/api/sales/orders/{id}/$confirm")
  expect(sales.out).not.toContain("/api/crm/")
  expect(all.out).toContain("/api/crm/customers")
  const none = archipel(root, ["routes", main, "--service", "sale"])
  expect(none.code).toBe(1)
  expect(none.err).toMatch(/^The program has no service "sale". Did you mean "sales"\?\n {2}Its services are /)
})

test("a program that cannot be is explained, by every command", () => {
  using own = temporaryFolder()
  const broken = newProject(own)
  const contract = join(broken, "services/tasks/contract.ts")
  writeFileSync(contract, readFileSync(contract, "utf8").replace('one("identity.User")', 'one("x.Y")'))
  const says =
    'services/tasks/contract.ts:11  tasks.Task.owner refers to "x.Y", which no known contract declares.\n  Check the name, or import that contract.\n'
  expect(archipel(broken, ["routes"])).toEqual({ code: 1, out: "", err: says })
  expect(archipel(broken, ["console"])).toEqual({ code: 1, out: "", err: says })
  writeFileSync(join(broken, "main.ts"), 'console.log("no services")\n')
  expect(archipel(broken, ["routes"]).err).toBe(
    "main.ts starts no services.\n  A program's main file ends with: await start([…])\n",
  )
})
