import { createHash, randomBytes } from "node:crypto"
import { type Catalog, snakeCase } from "@archipel/core"
import {
  adoptedTablesSql,
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

/**
 * Copies of databases in which the services' tables exist already: a tenth of a second each, whatever the contract.
 *
 * @param given Databases that are there already, which are neither copied nor dropped.
 * @param guests Of `services`, those that only play a part and may live with others; the copying is what takes time.
 */
export async function testDatabases(
  catalog: Catalog,
  services: readonly string[],
  guests: ReadonlySet<string>,
  given: Readonly<Record<string, string>>,
): Promise<TestDatabases> {
  const address = await testServer()
  // Not kept: a connection would keep the process from ending.
  await using server = await openDatabaseServer(address)
  const urls = new Map(Object.entries(given))
  const names: string[] = []
  const drop = async (): Promise<void> => {
    await using again = await openDatabaseServer(address)
    for (const name of names) await again.drop(name)
  }
  try {
    for (const group of householdsOf(catalog, services, guests)) {
      const template = await templateOf(server, catalog, group)
      const name = `${testPrefix}${readable(group)}_${randomBytes(8).toString("hex")}`
      names.push(name)
      await server.copy(template, name)
      for (const service of group) urls.set(service, server.url(name))
    }
  } catch (error) {
    await drop()
    throw error
  }
  return { urls, [Symbol.asyncDispose]: drop }
}

/** Which services share a database: guests live with the first that has no table of the same name. */
function householdsOf(
  catalog: Catalog,
  services: readonly string[],
  guests: ReadonlySet<string>,
): readonly (readonly string[])[] {
  const households: { readonly members: string[]; readonly tables: Set<string> }[] = []
  const hostsFirst = [...services].sort((a, b) => Number(guests.has(a)) - Number(guests.has(b)))
  for (const service of hostsFirst) {
    const own = desiredSchema(catalog, service).tables.filter(({ framework }) => !framework)
    const tables = new Set(own.map(({ name }) => name))
    const home = guests.has(service) ? households.find((each) => each.tables.isDisjointFrom(tables)) : undefined
    if (home === undefined) households.push({ members: [service], tables })
    else {
      home.members.push(service)
      for (const name of tables) home.tables.add(name)
    }
  }
  return households.map(({ members }) => members)
}

const readable = ([first = ""]: readonly string[]): string => snakeCase(first).slice(0, 24)

async function templateOf(server: DatabaseServer, catalog: Catalog, group: readonly string[]): Promise<string> {
  const revisions = group.flatMap((service) => {
    const adopted = [...catalog.models.values()].filter((model) => model.service === service && model.adopted)
    return [schemaRevision(desiredSchema(catalog, service)), ...adoptedTablesSql(adopted)]
  })
  const digest = createHash("sha256").update(revisions.join()).digest("hex").slice(0, 16)
  const name = `${templatePrefix}${readable(group)}_${digest}`
  let made = known.get(name)
  if (made === undefined) {
    made = server.exclusively(name, async () => {
      if ((await server.names(name)).length === 0) await makeTemplate(server, name, catalog, group)
    })
    known.set(name, made)
    made.catch(() => known.delete(name))
  }
  await made
  return name
}

/** Under its final name it is always whole: one that is being made, or was when its process was killed, has another. */
async function makeTemplate(
  server: DatabaseServer,
  name: string,
  catalog: Catalog,
  group: readonly string[],
): Promise<void> {
  const draft = `${testPrefix}draft_${randomBytes(8).toString("hex")}`
  await server.create(draft)
  try {
    const database = openDatabase({ connectionString: server.url(draft), transactionConnections: 1 })
    try {
      for (const service of group) await applyAdditive(database, catalog, service)
    } finally {
      await database.close()
    }
    await server.rename(draft, name)
  } catch (error) {
    await server.drop(draft)
    throw error
  }
}
