import { spawn, spawnSync } from "node:child_process"
import { createServer } from "node:http"
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import type { AddressInfo } from "node:net"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { archipel, type Folder, newProject, temporaryFolder } from "./command-line.ts"

const root = fileURLToPath(new URL("../..", import.meta.url))
let folder: Folder
/** The project of those who own crm, and that of those who use it. */
let owner: string
let consumer: string
const tarball = "../company/company-crm-contract-0.1.0.tgz"

const run = (project: string, ...args: string[]) => archipel(project, args)
/** Changes a file of a project. */
function edit(project: string, path: string, from: string, to: string): void {
  const file = join(project, path)
  const text = readFileSync(file, "utf8")
  if (!text.includes(from)) throw new Error(`${path} has no ${from}`)
  writeFileSync(file, text.replace(from, to))
}
/** While something is otherwise in a project. */
function with_<R>(project: string, path: string, from: string, to: string, then: () => R): R {
  const before = readFileSync(join(project, path), "utf8")
  edit(project, path, from, to)
  try {
    return then()
  } finally {
    writeFileSync(join(project, path), before)
  }
}
const file = (project: string, path: string): string => readFileSync(join(project, path), "utf8")
const json = (project: string, path: string) => JSON.parse(file(project, path)) as Record<string, unknown>

function typeErrors(project: string): string {
  const tsc = join(root, "node_modules/typescript/bin/tsc")
  const options = ["-p", ".", "--customConditions", "@archipel/source", "--lib", "esnext"]
  const { stdout } = spawnSync(process.execPath, [tsc, ...options], { cwd: project, encoding: "utf8" })
  return stdout
    .split("\n")
    .filter((line) => line !== "" && !/^(?:\.\.\/| )/.test(line))
    .join("\n")
}

beforeAll(() => {
  folder = temporaryFolder()
  owner = newProject(folder, "company")
  run(owner, "add", "service", "crm")
  run(owner, "add", "model", "crm.Country", "name:text:unique", "code:text")
  run(owner, "add", "model", "crm.Customer", "name:text", "country:crm.Country:optional", "city:text:optional")
  expect(run(owner, "contract", "export", "crm")).toMatchObject({ code: 0, err: "" })
  expect(spawnSync("npm", ["pack", "--silent", "./contracts/crm"], { cwd: owner, encoding: "utf8" }).status).toBe(0)

  consumer = newProject(folder, "selling")
  // A directory of its own: contracts are installed into it.
  rmSync(join(consumer, "node_modules"))
  mkdirSync(join(consumer, "node_modules"))
  for (const name of ["@archipel", "@types"])
    symlinkSync(join(root, "node_modules", name), join(consumer, "node_modules", name))
  run(consumer, "add", "service", "sales")
  expect(run(consumer, "add", "neighbour", tarball, "--service", "sales")).toMatchObject({ code: 0, err: "" })
  // As npm would unpack it.
  const installed = join(consumer, "node_modules/@company/crm-contract")
  mkdirSync(installed, { recursive: true })
  spawnSync("tar", ["-xzf", tarball, "--strip-components=1", "-C", installed], { cwd: consumer })
  run(consumer, "add", "model", "sales.Order", "customer:crm.Customer", "shipTo:text:optional")
  edit(consumer, "services/sales/contract.ts", "shipTo: text().optional()", "shipTo: text().suggested()")
  edit(
    consumer,
    "services/sales/logic.ts",
    'logic("sales.Order")',
    'logic("sales.Order").suggest("shipTo", ["customer.country.name"], (o) => o.customer.country?.name ?? "")',
  )
  expect(run(consumer, "contract", "uses", "--write")).toMatchObject({
    code: 0,
    out: "services/tasks/uses.json\nservices/sales/uses.json\n",
  })
}, 300_000)
afterAll(() => {
  folder[Symbol.dispose]()
})

describe("a contract is exported", () => {
  test("as a package of structure and types, named by its project", () => {
    expect(json(owner, "contracts/crm/package.json")).toMatchObject({
      name: "@company/crm-contract",
      version: "0.1.0",
      archipel: { contract: "crm" },
      peerDependencies: { "@archipel/core": "^0.1.0" },
    })
    expect(file(owner, "contracts/crm/index.d.ts")).toContain('readonly country: One<"crm.Country", true, "optional">')
  })

  test("the same again where nothing changed, and a version that is used twice is said", () => {
    const before = file(owner, "contracts/crm/index.js")
    expect(run(owner, "contract", "export", "crm")).toMatchObject({ code: 0, err: "" })
    expect(file(owner, "contracts/crm/index.js")).toBe(before)
    const said = with_(
      owner,
      "services/crm/contract.ts",
      "code: text()",
      "code: text(), area: text().optional()",
      () => {
        const out = join(folder.path, "twice")
        cpSync(join(owner, "contracts/crm"), out, { recursive: true })
        return run(owner, "contract", "export", "crm", "--out", out)
      },
    )
    expect(said).toMatchObject({
      code: 0,
      err: 'Version 0.1.0 was exported with another contract before: raise "version" in package.json before you publish it.\n',
    })
  })

  test("with the version that CI gives it", () => {
    const out = join(folder.path, "released")
    const env = { ARCHIPEL_VERSION: "3.2.1" }
    expect(archipel(owner, ["contract", "export", "crm", "--out", out], { env })).toMatchObject({ code: 0 })
    expect(JSON.parse(readFileSync(join(out, "contract.json"), "utf8"))).toMatchObject({ version: "3.2.1" })
  })

  test("not where its source is elsewhere", () => {
    expect(run(owner, "contract", "export", "crn")).toMatchObject({
      code: 1,
      err: 'This project has no service "crn" to export. Did you mean "crm"?\n  A contract is exported where its contract.ts is.\n',
    })
  })
})

