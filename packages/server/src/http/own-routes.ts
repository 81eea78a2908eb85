import { ArchipelError } from "@archipel/core"
import type { IncomingMessage, ServerResponse } from "node:http"
import type { Log } from "../log.ts"
import type { Metrics } from "../metrics.ts"
import type { OwnRoute } from "../service-host.ts"
import { problemReply } from "./reply.ts"
import { send } from "./send.ts"
import { apiSecurity } from "./security-headers.ts"
import { traceIdOf } from "./trace.ts"

/** Where it is noted how requests were answered. */
export interface AnswerNotes {
  readonly log: Log
  readonly metrics: Metrics
  /** Whether connections end with their answer. */
  readonly draining: () => boolean
}

/** What is noted of one request when it was answered. */
export interface AnswerNote {
  readonly traceId: string
  readonly route: string
  principal?: string
  code?: string
}

export interface OwnRoutesOptions {
  readonly routes: readonly OwnRoute[]
  readonly notes: AnswerNotes
  /** Refuses what comes too fast. @throws `request.too_many` */
  readonly limit: (incoming: IncomingMessage) => void
}

/** Whether a path is the prefix or below it. */
export const isBelow = (path: string, prefix: string): boolean =>
  path.startsWith(prefix) && (path.length === prefix.length || path[prefix.length] === "/")

const methods: ReadonlySet<string> = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])

/** Gives the answer its trace id, and sees to its log line and its share of the metrics. */
export function noteAnswer(
  { log, metrics, draining }: AnswerNotes,
  route: string,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): AnswerNote {
  const started = performance.now()
  const given = incoming.headers["traceparent"]
  const note: AnswerNote = { traceId: traceIdOf(typeof given === "string" ? given : null), route }
  outgoing.setHeader("x-trace-id", note.traceId)
  if (draining()) outgoing.setHeader("connection", "close")
  outgoing.once("close", () => {
    const ms = performance.now() - started
    const method = methods.has(incoming.method ?? "") ? (incoming.method as string) : "other"
    metrics.observe(method, route, outgoing.statusCode, ms)
    const { principal, code, traceId } = note
    log.request({
      traceId,
      ...(principal === undefined ? {} : { principal }),
      method,
      route,
      status: outgoing.statusCode,
      ms: Math.round(ms * 100) / 100,
      ...(code === undefined ? {} : { code }),
    })
  })
  return note
}

/** Answers what was thrown with a problem, or breaks off an answer that has begun. */
export function answerThrown(
  error: unknown,
  about: {
    readonly notes: AnswerNotes
    readonly note: AnswerNote
    readonly path: string
    readonly incoming: IncomingMessage
    readonly outgoing: ServerResponse
  },
): void {
  const { notes, note, path, incoming, outgoing } = about
  const reply = problemReply(error, path, note.traceId)
  if (error instanceof ArchipelError) note.code = error.code
  const isKnown = error instanceof ArchipelError && error.code !== "internal" && error.cause === undefined
  if (reply.status >= 500 && !isKnown)
    notes.log.error("request failed", error, { traceId: note.traceId, route: note.route })
  if (outgoing.headersSent) outgoing.destroy()
  else send(incoming, outgoing, reply, { ...apiSecurity, ...reply.headers })
}

/** Hands requests to the services that answer them themselves; each gets a trace id, a log line and its share of the metrics. */
export function ownRoutes({ routes, notes, limit }: OwnRoutesOptions) {
  const answered = async (
    route: OwnRoute,
    path: string,
    incoming: IncomingMessage,
    outgoing: ServerResponse,
  ): Promise<void> => {
    const note = noteAnswer(notes, `${route.prefix}/*`, incoming, outgoing)
    try {
      limit(incoming)
      await route.handle(incoming, outgoing)
    } catch (error) {
      answerThrown(error, { notes, note, path, incoming, outgoing })
    }
  }

  /** Whether the request was taken. */
  return (path: string, incoming: IncomingMessage, outgoing: ServerResponse): boolean => {
    for (const route of routes) {
      if (!isBelow(path, route.prefix)) continue
      void answered(route, path, incoming, outgoing)
      return true
    }
    return false
  }
}
