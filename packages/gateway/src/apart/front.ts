/**
 * The gateway where services run apart: the one address for people and programs.
 *
 * @module
 */
import type { Log, Mesh, Rest, SessionCredential, TokenExchange } from "@archipel/server"
import { createAuthorization } from "./authorization.ts"
import { createDescriptions } from "./descriptions.ts"
import { openDirectory } from "./directory.ts"
import { createPassOn, type Destination } from "./pass-on.ts"
import { createReplicas } from "./replicas.ts"

export interface FrontOptions {
  readonly mesh: Mesh
  /** Gets the tokens with which services are asked; without one, what users send is passed as it is. */
  readonly exchange: TokenExchange | undefined
  readonly sessions: SessionCredential
  /** The program's public origin. */
  readonly url: string
  readonly log: Log
}

export interface Front extends Rest {
  close(): void
}

/** Lines in the log about one service that did not answer are at least so far apart. */
const SAID_MS = 5_000

const API = "/api/"
/** Two paths for one address: whoever writes them means to reach what their beginning does not say. */
const hasDots = (path: string): boolean => /(?:^|\/)(?:\.|%2e){1,2}(?:\/|$)/i.test(path) || path.includes("\\")

/** Answers for the services that have an address, whoever they are at the time. */
export async function openFront({ mesh, exchange, sessions, url, log }: FrontOptions): Promise<Front> {
  const own = mesh.credentials.service
  const directory = await openDirectory({ mesh, own, log })
  const replicas = createReplicas(mesh)
  const authorize = createAuthorization({ sessions, exchange })
  const said = new Map<string, number>()
  const unanswered = (service: string, error: unknown): void => {
    directory.missed(service)
    if ((said.get(service) ?? 0) > Date.now() - SAID_MS) return
    said.set(service, Date.now())
    log.error("a service did not answer", error, { service })
  }
  const passOn = createPassOn({ mesh, replicas, authorize, unanswered, url })

  /** By whose path it is, as it was written: services read it so, too. */
  const destinationOf = (path: string): (Destination & { readonly name: string }) | undefined => {
    if (hasDots(path)) return undefined
    if (path.startsWith(API)) {
      const end = path.indexOf("/", API.length)
      const service = path.slice(API.length, end < 0 ? path.length : end)
      return directory.has(service) ? { service, isOwn: false, name: `${API}${service}/*` } : undefined
    }
    const route = directory.routeOf(path)
    return route && { service: route.service, isOwn: true, name: `${route.prefix}/*` }
  }

  return {
    find(path) {
      const destination = destinationOf(path)
      return (
        destination && {
          name: destination.name,
          handle: (incoming, outgoing, passage) => passOn(destination, incoming, outgoing, passage),
        }
      )
    },
    services: directory.services,
    ...createDescriptions({ mesh, replicas, authorize, unanswered }),
    close() {
      directory.close()
      replicas.close()
    },
  }
}
