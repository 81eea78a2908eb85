import { once } from "node:events"
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { type AddressInfo, createServer } from "node:net"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { archipel, type Folder, newProject, type RunningDev, startDev, temporaryFolder } from "./command-line.ts"

let folder: Folder
let project: string
let dev: RunningDev
let address: string
beforeAll(async () => {
  folder = temporaryFolder()
  project = newProject(folder)
  dev = startDev(project)
  address = await readyAddress()
})
afterAll(async () => {
  await dev.stop()
  folder[Symbol.dispose]()
})

const readyAddress = async (): Promise<string> => (await dev.sees(/ready http\S+\n/)).trim().split(" ").at(-1) as string
const logic = (): string => join(project, "services/tasks/logic.ts")
const contract = (): string => join(project, "services/tasks/contract.ts")
const asClerk = { headers: { authorization: "Bearer dev:clara", "content-type": "application/json" } }

/** Saves a file that is wrong. @returns what is said about it; then puts it back and waits until all is well. */
async function saidAfter(path: string, change: (text: string) => string): Promise<string> {
  const before = readFileSync(path, "utf8")
  const changed = change(before)
  expect(changed).not.toBe(before)
  writeFileSync(path, changed)
  try {
    return (await dev.sees(/.*Waiting for a change …\n/s)).replace(/The program does not run.*\n$/, "")
  } finally {
    writeFileSync(path, before)
    await dev.sees(/running again after .*\n/)
  }
}

/** Writes a task as the clerk, over HTTP. */
async function writeTask(title: string): Promise<void> {
  const { status } = await fetch(`${address}/api/tasks/tasks`, {
    method: "POST",
    body: JSON.stringify({ title }),
    ...asClerk,
  })
  if (status !== 201) throw new Error(`It was answered with ${status}.`)
}

/** What the console answers to one line. */
const ask = (line: string) => archipel(project, ["console", "--as", "clara"], { input: `${line}\n` })
const countOf = (title: string): string => `db("tasks.Task").count({ title: "${title}" })`

test("a change is served on the same address, and what was written before is still there", async () => {
  await writeTask("Before")
  const before = readFileSync(logic(), "utf8")
  try {
    writeFileSync(logic(), before.replace('!== ""', '!== "Before"'))
    expect(await readyAddress()).toBe(address)
    expect(await dev.sees(/running again after \d+\.\d\d s\n/)).toMatch(/services\/tasks\/logic\.ts changed/)
    await expect(writeTask("Before")).rejects.toThrow("422")
    expect(ask(countOf("Before"))).toEqual({ code: 0, out: "1\n", err: "" })
  } finally {
    writeFileSync(logic(), before)
    await dev.sees(/running again after .*\n/)
  }
})

test("a file that is saved without a change, or is a test, restarts nothing", async () => {
  writeFileSync(logic(), readFileSync(logic(), "utf8"))
  writeFileSync(join(project, "services/tasks/service.test.ts"), "// other\n")
  // What comes after is the next restart: had one of these caused one, it would be named here.
  const main = join(project, "main.ts")
  writeFileSync(main, `${readFileSync(main, "utf8")}\n// changed\n`)
  expect(await dev.sees(/\S+ changed: running again after .*\n/)).toContain("main.ts changed")
})

