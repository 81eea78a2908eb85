/**
 * The company and the vault as one program over HTTP and PostgreSQL, with records that nobody may confuse, and what each persona may
 * see of them by the rules as they are written.
 *
 * @module
 */
import { cp, mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import {
  type Catalog,
  type DataRecord,
  type Dataset,
  datasetOf,
  type ResolvedModel,
  type Situation,
  sightOf,
  type StaticSight,
  systemPrincipal,
} from "@archipel/core"
import pg from "pg"
import { services as companyServices } from "../../examples/company/services.ts"
import { seededRandom } from "../../packages/data/test/read/random.ts"
import { filesIn } from "../../packages/server/src/data-directory.ts"
import { diskFiles } from "../../packages/server/src/files/disk-files.ts"
import type { FileStore } from "../../packages/server/src/files/file-store.ts"
import { gatewayService } from "@archipel/gateway"
import { identityService } from "@archipel/identity"
import type { ServiceRuntime } from "../../packages/server/src/service-runtime.ts"
import { createLog, open, type OpenServices, type Program, type Service, type StartOptions } from "@archipel/server"
import { type Answer, type Asking, asksOf } from "../support/asking.ts"
import { propertySeed } from "../support/counts.ts"
import { type TestDatabase, testDatabase } from "../support/database.ts"
import { openIslands } from "../support/islands.ts"
import { openProgram } from "../support/topology.ts"
import { canariesOf } from "./canaries.ts"
import { type Login, personas, principalOf } from "./personas.ts"
import { accessTokenOf, prepareLogins, withPassword } from "./log-in.ts"
import { seedEverything } from "./seed.ts"
import { vaultService } from "./vault.ts"

const allServices: readonly Service[] = [identityService(), gatewayService(), ...companyServices, vaultService]
const CONTEXT = { traceId: "0".repeat(32) }
const system = systemPrincipal("tests of security")
const TOKENS_USED_MS = 4 * 60_000

/** The `Authorization` header of a persona. */
type TokenOf = (login: Login) => string
/** The short way of development, which the directory answers like an access token. */
const developmentToken: TokenOf = (login) => `Bearer dev:${personas[login].id}`

export interface AskAs extends Omit<Asking, "as"> {
  /** Nobody for null. */
  readonly as: Login | null
}

export interface World extends AsyncDisposable {
  readonly url: string
  readonly open: OpenServices
  readonly files: FileStore
  readonly catalog: Catalog
  readonly models: readonly ResolvedModel[]
  /** What was logged so far. */
  readonly logged: string[]
  ask(path: string, asking: AskAs): Promise<Answer>
  /** From now on, for four minutes, those who have a password ask with an access token that they logged in for; it lasts five. */
  logIn(): Promise<void>
  /** All records as they are now. */
  dataset(): Promise<Dataset>
  /** A persona before a dataset, for the plain evaluator. */
  situation(login: Login | null, dataset: Dataset): Situation
  /** What a persona sees of a dataset. */
  sight(login: Login | null, dataset: Dataset): StaticSight
  /** Everything that a persona must not come to see. */
  canaries(login: Login | null, dataset: Dataset): Set<string>
  /** Equal before and after if nothing was written. */
  fingerprint(): Promise<string>
  /** Of a service's database, behind the gate. */
  sql(service: string, text: string, values?: readonly unknown[]): Promise<readonly Record<string, unknown>[]>
}

/** Addresses of a model's records. */
export const pathOf = ({ service, collection }: ResolvedModel): string => `/api/${service}/${collection}`

export interface WorldOptions {
  readonly http?: NonNullable<StartOptions["http"]>
}

export async function openWorld({ http = {} }: WorldOptions = {}): Promise<World> {
  const stack = new AsyncDisposableStack()
  const world = await openOn(await newDatabases(stack), await newDirectory(stack), stack, http)
  await seeded(world)
  return world
}

const seeded = ({ open: { services }, files }: World): Promise<void> =>
  seedEverything({ services, files, system, random: seededRandom(propertySeed) })

/** A world, and others like it but for what `change` did to their databases. */
export interface Twins extends AsyncDisposable {
  readonly world: World
  readonly dataset: Dataset
  readonly twins: readonly World[]
}

type Begin = (services: readonly Service[], options: StartOptions) => Promise<Program>

type ChangeOfTwin = (world: World, dataset: Dataset, service: string, client: pg.Client) => Promise<void>

export async function openTwins(changes: readonly ChangeOfTwin[]): Promise<Twins> {
  const stack = new AsyncDisposableStack()
  const directory = await newDirectory(stack)
  const databases = await newDatabases(stack)
  const first = await openOn(databases, directory, new AsyncDisposableStack(), {})
  await seeded(first)
  const dataset = await first.dataset()
  // Only what nobody is connected to can be copied.
  await first[Symbol.asyncDispose]()
  const opened: World[] = []
  for (const change of changes) {
    const copies = await newDatabases(stack, databases)
    for (const [name, { url }] of copies) {
      const client = new pg.Client({ connectionString: url })
      await client.connect()
      await change(first, dataset, name, client).finally(() => client.end())
    }
    opened.push(stack.use(await openOn(copies, await copyOf(directory, stack), new AsyncDisposableStack(), {})))
  }
  const world = stack.use(await openOn(databases, directory, new AsyncDisposableStack(), {}))
  return { world, dataset, twins: opened, [Symbol.asyncDispose]: () => stack.disposeAsync() }
}

/** The same records twice: in a program that is one process, and in one whose services run apart. */
export interface BothTopologies extends AsyncDisposable {
  readonly together: World
  readonly apart: World
}

export async function openBothTopologies(): Promise<BothTopologies> {
  const stack = new AsyncDisposableStack()
  const databases = await newDatabases(stack)
  const directory = await newDirectory(stack)
  {
    await using first = await openOn(databases, directory, new AsyncDisposableStack(), {}, open)
    await seeded(first)
  }
  const copies = await newDatabases(stack, databases)
  // Copied before either goes on: identity tells a directory that is ahead of its database from one that fits.
  const copy = await copyOf(directory, stack)
  const together = stack.use(await openOn(databases, directory, new AsyncDisposableStack(), {}, open))
  const apart = stack.use(await openOn(copies, copy, new AsyncDisposableStack(), {}, openIslands))
  // A program of one process says the first link itself, a fleet's first process does it.
  await together.sql("identity", "delete from links where id::text not like '0190aaaa-%'")
  return { together, apart, [Symbol.asyncDispose]: () => stack.disposeAsync() }
}

async function newDirectory(stack: AsyncDisposableStack): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "archipel-security-"))
  stack.defer(() => rm(directory, { recursive: true, force: true }))
  return directory
}

