import { randomUUID } from "node:crypto"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import pg from "pg"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { archipel } from "../cli/command-line.ts"
import { type TestDatabase, testDatabase } from "../support/database.ts"
import { type AdoptedProject, adoptedProject, type AdoptedService } from "./adopted.ts"
import { clinicSql, librarySql, tenantsSql } from "./schemas.ts"

const sources = { clinic: clinicSql, library: librarySql, tenants: tenantsSql } as const
type Name = keyof typeof sources

let project: AdoptedProject
const databases = new Map<Name, TestDatabase>()
const services = new Map<Name, AdoptedService>()

beforeAll(async () => {
  project = adoptedProject()
  for (const [name, sql] of Object.entries(sources) as [Name, string][]) {
    const database = await testDatabase(name)
    databases.set(name, database)
    const client = new pg.Client({ connectionString: database.url })
    await client.connect()
    await client.query(sql)
    await client.end()
    const schemas = name === "tenants" ? ["--schema", "public,billing"] : []
    const said = archipel(project.path, [
      "adopt",
      database.url,
      "--service",
      name,
      "--out",
      `services/${name}`,
      ...schemas,
    ])
    if (said.code !== 0) throw new Error(said.err)
  }
  for (const [name, { url }] of databases) services.set(name, await project.start(name, url))
})

afterAll(async () => {
  for (const service of services.values()) await service[Symbol.asyncDispose]()
  for (const database of databases.values()) await database.drop()
  project?.[Symbol.dispose]()
})

const read = (service: Name, file: string): string =>
  readFileSync(join(project.path, "services", service, file), "utf8")
const asking =
  (name: Name) =>
  async (method: string, path: string, body?: object): Promise<Awaited<ReturnType<AdoptedService["ask"]>>> =>
    (services.get(name) as AdoptedService).ask(path, { method, ...(body ? { body } : {}) })

test("the services type-check and are formatted", () => {
  expect(project.typeErrors()).toBe("")
  expect(project.misformatted()).toBe("")
})

describe("a clinic, with mixed-case names, enums, domains and references in a circle", () => {
  const ask = asking("clinic")

  test("labels and explanations come from comments, choices from enums and checks", () => {
    const contract = read("clinic", "contract.ts")
    expect(contract).toContain('label: "Insured person"')
    expect(contract).toContain('born: date().column("Born").label("Date of birth")')
    expect(contract).toContain("before any insurance took part in it.")
    expect(contract).toContain('blood: choice("A", "B", "AB", "0").column("Blood", \'"BloodGroup"\').optional()')
    expect(contract).toContain('kind: choice("routine", "emergency").column("Kind").default("routine")')
    expect(contract).toContain('integer({ min: 0, max: 100 }).column("Workload").default(100)')
  })

  test("the report says what was left out, and why", () => {
    const report = read("clinic", "adopt-report.md")
    expect(report).toContain("- `Log`: it has no primary key")
    expect(report).toContain("- `Staff.Photo`: bytea")
    expect(report).toContain("- `Visit.At`: timestamp without time zone")
    expect(report).toContain('- `Visit`: Visit_check: `CHECK (("Doctor" <> "Second Doctor"))`')
  })

  test("records are read, made, changed and deleted through three levels of lines", async () => {
    const select = "name,headStaff.fullName,headStaff.dept.name,staffs.languages"
    expect((await ask("GET", `departments?select=${select}`)).body.data).toEqual([
      {
        id: "1",
        name: "Surgery",
        headStaff: { id: "1", fullName: "Dr. Ann", dept: { id: "1", name: "Surgery" } },
        staffs: [
          { id: "1", languages: ["en", "fr"] },
          { id: "2", languages: [] },
        ],
      },
    ])
    const visit = { visitNo: 1, doctor: "1", at: "2026-03-01T08:00:00Z", findings: [{ line: 1, text: "Cough" }] }
    const made = await ask("POST", "patients", { insuranceNo: "ZZ9", born: "2001-01-01", blood: "AB", visits: [visit] })
    expect(made).toMatchObject({ status: 201, body: { id: "ZZ9", blood: "AB" } })
    const changed = await ask("PATCH", "patients/ZZ9", {
      version: made.body.version,
      visits: [{ id: "ZZ9,1", kind: "emergency", fee: "20.5", findings: [{ line: 2, text: "Fever" }] }],
    })
    expect(changed.status).toBe(200)
    const path = "patients/ZZ9?select=visits.kind,visits.fee,visits.at,visits.doctor.fullName,visits.findings.text"
    expect((await ask("GET", path)).body.visits).toEqual([
      {
        id: "ZZ9,1",
        kind: "emergency",
        fee: "20.50",
        at: "2026-03-01T08:00:00.000Z",
        doctor: { id: "1", fullName: "Dr. Ann" },
        findings: [
          { id: "ZZ9,1,1", text: "Cough" },
          { id: "ZZ9,1,2", text: "Fever" },
        ],
      },
    ])
    expect((await ask("GET", "patients?visits.some.kind=x")).status).toBe(400)
    const both = { visits: [{ visitNo: 2, doctor: "1", secondDoctor: "1", at: "2026-03-01T08:00:00Z" }] }
    expect((await ask("PATCH", "patients/ZZ9", both)).body.code).toBe("record.check_failed")
    expect((await ask("DELETE", "patients/ZZ9")).status).toBe(204)
    expect((await ask("GET", "patients?count=exact")).body.count).toBe(1)
  })

  test("a value that only the database refuses is an answer, not a failure", async () => {
    expect((await ask("POST", "cars", { plate: "lower case", seats: 4 })).status).toBe(422)
    expect((await ask("POST", "cars", { plate: "B-AB 1", seats: 70_000 })).status).toBe(422)
    expect((await ask("POST", "staffs", { fullName: "X", dept: "1", shift: "noon-ish" })).status).toBe(422)
    expect((await ask("POST", "staffs", { fullName: "X", dept: "1", languages: { a: 1 } })).status).toBe(422)
    expect((await ask("POST", "staffs", { fullName: "X", dept: "1", shift: "08:30:00" })).body.shift).toBe("08:30:00")
  })
})

