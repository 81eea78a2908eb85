/**
 * The gRPC service by which services ask each other for records: `assets/data.proto`.
 *
 * @module
 */
import { fileURLToPath } from "node:url"
import type { MethodDefinition } from "@grpc/grpc-js"
import { loadSync, type ServiceDefinition } from "@grpc/proto-loader"

export interface CallRequest {
  readonly operation: string
  readonly body: Buffer
  readonly idempotencyKey: string
  readonly fingerprint: string
}

export interface CallResponse {
  readonly body: Buffer
  readonly data: Buffer
}

interface DataDefinition {
  readonly Call: MethodDefinition<CallRequest, CallResponse>
}

export const DATA_SERVICE = "archipel.data.v1.Data"
const file = fileURLToPath(new URL("../../../assets/data.proto", import.meta.url))
let loaded: DataDefinition | undefined

/** Read once, where services run apart only. */
export function dataDefinition(): DataDefinition & ServiceDefinition {
  loaded ??= loadSync(file, { defaults: true })[DATA_SERVICE] as unknown as DataDefinition
  return loaded as DataDefinition & ServiceDefinition
}

/** Names of what goes along with a call. */
export const metadataNames = {
  /** Version of the protocol that the caller speaks. */
  protocol: "archipel-protocol",
  /** "public" where the caller asks for who did not log in. */
  as: "archipel-as",
  authorization: "authorization",
  companies: "x-companies",
  /** "yes" where an answer without what other services show in it is better than none. */
  partial: "archipel-partial",
  /** W3C Trace Context. */
  trace: "traceparent",
  /** The problem of a call that was refused, as JSON. */
  problem: "archipel-problem-bin",
} as const

/** A request and what it brings along. Changes of many records are the largest. */
export const MAX_REQUEST_BYTES = 4 * 1024 * 1024
/** A page of 1,000 records has seldom more than one. */
export const MAX_ANSWER_BYTES = 8 * 1024 * 1024
