/**
 * What the service does beside its models, loaded when it is to be done: commands that only look at a program's models start
 * without the protocol's libraries.
 *
 * @module
 */
import type { RunningPart, ServiceHost } from "@archipel/server"
import type { ToldContracts } from "../apart/service-contracts.ts"

/** The protocol's library knows the releases of Node from before it was made, and warns of all others on standard error. */
const KNOWN_WARNING = "oidc-provider WARNING: Unsupported runtime."

async function quietly<Result>(load: () => Promise<Result>): Promise<Result> {
  const { warn } = console
  console.warn = (...words: unknown[]) => {
    if (!String(words[0]).includes(KNOWN_WARNING)) warn(...words)
  }
  try {
    return await load()
  } finally {
    console.warn = warn
  }
}

export const runIdentity = async (host: ServiceHost, told: ToldContracts): Promise<RunningPart> =>
  (await quietly(() => import("./running.ts"))).runIdentity(host, told)

export const representIdentity = async (host: Omit<ServiceHost, "database">): Promise<RunningPart> =>
  (await import("./represent.ts")).representIdentity(host)

export const prepareIdentity = async (host: Omit<ServiceHost, "url">): Promise<void> =>
  (await import("./prepare.ts")).prepareIdentity(host)

export const welcomePeople = async (host: ServiceHost, told: ToldContracts): Promise<readonly string[]> =>
  (await import("./welcome.ts")).welcomePeople(host, told)