describe("a library, with self references, links, natural keys and a view", () => {
  const ask = asking("library")

  test("everything is found from both sides", async () => {
    const select = "title,language.name,category.parent.name,publisher.fullName,price,authors.name"
    const { body } = await ask("GET", `books?select=${select}&orderBy=title`)
    expect(body.data[0]).toEqual({
      id: "111",
      title: "A Tale",
      language: { id: "en", name: "English" },
      category: { id: "2", parent: { id: "1", name: "Fiction" } },
      publisher: { id: "PENG", fullName: "Penguin Books" },
      price: "9.99",
      authors: [{ id: "01900000-0000-4000-8000-000000000001", name: "Ann Author" }],
    })
    expect((await ask("GET", "categories?select=name,categories.name&parent[isSet]=false")).body.data).toEqual([
      { id: "1", name: "Fiction", categories: [{ id: "2", name: "Crime" }] },
    ])
    expect((await ask("GET", "books-by-languages?select=books&orderBy=language")).body.data).toEqual([
      { id: "en", books: "1" },
      { id: "fr", books: "1" },
    ])
  })

  test("keys that the database gives and links are written", async () => {
    const author = await ask("POST", "authors", { name: "New", authorGroup: "x" })
    expect(author.body.id).toMatch(/^[0-9a-f-]{36}$/)
    const book = { isbn: "333", title: "Third", language: "en", meta: { a: [1] }, versions: "[1,5)", price: "1234.5" }
    const made = await ask("POST", "books", { ...book, authors: [author.body.id] })
    expect(made).toMatchObject({
      status: 201,
      body: { meta: { a: [1] }, versions: "[1,5)", price: "1234.50", inPrint: true },
    })
    const loan = await ask("POST", "loans", { book: "333", lentOn: "2026-01-01" })
    expect(loan.body.id).toBe("1")
    expect((await ask("PATCH", "loans/1", { returnedOn: "2025-01-01" })).body.code).toBe("record.check_failed")
    expect((await ask("DELETE", "books/333")).body.code).toBe("record.reference")
    expect((await ask("DELETE", "loans/1")).status).toBe(204)
    expect((await ask("DELETE", "books/333")).status).toBe(204)
    expect((await ask("DELETE", `authors/${author.body.id}`)).status).toBe(204)
    expect((await ask("POST", "books-by-languages", { language: "de" })).status).toBe(403)
  })
})