describe("a neighbour is added", () => {
  test("to a service that is named, once, and the project type-checks with its models", () => {
    expect(run(consumer, "add", "neighbour", tarball)).toMatchObject({
      code: 2,
      err: "Which service gets the neighbour: sales, tasks?\n  Say it with --service NAME.\n",
    })
    expect(run(consumer, "add", "neighbour", tarball, "--service", "sale").err).toContain('Did you mean "sales"?')
    expect(run(consumer, "add", "neighbour", tarball, "--service", "sales")).toMatchObject({ code: 0, err: "" })
    expect(json(consumer, "package.json")["dependencies"]).toMatchObject({
      "@company/crm-contract": `file:${join(owner, "company-crm-contract-0.1.0.tgz")}`,
    })
    expect(file(consumer, "services/sales/contract.ts").match(/import "@company\/crm-contract"/g)).toHaveLength(1)
    expect(typeErrors(consumer)).toBe("")
    expect(
      with_(consumer, "services/sales/logic.ts", "customer.country.name", "customer.country.nmae", () =>
        typeErrors(consumer),
      ),
    ).toContain("services/sales/logic.ts")
  })

  test("not if it is no contract", () => {
    expect(run(consumer, "add", "neighbour", "@archipel/server", "--service", "sales")).toMatchObject({
      code: 1,
      err: "@archipel/server is no contract of a service.\n  A contract is a package that `archipel contract export` wrote.\n",
    })
    expect(run(consumer, "add", "neighbour", "none.tgz", "--service", "sales").err).toContain(
      "no tarball that could be read",
    )
    expect(run(consumer, "add", "neighbour", "Not A Package", "--service", "sales").code).toBe(2)
  })
})

describe("what a project uses", () => {
  test("is said, and written beside each service", () => {
    expect(run(consumer, "contract", "uses", "--service", "sales").out).toBe(
      "sales\n  crm.Country: reads name\n  crm.Customer: reads country\n  identity.User: refers to it\n",
    )
    expect(json(consumer, "services/sales/uses.json")).toEqual({
      service: "sales",
      builtWith: { crm: "0.1.0" },
      declared: {
        "crm.Country": { reads: ["name"], writes: [], calls: [] },
        "crm.Customer": { reads: ["country"], writes: [], calls: [] },
        "identity.User": { reads: [], writes: [], calls: [] },
      },
      recorded: {},
    })
  })

  test("keeps what its tests recorded", () => {
    recorded(() => {
      run(consumer, "contract", "uses", "--write")
      expect(json(consumer, "services/sales/uses.json")).toMatchObject({
        recorded: { "crm.Customer": { reads: ["city"] } },
      })
      expect(run(consumer, "contract", "uses", "--service", "sales").out).toContain("crm.Customer: reads city, country")
    })
  })
})

/** While the tests of sales have seen it read the city of customers. */
const recorded = <R>(then: () => R): R =>
  with_(
    consumer,
    "services/sales/uses.json",
    '"recorded": {}',
    '"recorded": { "crm.Customer": { "reads": ["city"], "writes": [], "calls": [] } }',
    then,
  )

/** Exports crm as its source is with one change, with its version, to a directory. */
function release(version: string, from: string, to: string): string {
  const out = join(folder.path, `crm-${version}`)
  with_(owner, "services/crm/contract.ts", from, to, () =>
    archipel(owner, ["contract", "export", "crm", "--out", out], { env: { ARCHIPEL_VERSION: version } }),
  )
  expect(existsSync(out)).toBe(true)
  return out
}

