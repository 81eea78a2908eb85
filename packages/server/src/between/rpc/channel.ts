/**
 * Calls of one service to another: within a deadline, to a replica that answers, repeated only where that can do no harm.
 *
 * @module
 */
import { type Client, Metadata, type ServiceError, status } from "@grpc/grpc-js"
import { setTimeout as delay } from "node:timers/promises"
import { ArchipelError } from "@archipel/core"
import type { Addresses } from "../addresses.ts"
import type { CallOptions } from "../mesh.ts"
import type { ClientTls } from "../trust/client-tls.ts"
import { type Breaker, createBreaker } from "./breaker.ts"
import { createBulkhead } from "./bulkhead.ts"
import { metadataNames } from "./data-definition.ts"
import { errorOf } from "./problem-wire.ts"
import { createReplicas } from "./replicas.ts"
import { createRetryBudget } from "./retry-budget.ts"

export interface Channel {
  /** @throws `service.unavailable`, and the problem that was answered */
  call(path: string, message: Uint8Array, metadata: Metadata, options: CallOptions): Promise<Buffer>
  stream(path: string, message: Uint8Array, metadata: Metadata, options: CallOptions): AsyncIterable<Uint8Array>
  close(): void
}

const DEADLINE_MS = 5_000
const RETRY_AFTER_SECONDS = 2
const ATTEMPTS = 3
const MIN_BACKOFF_MS = 20
/** Of a call's time, how much it waits for its turn. */
const TURN_SHARE = 0.5

const bytes = (message: Uint8Array): Buffer => Buffer.from(message.buffer, message.byteOffset, message.byteLength)
const same = (message: Buffer): Buffer => message

export const unavailable = (service: string, cause?: unknown): ArchipelError =>
  new ArchipelError("service.unavailable", { service, retryAfterSeconds: RETRY_AFTER_SECONDS }, { cause })

/** What the service answered, if it did: nothing that the network made up has a problem with it. */
function answeredProblem(error: ServiceError): Error | undefined {
  const [problem] = error.metadata?.get(metadataNames.problem) ?? []
  if (problem === undefined) return undefined
  try {
    return errorOf(JSON.parse(problem.toString()))
  } catch {
    return undefined
  }
}

/** Nobody took the call, or it is not known whether somebody did. */
const isTransport = ({ code }: ServiceError): boolean =>
  code === status.UNAVAILABLE || code === status.DEADLINE_EXCEEDED || code === status.INTERNAL

export function createChannel(service: string, addresses: Addresses, tls: ClientTls): Channel {
  const replicas = createReplicas(service, addresses, tls)
  const breaker: Breaker = createBreaker()
  const bulkhead = createBulkhead()
  const budget = createRetryBudget()

  const replica = (): Client => {
    const client = replicas.next()
    if (client === undefined || !breaker.mayCall()) throw unavailable(service)
    return client
  }
  const attempt = (path: string, message: Uint8Array, metadata: Metadata, until: number, options: CallOptions) =>
    new Promise<Buffer>((resolve, reject) => {
      const { signal } = options
      const call = replica().makeUnaryRequest(
        path,
        bytes,
        same,
        message,
        metadata,
        { deadline: until },
        (error, answer) => {
          signal?.removeEventListener("abort", cancel)
          if (error === null) {
            breaker.answered()
            resolve(answer as Buffer)
            return
          }
          const problem = answeredProblem(error)
          if (problem || !isTransport(error)) breaker.answered()
          else breaker.failed()
          reject(problem ?? error)
        },
      )
      const cancel = (): void => call.cancel()
      signal?.addEventListener("abort", cancel, { once: true })
    })

  const attempts = async (
    path: string,
    message: Uint8Array,
    metadata: Metadata,
    until: number,
    options: CallOptions,
  ) => {
    const { signal, idempotent = false } = options
    budget.called()
    for (let n = 1; ; n++) {
      try {
        signal?.throwIfAborted()
        return await attempt(path, message, metadata, until, options)
      } catch (error) {
        if (signal?.aborted) throw signal.reason
        if (error instanceof ArchipelError || !("code" in (error as object))) throw error
        const failure = error as ServiceError
        // Nothing that was begun is begun twice, unless that does no harm.
        const mayRetry = idempotent && failure.code === status.UNAVAILABLE && n < ATTEMPTS
        const pause = MIN_BACKOFF_MS * 2 ** n * (0.5 + Math.random())
        if (!mayRetry || Date.now() + pause >= until || !budget.mayRetry()) throw unavailable(service, failure)
        await delay(pause)
      }
    }
  }

  return {
    async call(path, message, metadata, options) {
      const deadlineMs = options.deadlineMs ?? DEADLINE_MS
      const until = Date.now() + deadlineMs
      const answer = await bulkhead.enter(
        () => attempts(path, message, metadata, until, options),
        deadlineMs * TURN_SHARE,
      )
      if (answer === undefined) throw unavailable(service)
      return answer.value
    },
    async *stream(path, message, metadata, { signal, deadlineMs = DEADLINE_MS }) {
      signal?.throwIfAborted()
      const call = replica().makeServerStreamRequest(path, bytes, same, message, metadata, {
        deadline: Date.now() + deadlineMs,
      })
      const cancel = (): void => call.cancel()
      signal?.addEventListener("abort", cancel, { once: true })
      try {
        for await (const part of call) {
          breaker.answered()
          yield part as Uint8Array
        }
      } catch (error) {
        if (signal?.aborted) return
        throw answeredProblem(error as ServiceError) ?? unavailable(service, error)
      } finally {
        signal?.removeEventListener("abort", cancel)
        call.cancel()
      }
    },
    close: () => replicas.close(),
  }
}

/** What every call brings along. */
export function callMetadata(protocol: number, traceId?: string): Metadata {
  const metadata = new Metadata()
  metadata.set(metadataNames.protocol, String(protocol))
  if (traceId !== undefined) metadata.set(metadataNames.trace, `00-${traceId}-${traceId.slice(0, 16)}-01`)
  return metadata
}