describe("what is wrong is said with its place, one sentence and what to do", () => {
  test.each<[string, () => string, (text: string) => string, string]>([
    [
      "an unknown target",
      contract,
      (text) => text.replace('"identity.User"', '"identity.Usr"'),
      `services/tasks/contract.ts:11  tasks.Task.owner refers to "identity.Usr", which no known contract declares.
  Check the name, or import that contract.
`,
    ],
    [
      "an unknown role",
      logic,
      (text) => text.replace('"tasks.manager"', '"tasks.boss"'),
      `services/tasks/logic.ts:8  tasks.Task: there is no role "tasks.boss"; the contract declares tasks.user, tasks.manager.
`,
    ],
    [
      "a path that leads nowhere",
      logic,
      (text) => text.replace('["title"]', '["titel"]'),
      `services/tasks/logic.ts:6  tasks.Task: the check task.title_empty depends on "titel": tasks.Task has no field "titel".
`,
    ],
    [
      "several mistakes at once",
      contract,
      (text) => text.replace("title: text()", "limit: text()").replace('one("identity.User")', 'one("x.Y")'),
      `services/tasks/contract.ts:8  tasks.Task.limit: "limit" is a word of the query language.
  Choose another name.
services/tasks/contract.ts:11  tasks.Task.owner refers to "x.Y", which no known contract declares.
  Check the name, or import that contract.
`,
    ],
    [
      "a syntax error",
      logic,
      (text) => `${text}const a = (\n`,
      `services/tasks/logic.ts:10  Expected \`)\` but found \`EOF\`.
  Correct it; what runs before is not changed.
`,
    ],
    [
      "TypeScript that is more than types",
      logic,
      (text) => `${text}enum Size { Small }\n`,
      `services/tasks/logic.ts:9  TypeScript enum is not supported in strip-only mode.
  Use a union of texts instead: type Size = "small" | "large".
`,
    ],
    [
      "an import without its ending",
      logic,
      (text) => `${text}import "./contract"\n`,
      `services/tasks/logic.ts:9  There is no file ./contract.
  Imports name the file with its ending: "./contract.ts".
`,
    ],
    [
      "a package that is not there",
      logic,
      (text) => `${text}import "left-pad-of-nobody"\n`,
      `services/tasks/logic.ts:9  The package "left-pad-of-nobody" is not installed.
  If the name is right: npm install left-pad-of-nobody
`,
    ],
    [
      "a name that is not exported",
      logic,
      (text) => `${text}import { task as other } from "./contract.ts"\nother\n`,
      `services/tasks/logic.ts:9  ./contract.ts exports no "task".
  Check the name; if it is a type, import it as one: import type { task } from "./contract.ts".
`,
    ],
    [
      "a mistake of the program itself",
      logic,
      (text) => `${text}const nothing = null as unknown as { size: number }\nnothing.size\n`,
      `services/tasks/logic.ts:10  TypeError: Cannot read properties of null (reading 'size').
  ARCHIPEL_STACK=1 before the command shows the whole stack.
`,
    ],
    [
      "a change that the data does not allow",
      contract,
      (text) => text.replace("title: text()", "title: bool()"),
      `services/tasks/contract.ts:8  tasks.Task.title (column title of table tasks): the column's type is text, and the contract asks for boolean.
  Keep the field's type; or convert the values that are there: \`archipel migrate plan\`.
`,
    ],
  ])("%s", async (_name, path, change, says) => {
    expect(await saidAfter(path(), change)).toBe(says)
  })
})

test("a second one on the same data is refused in words", () => {
  const { code, err } = archipel(project, ["dev", "--port", "0"])
  expect(code).toBe(1)
  expect(err).toContain(`postgres.directory_in_use: Process ${dev.pid} is using the data directory`)
  expect(err).toContain("  Another `archipel dev` runs here: stop it, or give this one its own data (--data DIR).\n")
})

test("a port that is taken is named", async () => {
  using own = temporaryFolder()
  const other = newProject(own)
  const blocker = createServer().listen(0, "localhost")
  await once(blocker, "listening")
  const { port } = blocker.address() as AddressInfo
  try {
    await using second = startDev(other, ["--port", String(port)])
    expect(await second.sees(/.*Waiting for a change …\n/s)).toContain(
      `Port ${port} is in use by another program.\n  Stop that program, or take another port: --port ${port + 1} (0 takes any free one).\n`,
    )
  } finally {
    blocker.close()
  }
})

test("Ctrl-C ends the program and its database, and --fresh forgets the data", async () => {
  await writeTask("Kept")
  expect(await dev.stop("SIGINT")).toBe(0)
  expect(existsSync(join(project, ".data/postgres/lock.json"))).toBe(false)
  expect(existsSync(join(project, ".data/dev.json"))).toBe(false)
  expect(ask(countOf("Kept")).out).toBe("1\n")
  dev = startDev(project, ["--port", "0", "--fresh"])
  address = await readyAddress()
  expect(ask(countOf("Kept")).out).toBe("0\n")
})
