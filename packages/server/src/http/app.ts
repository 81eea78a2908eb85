import { ArchipelError, type Principal, rulesOf } from "@archipel/core"
import type { IncomingMessage, ServerResponse } from "node:http"
import { getRequestListener, type HttpBindings } from "@hono/node-server"
import { Hono } from "hono"
import { asked } from "../auth/asked.ts"
import type { Authenticate } from "../auth/authenticate.ts"
import { type SessionCredential, withAuthorization } from "../auth/session-credential.ts"
import { proveByHeaders } from "../between/proof.ts"
import type { FileStore } from "../files/file-store.ts"
import type { Log } from "../log.ts"
import type { Metrics } from "../metrics.ts"
import type { OwnRoute } from "../service-host.ts"
import type { ServiceRuntime } from "../service-runtime.ts"
import { type ApiRequest, NodeRequest } from "./api-request.ts"
import { compressed } from "./compression.ts"
import { type CorsOptions, corsHeaders, preflightHeaders } from "./cors.ts"
import type { Method } from "./exchange.ts"
import { type Flight, InFlight } from "./in-flight.ts"
import { defaultLimits, type HttpLimits } from "./limits.ts"
import { createOpenRoutes } from "./open-routes.ts"
import { type AnswerNotes, ownRoutes } from "./own-routes.ts"
import { noContent, problemReply, type Reply } from "./reply.ts"
import { createRateLimiter } from "./rate-limits.ts"
import { passing, type Rest } from "./rest.ts"
import { createRouter } from "./routing.ts"
import { send } from "./send.ts"
import { apiSecurity, type HeaderRecord, pageSecurity, strictTransport } from "./security-headers.ts"
import { traceIdOf } from "./trace.ts"

export interface HttpAppOptions {
  /** By name; all of them, when the app is made. */
  readonly services: ReadonlyMap<string, ServiceRuntime>
  readonly authenticate: Authenticate
  readonly log: Log
  readonly metrics: Metrics
  readonly limits?: Partial<HttpLimits>
  /** Proxies before this program whose word on the sender's address is believed; none when left out. */
  readonly proxyHops?: number
  /** Off when left out. */
  readonly cors?: CorsOptions
  /** Without a store there are no uploads, and `file` fields stay empty. */
  readonly files?: FileStore
  /** Whether clients reach this program over TLS, be it through a proxy. */
  readonly secure?: boolean
  /** Whether the pages for people (`/` and `/docs`) are served; true when left out. */
  readonly pages?: boolean
  /** Whether the pages offer the development users to choose from; they have no other login. False when left out. */
  readonly developmentLogin?: boolean
  /** Text of `/metrics`, for programs of several processes; this one's numbers when left out. */
  readonly metricsText?: () => string | Promise<string>
  /** Browsers' sessions; without it only tokens say who sends a request. */
  readonly sessions?: SessionCredential
  /** Addresses that services answer themselves, before all others. */
  readonly ownRoutes?: readonly OwnRoute[]
  /** Services of other processes that this program answers for; none when left out. */
  readonly rest?: Rest
  /** Whether other services are asked for those who ask here: what proves who they are is kept for it. */
  readonly apart?: boolean
  /** Own routes of the program, before its API. */
  readonly routes?: (app: Hono<{ Bindings: HttpBindings }>) => void
}

/** The HTTP side of a program, not yet listening. Nothing in it assumes that there is one process. */
export interface HttpApp {
  /** Without a connection: for tests. */
  fetch(request: Request): Promise<Response>
  /** For a server of `node:http`. */
  listener(incoming: IncomingMessage, outgoing: ServerResponse): void
  /** Requests being worked on. */
  inFlight(): number
  /** From now on `/readyz` answers 503 and connections are closed after their answer. */
  drain(): void
}

interface Address {
  readonly path: string
  readonly search: string
}

/** @param url Absolute, or as HTTP has it: a path and parameters. */
function addressOf(url: string): Address {
  const from = url.startsWith("/") ? 0 : Math.max(0, url.indexOf("/", url.indexOf("://") + 3))
  const at = url.indexOf("?", from)
  const hash = url.indexOf("#", from)
  const end = hash < 0 ? url.length : hash
  return at < 0 || at > end
    ? { path: url.slice(from, end), search: "" }
    : { path: url.slice(from, at), search: url.slice(at + 1, end) }
}

const API = "/api/"

/** The name behind "/api/". */
function serviceIn(path: string): string {
  const end = path.indexOf("/", API.length)
  return end < 0 ? path.slice(API.length) : path.slice(API.length, end)
}

const methods: ReadonlySet<string> = new Set(["GET", "POST", "PUT", "PATCH", "DELETE"])
/** A method by its own name; HEAD is GET without the body. */
const methodOf = (name: string): Method | undefined =>
  name === "HEAD" ? "GET" : methods.has(name) ? (name as Method) : undefined

