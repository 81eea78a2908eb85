/**
 * What a service answers other services over gRPC: the same as to a neighbour in its own process.
 *
 * @module
 */
import { type handleUnaryCall, Metadata, type ServerUnaryCall } from "@grpc/grpc-js"
import { ArchipelError, type Catalog, type Principal } from "@archipel/core"
import type { Authenticate } from "../../auth/authenticate.ts"
import { traceIdOf } from "../../http/trace.ts"
import type { Log } from "../../log.ts"
import type { RequestContext, ServiceRuntime } from "../../service-runtime.ts"
import { callerOf } from "../caller.ts"
import { PROTOCOL, type ServiceDescription } from "../description.ts"
import type { RpcService } from "../mesh.ts"
import { principalOfCaller, textIn } from "./caller-principal.ts"
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

/** Calls of one service that are worked on at a time; more of them are told to come back, so that one caller leaves room for others. */
const MAX_CALLS = 200
const RETRY_AFTER_SECONDS = 1
const NOTHING = Buffer.alloc(0)

type Call = ServerUnaryCall<CallRequest, CallResponse>

/** Which operation of which model, for the log. */
const routeOf = (operation: string, model: unknown): string =>
  typeof model === "string" ? `${model.slice(0, 200)} ${operation}` : operation

export function dataService(options: DataServiceOptions): RpcService {
  const { runtime, description, authenticate, catalog, log } = options
  const about = { authenticate, catalog, service: runtime.definition }
  const underWay = new Map<string, number>()
  const described = Buffer.from(JSON.stringify(description))

  const run = async (call: Call, traceId: string, noted: Noted): Promise<CallResponse> => {
    const { operation: name, body, idempotencyKey: key, fingerprint } = call.request
    const protocol = Number(textIn(call.metadata, metadataNames.protocol) ?? PROTOCOL)
    if (!(protocol <= PROTOCOL))
      throw new ArchipelError("service.newer_protocol", { service: description.service, protocol, known: PROTOCOL })
    if (name === "describe") return { body: described, data: NOTHING }
    const operation: Operation | undefined = Object.hasOwn(operations, name) ? operations[name] : undefined
    if (operation === undefined) throw new ArchipelError("request.no_such_route", { path: name.slice(0, 100) })
    let given: unknown
    try {
      given = JSON.parse(body.toString("utf8"))
    } catch {
      throw new ArchipelError("request.not_json", {})
    }
    const model = (given as { readonly model?: unknown } | null)?.model
    noted.route = routeOf(name, model)
    const principal = await principalOfCaller(call, about)
    noted.principal = principal
    const stop = new AbortController()
    call.on("cancelled", () => stop.abort(new ArchipelError("request.aborted", {})))
    if (call.cancelled) throw new ArchipelError("request.aborted", {})
    const mayBePartial = textIn(call.metadata, metadataNames.partial) === "yes"
    const context: RequestContext = { traceId, signal: stop.signal, mayBePartial }
    const answer = await operation(runtime, principal, given, context, key === "" ? undefined : { key, fingerprint })
    const size = answer.body.length + (answer.data?.length ?? 0)
    if (size > MAX_ANSWER_BYTES)
      throw new ArchipelError("service.answer_too_large", {
        service: description.service,
        limitBytes: MAX_ANSWER_BYTES,
      })
    return { body: answer.body, data: answer.data ?? NOTHING }
  }

  const Call: handleUnaryCall<CallRequest, CallResponse> = (call, respond) => {
    const began = performance.now()
    const caller = callerOf(call)
    const traceId = traceIdOf(textIn(call.metadata, metadataNames.trace))
    const noted: Noted = { route: call.request.operation.slice(0, 100), principal: undefined }
    const calls = underWay.get(caller) ?? 0
    underWay.set(caller, calls + 1)
    const work =
      calls < MAX_CALLS
        ? run(call, traceId, noted)
        : Promise.reject(
            new ArchipelError("service.unavailable", {
              service: description.service,
              retryAfterSeconds: RETRY_AFTER_SECONDS,
            }),
          )
    const done = (status: number, code?: string): void => {
      const left = (underWay.get(caller) ?? 1) - 1
      if (left === 0) underWay.delete(caller)
      else underWay.set(caller, left)
      const { principal, route } = noted
      const ms = Math.round((performance.now() - began) * 100) / 100
      log.request({
        traceId,
        ...(principal === undefined ? {} : { principal: principal.id }),
        method: "CALL",
        route: `${caller} ${route}`,
        status,
        ms,
        ...(code === undefined ? {} : { code }),
      })
    }
    work.then(
      (answer) => {
        done(200)
        respond(null, answer)
      },
      (error: unknown) => {
        const problem = problemOf(error)
        if (problem === undefined) log.error("a call of another service failed", error, { traceId, caller })
        const metadata = new Metadata()
        if (problem) metadata.set(metadataNames.problem, Buffer.from(JSON.stringify(problem)))
        const code = problem?.code ?? "internal"
        done(problem === undefined ? 500 : httpStatusOf(problem), code)
        respond({ code: statusOf(problem), details: code, metadata })
      },
    )
  }
  return { definition: dataDefinition(), handlers: { Call } as RpcService["handlers"] }
}

/** What becomes known of a call while it is answered: for its log line. */
interface Noted {
  route: string
  principal: Principal | undefined
}
