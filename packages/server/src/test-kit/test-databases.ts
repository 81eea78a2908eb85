import { randomBytes } from "node:crypto"
import { type Catalog, snakeCase } from "@archipel/core"
import {
  applyAdditive,
  type DatabaseServer,
  desiredSchema,
  openDatabase,
  openDatabaseServer,
  schemaRevision,
} from "@archipel/data"
import { templatePrefix, testPrefix } from "./keeper-note.ts"
import { testServer } from "./test-server.ts"

/** The databases of one test, dropped together. */
export interface TestDatabases extends AsyncDisposable {
  /** Connection URL by service. */
  readonly urls: ReadonlyMap<string, string>
}

/** The templates that this process has seen or is making, by name: the lock below is one of processes. */
const known = new Map<string, Promise<void>>()

/** Copies of databases in which each service's tables exist already: some ten milliseconds each, whatever the contract. */
export async function testDatabases(catalog: Catalog, services: readonly string[]): Promise<TestDatabases> {
  const address = await testServer()
  // Not kept: a connection would keep the process from ending.
  await using server = await openDatabaseServer(address)
  const urls = new Map<string, string>()
  const names: string[] = []
  const drop = async (): Promise<void> => {
    await using again = await openDatabaseServer(address)
    for (const name of names) await again.drop(name)
  }
  try {
    for (const service of services) {
      const template = await templateOf(server, catalog, service)
      const name = `${testPrefix}${snakeCase(service).slice(0, 24)}_${randomBytes(8).toString("hex")}`
      names.push(name)
      await server.copy(template, name)
      urls.set(service, server.url(name))
    }
  } catch (error) {
    await drop()
    throw error
  }
  return { urls, [Symbol.asyncDispose]: drop }
}

async function templateOf(server: DatabaseServer, catalog: Catalog, service: string): Promise<string> {
  const revision = schemaRevision(desiredSchema(catalog, service))
  const name = `${templatePrefix}${snakeCase(service).slice(0, 24)}_${revision.slice(0, 16)}`
  let made = known.get(name)
  if (made === undefined) {
    made = server.exclusively(name, async () => {
      if ((await server.names(name)).length === 0) await makeTemplate(server, name, catalog, service)
    })
    known.set(name, made)
    made.catch(() => known.delete(name))
  }
  await made
  return name
}

/** Under its final name it is always whole: one that is being made, or was when its process was killed, has another. */
async function makeTemplate(server: DatabaseServer, name: string, catalog: Catalog, service: string): Promise<void> {
  const draft = `${testPrefix}draft_${randomBytes(8).toString("hex")}`
  await server.create(draft)
  try {
    const database = openDatabase({ connectionString: server.url(draft), transactionConnections: 1 })
    try {
      await applyAdditive(database, catalog, service)
    } finally {
      await database.close()
    }
    await server.rename(draft, name)
  } catch (error) {
    await server.drop(draft)
    throw error
  }
}
