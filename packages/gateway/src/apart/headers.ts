/**
 * Which header fields pass the gateway.
 *
 * @module
 */
import type { IncomingHttpHeaders, OutgoingHttpHeaders, ServerResponse } from "node:http"
import { cookieName } from "@archipel/server"
import { LOGIN_COOKIE } from "../routes.ts"
import { SESSION_COOKIE } from "../sessions.ts"

/** Of one connection, not of the request (RFC 9110, section 7.6.1); and what Node has answered itself. */
const ofConnection: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "expect",
])

/** What a service believes because only the gateway says it: how who asks was proved, where a request comes from, what trace it is of. */
const gatewaysOwn: ReadonlySet<string> = new Set([
  "host",
  "cookie",
  "authorization",
  "forwarded",
  "via",
  "x-real-ip",
  "x-client-ip",
  "true-client-ip",
  "client-cert",
  "client-cert-chain",
  "traceparent",
  "tracestate",
  "baggage",
  "x-archipel",
])
const gatewaysPrefixes = [
  "x-forwarded-",
  "x-archipel-",
  "archipel-",
  "x-client-",
  "x-ssl-",
  "ssl-",
  "x-envoy-",
] as const

const isGatewaysOwn = (name: string): boolean =>
  gatewaysOwn.has(name) || gatewaysPrefixes.some((prefix) => name.startsWith(prefix))

/** The fields that a Connection field names besides. */
const namedBy = (connection: string | undefined): ReadonlySet<string> | undefined =>
  connection === undefined || connection === "keep-alive" || connection === "close"
    ? undefined
    : new Set(connection.split(",").map((name) => name.trim().toLowerCase()))

/** What the gateway says of a request in its own name. */
export interface Said {
  readonly host: string
  readonly authorization: string | undefined
  readonly cookie: string | undefined
  readonly traceparent: string
  /** Where it comes from. */
  readonly sender: string
  /** The program's public origin, whatever the request called it. */
  readonly url: URL
}

/** The fields of a request to a service: the sender's, without those of its connection and those that only the gateway may say. */
export function requestHeaders(given: IncomingHttpHeaders, said: Said): OutgoingHttpHeaders {
  const headers: OutgoingHttpHeaders = {}
  const named = namedBy(given.connection)
  for (const name in given) {
    if (ofConnection.has(name) || named?.has(name) || isGatewaysOwn(name)) continue
    headers[name] = given[name]
  }
  if (given["transfer-encoding"] !== undefined) {
    headers["transfer-encoding"] = "chunked"
    delete headers["content-length"]
  }
  headers["host"] = said.host
  if (said.authorization !== undefined) headers["authorization"] = said.authorization
  if (said.cookie !== undefined) headers["cookie"] = said.cookie
  headers["traceparent"] = said.traceparent
  headers["x-forwarded-for"] = said.sender
  headers["x-forwarded-proto"] = said.url.protocol.slice(0, -1)
  headers["x-forwarded-host"] = said.url.host
  return headers
}

/** The gateway's own cookies, whether over TLS or not: nobody but the gateway reads or writes them. */
const ownCookies: ReadonlySet<string> = new Set(
  [SESSION_COOKIE, LOGIN_COOKIE].flatMap((name) => [cookieName(name, true), cookieName(name, false)]),
)
const nameOf = (cookie: string): string => cookie.slice(0, Math.max(0, cookie.indexOf("="))).trim()

/** The cookies of a browser without the gateway's; undefined if there are none. */
export function foreignCookies(header: string | undefined): string | undefined {
  const left = (header ?? "").split(";").filter((cookie) => cookie.trim() !== "" && !ownCookies.has(nameOf(cookie)))
  return left.length === 0 ? undefined : left.map((cookie) => cookie.trim()).join("; ")
}

const namedIn = (list: string): readonly string[] => list.split(",").map((name) => name.trim().toLowerCase())

/** Puts what a service answered on the gateway's answer; fields that the gateway has set stay where the service says nothing else. */
export function answerHeaders(
  given: IncomingHttpHeaders,
  outgoing: ServerResponse,
  /** Whether the service may write cookies. */
  { takesCookies }: { readonly takesCookies: boolean },
): void {
  const named = namedBy(given.connection)
  for (const name in given) {
    const value = given[name]
    if (value === undefined || ofConnection.has(name) || named?.has(name)) continue
    if (name === "x-trace-id") continue
    if (name === "set-cookie") {
      const cookies = takesCookies ? (value as string[]).filter((cookie) => !ownCookies.has(nameOf(cookie))) : []
      if (cookies.length > 0) outgoing.setHeader(name, cookies)
      continue
    }
    const before = name === "vary" ? outgoing.getHeader(name) : undefined
    const isSaid = typeof before === "string" && namedIn(value as string).includes(before.toLowerCase())
    outgoing.setHeader(name, typeof before === "string" && !isSaid ? `${before}, ${value as string}` : value)
  }
}