/** What became known of a request while it was answered: for its log line. */
interface Course {
  route: string
  principal: Principal | undefined
  code: string | undefined
  rules: readonly string[]
}

/** The answer to what is hardly HTTP. */
const malformed = {
  status: 400,
  body: '{"type":"/errors/request.invalid","title":"The request is malformed","status":400,"code":"request.invalid"}',
  headers: { "content-type": "application/problem+json", connection: "close" },
}
/** A host and a port (RFC 9110, section 7.2), as far as nobody can be misled by what is in them. */
const host = /^[^\s/?#@\\,<>"]*$/

/** Everything under one address and port: the services' REST interface, their descriptions, health, metrics and pages. */
export function createHttpApp(options: HttpAppOptions): HttpApp {
  const { services, authenticate, log, metrics, cors, files } = options
  const limits: HttpLimits = { ...defaultLimits, ...options.limits }
  const inFlight = new InFlight()
  const rates = createRateLimiter(limits, options.proxyHops ?? 0)
  const route = createRouter(services, options.rest)
  const openRoutes = createOpenRoutes(options, () => draining)
  let draining = false
  const notes: AnswerNotes = { log, metrics, draining: () => draining }
  const byServices = ownRoutes({ routes: options.ownRoutes ?? [], notes, limit: rates.ofNetwork })
  const { rest, secure = false } = options
  const passedOn = rest && passing({ rest, notes, inFlight, limits, rates, cors, secure })
  const hasOwn = (options.ownRoutes ?? []).length > 0 || rest !== undefined
  /** Whether a service answers the request itself, of this process or of another. */
  const takenBySelf = (incoming: IncomingMessage, outgoing: ServerResponse): boolean => {
    const address = addressOf(incoming.url ?? "/")
    if (byServices(address.path, incoming, outgoing)) return true
    return passedOn !== undefined && !openRoutes.has(address.path) && passedOn(address, incoming, outgoing)
  }
  metrics.gauge("http_server_active_requests", "Requests being worked on.", () => inFlight.size)

  const api: HeaderRecord = options.secure ? { ...apiSecurity, ...strictTransport } : apiSecurity
  const page: HeaderRecord = options.secure ? { ...pageSecurity, ...strictTransport } : pageSecurity

  async function authorised(
    request: ApiRequest,
    { path, search }: Address,
    flight: Flight,
    course: Course,
    incoming: IncomingMessage | undefined,
  ): Promise<Reply> {
    if (path.length + search.length + 1 > limits.urlBytes) {
      throw new ArchipelError("request.url_too_long", { limitBytes: limits.urlBytes })
    }
    const open = openRoutes.get(path)
    if (open !== undefined) course.route = path
    if (request.method === "OPTIONS") {
      const allowed = open === undefined ? (route(path)?.allowed ?? ["OPTIONS"]) : ["GET", "HEAD", "OPTIONS"]
      return noContent({ allow: allowed.join(", "), ...preflightHeaders(cors, request, allowed) })
    }
    const method = methodOf(request.method)
    if (open !== undefined) {
      if (method !== "GET")
        throw new ArchipelError("request.method_not_allowed", { allowed: ["GET", "HEAD", "OPTIONS"] })
      return open(request)
    }
    if (!path.startsWith(API)) throw new ArchipelError("request.no_such_route", { path: path.slice(0, 200) })
    if (incoming !== undefined) rates.ofNetwork(incoming)
    const credential = options.sessions?.(request)
    const headers = credential === undefined ? request.headers : withAuthorization(request.headers, await credential)
    const known = asked(authenticate, headers, services.get(serviceIn(path))?.definition)
    const principal = known instanceof Promise ? await known : known
    course.principal = principal
    if (options.apart) proveByHeaders(principal, headers)
    rates.ofPrincipal(principal)
    const found = route(path)
    if (found === undefined) throw new ArchipelError("request.no_such_route", { path: path.slice(0, 200) })
    course.route = found.route
    if (method === undefined) throw new ArchipelError("request.method_not_allowed", { allowed: found.allowed })
    const report = (error: unknown) => reportUnknown(error, flight.traceId, course)
    const { principalOf } = authenticate
    return await found.run(method, { request, path, search, principal, principalOf, flight, limits, files, report })
  }

  /** What is no refusal is a defect or the world's: its cause is for the log, and only there. */
  function reportUnknown(error: unknown, traceId: string, { route: at }: Course): void {
    const isInternal = !(error instanceof ArchipelError) || error.code === "internal"
    if (isInternal && (error as { readonly name?: unknown }).name === "Refusal") return
    if (isInternal || error.cause !== undefined) log.error("request failed", error, { traceId, route: at })
  }

  function failed(error: unknown, path: string, flight: Flight, course: Course): Reply {
    // Work that was stopped ends with an error of whatever it was doing; the reason it was stopped says more.
    const reason = flight.stopped instanceof ArchipelError ? flight.stopped : error
    const reply = problemReply(reason, path, flight.traceId)
    course.code = reason instanceof ArchipelError ? reason.code : undefined
    course.rules = rulesOf(reason)
    if (reply.status >= 500) reportUnknown(reason, flight.traceId, course)
    return reply
  }

  function headersOf(reply: Reply, request: ApiRequest, traceId: string): Record<string, string> {
    const headers: Record<string, string> = {
      ...(reply.page ? page : api),
      "x-trace-id": traceId,
      ...corsHeaders(cors, request),
      ...reply.headers,
    }
    const isLarge = typeof reply.body === "string" && reply.body.length >= limits.compressFromBytes
    if (isLarge || reply.compressible || headers["content-encoding"] !== undefined) {
      headers["vary"] = headers["vary"] === undefined ? "Accept-Encoding" : `${headers["vary"]}, Accept-Encoding`
    }
    if (draining) headers["connection"] = "close"
    return headers
  }

  /** The reply as it is to be sent: with all its headers, and no body for HEAD. */
  async function answer(request: ApiRequest, url: string, outgoing: HttpBindings["outgoing"] | undefined) {
    const started = performance.now()
    const traceId = traceIdOf(request.headers.get("traceparent"))
    const flight = inFlight.begin(traceId, limits.requestMs)
    const course: Course = { route: "other", principal: undefined, code: undefined, rules: [] }
    const address = addressOf(url)
    // It comes once in the life of an answer; `once` would wrap it for nothing.
    outgoing?.on("close", () => {
      if (!outgoing.writableFinished) flight.stop(new ArchipelError("request.aborted", {}))
      inFlight.end(flight)
    })
    let reply: Reply
    try {
      reply = await flight.outcome(
        authorised(request, address, flight, course, outgoing?.req as IncomingMessage | undefined),
      )
      const sent = compressed(reply, request, limits.compressFromBytes)
      reply = sent instanceof Promise ? await sent : sent
    } catch (error) {
      reply = failed(error, address.path, flight, course)
    }
    if (outgoing === undefined) inFlight.end(flight)
    const ms = performance.now() - started
    const { method } = request
    const shownMethod = methodOf(method) === undefined && method !== "OPTIONS" ? "other" : method
    metrics.observe(shownMethod, course.route, reply.status, ms)
    log.request({
      traceId,
      principal: course.principal?.id,
      method: shownMethod,
      route: course.route,
      status: reply.status,
      ms: Math.round(ms * 100) / 100,
      code: course.code,
      rules: course.rules.length === 0 ? undefined : course.rules,
    })
    const isHead = method === "HEAD"
    if (isHead && reply.body instanceof ReadableStream) reply.body.cancel().catch(() => {})
    return { status: reply.status, body: isHead ? null : reply.body, headers: headersOf(reply, request, traceId) }
  }

  const fetch = async (request: Request, outgoing?: HttpBindings["outgoing"]): Promise<Response> => {
    const { status, body, headers } = await answer(request, request.url, outgoing)
    return new Response(body as ConstructorParameters<typeof Response>[0], { status, headers })
  }

  const direct = (incoming: IncomingMessage, outgoing: ServerResponse): void => {
    if (!host.test(incoming.headers.host ?? "")) return send(incoming, outgoing, malformed, { ...malformed.headers })
    if (hasOwn && takenBySelf(incoming, outgoing)) return
    void answer(new NodeRequest(incoming), incoming.url ?? "/", outgoing).then((reply) =>
      send(incoming, outgoing, reply, reply.headers),
    )
  }

  /** Own routes are Hono's, and so is then everything before it is known whether one of them is meant. */
  const routed = (own: NonNullable<HttpAppOptions["routes"]>): HttpApp["listener"] => {
    const hono = new Hono<{ Bindings: HttpBindings }>()
    own(hono)
    hono.all("*", (c) => fetch(c.req.raw, c.env.outgoing))
    const listener = getRequestListener(hono.fetch as Parameters<typeof getRequestListener>[0], {
      errorHandler: () => new Response(malformed.body, malformed),
    })
    return (incoming, outgoing) => {
      const isOurs = hasOwn && host.test(incoming.headers.host ?? "")
      if (isOurs && takenBySelf(incoming, outgoing)) return
      void listener(incoming, outgoing)
    }
  }

  return {
    fetch: (request) => fetch(request),
    listener: options.routes ? routed(options.routes) : direct,
    inFlight: () => inFlight.size,
    drain() {
      draining = true
    },
  }
}
