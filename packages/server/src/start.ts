import { resolveDatabases } from "@archipel/data"
import { GATEWAY } from "./between/behind-gateway.ts"
import { isPartOfFleet, onOrphaned, sayIslandReady } from "./apart/child.ts"
import { authenticateDevelopmentUsers } from "./auth/development-users.ts"
import { filesIn } from "./data-directory.ts"
import { diskFiles } from "./files/disk-files.ts"
import { freePort } from "./free-port.ts"
import { proxyHops } from "./http/network-key.ts"
import { createHttpApp } from "./http/app.ts"
import { serveHttp, urlAt } from "./http/serve.ts"
import { housekeep, startHousekeeping } from "./housekeeping.ts"
import { areStartFailuresTaken, intercepted } from "./intercept-start.ts"
import { measureDatabases } from "./measure-databases.ts"
import { createMetrics, measureProcess } from "./metrics.ts"
import { measureMirrors } from "./mirror/measure-mirrors.ts"
import type { OpenServices } from "./open-services.ts"
import { isDevelopment, type RunningParts, startParts, welcomes } from "./running-parts.ts"
import type { Service } from "./service.ts"
import { type StartArguments, startArguments, UsageError } from "./start-arguments.ts"
import { reportStartFailure } from "./start-failure.ts"
import {
  assertMayStart,
  fill,
  opened,
  type Plan,
  planOf,
  prepare,
  type StartOptions,
  surroundingsOf,
} from "./start-plan.ts"
import { untilSignal } from "./until-signal.ts"
import { sayReady, startWorkers, type WorkerPlace, workerPlace } from "./workers.ts"
import { metricsOfAll } from "./workers-metrics.ts"

/** A program that runs, at its address. */
export interface RunningProgram extends AsyncDisposable {
  readonly url: string
  /** What its services say to whoever started it. */
  readonly welcome: readonly string[]
  /** Ends what is under way, then everything. Bounded by 30 s; with workers by 60 s. */
  close(): Promise<void>
}

/** A program that runs in this process, with its services. */
export interface Program extends RunningProgram {
  readonly open: OpenServices
}

const GRACE_MS = 10_000
/** Where the system hands out connections to workers. Elsewhere the first process does, at more cost, and with a worker's death it loses some. */
const canReusePort = process.platform === "linux"

async function serve(running: OpenServices, plan: Plan, port: number, isWorker: boolean): Promise<Program> {
  const { options, args, log, catalog, env, services } = plan
  const metrics = createMetrics()
  measureProcess(metrics)
  measureMirrors(metrics, running.services)
  measureDatabases(metrics, running.databases)
  const files = diskFiles(filesIn(args.dataDirectory))
  const around = surroundingsOf(running, plan)
  let parts: RunningParts | undefined
  const appAt = async (url: string) => {
    parts = await startParts(services, around, url)
    return createHttpApp({
      services: running.services,
      authenticate: parts.authenticate ?? authenticateDevelopmentUsers({ ...options.development, catalog }),
      log,
      metrics,
      files,
      developmentLogin: isDevelopment(env),
      ownRoutes: parts.routes,
      proxyHops: proxyHops(env),
      ...(parts.sessions ? { sessions: parts.sessions } : {}),
      ...(parts.rest ? { rest: parts.rest } : {}),
      ...(isWorker ? { metricsText: metricsOfAll(metrics) } : {}),
      ...options.http,
    })
  }
  const server = await serveHttp(appAt, { port, host: args.host, reusePort: isWorker && canReusePort }).catch(
    async (error: unknown) => {
      await parts?.close()
      throw error
    },
  )
  const housekeeping = startHousekeeping(() => housekeep({ databases: [...running.databases.values()], files, log }))
  const close = async () => {
    await server.close(GRACE_MS)
    await housekeeping.stop()
    await parts?.close()
    await running.close()
    log.flush()
  }
  try {
    const welcome = isWorker ? [] : await welcomes(services, around, server.url)
    return { url: server.url, welcome, open: running, close, [Symbol.asyncDispose]: close }
  } catch (error) {
    await close()
    throw error
  }
}

/**
 * Runs services with their REST interface in this process, by the command line's arguments where `options` do not say otherwise.
 * In development the users and their tokens are fixed, and a service `identity` that knows them is added.
 *
 * @throws DefinitionError, UsageError, `program.misconfigured`, `schema.refused`, `postgres.directory_in_use`, and `auth.development_only` where
 *   NODE_ENV is "production".
 */
export async function open(services: readonly Service[], options: StartOptions = {}): Promise<Program> {
  const plan = planOf(services, options)
  assertMayStart(plan)
  await prepare(plan)
  return opened(plan, { processes: 1 }, async (running) => {
    await fill(running, plan)
    return serve(running, plan, plan.args.port, false)
  })
}

/** What the first of several processes has made ready for the others. */
interface Readied {
  readonly port: number
  readonly url: string
  /** Address of the embedded PostgreSQL, if that is used. */
  readonly databaseUrl: string | undefined
  readonly welcome: readonly string[]
}

