import type { IncomingMessage, ServerResponse } from "node:http"
import type { Catalog, Db, Principal } from "@archipel/core"
import type { Database } from "@archipel/data"
import type { Authenticate } from "./auth/authenticate.ts"
import type { SessionCredential } from "./auth/session-credential.ts"
import type { Mesh, RpcService } from "./between/mesh.ts"
import type { TokenExchange } from "./between/token-exchange.ts"
import type { Rest } from "./http/rest.ts"
import type { Log } from "./log.ts"
import type { RequestContext } from "./service-runtime.ts"

/** What a service that has more than models is given by the program that runs it. */
export interface ServiceHost {
  readonly name: string
  /** Public origin of the program, without a trailing slash: `ARCHIPEL_URL`, or the address that it listens at. */
  readonly url: string
  /** The service's own, for SQL that models cannot say, such as single use. Behind the gate: it knows no rights. */
  readonly database: Database
  readonly dataDirectory: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** Whether NODE_ENV is not "production". */
  readonly isDevelopment: boolean
  readonly log: Log
  /** Every contract of the program, and with it every role that exists. */
  readonly catalog: Catalog
  /** The other services, where services run apart; undefined where all are in this process. */
  readonly mesh?: Mesh | undefined
  /** What some service of this process says of it (`RunningPart.exchange`), when all of them run; undefined as `mesh` is. */
  readonly exchange?: TokenExchange | undefined
  now(): Date
  /** All services, for one principal. */
  as(principal: Principal, context?: Partial<RequestContext>): Db
}

/** Addresses that a service answers itself. */
export interface OwnRoute {
  /** "/account": that path and everything below it. */
  readonly prefix: string
  /**
   * Answers a request of that path, with security headers of its own; `x-trace-id` is set on the answer before. What it throws is
   * logged and answered with a problem, if no answer has begun.
   */
  handle(incoming: IncomingMessage, outgoing: ServerResponse): void | Promise<void>
}

/** The part of a service that runs beside its models, for as long as the program serves. */
export interface RunningPart {
  /** Before all other addresses of the program. */
  readonly routes?: readonly OwnRoute[]
  /** Who sends a request, for all services of the program. At most one service may say. */
  readonly authenticate?: Authenticate
  /** What speaks for requests without an Authorization header: browsers' sessions. At most one service may say. */
  readonly sessions?: SessionCredential
  /** Answers what no other address of the program does: a gateway's. At most one service may. */
  readonly rest?: Rest
  /** What it offers other services over gRPC beside its records. */
  readonly rpc?: readonly RpcService[]
  /** Gets tokens for other services, where services run apart. At most one service may. */
  readonly exchange?: TokenExchange
  /** Called after the last request ended. */
  close(): Promise<void>
}
