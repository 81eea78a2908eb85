/**
 * What a program answers for services of other processes: a gateway's part of it.
 *
 * @module
 */
import { ArchipelError, type Principal } from "@archipel/core"
import type { IncomingMessage, ServerResponse } from "node:http"
import type { StopSignal } from "@archipel/data"
import type { RequestHeaders } from "../auth/authenticate.ts"
import type { Lack } from "../readiness.ts"
import { NodeRequest } from "./api-request.ts"
import { type CorsOptions, corsHeaders, preflightHeaders } from "./cors.ts"
import type { InFlight } from "./in-flight.ts"
import type { HttpLimits } from "./limits.ts"
import { answerThrown, type AnswerNotes, noteAnswer } from "./own-routes.ts"
import type { RateLimiter } from "./rate-limits.ts"
import { dropLater } from "./send.ts"
import { strictTransport } from "./security-headers.ts"

/** One request on its way to another service, as the program that passes it on knows it. */
export interface Passage {
  /** As it was sent, without the address's host, if it had one. */
  readonly path: string
  /** What follows "?", without it. */
  readonly search: string
  readonly traceId: string
  /** Where it comes from: behind the proxies whose word is believed. */
  readonly sender: string
  readonly limits: HttpLimits
  /** Stops the work: the sender is gone, or it takes too long. */
  readonly signal: StopSignal
  /** Says who asks, for the log and the limit of each. @throws `request.too_many` */
  isOf(principal: Pick<Principal, "kind" | "id">): void
}

/** Who answers some addresses. */
export interface RestRoute {
  /** One of finitely many, for metrics and logs: "/api/sales/*". */
  readonly name: string
  /** As `OwnRoute.handle`; headers of the program that are on the answer before stay where the service says nothing else. */
  handle(incoming: IncomingMessage, outgoing: ServerResponse, passage: Passage): Promise<void>
}

/** A description that a service gave. */
export interface Described {
  readonly text: string
  readonly etag: string
}

/** Why there is none: the service does not answer, or has nothing to say to who asks. */
export type Undescribed = "away" | "refused"

/** What of a service is asked for: its part of the OpenAPI document of all, or its index for user interfaces. */
export type DescriptionKind = "openapi.json?part=true" | "$ui"

/** What a program answers for services of other processes. */
export interface Rest {
  /** Who answers a path; undefined if nobody does. */
  find(path: string): RestRoute | undefined
  /** The services of other processes by name, whether they answer now, and what those that do say they lack. */
  services(): ReadonlyMap<string, { readonly isAway: boolean; readonly lacks?: readonly Lack[] | undefined }>
  /**
   * What a service says of itself, cut to what the sender of these headers may.
   *
   * @throws `auth.invalid` where the sender is nobody; `service.unavailable` while nobody can say who it is
   */
  describe(
    service: string,
    kind: DescriptionKind,
    asked: { readonly headers: RequestHeaders; readonly traceId: string; readonly signal?: StopSignal },
  ): Promise<Described | Undescribed>
}

export interface PassingOptions {
  readonly rest: Rest
  readonly notes: AnswerNotes
  readonly inFlight: InFlight
  readonly limits: HttpLimits
  readonly rates: RateLimiter
  readonly cors: CorsOptions | undefined
  readonly secure: boolean
}

/** The service decides what is allowed at its addresses; here a page of another origin only learns that it may ask. */
const preflightMethods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] as const

/** Passes requests on to who answers them: with limits, a log line, and the headers of this program. */
export function passing({ rest, notes, inFlight, limits, rates, cors, secure }: PassingOptions) {
  const pass = async (
    route: RestRoute,
    address: Pick<Passage, "path" | "search">,
    incoming: IncomingMessage,
    outgoing: ServerResponse,
  ): Promise<void> => {
    const note = noteAnswer(notes, route.name, incoming, outgoing)
    const { traceId } = note
    const flight = inFlight.begin(traceId, limits.transferMs)
    outgoing.once("close", () => {
      if (!outgoing.writableFinished) flight.stop(new ArchipelError("request.aborted", {}))
      inFlight.end(flight)
    })
    const request = new NodeRequest(incoming)
    const own = {
      ...(secure ? strictTransport : {}),
      ...corsHeaders(cors, request),
      ...(request.method === "OPTIONS" ? preflightHeaders(cors, request, preflightMethods) : {}),
    }
    for (const [name, value] of Object.entries(own)) outgoing.setHeader(name, value)
    try {
      if (address.path.length + address.search.length + 1 > limits.urlBytes)
        throw new ArchipelError("request.url_too_long", { limitBytes: limits.urlBytes })
      rates.ofNetwork(incoming)
      await route.handle(incoming, outgoing, {
        ...address,
        traceId,
        sender: rates.senderOf(incoming),
        limits,
        signal: flight.signal,
        isOf(principal) {
          note.principal = principal.id
          rates.ofPrincipal(principal)
        },
      })
      if (!incoming.complete) dropLater(incoming)
    } catch (error) {
      answerThrown(flight.stopped ?? error, { notes, note, path: address.path, incoming, outgoing })
    }
  }
  /** Whether the request was taken. */
  return (address: Pick<Passage, "path" | "search">, incoming: IncomingMessage, outgoing: ServerResponse): boolean => {
    const route = rest.find(address.path)
    if (route !== undefined) void pass(route, address, incoming, outgoing)
    return route !== undefined
  }
}
