/**
 * One service that runs apart from the others: its database, its port for other services, and what stands for them here.
 *
 * @module
 */
import { setTimeout as delay } from "node:timers/promises"
import { Server as GrpcServer } from "@grpc/grpc-js"
import { ArchipelError, serviceUnavailable, usesOf } from "@archipel/core"
import type { Addresses } from "../between/addresses.ts"
import { createMesh } from "../between/create-mesh.ts"
import { describeService } from "../between/describe-service.ts"
import { behindGateway, GATEWAY, GATEWAY_HOPS } from "../between/behind-gateway.ts"
import { listenBetween, peerOf } from "../between/listener.ts"
import type { Mesh } from "../between/mesh.ts"
import { MAX_REQUEST_BYTES } from "../between/rpc/data-definition.ts"
import { dataService } from "../between/rpc/data-service.ts"
import { addStandardServices } from "../between/rpc/standard-services.ts"
import type { TokenExchange } from "../between/token-exchange.ts"
import type { WorkloadCredentials } from "../between/trust/workload.ts"
import { fakedServices, fakeMistakes } from "../contracts/fake-settings.ts"
import { createContractWatch } from "../contracts/contract-watch.ts"
import { guardedNeighbours } from "../contracts/guarded-neighbours.ts"
import { filesIn } from "../data-directory.ts"
import { diskFiles } from "../files/disk-files.ts"
import { createHttpApp, type HttpAppOptions } from "../http/app.ts"
import { proxyHops } from "../http/network-key.ts"
import { serveHttp } from "../http/serve.ts"
import { housekeep, startHousekeeping } from "../housekeeping.ts"
import { knownCatalog } from "../known-catalog.ts"
import type { Log } from "../log.ts"
import { measureDatabases } from "../measure-databases.ts"
import { createMetrics, measureProcess } from "../metrics.ts"
import { measureMirrors } from "../mirror/measure-mirrors.ts"
import { type OpenServices, openServices } from "../open-services.ts"
import { assertFit, hostOf, isDevelopment, type RunningParts, startParts } from "../running-parts.ts"
import type { Service } from "../service.ts"
import type { ServiceRuntime } from "../service-runtime.ts"
import { serveHealth } from "./health.ts"

/** An address of this machine; port 0 takes a free one. */
export interface ListenAt {
  readonly host: string
  readonly port: number
}

export interface IslandOptions {
  /** The one that runs here. */
  readonly service: Service
  /** All of the program: of those that run elsewhere, what stands for them here. */
  readonly program: readonly Service[]
  readonly credentials: WorkloadCredentials
  readonly addresses: Addresses
  /** For other services, over mutual TLS. */
  readonly listen: ListenAt
  /** For people and programs; only a gateway has one. */
  readonly open?: ListenAt
  /** Health and metrics in plain HTTP, for who runs the fleet. */
  readonly health?: ListenAt
  /** Origin by which people and other programs reach the fleet. */
  readonly url: string
  /** Which services may call this one. */
  readonly mayCall: (caller: string) => boolean
  readonly dataDirectory: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly log: Log
  readonly now?: () => Date
  readonly http?: Pick<HttpAppOptions, "cors" | "limits" | "secure" | "pages" | "routes">
}

/** A service that runs. */
export interface Island extends AsyncDisposable {
  /** "host:port", for other services. */
  readonly address: string
  /** Of a gateway, where people reach it. */
  readonly url: string | undefined
  readonly healthUrl: string | undefined
  readonly running: OpenServices
  /** Requests end first, then what they need. Bounded by 30 s. */
  close(): Promise<void>
}

const GRACE_MS = 10_000
/** How long one of several replicas goes on answering once it is told to end: callers know by then one that has just come, and few keep a connection here. */
const LEAVE_MS = 2_000

const serverOptions = {
  "grpc.max_receive_message_length": MAX_REQUEST_BYTES,
  "grpc.max_send_message_length": -1,
  // A caller that is gone without a word is noticed.
  "grpc.keepalive_time_ms": 30_000,
  "grpc.keepalive_timeout_ms": 5_000,
} as const

/**
 * Runs one service apart. Its neighbours need not be there: what needs them answers `service.unavailable` until they are, and
 * `service.contract_differs` while their contracts lack it.
 *
 * @throws `program.misconfigured`, `schema.refused`, and what Node says if an address is taken
 */
