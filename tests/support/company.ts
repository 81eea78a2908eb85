/**
 * The company on databases of the test run, with a few records that tests know.
 *
 * @module
 */
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { noLog } from "../../packages/server/src/log.ts"
import type { Service } from "@archipel/server"
import pg from "pg"
import { services } from "../../examples/company/services.ts"
import { type Ask, asksOf, type Json } from "./asking.ts"
import { type TestDatabase, testDatabase } from "./database.ts"
import { openProgram } from "./topology.ts"

export const companyServices = ["identity", "crm", "catalog", "people", "sales"] as const
export type CompanyService = (typeof companyServices)[number]

/** A database for each of the company's services. */
export interface CompanyDatabases extends AsyncDisposable {
  readonly of: Readonly<Record<CompanyService, TestDatabase>>
  /** `DATABASE_URL_<SERVICE>` for each. */
  readonly env: Readonly<Record<string, string>>
}

/** @param templates Databases to copy, to which nobody may be connected. */
export async function companyDatabases(templates?: CompanyDatabases): Promise<CompanyDatabases> {
  const made: Partial<Record<CompanyService, TestDatabase>> = {}
  for (const service of companyServices) {
    made[service] = await testDatabase(`company_${service}`, templates?.of[service].name)
  }
  const of = made as Record<CompanyService, TestDatabase>
  return {
    of,
    env: Object.fromEntries(companyServices.map((s) => [`DATABASE_URL_${s.toUpperCase()}`, of[s].url])),
    async [Symbol.asyncDispose]() {
      for (const service of companyServices) await of[service].drop()
    },
  }
}

/** Ids of the development users. */
export const users = {
  alice: "01900000-0000-7000-8000-000000000001",
  martin: "01900000-0000-7000-8000-000000000002",
  clara: "01900000-0000-7000-8000-000000000003",
  oscar: "01900000-0000-7000-8000-000000000004",
} as const

/** The n-th id of a kind that a test chooses itself. */
export const idOf = (kind: number, n: number): string =>
  `0190aaaa-${String(kind).padStart(4, "0")}-7000-8000-${String(n).padStart(12, "0")}`

const [COUNTRY, CUSTOMER, SUPPLIER, CATEGORY, PRODUCT, EMPLOYEE, SHIPPER, ORDER] = [1, 2, 3, 4, 5, 6, 7, 8] as const

/** What `seedCompany` makes, by the numbers it is made with. */
export const seeded = {
  countries: [1, 2].map((n) => idOf(COUNTRY, n)),
  customers: [1, 2, 3, 4].map((n) => idOf(CUSTOMER, n)),
  suppliers: [idOf(SUPPLIER, 1)],
  categories: [1, 2].map((n) => idOf(CATEGORY, n)),
  products: [1, 2, 3, 4, 5].map((n) => idOf(PRODUCT, n)),
  employees: [1, 2, 3].map((n) => idOf(EMPLOYEE, n)),
  shippers: [idOf(SHIPPER, 1)],
  /** The first is alice's, the second martin's, the third clara's, the fourth nobody's; then again. */
  orders: [1, 2, 3, 4, 5, 6, 7, 8].map((n) => idOf(ORDER, n)),
} as const

/** Creates a record. @throws Error with the problem if it is refused. */
export async function created(ask: Ask, path: string, body: object, as = "alice"): Promise<Json> {
  const { status, text, json } = await ask(path, { body, as })
  if (status !== 201) throw new Error(`POST ${path}: ${status} ${text}`)
  return json
}

