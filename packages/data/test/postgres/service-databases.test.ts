import { randomUUID } from "node:crypto"
import { mkdtemp, rm } from "node:fs/promises"
import { availableParallelism, tmpdir } from "node:os"
import { join } from "node:path"
import { openDatabase, removeEmbeddedPostgres, resolveDatabases, type ServiceDatabases } from "@archipel/data"
import { expect, inject, test } from "vitest"
import { testDatabase } from "../../../../tests/support/database.ts"

const dataDirectory = join(tmpdir(), "archipel-not-used")

async function where(databases: ServiceDatabases, service: string): Promise<string | null> {
  const options = databases.databases.get(service)
  if (options === undefined) throw new Error(`no database for ${service}`)
  await using db = openDatabase(options)
  await db.query({ text: "create table if not exists here (n int)" })
  return db.text({ text: "select current_database() || '.' || current_schema()" })
}

/** Databases and roles belong to the whole server, so their names must be this test's own. */
const unique = (): string => randomUUID().replaceAll("-", "").slice(0, 12)

async function onServer(...statements: readonly string[]): Promise<void> {
  await using db = openDatabase({ connectionString: inject("postgresUrl") })
  for (const text of statements) await db.query({ text })
}

test("one server gives every service a database of its own, the same at the next start", async () => {
  await using base = await testDatabase("shop")
  const options = { services: ["sales", "humanResources"], env: { DATABASE_URL: base.url }, dataDirectory }
  try {
    for (let start = 0; start < 2; start++) {
      await using databases = await resolveDatabases(options)
      expect(databases.embedded).toBeUndefined()
      expect(await where(databases, "sales")).toBe(`${base.name}_sales.public`)
      expect(await where(databases, "humanResources")).toBe(`${base.name}_human_resources.public`)
    }
  } finally {
    await onServer(`drop database ${base.name}_sales`, `drop database ${base.name}_human_resources`)
  }
})

test("a service's own URL comes before the common one", async () => {
  await using own = await testDatabase("own")
  await using databases = await resolveDatabases({
    services: ["human-resources"],
    env: { DATABASE_URL_HUMAN_RESOURCES: own.url, DATABASE_URL: "postgresql://nobody@127.0.0.1:1/none" },
    dataDirectory,
  })
  expect(await where(databases, "human-resources")).toBe(`${own.name}.public`)
})

test("a user who may not create databases gets schemas, and keeps them when the right comes later", async () => {
  await using base = await testDatabase("narrow")
  const role = `role_${unique()}`
  await onServer(`create role ${role} login password 'x'`, `grant create on database ${base.name} to ${role}`)
  const url = new URL(base.url)
  url.username = role
  url.password = "x"
  const options = { services: ["sales", "crm"], env: { DATABASE_URL: url.href }, dataDirectory }
  try {
    for (let start = 0; start < 2; start++) {
      await using databases = await resolveDatabases(options)
      expect(await where(databases, "sales")).toBe(`${base.name}.sales`)
      expect(await where(databases, "crm")).toBe(`${base.name}.crm`)
      await onServer(`alter role ${role} createdb`)
    }
  } finally {
    await base.drop()
    await onServer(`drop role ${role}`)
  }
})

test("without any URL the embedded server starts, and stops at the end", async () => {
  const directory = await mkdtemp(join(tmpdir(), "archipel-services-"))
  try {
    await using databases = await resolveDatabases({
      services: ["sales", "crm"],
      env: {},
      dataDirectory: directory,
      durable: false,
    })
    expect(databases.embedded?.reused).toBe(false)
    expect([await where(databases, "sales"), await where(databases, "crm")]).toEqual(["sales.public", "crm.public"])
  } finally {
    await removeEmbeddedPostgres(join(directory, "postgres"))
    await rm(directory, { recursive: true, force: true })
  }
})

test("services share the server's connections, and too few are refused in words", async () => {
  const totals = async (processes: number): Promise<number> => {
    await using base = await testDatabase("share")
    const env = { DATABASE_URL_SALES: base.url, DATABASE_URL_CRM: base.url }
    await using databases = await resolveDatabases({ services: ["sales", "crm"], env, dataDirectory, processes })
    const each = [...databases.databases.values()].map(
      ({ sharedConnections = 0, writeConnections = 0, transactionConnections = 0, exportConnections = 0 }) =>
        sharedConnections + writeConnections + transactionConnections + exportConnections,
    )
    return each.reduce((sum, one) => sum + one, 0) * processes
  }
  // The test's server is on this machine.
  const shared = Math.min(4, Math.max(2, availableParallelism()))
  expect(await totals(1)).toBe(2 * (shared + 4 + 8 + 2))
  expect(await totals(15)).toBeLessThanOrEqual(290)
  await expect(totals(1_000)).rejects.toMatchObject({ code: "database.unsuitable" })
})

test("a server that is not there is unavailable, one that refuses is unsuitable", async () => {
  const resolve = (url: string): Promise<ServiceDatabases> =>
    resolveDatabases({ services: ["sales"], env: { DATABASE_URL: url }, dataDirectory, connectDeadlineMs: 0 })
  await expect(resolve("postgresql://nobody@127.0.0.1:1/none")).rejects.toMatchObject({ code: "database.unavailable" })
  const url = new URL(inject("postgresUrl"))
  url.password = "wrong"
  await expect(resolve(url.href)).rejects.toMatchObject({ code: "database.unsuitable" })
})