/** Of a program that has ended. */
async function copyOf(directory: string, stack: AsyncDisposableStack): Promise<string> {
  const copy = await newDirectory(stack)
  await cp(directory, copy, { recursive: true })
  return copy
}

async function newDatabases(
  stack: AsyncDisposableStack,
  templates?: ReadonlyMap<string, TestDatabase>,
): Promise<Map<string, TestDatabase>> {
  const databases = new Map<string, TestDatabase>()
  for (const { name } of allServices)
    databases.set(name, stack.use(await testDatabase(`security_${name}`, templates?.get(name)?.name)))
  return databases
}

async function openOn(
  databases: ReadonlyMap<string, TestDatabase>,
  dataDirectory: string,
  stack: AsyncDisposableStack,
  http: NonNullable<StartOptions["http"]>,
  begin: Begin = openProgram,
): Promise<World> {
  const logged: string[] = []
  const program = stack.use(
    await begin(allServices, {
      port: 0,
      host: "127.0.0.1",
      dataDirectory,
      env: Object.fromEntries([...databases].map(([name, { url }]) => [`DATABASE_URL_${name.toUpperCase()}`, url])),
      log: createLog({ destination: { write: (line) => void logged.push(line) } }),
      http,
    }),
  )
  await program.open.mirrorsCaughtUp()
  const files = diskFiles(filesIn(dataDirectory))
  let tokenOf = developmentToken
  const send = asksOf(program.url)
  const clients = new Map<string, pg.Client>()
  for (const [name, { url }] of databases) {
    const client = new pg.Client({ connectionString: url })
    await client.connect()
    clients.set(name, client)
    stack.defer(() => client.end())
  }
  const models = [...program.open.catalog.models.values()].filter(({ service }) => databases.has(service))
  const logics = allServices.flatMap(({ logic }) => logic)

  const situation = (login: Login | null, dataset: Dataset): Situation => ({
    catalog: program.open.catalog,
    logics,
    principal: principalOf(login),
    now: new Date().toISOString(),
    dataset,
  })
  const sights = new WeakMap<Dataset, Map<Login | null, StaticSight>>()
  const sight = (login: Login | null, dataset: Dataset): StaticSight => {
    const known = sights.get(dataset) ?? new Map<Login | null, StaticSight>()
    sights.set(dataset, known)
    const made = known.get(login) ?? sightOf(situation(login, dataset))
    known.set(login, made)
    return made
  }
  const hidden = new WeakMap<Dataset, Map<Login | null, Set<string>>>()
  const sql: World["sql"] = async (service, text, values = []) => {
    const { rows } = await (clients.get(service) as pg.Client).query(text, [...values])
    return rows as Record<string, unknown>[]
  }
  return {
    url: program.url,
    open: program.open,
    files,
    catalog: program.open.catalog,
    models,
    logged,
    async logIn() {
      await prepareLogins(program.open.services.get("identity") as ServiceRuntime, system)
      const tokens = new Map<Login, string>()
      for (const login of withPassword) tokens.set(login, await accessTokenOf(program.url, login))
      const until = performance.now() + TOKENS_USED_MS
      tokenOf = (login) =>
        tokens.has(login) && performance.now() < until ? `Bearer ${tokens.get(login)}` : developmentToken(login)
    },
    ask: (path, { as, headers = {}, ...asking }) =>
      send(path, {
        ...asking,
        as: null,
        headers: { ...(as === null ? {} : { authorization: tokenOf(as) }), ...headers },
      }),
    dataset: () => everythingOf(program.open, models),
    situation,
    sight,
    canaries(login, dataset) {
      const known = hidden.get(dataset) ?? new Map<Login | null, Set<string>>()
      hidden.set(dataset, known)
      const made = known.get(login) ?? canariesOf(models, situation(login, dataset), sight(login, dataset))
      known.set(login, made)
      return made
    },
    async fingerprint() {
      const parts: string[] = []
      for (const name of clients.keys()) parts.push(JSON.stringify(await sql(name, CONTENT)))
      return parts.join("\n")
    },
    sql,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

/**
 * A digest of every table, made by the database so that hardly anything travels; without the directory's own clock, what ends with time,
 * and mirrors, which go on by themselves.
 */
const CONTENT = `select format('%I.%I', schemaname, tablename) as name,
  md5(query_to_xml(format('select md5(t::text) from %I.%I t order by 1', schemaname, tablename), false, true, '')::text)
  from pg_tables where schemaname in ('public', 'archipel') and tablename not in ('identity_state', 'artifacts')
    and tablename not like 'mirror%' order by 1`

async function everythingOf({ services }: OpenServices, models: readonly ResolvedModel[]): Promise<Dataset> {
  const records: Record<string, DataRecord[]> = {}
  await Promise.all(
    models.map(async (model) => {
      const links = model.lists.filter((list) => list.kind === "manyToMany" && list.declaring).map(({ name }) => name)
      const select = [...model.columns.map(({ name }) => name), ...links]
      const runtime = services.get(model.service)
      const page = await runtime?.query(system, { model: model.name, select, limit: 1_000, archived: "any" }, CONTEXT)
      const rows = JSON.parse(page?.data ?? "[]") as Record<string, unknown>[]
      for (const row of rows) for (const name of links) row[name] = (row[name] as { id: string }[]).map(({ id }) => id)
      records[model.name] = rows
    }),
  )
  return datasetOf(records)
}
