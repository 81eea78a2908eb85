import { spawnSync } from "node:child_process"
import { readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { afterAll, beforeAll, expect, test } from "vitest"
import { projectVersions } from "../../packages/cli/src/versions.ts"
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

const file = (path: string): string => readFileSync(join(project, path), "utf8")

/** Of the project's own files. */
function typeErrors(): string {
  const tsc = join(root, "node_modules/typescript/bin/tsc")
  const options = ["-p", ".", "--customConditions", "@archipel/source", "--lib", "esnext"]
  const { stdout } = spawnSync(process.execPath, [tsc, ...options], { cwd: project, encoding: "utf8" })
  return stdout
    .split("\n")
    .filter((line) => line !== "" && !/^(?:\.\.\/| )/.test(line))
    .join("\n")
}

test("a new project has what it needs, and no more", () => {
  const names = readdirSync(project, { recursive: true, encoding: "utf8" }).filter(
    (name) => !name.startsWith("node_modules"),
  )
  expect(names.sort()).toEqual([
    ".gitignore",
    "README.md",
    "main.ts",
    "package.json",
    "services",
    "services/tasks",
    "services/tasks/contract.ts",
    "services/tasks/logic.ts",
    "services/tasks/service.test.ts",
    "services/tasks/service.ts",
    "tools",
    "tools/ensure-installed.mjs",
    "tsconfig.json",
  ])
  expect(file("README.md")).toMatch(/^# shop\n/)
  expect(typeErrors()).toBe("")
})

test("it brings the same Node and tools as this repository", () => {
  const own = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as Record<string, Record<string, string>>
  const made = JSON.parse(file("package.json")) as Record<string, Record<string, string>>
  expect(Object.keys(made["optionalDependencies"] ?? {})).toHaveLength(5)
  expect(own["optionalDependencies"]).toMatchObject(made["optionalDependencies"] ?? {})
  expect(projectVersions.typescript).toBe(own["devDependencies"]?.["typescript"])
  expect(projectVersions.typesNode).toBe(own["devDependencies"]?.["@types/node"])
})

test("a directory with something in it is left alone", () => {
  const { code, err } = archipel(folder.path, ["new", "shop"])
  expect({ code, err }).toEqual({
    code: 1,
    err: "shop exists already and is not empty.\n  Choose another name, or `archipel add service NAME` in the project that is there.\n",
  })
})

test("tarballs that are not there are named", () => {
  const { code, err } = archipel(folder.path, ["new", "other", "--packages", folder.path])
  expect(code).toBe(1)
  expect(err).toContain(
    "has no tarball of @archipel/core, @archipel/data, @archipel/server, @archipel/cli, @archipel/identity, @archipel/gateway, @archipel/admin.",
  )
  expect(readdirSync(folder.path)).toEqual(["shop"])
})

test("a service and its models are added to what is there, and it still type-checks", () => {
  expect(archipel(project, ["add", "service", "sales"])).toMatchObject({ code: 0, err: "" })
  expect(file("main.ts")).toBe(`import { start } from "@archipel/server"
import { tasks } from "./services/tasks/service.ts"
import { sales } from "./services/sales/service.ts"

await start([tasks, sales])
`)
  const order = [
    "number:text:unique",
    "date:date:default=today",
    "owner:identity.User:default=me",
    "size:choice=s,m:optional",
  ]
  expect(archipel(project, ["add", "model", "sales.Order", ...order])).toMatchObject({ code: 0, err: "" })
  const line = ["order:sales.Order:parent", "item:text", "price:money", "done:bool:default=false"]
  expect(archipel(project, ["add", "model", "sales.OrderLine", ...line])).toMatchObject({ code: 0, err: "" })
  expect(archipel(project, ["add", "model", "sales.Shipper", "name:text", "phone:phone:optional"]).out).toContain(
    "It will be at /api/sales/shippers.",
  )
  expect(file("services/sales/contract.ts")).toMatchInlineSnapshot(`
    "import { bool, choice, contract, date, many, model, money, one, phone, text } from "@archipel/core"

    export const sales = contract("sales", {
      roles: ["user", "manager"],
      models: {
        Order: model({
          number: text().unique(),
          date: date().default("today"),
          owner: one("identity.User").default("me"),
          size: choice("s", "m").optional(),
          lines: many("sales.OrderLine", "order").owned(),
        }),
        OrderLine: model({
          order: one("sales.Order", { onDelete: "cascade" }),
          item: text(),
          price: money(),
          done: bool().default(false),
        }),
        Shipper: model({ name: text(), phone: phone().optional() }),
      },
    })
    declare module "@archipel/core" {
      interface Contracts {
        sales: typeof sales
      }
    }
    "
  `)
  expect(file("services/sales/logic.ts")).toBe(`import { logic } from "@archipel/core"
import "./contract.ts"

export const order = logic("sales.Order").grant("sales.user", "all", "all")

export const shipper = logic("sales.Shipper").grant("sales.user", "all", "all")
`)
  expect(file("services/sales/service.ts")).toContain('service("sales", { logic: [order, shipper] })')
  expect(typeErrors()).toBe("")
})

test("unless told otherwise, a new project has a login, and with its gateway the admin", () => {
  using own = temporaryFolder()
  expect(archipel(own.path, ["new", "firm", "--no-install"])).toMatchObject({ code: 0, err: "" })
  const main = readFileSync(join(own.path, "firm/main.ts"), "utf8")
  expect(main).toContain("await start([identityService(), gatewayService(), tasks])")
  const manifest = readFileSync(join(own.path, "firm/package.json"), "utf8")
  expect(Object.keys((JSON.parse(manifest) as { dependencies: object }).dependencies)).toEqual([
    "@archipel/core",
    "@archipel/gateway",
    "@archipel/identity",
    "@archipel/server",
  ])
})

test("the login is added once, before the services that it is for", () => {
  expect(archipel(project, ["add", "login"])).toMatchObject({ code: 0, err: "" })
  expect(file("main.ts")).toContain("await start([identityService(), gatewayService(), tasks, sales])")
  expect(file("main.ts")).toContain('import { identityService } from "@archipel/identity"')
  const { dependencies } = JSON.parse(file("package.json")) as { dependencies: object }
  expect(Object.keys(dependencies)).toEqual([
    "@archipel/core",
    "@archipel/gateway",
    "@archipel/identity",
    "@archipel/server",
  ])
  expect(typeErrors()).toBe("")
  expect(archipel(project, ["add", "login"])).toMatchObject({
    code: 1,
    err: "main.ts:7  The program has a login already.\n",
  })
})

test("everything else in an edited file stays as it was, comments too", () => {
  const contract = join(project, "services/tasks/contract.ts")
  const before = readFileSync(contract, "utf8").replace("due: date()", "due: date() /* the day, not the hour */")
  writeFileSync(contract, before)
  expect(archipel(project, ["add", "model", "tasks.Step", "task:tasks.Task:parent", "what:text"])).toMatchObject({
    code: 0,
  })
  const added = /^.*(?:many|Step|task: one|what: ).*\n/gm
  const after = file("services/tasks/contract.ts")
    .replace(/import \{.*\n/, "")
    .replaceAll(added, "")
  expect(after).toBe(before.replace(/import \{.*\n/, "").replaceAll(added, ""))
  expect(typeErrors()).toBe("")
})

test("a program in one file is edited too", () => {
  using own = temporaryFolder()
  const hello = readFileSync(join(root, "examples/hello/hello.ts"), "utf8")
  writeFileSync(join(own.path, "package.json"), '{ "type": "module" }')
  writeFileSync(join(own.path, "hello.ts"), hello)
  expect(archipel(own.path, ["add", "model", "hello.Tag", "name:text:unique"])).toMatchObject({ code: 0, err: "" })
  const text = readFileSync(join(own.path, "hello.ts"), "utf8")
  expect(text).toContain("Tag: model({ name: text().unique() })")
  expect(text.indexOf("const tag = logic(")).toBeLessThan(text.indexOf("await start("))
  expect(text).toContain("{ logic: [task, tag] }")
})

test.each([
  [["service", "tasks"], 1, 'services/tasks/contract.ts:4  The service "tasks" exists already.'],
  [["service", "class"], 2, '"class" cannot be the name of a service.'],
  [["service", "Sales"], 2, '"Sales" cannot be the name of a service.'],
  [["model", "tasks.Task", "title:text"], 1, "services/tasks/contract.ts:7  The model tasks.Task exists already."],
  [["model", "tasks.task"], 2, '"tasks.task" is no name of a model.'],
  [["model", "task.Other"], 1, 'There is no service "task" in this project. Did you mean "tasks"?'],
  [["model", "tasks.Other", "name:txt"], 2, 'name:txt: there is no type "txt". Did you mean "text"?'],
  [["model", "tasks.Other", "name"], 2, "name: its type is missing."],
  [["model", "tasks.Other", "Name:text"], 2, 'Name:text: "Name" is no name of a field; names are camelCase.'],
  [["model", "tasks.Other", "a:text:uniqe"], 2, 'a:text:uniqe: there is no word "uniqe". Did you mean "unique"?'],
  [["model", "tasks.Other", "a:text", "a:date"], 2, 'The field "a" is there twice.'],
  [
    ["model", "tasks.Other", "s:states"],
    2,
    "s:states: states needs more than one line says: write it into the contract by hand.",
  ],
  [["model", "tasks.Other", "a:choice"], 2, "a:choice: a choice names its values: choice=small,large."],
  [
    ["model", "tasks.Line", "x:tasks.Nothing:parent"],
    1,
    "services/tasks/contract.ts:4  tasks.Nothing is no model of this contract, so it cannot own tasks.Line.",
  ],
])("archipel add %j is refused in words, and nothing is changed", (args, code, says) => {
  const before = ["contract.ts", "logic.ts", "service.ts"].map((name) => file(`services/tasks/${name}`))
  const said = archipel(project, ["add", ...args])
  expect({ code: said.code, says: said.err.split("\n")[0] }).toEqual({ code, says })
  expect(["contract.ts", "logic.ts", "service.ts"].map((name) => file(`services/tasks/${name}`))).toEqual(before)
})
