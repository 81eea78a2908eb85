import { isRecord, isSystem, type Principal } from "@archipel/core"
import type { BulkResult, Idempotency } from "@archipel/data"
import type { Neighbour } from "../../neighbour.ts"
import { areRows } from "../../outage.ts"
import type { ComposedPage, RequestContext } from "../../service-runtime.ts"
import { PROTOCOL, type ServiceDescription } from "../description.ts"
import type { CallOptions } from "../mesh.ts"
import { proofOf } from "../proof.ts"
import type { TokenExchange } from "../token-exchange.ts"
import { unavailable } from "./call-failure.ts"
import { callMetadata, type Channel, DEADLINE_MS } from "./channel.ts"
import { type CallResponse, dataDefinition, metadataNames } from "./data-definition.ts"
import type { WireResult } from "./operations.ts"
import { errorOf } from "./problem-wire.ts"
import { within } from "./within.ts"

export interface RemoteNeighbourOptions {
  readonly service: string
  /** The service that asks. */
  readonly own: string
  readonly channel: Channel
  readonly exchange: TokenExchange
}

export interface RemoteNeighbour extends Neighbour {
  describe(options: CallOptions): Promise<ServiceDescription>
}

interface Asked {
  readonly operation: string
  readonly body: unknown
  readonly context: RequestContext
  readonly idempotency?: Idempotency | undefined
  readonly idempotent: boolean
}

/** A service in another process, over gRPC. */
export function remoteNeighbour({ service, own, channel, exchange }: RemoteNeighbourOptions): RemoteNeighbour {
  const { Call } = dataDefinition()

  const nonsense = (cause: unknown): Error => unavailable(service, cause)
  /** What a service sends is looked at before it is believed. @throws `service.unavailable` */
  function parsed<T>(text: Buffer | string, isOne: (value: unknown) => boolean): T {
    let value: unknown
    try {
      value = JSON.parse(text.toString())
    } catch (cause) {
      throw nonsense(cause)
    }
    if (!isOne(value)) throw nonsense(new TypeError("The answer is not of the form that was asked for."))
    return value as T
  }

  const ask = async (
    principal: Principal | undefined,
    asked: Asked,
    options: CallOptions = {},
  ): Promise<CallResponse> => {
    const { operation, body, context, idempotency, idempotent } = asked
    const { signal } = context
    const deadlineMs = options.deadlineMs ?? DEADLINE_MS
    const began = Date.now()
    const metadata = callMetadata(PROTOCOL, context.traceId)
    if (context.mayBePartial) metadata.set(metadataNames.partial, "yes")
    if (principal && !isSystem(principal) && !(principal.kind === "service" && principal.id === own)) {
      if (principal.kind === "public") metadata.set(metadataNames.as, "public")
      else {
        const proof = proofOf(principal)
        if (proof === undefined) throw new TypeError(`Nothing proves for whom ${service} is asked.`)
        const late = (): Error => unavailable(IDENTITY)
        const token = await within(exchange(proof, service), { waitMs: deadlineMs, signal, late })
        metadata.set(metadataNames.authorization, `Bearer ${token}`)
        if (proof.companies) metadata.set(metadataNames.companies, proof.companies.join())
      }
    }
    const message = Call.requestSerialize({
      operation,
      body: Buffer.from(JSON.stringify(body)),
      idempotencyKey: idempotency?.key ?? "",
      fingerprint: idempotency?.fingerprint ?? "",
    })
    const answer = await channel.call(Call.path, message, metadata, {
      ...options,
      ...(signal ? { signal } : {}),
      deadlineMs: deadlineMs - (Date.now() - began),
      idempotent: idempotent || idempotency !== undefined,
    })
    try {
      return Call.responseDeserialize(answer)
    } catch (cause) {
      throw nonsense(cause)
    }
  }

  return {
    async query(principal, query, context) {
      const { body, data } = await ask(principal, { operation: "query", body: query, context, idempotent: true })
      const text = data.toString()
      const rows = parsed<Record<string, unknown>[]>(text, areRows)
      return { ...parsed<Omit<ComposedPage, "data" | "rows">>(body, isPage), data: text, rows }
    },
    async titles(principal, model, ids, context) {
      const asked = { operation: "titles", body: { model, ids }, context, idempotent: true }
      const { body } = await ask(principal, asked)
      return new Map(parsed<[string, string][]>(body, isPairs))
    },
    async change(principal, change, context, idempotency) {
      const { body } = await ask(principal, {
        operation: "change",
        body: change,
        context,
        idempotency,
        idempotent: false,
      })
      return parsed(body, isRecord)
    },
    async bulk(principal, changes, options, context, idempotency) {
      const asked = { operation: "bulk", body: { changes, options }, context, idempotency, idempotent: false }
      const { body } = await ask(principal, asked)
      const results = parsed<WireResult[]>(body, (value) => Array.isArray(value) && value.every(isResult))
      if (results.length !== changes.length) throw nonsense(new TypeError("Each change has one result."))
      return results.map(
        (result): BulkResult =>
          result.ok ? result : { ok: false, error: errorOf(result.problem) ?? unavailable(service) },
      )
    },
    async mirror(principal, request, context) {
      const { body } = await ask(principal, { operation: "mirror", body: request, context, idempotent: true })
      return parsed(body, (value) => isRecord(value) && Array.isArray(value["parts"]))
    },
    async describe(options) {
      const asked = { operation: "describe", body: {}, context: NO_CONTEXT, idempotent: true }
      const { body } = await ask(undefined, asked, options)
      return parsed(body, (value) => isRecord(value) && isRecord(value["contract"]) && Array.isArray(value["routes"]))
    },
  }
}

/** By whom tokens are exchanged. */
const IDENTITY = "identity"
const NO_CONTEXT: RequestContext = { traceId: "0".repeat(32) }

const isCursor = (value: unknown): boolean => value === null || typeof value === "string"
const isNames = (value: unknown): boolean => Array.isArray(value) && value.every((name) => typeof name === "string")
/** The part of a page beside its data. */
const isPage = (value: unknown): boolean =>
  isRecord(value) &&
  isCursor(value["next"]) &&
  isCursor(value["previous"]) &&
  (value["partial"] === undefined || (isRecord(value["partial"]) && isNames(value["partial"]["services"])))
const isResult = (value: unknown): boolean =>
  isRecord(value) && (value["ok"] === true ? isRecord(value["answer"]) : value["ok"] === false)
const isPairs = (value: unknown): boolean =>
  Array.isArray(value) &&
  value.every((pair) => Array.isArray(pair) && pair.length === 2 && pair.every((each) => typeof each === "string"))
