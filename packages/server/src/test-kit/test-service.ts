import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import {
  type ContractDefinition,
  type Db,
  type Id,
  knownContracts,
  type ModelName,
  resolveCatalog,
  snakeCase,
  systemPrincipal,
  UseCollector,
} from "@archipel/core"
import { type Database, openDatabase } from "@archipel/data"
import type { RequestHeaders } from "../auth/authenticate.ts"
import { developmentIdentity, seedDevelopmentUsers } from "../auth/development-identity.ts"
import { declaredRoles } from "../auth/development-users.ts"
import { createHttpApp } from "../http/app.ts"
import { recordingNeighbour } from "../contracts/recording-neighbour.ts"
import { noLog } from "../log.ts"
import { createMetrics } from "../metrics.ts"
import type { Neighbour } from "../neighbour.ts"
import { type OpenServices, openServices } from "../open-services.ts"
import type { Service } from "../service.ts"
import { expectUses } from "./expect-uses.ts"
import { fakeContract, fakeService } from "../contracts/fake-contract.ts"
import { readEvents, readHistory, type WrittenEvent, type WrittenHistory } from "./records-written.ts"
import { type TestClock, testClock } from "./test-clock.ts"
import { testDatabases, type TestDatabases } from "./test-databases.ts"
import { knownPrincipal, testPrincipal, testTokens, type Who } from "./test-user.ts"

/** Records of other services by model: "crm.Customer". Any fields, with or without an `id`; nothing is computed or checked. */
export type Fixtures = { readonly [N in ModelName]?: readonly Readonly<Record<string, unknown>>[] }

export interface TestOptions {
  /**
   * Neighbours that are not under test: a service of these records in place of the real one, readable by everybody.
   * A neighbour that is neither here nor under test answers `service.unavailable`.
   */
  readonly fake?: Fixtures
  /**
   * The service's `uses.json`: what it asks of faked neighbours in this test has to be in it, or `close` throws; with `UPDATE_USES=1`
   * it is added. For one service under test.
   */
  readonly uses?: URL
  /** Databases that are there already, by service: their addresses. Nothing is copied, and none of them is dropped. */
  readonly databases?: Readonly<Record<string, string>>
  /** An instant to begin with; the machine's clock when left out. */
  readonly now?: string
}

type RequestBody = NonNullable<ConstructorParameters<typeof Response>[0]> | null

/** Sends a request to the services' REST interface, without a network: `fetch("/api/sales/orders")`. Objects are sent as JSON. */
export type TestFetch = (
  path: string,
  init?: Omit<RequestInit, "body"> & { readonly body?: RequestBody | object },
) => Promise<Response>

/** Services on databases of their own. */
export interface TestApp extends AsyncDisposable {
  /** With the rights of the system, to arrange what a test needs. */
  readonly db: Db
  /** With one user's rights: `as("clerk")`, `as("clara")`, `as({ roles: ["sales.user"] })`. */
  as(who: Who): Db
  /** A development user's id, for references: `userId("clerk")`. */
  userId(who: string): Id<"identity.User">
  /** The REST interface as one user sees it; without one, as nobody. */
  http(who?: Who): TestFetch
  readonly clock: TestClock
  /** Answers when all that was written before is in the mirrors of the services under test. */
  mirrored(): Promise<void>
  /** The events that were written, in the order of writing; all of the services under test, or those of a service, a model or one type ("sales.Order.confirmed"). */
  events(about?: string): Promise<readonly WrittenEvent[]>
  /** What happened to a record, in the order of writing. */
  history(model: ModelName, id: string): Promise<readonly WrittenHistory[]>
  /** Ends the services and drops their databases; `await using` does it. */
  close(): Promise<void>
}

const NO_TRACE = { traceId: "0".repeat(32) }

/**
 * Runs one service, or several that work together, for one test. The databases are copies of ones that have the tables
 * already, on a PostgreSQL that all tests share: nothing needs to be installed or started before. With
 * `TEST_DATABASE_URL` or `DATABASE_URL` that server is used. Tests may run at the same time.
 *
 * Release it with `await using`, or with `close` where the test framework cleans up.
 *
 * @throws DefinitionError if contracts or logic do not fit together
 */
export async function testService(services: Service | readonly Service[], options: TestOptions = {}): Promise<TestApp> {
  const own = Array.isArray(services) ? (services as readonly Service[]) : [services as Service]
  const opened = own.some(({ name }) => name === "identity") ? own : [...own, developmentIdentity]
  const tested = own.map(({ name }) => name)
  const clock = testClock()
  if (options.now !== undefined) clock.set(options.now)
  const stack = new AsyncDisposableStack()
  try {
    const files = await mkdtemp(join(tmpdir(), "archipel-files-"))
    stack.defer(() => rm(files, { recursive: true, force: true }))
    const open = async (
      run: readonly Service[],
      contracts: ReadonlyMap<string, ContractDefinition>,
      neighbours: ReadonlyMap<string, Neighbour>,
    ): Promise<{ services: OpenServices; databases: TestDatabases }> => {
      const names = run.map(({ name }) => name)
      const guests = new Set(names.filter((name) => !tested.includes(name)))
      const given = options.databases ?? {}
      const made = names.filter((name) => !Object.hasOwn(given, name))
      const databases = stack.use(await testDatabases(resolveCatalog(contracts.values()), made, guests, given))
      const env = Object.fromEntries(
        [...databases.urls].map(([name, url]) => [`DATABASE_URL_${snakeCase(name).toUpperCase()}`, url]),
      )
      const parts = { services: run, contracts, env, dataDirectory: files, neighbours, now: clock.now }
      return { services: stack.use(await openServices(parts)), databases }
    }

    const contracts = knownContracts()
    const neighbours = new Map<string, Neighbour>()
    const seen = options.uses && usesSeen(tested, options.uses, stack)
    const faked = Object.keys(options.fake ?? {}).map((model) => model.split(".")[0] as string)
    if (faked.length > 0) {
      const relaxed = new Map(
        [...contracts].map(([name, each]) => [name, faked.includes(name) ? fakeContract(each) : each]),
      )
      const fakes = [...new Set(faked)].map((name) => fakeService(contractOf(relaxed, name)))
      const { services: running } = await open(fakes, relaxed, new Map())
      await fill(running, options.fake ?? {})
      const catalog = resolveCatalog(contracts.values())
      for (const { name } of fakes) {
        const fake = readableByAll(running, name)
        neighbours.set(name, seen ? recordingNeighbour(fake, catalog, seen) : fake)
      }
    }
    const { services: running, databases } = await open(opened, contracts, neighbours)
    await seedDevelopmentUsers(running)
    return testApp(running, tested, databases, clock, stack)
  } catch (error) {
    await stack.disposeAsync()
    throw error
  }
}

