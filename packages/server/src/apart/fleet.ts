/**
 * A whole program apart on one machine: a process for each service, its identity and its gateway among them.
 *
 * @module
 */
import { enableCompileCache, flushCompileCache } from "node:module"
import { join } from "node:path"
import { openDevelopmentAuthority } from "../between/trust/development-authority.ts"
import type { Log } from "../log.ts"
import type { ChildReady } from "./child.ts"
import { neighboursFile } from "./neighbours-file.ts"
import { type ServiceProcess, startServiceProcess } from "./service-process.ts"

export interface FleetOptions {
  /** Names; one is the gateway's. */
  readonly services: readonly string[]
  readonly gateway: string
  readonly dataDirectory: string
  readonly trustDomain: string
  readonly isDevelopment: boolean
  /** Where people reach the gateway. */
  readonly host: string
  readonly port: number
  readonly url: string
  /** Address of the PostgreSQL that all have their databases on, where it is this program's own. */
  readonly databaseUrl: string | undefined
  /** Processes of each service but the gateway. */
  readonly replicas: number
  readonly log: Log
}

/** A fleet that runs. */
export interface Fleet {
  readonly url: string
  readonly processes: readonly ServiceProcess[]
  /** Ends the gateway first, so that nobody is asked any more, then the others. Bounded by 80 s. */
  close(): Promise<void>
}

/** Starts every service in a process of its own, the gateway when all others are there. @throws WorkerFailure if one cannot start; it has said why. */
export async function startFleet(options: FleetOptions): Promise<Fleet> {
  const { services, gateway, dataDirectory, trustDomain, replicas, log, url, host, port, databaseUrl } = options
  const authority = await openDevelopmentAuthority({
    directory: join(dataDirectory, "authority"),
    trustDomain,
    isDevelopment: options.isDevelopment,
    log,
  })
  const stopIssuing = await authority.keepIssued(services)
  // All processes load the same code: what one has compiled, the others find.
  const { directory: compiled } = enableCompileCache()
  flushCompileCache()
  const places = neighboursFile(join(dataDirectory, "fleet", "neighbours.json"))
  const processes: ServiceProcess[] = []

  const close = async (): Promise<void> => {
    await Promise.all(processes.filter(({ service }) => service === gateway).map((process) => process.close()))
    await Promise.all(processes.map((process) => process.close()))
    stopIssuing()
  }
  const settings = (service: string, before: ChildReady | undefined): Readonly<Record<string, string>> => ({
    ARCHIPEL_SERVICE: service,
    ...(compiled === undefined ? {} : { NODE_COMPILE_CACHE: compiled }),
    ARCHIPEL_URL: url,
    ARCHIPEL_TRUST_DOMAIN: trustDomain,
    ARCHIPEL_CERTIFICATES: authority.directoryOf(service),
    ARCHIPEL_NEIGHBOURS_FILE: places.path,
    ARCHIPEL_LISTEN: before?.address ?? "127.0.0.1:0",
    ARCHIPEL_HEALTH: before?.healthUrl == null ? "127.0.0.1:0" : new URL(before.healthUrl).host,
    ...(service === gateway ? { ARCHIPEL_OPEN: `${host}:${port}` } : {}),
    ...(databaseUrl === undefined ? {} : { DATABASE_URL: databaseUrl }),
  })
  const begin = async (service: string, replica: number): Promise<void> => {
    let placed: Promise<void> | undefined
    const started = await startServiceProcess({
      service,
      replica,
      log,
      env: (before) => settings(service, before),
      onReady: ({ address }) => {
        placed = places
          .place(service, replica, address)
          .catch((error: unknown) => log.error("where services are could not be written", error))
      },
    })
    processes.push(started)
    await placed
  }

  const others = services.filter((service) => service !== gateway)
  const wanted = others.flatMap((service) => Array.from({ length: replicas }, (_, replica) => begin(service, replica)))
  try {
    const failed = (await Promise.allSettled(wanted)).find((each) => each.status === "rejected")
    if (failed) throw failed.reason
    await begin(gateway, 0)
  } catch (error) {
    await close()
    throw error
  }
  return { url, processes, close }
}