describe("many tenants in one database, each key beginning with theirs", () => {
  const ask = asking("tenants")

  test("references that share a column with the key are followed and written", async () => {
    const select = "title,customer.name,lead.name,tasks.title,tasks.previous.title"
    expect((await ask("GET", `projects/1,1?select=${select}`)).body).toMatchObject({
      id: "1,1",
      title: "Move",
      customer: { id: "1,1", name: "Acme" },
      lead: { id: "1,2", name: "Beta" },
      tasks: [
        { id: "1,1,1", title: "Pack", previous: null },
        { id: "1,1,2", title: "Drive", previous: { id: "1,1,1", title: "Pack" } },
      ],
    })
    const values = { tenant: "2", projectNo: 5, customer: "2,1", title: "South one" }
    expect((await ask("POST", "projects", { ...values, customer: "1,1" })).body.details.errors).toMatchObject([
      { path: "/customer", code: "value.conflict" },
    ])
    expect((await ask("POST", "projects", { ...values, tasks: [{ taskNo: 1, title: "First" }] })).status).toBe(201)
    expect((await ask("GET", "projects?customer=2,1&select=title")).body.data).toEqual([
      { id: "2,5", title: "South one" },
    ])
    const invoice = { tenant: "2", invoiceNo: 1, customer: "2,1", issued: "2026-01-01" }
    const made = await ask("POST", "invoices", { ...invoice, invoiceLines: [{ line: 1, amount: "10.5" }] })
    expect(made.status).toBe(201)
    expect((await ask("GET", "invoices/2,1?select=customer.name,invoiceLines.amount")).body).toEqual({
      id: "2,1",
      customer: { id: "2,1", name: "Gamma" },
      invoiceLines: [{ id: "2,1,1", amount: "10.50" }],
    })
  })
})

test("the plain SQL of an adopted service makes the same tables anew", async () => {
  const database = databases.get("tenants") as TestDatabase
  await using copy = await testDatabase("tenants_copy")
  const { adoptedTablesSql } = await import("@archipel/data")
  const { resolveCatalog, knownContracts } = await import("@archipel/core")
  const catalog = resolveCatalog(knownContracts().values())
  const statements = adoptedTablesSql([...catalog.models.values()].filter(({ service }) => service === "tenants"))
  const describe = `select c.relname, a.attname, format_type(a.atttypid, a.atttypmod) as type, a.attnotnull,
      (select count(*)::int from pg_constraint k where k.conrelid = c.oid and k.contype in ('p', 'f')) as keys
    from pg_class c join pg_attribute a on a.attrelid = c.oid join pg_namespace n on n.oid = c.relnamespace
    where c.relkind = 'r' and n.nspname in ('public', 'billing') and a.attnum > 0 order by 1, 2`
  const tables = async (url: string, before: readonly string[]): Promise<object[]> => {
    const client = new pg.Client({ connectionString: url })
    await client.connect()
    for (const sql of before) await client.query(sql)
    const { rows } = await client.query<object>(describe)
    await client.end()
    return rows
  }
  const made = await tables(copy.url, statements)
  const kept = ["tenant_id", "customer_no", "project_no", "task_no", "invoice_no", "line", "issued", "amount", "done"]
  const keys = (rows: object[]): object[] => rows.filter((row) => kept.includes((row as { attname: string }).attname))
  expect(keys(made)).toEqual(keys(await tables(database.url, [])))
})

test("what cannot be adopted is said with what to do", async () => {
  const adopt = (address: string, ...rest: readonly string[]): string =>
    archipel(project.path, ["adopt", address, "--service", "other", ...rest]).err
  const { url } = databases.get("clinic") as TestDatabase
  expect(adopt("mysql://localhost/x")).toContain("postgres://USER:PASSWORD@HOST:PORT/DATABASE")
  expect(adopt("postgres://nobody@127.0.0.1:1/x")).toMatch(/database/i)
  expect(adopt(url, "--schema", "nowhere")).toContain("has no tables or views in nowhere")
  const wrong = new URL(url)
  wrong.pathname = "/no_such_database"
  expect(adopt(wrong.href)).toContain("There is no database no_such_database on this server.")
  expect(adopt(url, "--out", "services/clinic")).toContain("exists already")
  const stranger = `adopt_stranger_${randomUUID().slice(0, 8)}`
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(`create role ${stranger} login password 'stranger'`)
    const theirs = new URL(url)
    theirs.username = stranger
    theirs.password = "stranger"
    expect(adopt(theirs.href)).toContain(`The user ${stranger} may not read the tables`)
    await client.query(`drop role ${stranger}`)
  } finally {
    await client.end()
  }
})
