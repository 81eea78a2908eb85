import { rm } from "node:fs/promises"
import { join } from "node:path"
import { type Db, systemPrincipal } from "@archipel/core"
import { removeEmbeddedPostgres } from "@archipel/data"
import { developmentIdentity, seedDevelopmentUsers } from "./auth/development-identity.ts"
import {
  authenticateDevelopmentUsers,
  developmentCredential,
  type DevelopmentOptions,
} from "./auth/development-users.ts"
import { diskFiles } from "./files/disk-files.ts"
import { createHttpApp, type HttpAppOptions } from "./http/app.ts"
import { serveHttp } from "./http/serve.ts"
import { createLog, type Log } from "./log.ts"
import { createMetrics, measureProcess } from "./metrics.ts"
import type { Neighbour } from "./neighbour.ts"
import { intercepted } from "./intercept-start.ts"
import { type OpenServices, openServices } from "./open-services.ts"
import { remoteService } from "./remote-service.ts"
import type { Service } from "./service.ts"
import { type StartArguments, startArguments } from "./start-arguments.ts"
import { knownCatalog } from "./known-catalog.ts"

export interface StartOptions extends Partial<StartArguments> {
  /** Fills databases that are all new, in development; with the rights of the system. */
  readonly demo?: (db: Db) => Promise<void>
  /** Roles, claims and time zone of the development users. */
  readonly development?: Omit<DevelopmentOptions, "catalog">
  readonly http?: Pick<HttpAppOptions, "cors" | "limits" | "secure" | "pages" | "routes">
  readonly log?: Log
  readonly env?: Readonly<Record<string, string | undefined>>
}

/** A program that runs: its services, and the address they answer at. */
export interface Program extends AsyncDisposable {
  readonly url: string
  readonly open: OpenServices
  /** Ends what is under way, then everything. Bounded by 30 s. */
  close(): Promise<void>
}

const GRACE_MS = 10_000

async function forget(dataDirectory: string): Promise<void> {
  await removeEmbeddedPostgres(join(dataDirectory, "postgres"))
  await rm(dataDirectory, { recursive: true, force: true })
}

/**
 * Runs services with their REST interface in this process, by the command line's arguments where `options` do not say otherwise.
 * In development the users and their tokens are fixed, and a service `identity` that knows them is added.
 *
 * @throws DefinitionError, UsageError, `schema.refused`, `postgres.directory_in_use`, and `auth.development_only` where
 *   NODE_ENV is "production".
 */
export async function open(services: readonly Service[], options: StartOptions = {}): Promise<Program> {
  const env = options.env ?? process.env
  const args = { ...startArguments([], env), ...options }
  const log = options.log ?? createLog({ level: "warn" })
  const catalog = knownCatalog()
  const authenticate = authenticateDevelopmentUsers({ ...options.development, catalog })
  const all = services.some((s) => s.name === "identity") ? services : [developmentIdentity, ...services]
  const here = args.only ? all.filter((s) => args.only?.includes(s.name)) : all
  if (args.fresh) await forget(args.dataDirectory)

  const neighbours = new Map<string, Neighbour>(
    Object.entries(args.neighbours).map(([name, url]) => [
      name,
      remoteService({ name, url, catalog, credential: developmentCredential }),
    ]),
  )
  const running = await openServices({
    services: here,
    dataDirectory: args.dataDirectory,
    env,
    neighbours,
    log: (line) => log.info(line),
  })
  try {
    await seedDevelopmentUsers(running)
    const isDemoWanted = options.demo && running.isNew && here.length === all.length
    if (isDemoWanted) await options.demo?.(running.as(systemPrincipal("demo data")))
    const metrics = createMetrics()
    measureProcess(metrics)
    const app = createHttpApp({
      services: running.services,
      authenticate,
      log,
      metrics,
      files: diskFiles(join(args.dataDirectory, "files")),
      developmentLogin: true,
      ...options.http,
    })
    const server = await serveHttp(app, { port: args.port, host: args.host })
    const close = async () => {
      await server.close(GRACE_MS)
      await running.close()
      log.flush()
    }
    return { url: server.url, open: running, close, [Symbol.asyncDispose]: close }
  } catch (error) {
    await running.close()
    throw error
  }
}

/** Ends a program on the first SIGINT or SIGTERM; a second one ends the process at once. */
function closeOnSignal(program: Program): void {
  let closing = false
  const end = (signal: NodeJS.Signals) => {
    if (closing) process.exit(signal === "SIGINT" ? 130 : 143)
    closing = true
    void program.close().then(
      () => process.exit(0),
      (error: unknown) => {
        console.error(error instanceof Error ? error.message : error)
        process.exit(1)
      },
    )
  }
  process.on("SIGINT", end)
  process.on("SIGTERM", end)
}

/**
 * What a program's main file calls: `open` with the command line's arguments (`--port`, `--data DIR`, `--fresh`, …), a line
 * `ready http://…` when requests are welcome, and a clean end on SIGINT and SIGTERM. What cannot start is said in words.
 */
export async function start(services: readonly Service[], options: StartOptions = {}): Promise<Program> {
  await intercepted({ services, options })
  const program = await open(services, {
    ...startArguments(process.argv.slice(2), options.env ?? process.env),
    ...options,
  })
  closeOnSignal(program)
  console.log(`ready ${program.url}`)
  return program
}
