/**
 * What every way of starting a program does first: reads what it is told, refuses what does not fit, opens the services and fills them.
 *
 * @module
 */
import { type Catalog, type Db, systemPrincipal } from "@archipel/core"
import { developmentIdentity, seedDevelopmentUsers } from "./auth/development-identity.ts"
import { authenticateDevelopmentUsers, type DevelopmentOptions } from "./auth/development-users.ts"
import { fakedServices, fakeMistakes } from "./contracts/fake-settings.ts"
import { fillingDemo, forgetData, isDemoUnfinished } from "./data-directory.ts"
import { freePort } from "./free-port.ts"
import type { HttpAppOptions } from "./http/app.ts"
import { knownCatalog } from "./known-catalog.ts"
import { createLog, type Log, logLevel } from "./log.ts"
import { type OpenOptions, type OpenServices, openServices } from "./open-services.ts"
import { assertFit, hostOf, isDevelopment, type Surroundings } from "./running-parts.ts"
import type { Service } from "./service.ts"
import { readSettings } from "./settings/read-settings.ts"
import { type StartArguments, startArguments, UsageError } from "./start-arguments.ts"

export interface StartOptions extends Partial<StartArguments> {
  /** Fills databases that are all new, in development; with the rights of the system. */
  readonly demo?: (db: Db) => Promise<void>
  /** Roles, claims and time zone of the development users. */
  readonly development?: Omit<DevelopmentOptions, "catalog">
  readonly http?: Pick<HttpAppOptions, "cors" | "limits" | "secure" | "pages" | "routes">
  readonly log?: Log
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Default: the machine's clock. */
  readonly now?: () => Date
  /** Gives up a start that is under way. */
  readonly signal?: AbortSignal
}

/** Everything that a start needs to know, from options, arguments and environment. */
export interface Plan {
  readonly options: StartOptions
  readonly args: StartArguments
  readonly env: Readonly<Record<string, string | undefined>>
  /** What is wrong with the environment. */
  readonly mistakes: readonly string[]
  readonly log: Log
  readonly catalog: Catalog
  readonly services: readonly Service[]
  readonly openOptions: OpenOptions
}

export function planOf(services: readonly Service[], options: StartOptions): Plan {
  const { env, mistakes } = readSettings(options.env ?? process.env)
  const args = { ...startArguments([], env), ...options }
  const log = options.log ?? createLog({ level: logLevel(env) })
  const catalog = knownCatalog()
  const all = services.some((s) => s.name === "identity") ? services : [developmentIdentity, ...services]
  const openOptions: OpenOptions = {
    services: all,
    dataDirectory: args.dataDirectory,
    env,
    processes: args.workers,
    fakes: fakedServices(env),
    ...(options.now ? { now: options.now } : {}),
    log: (line) => log.info(line),
    warn: (line) => log.warn(line),
    mirrorLog: log,
  }
  return { options, args, env, mistakes, log, catalog, services: all, openOptions }
}

/** Makes sure of the port, and that old data is gone where it is to go. */
export async function prepare({ args, env, log }: Plan): Promise<void> {
  if (args.port !== 0) await freePort(args.port, args.host)
  const external = Object.keys(env).find((name) => /^DATABASE_URL(?:_|$)/.test(name) && env[name])
  if (args.fresh && external) {
    throw new UsageError(`--fresh forgets what lies in the data directory, but ${external} names another server.`)
  }
  const isBroken = external === undefined && isDemoUnfinished(args.dataDirectory)
  if (isBroken) log.info("the demo data was not finished: beginning anew")
  if (args.fresh || isBroken) await forgetData(args.dataDirectory)
}

export const surroundingsOf = (running: OpenServices, { catalog, args, env, log, options }: Plan): Surroundings => ({
  running,
  catalog,
  dataDirectory: args.dataDirectory,
  env,
  log,
  now: options.now ?? (() => new Date()),
})

/** Refuses settings that do not fit, before anything is touched. */
export function assertMayStart({ services, options, catalog, env, mistakes }: Plan): void {
  const own = services.map(({ name }) => name)
  assertFit(services, env, [...mistakes, ...fakeMistakes({ env, isDevelopment: isDevelopment(env), catalog, own })])
  if (!services.some(({ runs }) => runs)) authenticateDevelopmentUsers({ ...options.development, catalog })
}

export async function fill(running: OpenServices, plan: Plan): Promise<void> {
  const { options, services, args } = plan
  const around = surroundingsOf(running, plan)
  for (const { name, prepare } of services) await prepare?.(hostOf(name, around))
  if (!services.some(({ name, prepare }) => name === "identity" && prepare)) await seedDevelopmentUsers(running)
  const { demo } = options
  if (!demo || !running.isNew) return
  await fillingDemo(args.dataDirectory, () => demo(running.as(systemPrincipal("demo data"))))
}

/** Opens the services and ends them again if `use` fails, or when the start is given up. */
export async function opened<R>(
  plan: Plan,
  changed: Partial<OpenOptions>,
  use: (open: OpenServices) => Promise<R>,
): Promise<R> {
  const { signal } = plan.options
  signal?.throwIfAborted()
  const running = await openServices({ ...plan.openOptions, ...changed })
  const giveUp = (): void => void running.close()
  signal?.addEventListener("abort", giveUp)
  try {
    signal?.throwIfAborted()
    return await use(running)
  } catch (error) {
    await running.close()
    throw signal?.aborted ? signal.reason : error
  } finally {
    signal?.removeEventListener("abort", giveUp)
  }
}
