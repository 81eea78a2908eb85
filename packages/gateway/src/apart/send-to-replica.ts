/**
 * One request to one replica: its body flows in, and the head of its answer comes out.
 *
 * @module
 */
import { type ClientRequest, type IncomingMessage, type OutgoingHttpHeaders } from "node:http"
import { type Agent, request as httpsRequest } from "node:https"
import type { TLSSocket } from "node:tls"

/** Until a connection is there, and proved: what takes longer is not going to be there. */
const CONNECT_MS = 2_000
/** Of an answer's head. */
const MAX_HEADER_BYTES = 16 * 1024

const late = new Error("No connection in time.")
const closed = new Error("The connection ended.")

/** A request that got no answer. */
export class NoAnswer extends Error {
  override readonly name = "NoAnswer"
  /** Whether the service may have seen any of it. */
  readonly wasSent: boolean
  /** Whether the replica is to blame: not for the end of a connection that it had kept open for long enough, nor for who gave up. */
  readonly isReplicas: boolean
  /** Whether there was somebody who said nothing: their process may be stopped, or too busy. */
  readonly isSilence: boolean

  constructor(cause: unknown, { wasSent, isReplicas }: Pick<NoAnswer, "wasSent" | "isReplicas">) {
    super("The service did not answer.", { cause })
    this.wasSent = wasSent
    this.isReplicas = isReplicas
    this.isSilence = cause === late
  }
}

export interface ReplicaRequest {
  readonly agent: Agent
  readonly host: string
  readonly port: number
  readonly method: string
  /** Path and parameters. */
  readonly target: string
  readonly headers: OutgoingHttpHeaders
  /** Undefined for a request without a body. */
  readonly body: IncomingMessage | undefined
  /** Sees each piece of the body as it passes. */
  readonly seen: (chunk: Buffer) => void
  /** How long the service may do nothing that is seen here. */
  readonly idleMs: number
  /** Whether it may be sent again where a connection turns out to have ended. */
  readonly isRepeatable: boolean
  /** Called with the request that is under way, for who has to end it. */
  readonly begun: (request: ClientRequest) => void
}

/** What a request is destroyed with by who sent it. */
export const givenUp = new Error("The request was given up.")
/** What a request is destroyed with where another replica is to answer it. */
export const silent = new Error("The replica says nothing.")

const ended = (socket: TLSSocket): boolean => socket.destroyed || socket.readableEnded || !socket.writable

/** @throws NoAnswer */
export function sendToReplica(sent: ReplicaRequest): Promise<IncomingMessage> {
  const { agent, host, port, method, target, headers, body, seen, idleMs, isRepeatable, begun } = sent
  return new Promise((resolve, reject) => {
    let wasSent = false
    let isSettled = false
    const request = httpsRequest({
      agent,
      host,
      port,
      method,
      path: target,
      headers,
      setHost: false,
      maxHeaderSize: MAX_HEADER_BYTES,
    })
    const connecting = setTimeout(() => request.destroy(late), CONNECT_MS)
    const stopBody = (): void => {
      if (body === undefined || !wasSent) return
      body.off("data", seen)
      body.unpipe(request)
      // What is left of it goes nowhere, but has to be read before the next request on the connection.
      body.resume()
    }
    /** An answer may come before the body was read to its end: then nobody wants the rest, and the connection is of no more use. */
    const answered = (): void => {
      stopBody()
      if (!request.writableFinished) request.destroy()
    }
    const fail = (cause: unknown): void => {
      clearTimeout(connecting)
      stopBody()
      // Each request closes in the end, and an error with its stack costs much of what passing it on does.
      if (isSettled) return
      isSettled = true
      reject(
        new NoAnswer(cause, { wasSent, isReplicas: cause === silent || (!request.reusedSocket && cause !== givenUp) }),
      )
    }
    const flow = (): void => {
      clearTimeout(connecting)
      if (request.destroyed) return
      wasSent = true
      request.setTimeout(idleMs)
      if (body === undefined) return void request.end()
      body.on("data", seen)
      body.pipe(request)
    }
    begun(request)
    request.once("socket", (socket: TLSSocket) => {
      if (!request.reusedSocket) {
        socket.once("secureConnect", flow)
        return
      }
      if (isRepeatable && !ended(socket)) return flow()
      // Whether its other side has ended it is known when what has come was read.
      setImmediate(() => (ended(socket) ? request.destroy(new Error("The connection had ended.")) : flow()))
    })
    request.once("response", (answer) => {
      clearTimeout(connecting)
      answer.once("end", answered)
      answer.once("close", answered)
      isSettled = true
      resolve(answer)
    })
    request.once("upgrade", (_answer, socket) => {
      socket.destroy()
      fail(new Error("The service spoke another protocol."))
    })
    // After an answer has begun, its own stream tells of the same.
    request.on("error", fail)
    request.once("close", () => fail(closed))
  })
}
