import { ArchipelError, type Catalog, serviceUnavailable } from "@archipel/core"
import type { Authenticate } from "./auth/authenticate.ts"
import type { SessionCredential } from "./auth/session-credential.ts"
import type { Mesh, RpcService } from "./between/mesh.ts"
import type { TokenExchange } from "./between/token-exchange.ts"
import type { Rest } from "./http/rest.ts"
import type { Log } from "./log.ts"
import type { OpenServices } from "./open-services.ts"
import type { Service } from "./service.ts"
import type { OwnRoute, RunningPart, ServiceHost } from "./service-host.ts"

/** What hosts of all services of a program have in common. */
export interface Surroundings {
  readonly running: OpenServices
  readonly catalog: Catalog
  readonly dataDirectory: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly log: Log
  readonly now: () => Date
  /** Where services run apart. */
  readonly mesh?: Mesh
}

/** Of the program's own environment where the given one does not say. */
export const isDevelopment = (env: Surroundings["env"]): boolean =>
  (env["NODE_ENV"] ?? process.env["NODE_ENV"]) !== "production"

/**
 * What keeps services from running with these settings, all of it at once.
 *
 * @param known Mistakes that were found already.
 * @throws `program.misconfigured`
 */
export function assertFit(services: readonly Service[], env: Surroundings["env"], known: readonly string[] = []): void {
  const place = { env, isDevelopment: isDevelopment(env) }
  const mistakes = [...new Set([...known, ...services.flatMap((service) => service.mistakes?.(place) ?? [])])]
  if (mistakes.length > 0) throw new ArchipelError("program.misconfigured", { mistakes })
}

/** The origin that people and other programs reach this one by. */
export function publicUrl(env: Surroundings["env"], listening: string): string {
  const given = env["ARCHIPEL_URL"]
  return (given === undefined || given === "" ? listening : given).replace(/\/+$/, "")
}

export function hostOf(name: string, around: Surroundings): Omit<ServiceHost, "url"> {
  return { ...hostWithoutDatabase(name, around), database: around.running.databaseOf(name) }
}

function hostWithoutDatabase(name: string, around: Surroundings): Omit<ServiceHost, "url" | "database"> {
  const { running, catalog, dataDirectory, env, log, now, mesh } = around
  return {
    name,
    dataDirectory,
    env,
    isDevelopment: isDevelopment(env),
    log,
    catalog,
    ...(mesh === undefined ? {} : { mesh }),
    now,
    as: running.as,
  }
}

/** The parts of all services of this process. */
export interface RunningParts {
  readonly routes: readonly OwnRoute[]
  readonly authenticate: Authenticate | undefined
  readonly sessions: SessionCredential | undefined
  readonly rest: Rest | undefined
  readonly exchange: TokenExchange | undefined
  readonly rpc: readonly RpcService[]
  close(): Promise<void>
}

/** What at most one of the parts says. @throws TypeError if several do */
function onlyOne<Said>(said: readonly Said[], what: string): Said | undefined {
  if (said.length > 1) throw new TypeError(`Several services ${what}: at most one may.`)
  return said[0]
}

/**
 * Starts what services do beside their models, in their order; if one fails, those that run are ended.
 *
 * @param elsewhere Services of other processes, for what stands for them in this one.
 */
export async function startParts(
  services: readonly Service[],
  around: Surroundings,
  url: string,
  elsewhere: readonly Service[] = [],
): Promise<RunningParts> {
  const parts: RunningPart[] = []
  // Parts may be given it by one that starts after them.
  let found: TokenExchange | undefined
  const exchange: TokenExchange = async (proof, service) => {
    if (found === undefined) throw serviceUnavailable("identity")
    return found(proof, service)
  }
  const given = around.mesh === undefined ? {} : { exchange }
  const close = async (): Promise<void> => {
    await Promise.all(parts.map((part) => part.close()))
  }
  try {
    for (const { name, runs } of services) {
      if (runs) parts.push(await runs({ ...hostOf(name, around), ...given, url: publicUrl(around.env, url) }))
    }
    for (const { name, represents } of elsewhere) {
      if (represents)
        parts.push(await represents({ ...hostWithoutDatabase(name, around), url: publicUrl(around.env, url) }))
    }
    found = onlyOne(
      parts.flatMap((part) => part.exchange ?? []),
      "exchange tokens",
    )
    return {
      routes: parts.flatMap(({ routes }) => routes ?? []),
      authenticate: onlyOne(
        parts.flatMap(({ authenticate }) => authenticate ?? []),
        "say who sends a request",
      ),
      sessions: onlyOne(
        parts.flatMap((part) => part.sessions ?? []),
        "keep browsers' sessions",
      ),
      rest: onlyOne(
        parts.flatMap(({ rest }) => rest ?? []),
        "answer what no other address does",
      ),
      exchange: found,
      rpc: parts.flatMap(({ rpc }) => rpc ?? []),
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

/** What services have to say to whoever started the program. */
export async function welcomes(
  services: readonly Service[],
  around: Surroundings,
  url: string,
): Promise<readonly string[]> {
  const lines: string[] = []
  for (const { name, welcome } of services) {
    if (welcome) lines.push(...(await welcome({ ...hostOf(name, around), url: publicUrl(around.env, url) })))
  }
  return lines
}