describe("in the consumer's project", () => {
  test("what is more fits", () => {
    const said = run(
      consumer,
      "contract",
      "check",
      release("0.2.0", "code: text()", "code: text(), iso: text().optional()"),
    )
    expect(said).toEqual({
      code: 0,
      err: "",
      out: "crm 0.2.0 fits: 1 difference from crm 0.1.0, none in what is used here.\n  - crm.Country.iso is new.\n",
    })
  })

  test("what is missing and not used fits, and is said", () => {
    const said = run(consumer, "contract", "check", release("0.3.0", "code: text()", "area: text().optional()"))
    expect(said.code).toBe(0)
    expect(said.out).toContain("crm.Country.code was removed")
  })

  test("what is missing and used is refused in words, by who uses it and with both versions", () => {
    const gone = release("1.0.0", "name: text().unique(), code", "code")
    const expected = {
      code: 1,
      out: "",
      err: "crm 1.0.0 does not fit sales, which was built with crm 0.1.0 and uses what changed:\n  - crm.Country.name was removed.\n",
    }
    expect(run(consumer, "contract", "check", gone)).toEqual(expected)
    // In whatever form it comes.
    expect(run(consumer, "contract", "check", join(gone, "contract.json"))).toEqual(expected)
    spawnSync("npm", ["pack", "--silent", gone], { cwd: folder.path })
    expect(run(consumer, "contract", "check", join(folder.path, "company-crm-contract-1.0.0.tgz"))).toEqual(expected)
  })

  test("by an address, too", async () => {
    const text = readFileSync(join(folder.path, "crm-1.0.0/contract.json"))
    const server = createServer((_request, response) => response.end(text))
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
    const { port } = server.address() as AddressInfo
    // The command is another process: this one has to answer it meanwhile.
    const child = spawn(
      process.execPath,
      [
        "--conditions=@archipel/source",
        join(root, "packages/cli/bin/archipel.mjs"),
        "contract",
        "check",
        `http://127.0.0.1:${port}/contract.json`,
      ],
      { cwd: consumer, stdio: ["ignore", "ignore", "pipe"] },
    )
    let err = ""
    child.stderr.setEncoding("utf8").on("data", (part: string) => {
      err += part
    })
    const code = await new Promise((resolve) => child.once("close", resolve))
    server.close()
    expect({ code, err }).toMatchObject({ code: 1, err: expect.stringContaining("crm.Country.name was removed") })
  })

  test("what a test recorded counts as well", () => {
    const gone = release("2.0.0", "city: text().optional()", "town: text().optional()")
    expect(run(consumer, "contract", "check", gone).code).toBe(0)
    expect(recorded(() => run(consumer, "contract", "check", gone))).toMatchObject({
      code: 1,
      err: expect.stringContaining("- crm.Customer.city was removed"),
    })
  })

  test("a committed file that does not say what is used is refused", () => {
    const said = with_(consumer, "services/sales/uses.json", '"country"', '"city"', () =>
      run(consumer, "contract", "check", tarball),
    )
    expect(said).toMatchObject({
      code: 1,
      err: "services/sales/uses.json does not say what sales uses: write it with `archipel contract uses --write` and commit it.\n",
    })
  })

  test("what is no contract, or of nobody here, is said", () => {
    expect(run(consumer, "contract", "check", "none").err).toContain(
      "There is no file, directory or installed package none.",
    )
    expect(run(consumer, "contract", "check", "package.json").err).toContain("package.json holds no contract.")
    const other = join(folder.path, "other.json")
    writeFileSync(other, file(owner, "contracts/crm/contract.json").replace('"name": "crm"', '"name": "crn"'))
    expect(run(consumer, "contract", "check", other).err).toContain("This program knows no contract of crn.")
    expect(run(consumer, "contract", "check").err).toContain("There is nothing to compare with")
  })
})

describe("in the owner's project", () => {
  const removal = <R>(then: () => R): R =>
    with_(owner, "services/crm/contract.ts", "name: text().unique(), code", "code", then)

  test("what nobody said they use is refused with everything that may break somebody", () => {
    expect(run(owner, "contract", "check")).toEqual({
      code: 0,
      err: "",
      out: "crm as it is now fits who uses crm 0.1.0.\n",
    })
    expect(removal(() => run(owner, "contract", "check"))).toEqual({
      code: 1,
      out: "",
      err: "crm as it is now may break who uses crm 0.1.0, and nobody has said what they use (contracts/uses/*.json):\n  - crm.Country.name was removed.\n",
    })
  })

  const uses = (): readonly string[] => ["--uses", join(consumer, "services/sales/uses.json")]

  test("who breaks is named, and what nobody uses may go", () => {
    expect(removal(() => run(owner, "contract", "check", ...uses()))).toEqual({
      code: 1,
      out: "",
      err: "crm as it is now breaks who uses crm 0.1.0:\n  sales (uses.json)\n    - crm.Country.name was removed.\n",
    })
    const unused = with_(owner, "services/crm/contract.ts", ", code: text()", "", () =>
      run(owner, "contract", "check", ...uses()),
    )
    expect(unused).toMatchObject({ code: 0, err: "", out: expect.stringContaining("- crm.Country.code was removed.") })
  })

  test("a file that says nothing is refused", () => {
    const broken = join(folder.path, "uses/broken.json")
    mkdirSync(join(folder.path, "uses"))
    writeFileSync(broken, '{ "service": "x", "declared": { "crm.Country": 1 } }')
    expect(run(owner, "contract", "check", "--uses", join(folder.path, "uses")).err).toContain(
      "broken.json does not say what a service uses.",
    )
    expect(run(owner, "contract", "check", "--uses", "nowhere").err).toBe("There is no nowhere.\n")
  })
})