export async function openIsland(options: IslandOptions): Promise<Island> {
  const { service, program, credentials, addresses, url, log, dataDirectory, mayCall } = options
  // Where a request comes from is the gateway's word alone; what stands before the gateway is its own business.
  const env = service.name === GATEWAY ? options.env : { ...options.env, ARCHIPEL_PROXY_HOPS: String(GATEWAY_HOPS) }
  const now = options.now ?? (() => new Date())
  const catalog = knownCatalog()
  const contract = catalog.contracts.get(service.name)
  if (contract === undefined) throw new TypeError(`There is no contract "${service.name}".`)
  const place = { env, isDevelopment: isDevelopment(env) }
  assertFit([service], env, fakeMistakes({ ...place, catalog, own: [service.name] }))
  const stack = new AsyncDisposableStack()
  try {
    let exchange: TokenExchange = notYet
    const mesh: Mesh = createMesh({
      service: service.name,
      credentials,
      addresses,
      exchange: (proof, target) => exchange(proof, target),
    })
    stack.defer(() => mesh.close())
    const watch = createContractWatch({ own: service.name, catalog, mesh, log })
    stack.defer(() => watch.close())
    const running = await openServices({
      services: [service],
      dataDirectory,
      env,
      fakes: fakedServices(env),
      neighbours: guardedNeighbours({ neighbours: mesh.neighbours, watch, catalog }),
      now,
      log: (line) => log.info(line),
      warn: (line) => log.warn(line),
      mirrorLog: log,
    })
    stack.defer(() => running.close())
    const around = { running, catalog, dataDirectory, env, log, now, mesh }
    await service.prepare?.(hostOf(service.name, around))

    const parts: RunningParts = await startParts(
      [service],
      around,
      url,
      program.filter((each) => each !== service),
    )
    stack.defer(() => parts.close())
    exchange = parts.exchange ?? notYet
    const authenticate = parts.authenticate ?? refuseAll
    const metrics = createMetrics()
    measureProcess(metrics)
    measureMirrors(metrics, running.services)
    measureDatabases(metrics, running.databases)
    const files = diskFiles(filesIn(dataDirectory))
    const app = createHttpApp({
      services: running.services,
      authenticate,
      log,
      metrics,
      files,
      ownRoutes: parts.routes,
      developmentLogin: isDevelopment(env),
      proxyHops: proxyHops(env),
      apart: true,
      pages: options.open !== undefined,
      ...(parts.sessions ? { sessions: parts.sessions } : {}),
      ...(parts.rest ? { rest: parts.rest } : {}),
      ...options.http,
    })
    const runtime = running.services.get(service.name) as ServiceRuntime
    watch.begin(usesOf(runtime.definition))
    const grpc = new GrpcServer(serverOptions)
    const offered = [
      dataService({
        runtime,
        authenticate,
        catalog,
        description: describeService(contract, parts.routes, env["ARCHIPEL_VERSION"] || null),
        log,
      }),
      ...parts.rpc,
    ]
    for (const { definition, handlers } of offered) grpc.addService(definition, handlers)
    const standard = addStandardServices(grpc, offered, runtime)
    stack.defer(() => standard.close())

    const housekeeping = startHousekeeping(() => housekeep({ databases: [...running.databases.values()], files, log }))
    stack.defer(() => housekeeping.stop())
    const listening = await listenBetween({
      credentials,
      ...options.listen,
      grpc,
      http: behindGateway(app.listener, peerOf),
      maySpeak: mayCall,
      log,
    })
    stack.defer(async () => {
      standard.drain()
      app.drain()
      if (addresses.of(service.name).length > 1) await delay(LEAVE_MS)
      await listening.close(GRACE_MS)
    })
    const open = options.open && (await serveHttp(app, options.open))
    if (open) stack.defer(() => open.close(GRACE_MS))
    const health = options.health && (await serveHealth(app, options.health))
    if (health) stack.defer(() => health.close())
    const close = (): Promise<void> => stack.disposeAsync()
    return {
      address: `${options.listen.host}:${listening.port}`,
      url: open?.url,
      healthUrl: health?.url,
      running,
      close,
      [Symbol.asyncDispose]: close,
    }
  } catch (error) {
    await stack.disposeAsync()
    throw error
  }
}

/** Until it is known how to get tokens, nobody is asked for a user. */
const notYet: TokenExchange = async () => {
  throw serviceUnavailable("identity")
}

/** Without anybody who knows users, nobody is one. */
const refuseAll = (): never => {
  throw new ArchipelError("auth.invalid", {})
}
