/**
 * Two departments that know of each other by one packed contract: crm is released again and again while sales runs.
 *
 * @module
 */
import { spawnSync } from "node:child_process"
import { rmSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { afterAll, beforeAll, expect, test } from "vitest"
import type { Answer } from "../support/asking.ts"
import { created } from "../support/company.ts"
import { until } from "../support/fleet.ts"
import { type DepartmentsFleet, startDepartments } from "./fleet.ts"
import { type Departments, handOver, makeDepartments } from "./projects.ts"

const root = fileURLToPath(new URL("../..", import.meta.url))
const CONTRACT = "services/crm/contract.ts"

let departments: Departments
let fleet: DepartmentsFleet | undefined
beforeAll(async () => {
  departments = await makeDepartments()
  const { company, selling } = departments
  for (const args of [
    ["add", "model", "crm.Customer", "name:text", "city:text:optional", "phone:text:optional"],
    ["contract", "export", "crm"],
  ])
    expect(company.archipel(args)).toMatchObject({ code: 0, err: "" })
  const tarball = handOver(join(company.folder, "contracts/crm"), selling, "@company/crm-contract")
  for (const args of [
    ["add", "neighbour", tarball, "--service", "sales"],
    ["add", "model", "sales.Order", "number:text:unique", "customer:crm.Customer", "billTo:text:optional"],
  ])
    expect(selling.archipel(args)).toMatchObject({ code: 0, err: "" })
  selling.edit("services/sales/contract.ts", "billTo: text().optional()", "billTo: text().suggested()")
  selling.edit(
    "services/sales/logic.ts",
    'logic("sales.Order")',
    'logic("sales.Order").suggest("billTo", ["customer.name"], (order) => order.customer.name)',
  )
  expect(selling.archipel(["contract", "uses", "--write"])).toMatchObject({ code: 0, err: "" })
  fleet = await startDepartments(departments)
}, 900_000)
afterAll(async () => {
  await fleet?.[Symbol.asyncDispose]()
  rmSync(departments.folder, { recursive: true, force: true })
}, 120_000)

const running = (): DepartmentsFleet => fleet as DepartmentsFleet

/** Lists orders with their customers' names, and writes new ones, until it is told to stop. */
function load(customer: string) {
  const failures: string[] = []
  let isEnding = false
  let count = 0
  const note = (what: string, { status, text }: Answer, isGood: (answer: Answer) => boolean, answer: Answer): void => {
    count++
    if (!isGood(answer)) failures.push(`${what}: ${status} ${text.slice(0, 300)}`)
  }
  const loop = async (what: string, one: () => Promise<Answer>, isGood: (answer: Answer) => boolean) => {
    while (!isEnding) {
      const answer = await one().catch((error: unknown): Answer => {
        return { status: 0, text: String(error), headers: new Headers(), json: undefined }
      })
      note(what, answer, isGood, answer)
    }
  }
  const { ask } = running()
  const named = (answer: Answer): boolean =>
    answer.status === 200 &&
    (answer.json as { data: { customer: { name: string } }[] }).data.every((order) => order.customer.name === "Acme")
  const loops = [
    loop("list", () => ask("/api/sales/orders?select=number,customer.name&orderBy=-number&limit=20"), named),
    loop(
      "create",
      () => ask("/api/sales/orders", { body: { number: `N-${Math.random()}`, customer } }),
      ({ status, json }) => status === 201 && (json as { billTo: string }).billTo === "Acme",
    ),
  ]
  return {
    get count() {
      return count
    },
    async end(): Promise<readonly string[]> {
      isEnding = true
      await Promise.all(loops)
      return failures
    },
  }
}

/** While something happens, and for some requests before and after it. */
async function underLoad(customer: string, happens: () => Promise<void>): Promise<readonly string[]> {
  const some = 20
  const requests = load(customer)
  await until(() => requests.count >= some, "load before")
  await happens()
  const so = requests.count
  await until(() => requests.count >= so + some, "load after")
  return requests.end()
}

const exported = (version: string): string => join(departments.folder, `crm-${version}`)
/** What crm's CI does before a release. */
function released(version: string): string {
  const { company } = departments
  const path = "package.json"
  const before = company.file(path)
  company.write(path, before.replace(/"version": "[^"]+"/, `"version": "${version}"`))
  expect(company.archipel(["contract", "export", "crm", "--out", exported(version)])).toMatchObject({
    code: 0,
    err: "",
  })
  return exported(version)
}

test("crm is released and taken back while sales runs: nothing fails, and what would break sales is refused before", async () => {
  const { company, selling } = departments
  const { ask, roll, sql } = running()
  const uses = ["--uses", join(selling.folder, "services/sales/uses.json")]
  const first = company.file(CONTRACT)
  await until(async () => (await ask("/api/crm/customers")).status === 200, "crm and its roles")
  await until(async () => (await ask("/api/sales/orders")).status === 200, "sales and its roles")
  const { id } = (await created(ask, "/api/crm/customers", { name: "Acme", city: "Ulm" })) as { id: string }
  const tsc = spawnSync(
    process.execPath,
    [join(root, "node_modules/typescript/bin/tsc"), "-p", ".", "--typeRoots", join(root, "node_modules/@types")],
    { cwd: selling.folder, encoding: "utf8" },
  )
  expect(tsc.stdout).toBe("")

  // (a) A field more: both sides' CI let it pass, and it is released.
  const withVat = first.replace("phone: text().optional()", "phone: text().optional(), vat: text().optional()")
  company.write(CONTRACT, withVat)
  expect(company.archipel(["contract", "check", ...uses])).toMatchObject({ code: 0, err: "" })
  const additive = released("0.2.0")
  expect(selling.archipel(["contract", "check", additive])).toMatchObject({
    code: 0,
    err: "",
    out: "crm 0.2.0 fits: 1 difference from crm 0.1.0, none in what is used here.\n  - crm.Customer.vat is new.\n",
  })
  expect(await underLoad(id, () => roll("crm", "sales"))).toEqual([])
  expect((await ask(`/api/crm/customers/${id}`)).json).toMatchObject({ name: "Acme", vat: null })

  // (b) A field less that sales uses: refused in words in both CIs, and not released.
  company.write(CONTRACT, withVat.replace(/\bname: text\(\),\s*/, ""))
  expect(company.archipel(["contract", "check", ...uses])).toMatchObject({
    code: 1,
    out: "",
    err: "crm as it is now breaks who uses crm 0.1.0:\n  sales (uses.json)\n    - crm.Customer.name was removed.\n",
  })
  expect(selling.archipel(["contract", "check", released("0.3.0")])).toMatchObject({
    code: 1,
    out: "",
    err: "crm 0.3.0 does not fit sales, which was built with crm 0.1.0 and uses what changed:\n  - crm.Customer.name was removed.\n",
  })

  // (c) Back to the first.
  company.write(CONTRACT, first)
  released("0.1.0")
  expect(await underLoad(id, () => roll("crm", "sales"))).toEqual([])
  expect((await ask(`/api/crm/customers/${id}`)).json).not.toHaveProperty("vat")

  // Released all the same, past its CI and with its column dropped: who needs what is missing is told, and everything else goes on.
  const needsCity = "/api/sales/orders?select=number,customer.city&limit=1"
  expect((await ask(needsCity)).json).toMatchObject({ data: [{ customer: { city: "Ulm" } }] })
  company.write(CONTRACT, first.replace(/\bcity: text\(\)\.optional\(\),\s*/, ""))
  released("0.4.0")
  await sql("crm", "alter table customers drop column city, drop column vat")
  const failures = await underLoad(id, async () => {
    await roll("crm", "sales")
    const refused = await ask(needsCity)
    expect(refused).toMatchObject({ status: 503, json: { code: "service.contract_differs" } })
    expect(refused.json).toMatchObject({
      detail:
        "The service crm runs 0.4.0, and the one that asks it was built with 0.1.0: crm.Customer.city was removed.",
      details: { service: "crm", running: "0.4.0", builtWith: "0.1.0", member: "crm.Customer.city" },
    })
  })
  expect(failures).toEqual([])
  company.write(CONTRACT, first)
  await roll("crm", "sales")
  await until(async () => (await ask(needsCity)).status === 200, "crm's contract fitting again", 5_000)
}, 600_000)
