import {
  type Catalog,
  type ContractDefinition,
  type Db,
  knownContracts,
  type Principal,
  resolveCatalog,
  resolveService,
  type ServiceDefinition,
} from "@archipel/core"
import {
  applyAdditive,
  createDiscussions,
  createReader,
  createWriter,
  type Database,
  isUnused,
  openDatabase,
  resolveDatabases,
  storedSecret,
} from "@archipel/data"
import { fakeContract, fakeService } from "./contracts/fake-contract.ts"
import { fakeRecords } from "./contracts/fake-records.ts"
import { fakeRuntime } from "./contracts/fake-runtime.ts"
import { dbOf, NO_TRACE } from "./db-of.ts"
import { localService } from "./local-service.ts"
import { neighbourOf } from "./compose.ts"
import { createComposer, serviceOf } from "./composer.ts"
import type { Log } from "./log.ts"
import { createMirrors, type Mirrors, mirrorPollMs } from "./mirror/mirrors.ts"
import { localNeighbour, type Neighbour, type Neighbours } from "./neighbour.ts"
import { remoteReader, servicePrincipal } from "./remote-reader.ts"
import { schemaMode } from "./schema-mode.ts"
import type { Service } from "./service.ts"
import type { RequestContext, ServiceRuntime } from "./service-runtime.ts"

export interface OpenOptions {
  readonly services: readonly Service[]
  /** By service; all that the program has imported when left out. */
  readonly contracts?: ReadonlyMap<string, ContractDefinition>
  /** Where the embedded PostgreSQL and files live. */
  readonly dataDirectory: string
  /** For `DATABASE_URL…`. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** Services of other processes, by name, as each service of this one sees them. */
  readonly neighbours?: Neighbours
  /** Neighbours that are made up from their contracts, in development. */
  readonly fakes?: readonly string[]
  /** Processes like this one on the same databases. Default 1. */
  readonly processes?: number
  /** Default: the machine's clock. */
  readonly now?: () => Date
  readonly durable?: boolean
  readonly log?: (line: string) => void
  /** What goes on, and whoever runs the program should know of. */
  readonly warn?: (line: string) => void
  /** What keeps mirrors from following their owners. */
  readonly mirrorLog?: Pick<Log, "error" | "info">
}

/** Services that run in this process, without any protocol in front of them. */
export interface OpenServices extends AsyncDisposable {
  readonly catalog: Catalog
  readonly services: ReadonlyMap<string, ServiceRuntime>
  /** By service, those that run here. Behind the gate: for what concerns whole databases, such as housekeeping. */
  readonly databases: ReadonlyMap<string, Database>
  /** The database of one of them. @throws TypeError for a service that does not run here */
  databaseOf(service: string): Database
  /** Answers when everything that was committed before is in the mirrors of these services. @throws what keeps it away for 20 s */
  mirrorsCaughtUp(): Promise<void>
  /** Whether nothing was ever written to any of their databases. */
  readonly isNew: boolean
  /** All services, also those of other processes, for one principal. */
  as(principal: Principal, context?: Partial<RequestContext>): Db
  /** Ends what is under way, then the databases. Bounded by 20 s. */
  close(): Promise<void>
}

/**
 * Opens the databases of services, brings their schemas up to date, and puts the gate in front of them.
 *
 * @throws DefinitionError if contracts or logic do not fit together: before any database is touched.
 * @throws `schema.refused` if a database cannot be brought up to date without losing something; in production `schema.pending` if
 *   anything has to be changed.
 */
