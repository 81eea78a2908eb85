import { ArchipelError, type Catalog } from "@archipel/core"
import type { Authenticate } from "./auth/authenticate.ts"
import type { SessionCredential } from "./auth/session-credential.ts"
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
}

/** Of the program's own environment where the given one does not say. */
export const isDevelopment = (env: Surroundings["env"]): boolean =>
  (env["NODE_ENV"] ?? process.env["NODE_ENV"]) !== "production"

/** What keeps services from running with these settings, all of it at once. @throws `program.misconfigured` */
export function assertFit(services: readonly Service[], env: Surroundings["env"]): void {
  const place = { env, isDevelopment: isDevelopment(env) }
  const mistakes = services.flatMap(({ mistakes }) => mistakes?.(place) ?? [])
  if (mistakes.length > 0) throw new ArchipelError("program.misconfigured", { mistakes })
}

/** The origin that people and other programs reach this one by. */
export function publicUrl(env: Surroundings["env"], listening: string): string {
  const given = env["ARCHIPEL_URL"]
  return (given === undefined || given === "" ? listening : given).replace(/\/+$/, "")
}

export function hostOf(name: string, around: Surroundings): Omit<ServiceHost, "url"> {
  const { running, catalog, dataDirectory, env, log, now } = around
  return {
    name,
    database: running.databaseOf(name),
    dataDirectory,
    env,
    isDevelopment: isDevelopment(env),
    log,
    catalog,
    now,
    as: running.as,
  }
}

/** The parts of all services of this process. */
export interface RunningParts {
  readonly routes: readonly OwnRoute[]
  readonly authenticate: Authenticate | undefined
  readonly sessions: SessionCredential | undefined
  close(): Promise<void>
}

/** Starts what services do beside their models, in their order; if one fails, those that run are ended. */
export async function startParts(
  services: readonly Service[],
  around: Surroundings,
  url: string,
): Promise<RunningParts> {
  const parts: RunningPart[] = []
  const close = async (): Promise<void> => {
    await Promise.all(parts.map((part) => part.close()))
  }
  try {
    for (const { name, runs } of services) {
      if (runs) parts.push(await runs({ ...hostOf(name, around), url: publicUrl(around.env, url) }))
    }
    const saying = parts.flatMap(({ authenticate }) => authenticate ?? [])
    if (saying.length > 1) throw new TypeError("Several services say who sends a request: at most one may.")
    const sessions = parts.flatMap((part) => part.sessions ?? [])
    if (sessions.length > 1) throw new TypeError("Several services keep browsers' sessions: at most one may.")
    return {
      routes: parts.flatMap(({ routes }) => routes ?? []),
      authenticate: saying[0],
      sessions: sessions[0],
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
