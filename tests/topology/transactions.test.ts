import { type Db, type Principal, systemPrincipal } from "@archipel/core"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { seeded, users } from "../support/company.ts"
import { type CompaniesInBothTopologies, openCompanies } from "./companies.ts"

let companies: CompaniesInBothTopologies
beforeAll(async () => {
  companies = await openCompanies()
}, 180_000)
afterAll(() => companies?.[Symbol.asyncDispose]())

const clara: Principal = {
  kind: "user",
  id: users.clara,
  roles: ["sales.user", "crm.user", "catalog.user", "people.user"],
  claims: {},
  timeZone: "UTC",
}
const [, , CLARAS] = seeded.orders as [string, string, string]

const within = <R>(where: "together" | "apart", principal: Principal, run: (db: Db) => Promise<R>): Promise<R> =>
  companies[where].open.as(principal).transaction("sales", run)

test("a transaction of one process reads other services with the caller's rights, and its own records with theirs", async () => {
  const read = await within("together", clara, async (db) => {
    await db("sales.Order").update(CLARAS as never, { note: "read" })
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
    { note: "read", customer: { name: "Café « L'Étoile »", country: { code: "FR" } } },
  ])
  expect(read.groups[0]).toMatchObject({ customer: { id: seeded.customers[2], title: "Café « L'Étoile »" } })
})

test("apart, other services are read only for those whose token is at hand", async () => {
  const attempt = within("apart", clara, (db) => db("crm.Customer").find({ select: ["name"] }))
  await expect(attempt).rejects.toThrow("Nothing proves for whom crm is asked.")
})

describe.each(["together", "apart"] as const)("a transaction, with the services %s", (where) => {
  test("reads them for the system as the service itself", async () => {
    const names = await within(where, systemPrincipal("a test"), (db) => db("crm.Customer").find({ select: ["name"] }))
    expect(names).toHaveLength(seeded.customers.length)
  })

  test("does not write them, and is undone when it tries", async () => {
    const attempt = (write: (db: Db) => Promise<unknown>) =>
      within(where, clara, async (db) => {
        await db("sales.Order").update(CLARAS as never, { note: "half" })
        await write(db)
      })
    const refused = { code: "change.spans_services", details: { service: "crm", own: "sales" } }
    await expect(attempt((db) => db("crm.Customer").create({ name: "x" }))).rejects.toMatchObject(refused)
    await expect(attempt((db) => db.transaction("crm", async () => {}))).rejects.toMatchObject(refused)
    const { note } =
      (await within(where, clara, (db) => db("sales.Order").get(CLARAS as never, { select: ["note"] }))) ?? {}
    expect(note).not.toBe("half")
  })
})