/** The first of several processes: makes the databases ready, then lets others serve. It ends what they had together when they have ended. */
async function openFirst(
  services: readonly Service[],
  options: StartOptions,
  others: (plan: Plan, readied: Readied) => Promise<{ readonly url: string; close(): Promise<void> }>,
): Promise<RunningProgram> {
  const plan = planOf(services, options)
  const { args, env, log } = plan
  assertMayStart(plan)
  await prepare(plan)
  const port = await freePort(args.port, args.host)
  const url = urlAt(args.host, port)
  const located = await resolveDatabases({
    services: plan.services.map(({ name }) => name),
    env,
    dataDirectory: args.dataDirectory,
    processes: args.workers,
    log: (line) => log.info(line),
  })
  const databaseUrl = located.embedded?.url("postgres")
  try {
    const welcome = await opened(
      plan,
      { env: { ...env, ...(databaseUrl === undefined ? {} : { DATABASE_URL: databaseUrl }) } },
      async (running) => {
        await fill(running, plan)
        const lines = await welcomes(plan.services, surroundingsOf(running, plan), url)
        await running.close()
        return lines
      },
    )
    const serving = await others(plan, { port, url, databaseUrl, welcome })
    const close = async () => {
      await serving.close()
      await located.close()
      log.flush()
    }
    return { url: serving.url, welcome, close, [Symbol.asyncDispose]: close }
  } catch (error) {
    await located.close()
    throw error
  }
}

const openWorkers = (services: readonly Service[], options: StartOptions): Promise<RunningProgram> =>
  openFirst(services, options, ({ args, log }, { port, databaseUrl }) =>
    startWorkers({ count: args.workers, port, databaseUrl, log }),
  )

/** Every service in a process of its own. @throws UsageError for a program without a gateway */
const openApart = (services: readonly Service[], options: StartOptions): Promise<RunningProgram> =>
  openFirst(services, options, async ({ args, env, log }, { port, url, databaseUrl }) => {
    if (!services.some(({ name }) => name === GATEWAY))
      throw new UsageError("--apart takes a program with a gateway: start([identityService(), gatewayService(), …]).")
    // What only services apart need is loaded where they are.
    const { startFleet } = await import("./apart/fleet.ts")
    return startFleet({
      services: services.map(({ name }) => name),
      gateway: GATEWAY,
      dataDirectory: args.dataDirectory,
      trustDomain: env["ARCHIPEL_TRUST_DOMAIN"] || "archipel",
      isDevelopment: isDevelopment(env),
      host: args.host,
      port,
      url,
      databaseUrl,
      replicas: args.replicas,
      log,
    })
  })

/** One service of a program whose others are elsewhere. */
async function openAlone(
  services: readonly Service[],
  name: string,
  options: StartOptions & StartArguments,
): Promise<RunningProgram> {
  const [{ openService }, { releaseMemory }] = await Promise.all([
    import("./apart/open-service.ts"),
    import("./apart/release-memory.ts"),
  ])
  const island = await openService(services, name, options)
  const { address, url = null, healthUrl = null, close } = island
  releaseMemory()
  sayIslandReady({ address, url, healthUrl })
  onOrphaned(() => process.kill(process.pid, "SIGTERM"))
  return { url: url ?? `https://${address}`, welcome: [], close, [Symbol.asyncDispose]: close }
}

/** One of several processes: its databases are ready, and the first process owns them. */
function openWorker(
  services: readonly Service[],
  options: StartOptions,
  { port, databaseUrl }: WorkerPlace,
): Promise<Program> {
  const env = { ...(options.env ?? process.env), ...(databaseUrl === undefined ? {} : { DATABASE_URL: databaseUrl }) }
  const plan = planOf(services, { ...options, env })
  return opened(plan, {}, (running) => serve(running, plan, port, true))
}

/**
 * What a program's main file calls: `open` with the command line's arguments (`--port`, `--data DIR`, `--fresh`, …), a line
 * `ready http://…` when requests are welcome, and a clean end on SIGINT and SIGTERM. What cannot start is said in words on standard
 * error, and the process ends: with 2 if its arguments are wrong, else with 1.
 *
 * With `--workers N` the main file runs in each worker too, but there `start` never returns: what follows it runs once.
 */
export async function start(services: readonly Service[], options: StartOptions = {}): Promise<RunningProgram> {
  await intercepted({ services, options })
  const place = workerPlace()
  try {
    const given = { ...startArguments(process.argv.slice(2), options.env ?? process.env), ...options }
    const program = await untilSignal((signal): Promise<RunningProgram> => {
      if (place) return openWorker(services, { ...given, signal }, place)
      if (given.serve !== undefined) return openAlone(services, given.serve, { ...given, signal })
      if (given.apart) return openApart(services, { ...given, signal })
      return given.workers > 1 ? openWorkers(services, { ...given, signal }) : open(services, { ...given, signal })
    })
    if (place) sayReady(program.url)
    // What follows `start` in the main file is for the first process.
    if (place || isPartOfFleet()) await new Promise<never>(() => {})
    console.log([`ready ${program.url}`, ...program.welcome].join("\n"))
    return program
  } catch (error) {
    if (areStartFailuresTaken()) throw error
    reportStartFailure(error)
    return process.exit(error instanceof UsageError ? 2 : 1)
  }
}
