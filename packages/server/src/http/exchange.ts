import type { Principal, ResolvedModel } from "@archipel/core"
import type { Authenticate } from "../auth/authenticate.ts"
import type { FileStore } from "../files/file-store.ts"
import type { ServiceRuntime } from "../service-runtime.ts"
import type { ApiRequest } from "./api-request.ts"
import type { Flight } from "./in-flight.ts"
import type { HttpLimits } from "./limits.ts"
import type { Reply } from "./reply.ts"

/** A request after it was recognised: who asks, and what it brings. */
export interface Exchange {
  readonly request: ApiRequest
  /** The path as it was sent: the `instance` of problems. */
  readonly path: string
  /** What follows "?", without it. */
  readonly search: string
  readonly principal: Principal
  /** See `Authenticate.principalOf`. */
  readonly principalOf?: Authenticate["principalOf"]
  readonly flight: Flight
  readonly limits: HttpLimits
  readonly files: FileStore | undefined
  /** Logs what is a defect: for errors that end up inside an answer, not as one. */
  report(error: unknown): void
}

/** What an address names. */
export interface ServiceTarget {
  readonly runtime: ServiceRuntime
}
export interface ModelTarget extends ServiceTarget {
  readonly model: ResolvedModel
}
export interface RecordTarget extends ModelTarget {
  readonly id: string
}
/** A verb or a field of a record. */
export interface MemberTarget extends RecordTarget {
  readonly name: string
}

/** A comment or an attachment of a record, by id. */
export interface ItemTarget extends RecordTarget {
  readonly item: string
}

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE"
export type Operation<T> = (exchange: Exchange, target: T) => Promise<Reply>
/** What can be done at an address, by method. */
export type Operations<T> = Readonly<Partial<Record<Method, Operation<T>>>>
