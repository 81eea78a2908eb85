/**
 * What a service answers other services over gRPC: the same as to a neighbour in its own process.
 *
 * @module
 */
import { type handleUnaryCall, Metadata, type ServerUnaryCall, type ServiceError } from "@grpc/grpc-js"
import { ArchipelError, type Catalog } from "@archipel/core"
import type { StopSignal } from "@archipel/data"
import type { Authenticate } from "../../auth/authenticate.ts"
import { Stopping } from "../../http/stopping.ts"
import { traceIdOf } from "../../http/trace.ts"
import type { Log } from "../../log.ts"
import { type Lack, lacksNow } from "../../readiness.ts"
import type { RequestContext, ServiceRuntime } from "../../service-runtime.ts"
import { callerOf } from "../caller.ts"
import { PROTOCOL, type ServiceDescription } from "../description.ts"
import type { RpcService } from "../mesh.ts"
import { type NotedCall, noteCall } from "./call-log.ts"
import { principalsOfCallers, textIn } from "./caller-principal.ts"
import { createCallerShares } from "./caller-shares.ts"
import {
  type CallRequest,
  type CallResponse,
  dataDefinition,
  MAX_ANSWER_BYTES,
  metadataNames,
} from "./data-definition.ts"
import { type Operation, operations } from "./operations.ts"
import { httpStatusOf, problemOf, statusOf } from "./problem-wire.ts"

export interface DataServiceOptions {
  readonly runtime: ServiceRuntime
  readonly description: ServiceDescription
  readonly authenticate: Authenticate
  readonly catalog: Catalog
  readonly log: Log
}

const RETRY_AFTER_SECONDS = 1
const NOTHING = Buffer.alloc(0)
const MAX_NAME = 100

type Call = ServerUnaryCall<CallRequest, CallResponse>
type Refused = Pick<ServiceError, "code" | "details" | "metadata">

/** One for all: gRPC says of every call that it is cancelled, when it is over at the latest. */
const gone = new ArchipelError("request.aborted", {})

/** @throws `service.newer_protocol` */
function assertKnownProtocol(metadata: Metadata, service: string): void {
  const protocol = Number(textIn(metadata, metadataNames.protocol) ?? PROTOCOL)
  if (!(protocol <= PROTOCOL)) throw new ArchipelError("service.newer_protocol", { service, protocol, known: PROTOCOL })
}

/** @throws `request.no_such_route` */
function operationOf(name: string): Operation {
  const operation = Object.hasOwn(operations, name) ? operations[name] : undefined
  if (operation === undefined) throw new ArchipelError("request.no_such_route", { path: name.slice(0, MAX_NAME) })
  return operation
}

/** @throws `request.not_json` */
function jsonIn(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString("utf8"))
  } catch {
    throw new ArchipelError("request.not_json", {})
  }
}

/** Which operation of which model, for the log. */
function routeOf(operation: string, given: unknown): string {
  const model = (given as { readonly model?: unknown } | null)?.model
  return typeof model === "string" ? `${model.slice(0, 2 * MAX_NAME)} ${operation}` : operation
}

/** Aborted when the caller no longer waits: it has gone, or its deadline has passed. @throws `request.aborted` if that is so already */
function stopOf(call: Call): StopSignal {
  if (call.cancelled) throw gone
  const stop = new Stopping()
  call.on("cancelled", () => stop.abort(gone))
  return stop
}

export function dataService({ runtime, description, authenticate, catalog, log }: DataServiceOptions): RpcService {
  const { service } = description
  const principalOf = principalsOfCallers({ authenticate, catalog, service: runtime.definition })
  const describedWith = (lacks: readonly Lack[]): CallResponse => ({
    body: Buffer.from(JSON.stringify(lacks.length === 0 ? description : { ...description, lacks })),
    data: NOTHING,
  })
  const whole = describedWith([])
  const described = (): CallResponse => {
    const lacks = lacksNow(runtime)
    return lacks.length === 0 ? whole : describedWith(lacks)
  }
  const shares = createCallerShares()

  const run = async (call: Call, noted: NotedCall): Promise<CallResponse> => {
    const { operation: name, body, idempotencyKey: key, fingerprint } = call.request
    assertKnownProtocol(call.metadata, service)
    if (name === "describe") return described()
    const operation = operationOf(name)
    const given = jsonIn(body)
    noted.route = routeOf(name, given)
    const signal = stopOf(call)
    const principal = await principalOf(call)
    noted.principal = principal
    const mayBePartial = textIn(call.metadata, metadataNames.partial) === "yes"
    const context: RequestContext = { traceId: noted.traceId, signal, mayBePartial }
    const answer = await operation(runtime, principal, given, context, key === "" ? undefined : { key, fingerprint })
    const { body: page, data = NOTHING } = answer
    if (page.length + data.length > MAX_ANSWER_BYTES)
      throw new ArchipelError("service.answer_too_large", { service, limitBytes: MAX_ANSWER_BYTES })
    return { body: page, data }
  }

  const refused = (error: unknown, noted: NotedCall): Refused => {
    const problem = problemOf(error)
    if (problem === undefined)
      log.error("a call of another service failed", error, { traceId: noted.traceId, caller: noted.caller })
    const metadata = new Metadata()
    if (problem) metadata.set(metadataNames.problem, Buffer.from(JSON.stringify(problem)))
    const code = problem?.code ?? "internal"
    noted.ended(problem === undefined ? 500 : httpStatusOf(problem), code)
    return { code: statusOf(problem), details: code, metadata }
  }

  const answer = async (call: Call): Promise<readonly [Refused] | readonly [null, CallResponse]> => {
    const traceId = traceIdOf(textIn(call.metadata, metadataNames.trace))
    const noted = noteCall(log, traceId, call.request.operation.slice(0, MAX_NAME))
    try {
      noted.caller = callerOf(call)
      using share = shares.take(noted.caller)
      if (share === undefined)
        throw new ArchipelError("service.unavailable", { service, retryAfterSeconds: RETRY_AFTER_SECONDS })
      const given = await run(call, noted)
      noted.ended(200)
      return [null, given]
    } catch (error) {
      return [refused(error, noted)]
    }
  }

  const Call: handleUnaryCall<CallRequest, CallResponse> = (call, respond) => {
    void answer(call).then(([error, given]) => respond(error, given))
  }
  return { definition: dataDefinition(), handlers: { Call } as RpcService["handlers"] }
}
