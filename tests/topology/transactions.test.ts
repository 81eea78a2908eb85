import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type Db, type Principal, systemPrincipal } from "@archipel/core"
import { open, type Program } from "@archipel/server"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { services } from "../../examples/company/services.ts"
import { noLog } from "../../packages/server/src/log.ts"
import { asksOf } from "../support/asking.ts"
import { type CompanyDatabases, companyDatabases, seedCompany, seeded, users } from "../support/company.ts"

let databases: CompanyDatabases
let directory: string
const programs: Program[] = []
/** By where the other services are. */
const sales: Record<string, Program> = {}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "archipel-transactions-"))
  databases = await companyDatabases()
  const common = { port: 0, host: "127.0.0.1", dataDirectory: directory, env: databases.env, log: noLog }
  const whole = await open(services, common)
  programs.push(whole)
  await seedCompany(asksOf(whole.url))
  const neighbours = Object.fromEntries(["identity", "crm", "catalog", "people"].map((name) => [name, whole.url]))
  const alone = await open(services, { ...common, only: ["sales"], neighbours })
  programs.push(alone)
  Object.assign(sales, { "in this process": whole, "in another process": alone })
})
afterAll(async () => {
  for (const program of programs.reverse()) await program.close()
  await databases?.[Symbol.asyncDispose]()
  await rm(directory, { recursive: true, force: true })
})

const clara: Principal = {
  kind: "user",
  id: users.clara,
  roles: ["sales.user", "crm.user", "catalog.user", "people.user"],
  claims: {},
  timeZone: "UTC",
}
const [, , CLARAS] = seeded.orders as [string, string, string]

describe.each(["in this process", "in another process"])("a transaction, with the other services %s", (where) => {
  const within = <R>(principal: Principal, run: (db: Db) => Promise<R>): Promise<R> =>
    (sales[where] as Program).open.as(principal).transaction("sales", run)

  test("reads them with the caller's rights, and its own records with theirs", async () => {
    const read = await within(clara, async (db) => {
      await db("sales.Order").update(CLARAS as never, { note: `read ${where}` })
      return {
        customers: await db("crm.Customer").find({ select: ["name"], orderBy: ["id"] }),
        salaries: await db("people.Employee").find({ select: ["salary"], orderBy: ["id"] }),
        orders: await db("sales.Order").find({
          select: ["note", "customer.name", "customer.country.code"],
          where: { id: CLARAS as never },
        }),
        groups: await db("sales.Order").group({
          group: ["customer"],
          aggregates: { n: "count" },
          orderBy: ["customer"],
        }),
      }
    })
    expect(read.customers.map(({ name }) => name)).toContain("Bäckerei Ümlaut")
    expect(read.salaries).toMatchObject([{ salary: null }, { salary: "3000.00" }, { salary: null }])
    expect(read.orders).toMatchObject([
      { note: `read ${where}`, customer: { name: "Café « L'Étoile »", country: { code: "FR" } } },
    ])
    expect(read.groups[0]).toMatchObject({ customer: { id: seeded.customers[2], title: "Café « L'Étoile »" } })
  })

  test("reads them for the system as the service itself", async () => {
    const names = await within(systemPrincipal("a test"), (db) => db("crm.Customer").find({ select: ["name"] }))
    expect(names).toHaveLength(seeded.customers.length)
  })

  test("does not write them, and is undone when it tries", async () => {
    const attempt = (write: (db: Db) => Promise<unknown>) =>
      within(clara, async (db) => {
        await db("sales.Order").update(CLARAS as never, { note: "half" })
        await write(db)
      })
    const refused = { code: "change.spans_services", details: { service: "crm", own: "sales" } }
    await expect(attempt((db) => db("crm.Customer").create({ name: "x" }))).rejects.toMatchObject(refused)
    await expect(attempt((db) => db.transaction("crm", async () => {}))).rejects.toMatchObject(refused)
    const { note } = (await within(clara, (db) => db("sales.Order").get(CLARAS as never, { select: ["note"] }))) ?? {}
    expect(note).not.toBe("half")
  })
})