/** Some records of every service, written through the API. */
export async function seedCompany(ask: Ask): Promise<void> {
  const { countries, customers, suppliers, categories, products, employees, shippers, orders } = seeded
  const add = (path: string, body: object) => created(ask, path, body)
  await add("/api/crm/countries", { id: countries[0], name: "France", code: "FR" })
  await add("/api/crm/countries", { id: countries[1], name: "Österreich", code: "AT" })
  const names = ["Alpenblick", "Bäckerei Ümlaut", "Café « L'Étoile »", 'Dépôt \\ "Quote"']
  for (const [i, id] of customers.entries()) {
    await add("/api/crm/customers", {
      id,
      name: names[i],
      city: i % 2 ? "Wien" : "Paris",
      country: i === 3 ? null : countries[i % 2],
      discount: ["0", "0.05", "0.1", "0.25"][i],
      email: `c${i}@example.com`,
      accountManager: i === 2 ? users.clara : null,
      parent: i === 1 ? customers[0] : null,
      contacts: i === 0 ? [{ name: "Zoë" }, { name: "Yann", jobTitle: "Buyer" }] : [],
    })
  }
  await add("/api/catalog/suppliers", { id: suppliers[0], name: "Nordwind" })
  for (const [i, id] of categories.entries()) await add("/api/catalog/categories", { id, name: `Category ${i}` })
  for (const [i, id] of products.entries()) {
    await add("/api/catalog/products", {
      id,
      name: `Product ${i}`,
      category: categories[i % 2],
      supplier: i === 4 ? null : suppliers[0],
      price: `${9_000 + i}.50`,
      cost: `${7_131 + i}.17`,
      stock: 100,
    })
  }
  const team = [users.martin, users.clara, null]
  for (const [i, id] of employees.entries()) {
    await add("/api/people/employees", {
      id,
      firstName: ["Martin", "Clara", "Ida"][i],
      lastName: `Number${i}`,
      user: team[i],
      manager: i === 0 ? null : employees[0],
      salary: ["987654.32", "3000.00", "876543.21"][i],
    })
  }
  await add("/api/sales/shippers", { id: shippers[0], name: "Rotkehlchen" })
  const salespeople = [users.alice, users.martin, users.clara, null]
  for (const [i, id] of orders.entries()) {
    await add("/api/sales/orders", {
      id,
      customer: customers[i % 4],
      salesperson: salespeople[i % 4],
      employee: i % 3 === 2 ? null : employees[i % 3],
      date: `2026-0${1 + (i % 3)}-1${i}`,
      shipper: i % 2 ? shippers[0] : null,
      freight: `${i}.10`,
      lines: Array.from({ length: i % 3 }, (_, k) => ({ product: products[(i + k) % 5], quantity: k + 1 })),
    })
  }
}

/** The company, in the topology of this run. */
export interface OpenCompany extends AsyncDisposable {
  readonly url: string
  readonly ask: Ask
  readonly databases: CompanyDatabases
  /** Of everything in all databases but mirrors, which go on by themselves: the same before and after if nothing was written. */
  fingerprint(): Promise<string>
}

/** Opens the company with its known records. @param besides Services that it has as well, such as the real identity. */
export async function openCompany(besides: readonly Service[] = []): Promise<OpenCompany> {
  const databases = await companyDatabases()
  const dataDirectory = await mkdtemp(join(tmpdir(), "archipel-company-"))
  const program = await openProgram([...besides, ...services], {
    port: 0,
    host: "127.0.0.1",
    dataDirectory,
    env: databases.env,
    log: noLog,
  })
  const ask = asksOf(program.url)
  await seedCompany(ask)
  await program.open.mirrorsCaughtUp()
  const clients = companyServices.map((name) => new pg.Client({ connectionString: databases.of[name].url }))
  for (const client of clients) await client.connect()
  return {
    url: program.url,
    ask,
    databases,
    fingerprint: async () => (await Promise.all(clients.map(contentOf))).join("\n"),
    async [Symbol.asyncDispose]() {
      for (const client of clients) await client.end()
      await program.close()
      await databases[Symbol.asyncDispose]()
      await rm(dataDirectory, { recursive: true, force: true })
    },
  }
}

/** Of every table, but for the directory's own clock and mirrors, which go on by themselves. */
async function contentOf(client: pg.Client): Promise<string> {
  const { rows: tables } = await client.query<{ name: string }>(
    "select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname in ('public', 'archipel') and tablename <> 'identity_state' and tablename not like 'mirror%' order by 1",
  )
  const parts = tables.map(
    ({ name }) =>
      `select '${name} ' || count(*) || ' ' || coalesce(md5(string_agg(t::text, '|' order by t::text)), '') as line from ${name} t`,
  )
  const { rows } = await client.query<{ line: string }>(parts.join(" union all "))
  return rows.map(({ line }) => line).join("\n")
}