export async function openServices(options: OpenOptions): Promise<OpenServices> {
  const now = options.now ?? (() => new Date())
  const contracts = options.contracts ?? knownContracts()
  const catalog = resolveCatalog(contracts.values())
  const definitions = options.services.map((service): ServiceDefinition => {
    const contract = contracts.get(service.name)
    if (!contract) throw new TypeError(`There is no contract "${service.name}".`)
    return resolveService(contract, service.logic, catalog, service)
  })
  const located = await resolveDatabases({
    services: definitions.map((d) => d.name),
    env: options.env,
    dataDirectory: options.dataDirectory,
    ...(options.processes === undefined ? {} : { processes: options.processes }),
    ...(options.durable === undefined ? {} : { durable: options.durable }),
    ...(options.log ? { log: options.log } : {}),
  })
  const databases = new Map<string, Database>()
  const unused: boolean[] = []
  const services = new Map<string, ServiceRuntime>()
  const elsewhere: Neighbours = options.neighbours ?? new Map<string, Neighbour>()
  const neighboursOf = (service: string): Neighbours => {
    const own = servicePrincipal(service, catalog)
    return {
      get(name) {
        const runtime = services.get(name)
        return runtime === undefined ? elsewhere.get(name) : localNeighbour(runtime, own)
      },
    }
  }
  /** All services as the program itself asks them: nobody stands between it and the gate. */
  const everyService: Neighbours = { get: (name) => services.get(name) ?? elsewhere.get(name) }

  const as = dbOf(everyService, services)
  const fakes = (options.fakes ?? []).map((name) => {
    const known = contracts.get(name)
    if (!known) throw new TypeError(`There is no contract "${name}".`)
    return fakeContract(known)
  })
  const laxByName = new Map(fakes.map((lax) => [lax.name, lax]))
  const laxCatalog = resolveCatalog([...contracts.values()].map((each) => laxByName.get(each.name) ?? each))
  for (const lax of fakes) {
    const { name } = lax
    const { logic } = fakeService(lax)
    const definition = resolveService(lax, logic, laxCatalog)
    const composer = createComposer(neighboursOf(name))
    services.set(name, fakeRuntime({ definition, logic, dataset: fakeRecords(catalog, name), composer, now }))
  }

  const following: Mirrors[] = []
  const pollMs = mirrorPollMs(options.env)
  const close = async (): Promise<void> => {
    await Promise.all(following.map((mirrors) => mirrors.close()))
    await Promise.all(Array.from(databases.values(), (database) => database.close()))
    await located.close()
  }

  try {
    await Promise.all(
      definitions.map(async (definition) => {
        const place = located.databases.get(definition.name)
        if (!place) throw new TypeError(`No database was found for ${definition.name}.`)
        const database = openDatabase(place)
        databases.set(definition.name, database)
        const { newerDatabase } = await applyAdditive(database, catalog, definition.name, definition.mirrors.kept, {
          mode: schemaMode(options.env),
        })
        if (newerDatabase !== undefined)
          options.warn?.(
            `the database of ${definition.name} is of a newer release (${newerDatabase}); this one works with it as it is`,
          )
        unused.push(await isUnused(database))
        const neighbours = neighboursOf(definition.name)
        const { mirrorLog: log } = options
        const mirrors = createMirrors({ definition, database, neighbours, pollMs, now, ...(log ? { log } : {}) })
        following.push(mirrors)
        const secret = await storedSecret(database, `cursor:${definition.name}`)
        const reader = createReader({ database, secret, keptAsOf: mirrors.asOf })
        const composer = createComposer(neighbours)
        const writer = createWriter({
          database,
          service: definition,
          reader,
          remoteReader: remoteReader({ service: definition.name, catalog, neighbours }),
          elsewhere: {
            query: (principal, query, { traceId, ...context }) =>
              neighbourOf(neighbours, serviceOf(query.model)).query(principal, query, {
                traceId: traceId ?? NO_TRACE,
                ...context,
              }),
            found: (authorised, { traceId, ...context }) =>
              composer.found(authorised, { traceId: traceId ?? NO_TRACE, ...context }),
            composed: async (data, authorised, { traceId, ...context }) =>
              (await composer.composed(data, authorised, { traceId: traceId ?? NO_TRACE, ...context })).data,
          },
          now,
        })
        const discussions = createDiscussions({
          database,
          now,
          assertRulesHold: () => void mirrors.asOf(definition.ruledBy),
        })
        const runtime = localService({ definition, database, reader, writer, discussions, composer, mirrors, now })
        services.set(definition.name, runtime)
      }),
    )
    // All of them are there to be asked.
    for (const mirrors of following) mirrors.start()
  } catch (error) {
    await close()
    throw error
  }
  const mirrorsCaughtUp = async (): Promise<void> => {
    await Promise.all(following.map((mirrors) => mirrors.caughtUp()))
  }
  const databaseOf = (service: string): Database => {
    const database = databases.get(service)
    if (!database) throw new TypeError(`The service ${service} does not run here.`)
    return database
  }
  const isNew = unused.every(Boolean)
  return { catalog, services, databases, databaseOf, mirrorsCaughtUp, isNew, as, close, [Symbol.asyncDispose]: close }
}