/** Collects what the one service under test uses, to be compared when everything has ended. */
function usesSeen(tested: readonly string[], file: URL, stack: AsyncDisposableStack): UseCollector {
  const [service, another] = tested
  if (service === undefined || another !== undefined)
    throw new TypeError("`uses` is for a test of one service: its file says what that one uses.")
  const seen = new UseCollector(service)
  stack.defer(() => expectUses(service, seen.uses(), file))
  return seen
}

function contractOf(contracts: ReadonlyMap<string, ContractDefinition>, name: string): ContractDefinition {
  const contract = contracts.get(name)
  if (contract === undefined)
    throw new TypeError(`There is no contract "${name}" to make fixtures of: import its contract.ts.`)
  return contract
}

async function fill(running: OpenServices, fixtures: Fixtures): Promise<void> {
  const principal = systemPrincipal("fixtures of a test")
  for (const [model, records] of Object.entries(fixtures)) {
    const runtime = running.services.get(model.split(".")[0] as string)
    for (const { id, ...values } of records ?? []) {
      const given = id === undefined ? {} : { id: id as string }
      await runtime?.change(principal, { operation: "create", model, values, ...given }, NO_TRACE)
    }
  }
}

/** Rights of a neighbour are for its own tests. */
function readableByAll(running: OpenServices, name: string): Neighbour {
  const runtime = running.services.get(name)
  if (runtime === undefined) throw new TypeError(`The fixtures of ${name} are not running.`)
  const reader = systemPrincipal("fixtures of a test")
  return {
    query: (_principal, query, context) => runtime.query(reader, query, context),
    titles: (_principal, model, ids, context) => runtime.titles(reader, model, ids, context),
    change: (_principal, change, context, idempotency) => runtime.change(reader, change, context, idempotency),
    mirror: (_principal, request, context) => runtime.mirror(reader, request, context),
    bulk: (_principal, changes, how, context, idempotency) => runtime.bulk(reader, changes, how, context, idempotency),
  }
}

function testApp(
  running: OpenServices,
  tested: readonly string[],
  { urls }: TestDatabases,
  clock: TestClock,
  stack: AsyncDisposableStack,
): TestApp {
  const roles = new Set(declaredRoles(running.catalog))
  const tokens = testTokens()
  const app = createHttpApp({
    services: running.services,
    authenticate: Object.assign((headers: RequestHeaders) => tokens.principalOf(headers.get("authorization")), {
      principalOf: (user: string) => knownPrincipal(user, roles),
    }),
    log: noLog,
    metrics: createMetrics(),
  })
  const lookers = new Map<string, Database>()
  const looker = (service: string): Database => {
    const known = lookers.get(service)
    if (known) return known
    const connectionString = urls.get(service)
    if (connectionString === undefined) throw new TypeError(`The service "${service}" is not under test.`)
    const database = stack.use(openDatabase({ connectionString, sharedConnections: 1 }))
    lookers.set(service, database)
    return database
  }
  const close = (): Promise<void> => stack.disposeAsync()
  return {
    db: running.as(systemPrincipal("test")),
    as: (who) => running.as(testPrincipal(who, roles)),
    userId: (who) => testPrincipal(who, roles).id,
    http: (who) => {
      const token = who === undefined ? undefined : tokens.tokenOf(testPrincipal(who, roles))
      return async (path, { body, headers, ...init } = {}) => {
        const sent = new Headers(headers)
        if (token !== undefined && !sent.has("authorization")) sent.set("authorization", token)
        const isJson = typeof body === "object" && body !== null && Object.getPrototypeOf(body) === Object.prototype
        if (isJson && !sent.has("content-type")) sent.set("content-type", "application/json")
        const content = isJson || Array.isArray(body) ? JSON.stringify(body) : ((body ?? null) as RequestBody)
        // As a client would: a transition's body may be left out, and its length says whether it was.
        if (typeof content === "string") sent.set("content-length", String(Buffer.byteLength(content)))
        return app.fetch(new Request(new URL(path, "http://test"), { ...init, headers: sent, body: content }))
      }
    },
    clock,
    mirrored: () => running.mirrorsCaughtUp(),
    async events(about = "") {
      const parts = about === "" ? tested : [about]
      const events = parts.map((part) => readEvents(looker(part.split(".")[0] as string), part))
      return (await Promise.all(events)).flat()
    },
    history: (model, id) => readHistory(looker(model.split(".")[0] as string), model, id),
    close,
    [Symbol.asyncDispose]: close,
  }
}
