/**
 * Calls of one service to another: within a deadline, to a replica that answers, repeated only where that can do no harm.
 *
 * @module
 */
import { Metadata, type ServiceError, status } from "@grpc/grpc-js"
import type { StopSignal } from "@archipel/data"
import { setTimeout as delay } from "node:timers/promises"
import type { Addresses } from "../addresses.ts"
import type { CallOptions } from "../mesh.ts"
import type { ClientTls } from "../trust/client-tls.ts"
import type { Breaker } from "./breaker.ts"
import { createBulkhead } from "./bulkhead.ts"
import { isLost, isServiceError, refusalOf, unavailable, wasNotSent } from "./call-failure.ts"
import { metadataNames } from "./data-definition.ts"
import { createReplicas, type Replica } from "./replicas.ts"
import { createRetryBudget } from "./retry-budget.ts"
import { bytesOf, same, unaryCall } from "./unary-call.ts"

export interface Channel {
  /** @throws `service.unavailable`, `service.answer_too_large`, `request.too_large`, and the problem that was answered */
  call(path: string, message: Uint8Array, metadata: Metadata, options: CallOptions): Promise<Buffer>
  stream(path: string, message: Uint8Array, metadata: Metadata, options: CallOptions): AsyncIterable<Uint8Array>
  close(): void
}

/** How long a call takes at most, with all its attempts and whatever has to be done before it, where nobody says otherwise. */
export const DEADLINE_MS = 5_000
const ATTEMPTS = 3
const MIN_BACKOFF_MS = 20
/** How long a call waits for a replica to be connected where none is: longer than one takes to leave its place to the other, also on a busy machine. */
const READY_MS = 2_500
/** Of a call's time, how much it waits for its turn. */
const TURN_SHARE = 0.5

interface Waited {
  /** Milliseconds since 1970. */
  readonly deadline: number
  readonly signal: StopSignal | undefined
}

export function createChannel(service: string, addresses: Addresses, tls: ClientTls): Channel {
  const replicas = createReplicas(service, addresses, tls)
  const bulkhead = createBulkhead()
  const budget = createRetryBudget()

  /** One that is connected. @throws `service.unavailable` if there is none in time, or the service is left alone */
  const replica = async ({ deadline, signal }: Waited): Promise<Replica> => {
    const connected = replicas.next()
    if (connected !== undefined) return connected
    if (!replicas.mayCome) throw unavailable(service)
    const waitMs = Math.max(0, Math.min(READY_MS, deadline - Date.now()))
    const come = await replicas.wait({ waitMs, signal })
    signal?.throwIfAborted()
    if (come !== undefined) return come
    replicas.failed()
    throw unavailable(service)
  }
  /** Takes note of whether anybody was there. */
  const judge = (failure: ServiceError, breaker: Breaker): Error | undefined => {
    const refusal = refusalOf(failure, service)
    if (refusal === undefined && isLost(failure)) breaker.failed()
    // What was cancelled here tells nothing of the other side.
    else if (refusal !== undefined || failure.code !== status.CANCELLED) breaker.answered()
    return refusal
  }

  const attempts = async (
    path: string,
    message: Uint8Array,
    metadata: Metadata,
    { deadline, signal, idempotent = false }: Omit<CallOptions, "deadlineMs"> & { readonly deadline: number },
  ): Promise<Buffer> => {
    budget.called()
    for (let n = 1; ; n++) {
      signal?.throwIfAborted()
      const { client, breaker } = await replica({ deadline, signal })
      try {
        const answer = await unaryCall(client, { path, message, metadata, deadline, signal })
        breaker.answered()
        return answer
      } catch (error) {
        if (!isServiceError(error)) throw error
        const refusal = judge(error, breaker)
        signal?.throwIfAborted()
        if (refusal !== undefined) throw refusal
        // Nothing that was begun is begun twice, unless that does no harm.
        const isHarmless = wasNotSent(error) || (idempotent && error.code === status.UNAVAILABLE)
        const mayRetry = isHarmless && n < ATTEMPTS
        const pause = MIN_BACKOFF_MS * 2 ** n * (0.5 + Math.random())
        if (!mayRetry || Date.now() + pause >= deadline || !budget.mayRetry()) throw unavailable(service, error)
        await delay(pause)
      }
    }
  }

  return {
    async call(path, message, metadata, { deadlineMs = DEADLINE_MS, ...options }) {
      const { signal } = options
      signal?.throwIfAborted()
      // What had to be done before it took all of its time.
      if (deadlineMs <= 0) throw unavailable(service)
      const deadline = Date.now() + deadlineMs
      const answer = await bulkhead.enter(() => attempts(path, message, metadata, { ...options, deadline }), {
        waitMs: deadlineMs * TURN_SHARE,
        signal,
      })
      signal?.throwIfAborted()
      if (answer === undefined) throw unavailable(service)
      return answer.value
    },
    async *stream(path, message, metadata, { signal, deadlineMs = DEADLINE_MS }) {
      signal?.throwIfAborted()
      const deadline = Date.now() + deadlineMs
      const { client, breaker } = await replica({ deadline, signal })
      const call = client.makeServerStreamRequest(path, bytesOf, same, message, metadata, { deadline })
      const cancel = (): void => call.cancel()
      signal?.addEventListener("abort", cancel, { once: true })
      try {
        for await (const part of call) {
          breaker.answered()
          yield part as Uint8Array
        }
      } catch (error) {
        if (signal?.aborted) return
        if (!isServiceError(error)) throw error
        throw judge(error, breaker) ?? unavailable(service, error)
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
