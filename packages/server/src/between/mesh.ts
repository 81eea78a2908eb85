import type { ServiceDefinition, UntypedServiceImplementation } from "@grpc/grpc-js"
import type { Agent } from "node:https"
import type { Neighbours } from "../neighbour.ts"
import type { StopSignal } from "@archipel/data"
import type { Addresses } from "./addresses.ts"
import type { ServiceDescription } from "./description.ts"
import type { WorkloadCredentials } from "./trust/workload.ts"

/** A gRPC service that a service offers to others; handlers find the caller's name with `callerOf(call)`. */
export interface RpcService {
  readonly definition: ServiceDefinition
  readonly handlers: UntypedServiceImplementation
}

export interface CallOptions {
  readonly signal?: StopSignal
  /** From now; 5 s when left out. */
  readonly deadlineMs?: number
  /** Whether it may be asked again where it is not known whether it was done. */
  readonly idempotent?: boolean
}

/** The other services, as one service reaches them: over mutual TLS, with deadlines, and nothing waits longer than it is told. */
export interface Mesh {
  readonly credentials: WorkloadCredentials
  readonly addresses: Addresses
  /** By name: every service that has an address, and answers `service.unavailable` while nobody is there. */
  readonly neighbours: Neighbours
  /** What a service says of itself now. @throws `service.unavailable` */
  describe(service: string, options?: CallOptions): Promise<ServiceDescription>
  /** A unary call of a gRPC service; `path` is "/package.Service/Method". @throws `service.unavailable`, and the problem that was answered */
  call(service: string, path: string, message: Uint8Array, options?: CallOptions): Promise<Uint8Array>
  /** Messages of a server-streaming call, until either side ends it. */
  stream(service: string, path: string, message: Uint8Array, options?: CallOptions): AsyncIterable<Uint8Array>
  /** For HTTP/1.1 requests to a replica of a service: proves this service and verifies that one. */
  agent(service: string): Agent
  close(): Promise<void>
}
