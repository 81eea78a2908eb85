import { ArchipelError } from "@archipel/core"
import type { IncomingMessage, ServerResponse } from "node:http"
import type { Log } from "../log.ts"
import type { Metrics } from "../metrics.ts"
import type { OwnRoute } from "../service-host.ts"
import { problemReply } from "./reply.ts"
import { send } from "./send.ts"
import { apiSecurity } from "./security-headers.ts"
import { traceIdOf } from "./trace.ts"

export interface OwnRoutesOptions {
  readonly routes: readonly OwnRoute[]
  readonly log: Log
  readonly metrics: Metrics
  /** Whether connections end with their answer. */
  readonly draining: () => boolean
  /** Refuses what comes too fast. @throws `request.too_many` */
  readonly limit: (incoming: IncomingMessage) => void
}

/** Whether a path is the prefix or below it. */
const isBelow = (path: string, prefix: string): boolean =>
  path.startsWith(prefix) && (path.length === prefix.length || path[prefix.length] === "/")

const methods: ReadonlySet<string> = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])

/** Hands requests to the services that answer them themselves; each gets a trace id, a log line and its share of the metrics. */
export function ownRoutes({ routes, log, metrics, draining, limit }: OwnRoutesOptions) {
  const answered = async (
    route: OwnRoute,
    path: string,
    incoming: IncomingMessage,
    outgoing: ServerResponse,
  ): Promise<void> => {
    const started = performance.now()
    const given = incoming.headers["traceparent"]
    const traceId = traceIdOf(typeof given === "string" ? given : null)
    const shownRoute = `${route.prefix}/*`
    let code: string | undefined
    outgoing.setHeader("x-trace-id", traceId)
    if (draining()) outgoing.setHeader("connection", "close")
    outgoing.once("close", () => {
      const ms = performance.now() - started
      const method = methods.has(incoming.method ?? "") ? (incoming.method as string) : "other"
      metrics.observe(method, shownRoute, outgoing.statusCode, ms)
      log.request({
        traceId,
        method,
        route: shownRoute,
        status: outgoing.statusCode,
        ms: Math.round(ms * 100) / 100,
        ...(code === undefined ? {} : { code }),
      })
    })
    try {
      limit(incoming)
      await route.handle(incoming, outgoing)
    } catch (error) {
      const reply = problemReply(error, path, traceId)
      if (error instanceof ArchipelError) code = error.code
      if (reply.status >= 500) log.error("request failed", error, { traceId, route: shownRoute })
      if (outgoing.headersSent) outgoing.destroy()
      else send(incoming, outgoing, reply, { ...apiSecurity, ...reply.headers })
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
