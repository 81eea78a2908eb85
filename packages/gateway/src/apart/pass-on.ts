/**
 * Passes one request on to a service, and its answer back: nothing of either is kept.
 *
 * @module
 */
import { ArchipelError } from "@archipel/core"
import type { ClientRequest, IncomingMessage, ServerResponse } from "node:http"
import { type Mesh, NodeRequest, type Passage, serverNameOf, spanOf } from "@archipel/server"
import type { Authorize } from "./authorization.ts"
import { flow } from "./flow.ts"
import { answerHeaders, foreignCookies, requestHeaders } from "./headers.ts"
import type { Asked, Replicas, SendTo } from "./replicas.ts"
import { givenUp, type NoAnswer, sendToReplica, silent } from "./send-to-replica.ts"

/** Longer than a service lets a request work, so that it is the service that says so. */
const SLACK_MS = 5_000
const RETRY_AFTER_SECONDS = 1

/** Methods that change nothing (RFC 9110, section 9.2.1): they may be sent again whatever became of them. */
const safe: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"])

/** The service that lets people in: its pages have cookies of their own, and it takes every proof of who asks as it is. */
const ISSUER = "identity"

export interface PassingOn {
  readonly mesh: Mesh
  readonly replicas: Replicas
  readonly authorize: Authorize
  /** Called with what kept a service from answering. */
  readonly unanswered: (service: string, error: unknown) => void
  /** The program's public origin. */
  readonly url: string
}

/** What a request is sent to. */
export interface Destination {
  readonly service: string
  /** Whether the address is one that the service answers itself, beside its API. */
  readonly isOwn: boolean
}

export type PassOn = (
  destination: Destination,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  passage: Passage,
) => Promise<void>

const away = (service: string): ArchipelError =>
  new ArchipelError("service.unavailable", { service, retryAfterSeconds: RETRY_AFTER_SECONDS })

const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers["transfer-encoding"] !== undefined || (headers["content-length"] ?? "0") !== "0"

/** Refuses a body that is larger than any that services take, whatever they do about it themselves. */
function limitedBody(incoming: IncomingMessage, limitBytes: number, tooLarge: (error: ArchipelError) => void) {
  const refusal = (): ArchipelError => new ArchipelError("request.too_large", { limitBytes })
  if (Number(incoming.headers["content-length"] ?? 0) > limitBytes) throw refusal()
  let size = 0
  return (chunk: Buffer): void => {
    size += chunk.byteLength
    if (size > limitBytes) tooLarge(refusal())
  }
}

/** @throws of what it returns: `service.unavailable` naming the service, and what keeps somebody from asking it */
export function createPassOn({ mesh, replicas, authorize, unanswered, url }: PassingOn): PassOn {
  const origin = new URL(url)

  return async ({ service, isOwn }, incoming, outgoing, passage) => {
    const { signal, limits, path, search, traceId } = passage
    const isIssuers = isOwn && service === ISSUER
    const method = incoming.method ?? "GET"
    const body = hasBody(incoming) ? incoming : undefined
    const isRepeatable = safe.has(method) && body === undefined
    let current: ClientRequest | undefined
    let refused: ArchipelError | undefined
    const stop = (): void => void current?.destroy(givenUp)
    const seen = limitedBody(incoming, limits.fileBytes, (error) => {
      refused = error
      stop()
    })
    const { value, subject } = isIssuers
      ? { value: incoming.headers.authorization, subject: undefined }
      : await authorize(service, new NodeRequest(incoming), { withSession: !isOwn })
    if (subject !== undefined) passage.isOf({ kind: "user", id: subject })
    const headers = requestHeaders(incoming.headers, {
      host: serverNameOf(service),
      authorization: value,
      cookie: isIssuers ? foreignCookies(incoming.headers.cookie) : undefined,
      traceparent: spanOf(traceId),
      sender: passage.sender,
      url: origin,
    })
    const idleMs = limits.requestMs + SLACK_MS
    let attempts = 0
    const send: SendTo<IncomingMessage> = (way) => {
      signal.throwIfAborted()
      const { host, port } = way
      return sendToReplica({
        agent: mesh.agent(service),
        host,
        port,
        method,
        target: search === "" ? path : `${path}?${search}`,
        headers,
        body,
        seen,
        idleMs,
        // Once is enough: after a connection that had ended the next one is looked at before it is used.
        isRepeatable: isRepeatable && attempts++ === 0,
        begun(request) {
          current = request
          way.giveUp = () => request.destroy(silent)
          // A sender that is slow to take its answer is not a service that does nothing.
          request.on("timeout", () => {
            if (outgoing.writableNeedDrain) request.setTimeout(idleMs)
            else request.destroy()
          })
        },
      })
    }
    /** Where nothing was done yet, or nothing can have been. */
    const mayTryAgain = ({ wasSent }: Pick<NoAnswer, "wasSent">): boolean =>
      refused === undefined && !signal.aborted && (!wasSent || isRepeatable)

    signal.addEventListener("abort", stop)
    let asked: Asked<IncomingMessage> | undefined
    try {
      asked = await replicas.ask(service, send, { mayTryAgain, mayWait: true })
      const { answer } = asked
      answerHeaders(answer.headers, outgoing, { takesCookies: isIssuers })
      outgoing.writeHead(answer.statusCode as number)
      await flow(answer, outgoing)
    } catch (error) {
      if (refused !== undefined) throw refused
      signal.throwIfAborted()
      if (error instanceof ArchipelError) throw error
      unanswered(service, error)
      throw away(service)
    } finally {
      signal.removeEventListener("abort", stop)
      asked?.done()
    }
  }
}
