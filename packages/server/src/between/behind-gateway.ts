/**
 * What a service takes from the gateway's word, and from nobody else's.
 *
 * @module
 */
import { ArchipelError } from "@archipel/core"
import type { IncomingMessage, ServerResponse } from "node:http"
import { problemReply } from "../http/reply.ts"
import { send } from "../http/send.ts"
import { apiSecurity } from "../http/security-headers.ts"
import { traceIdOf } from "../http/trace.ts"

/** The name of the service in front of all others. */
export const GATEWAY = "gateway"

/** `proxyHops` of a program behind a gateway: the gateway's word says where a request comes from, whatever stands before it. */
export const GATEWAY_HOPS = 1

/** What says where a request comes from. */
const isOrigin = (name: string): boolean => name === "forwarded" || name.startsWith("x-forwarded-")

/**
 * The listener of the port for other services. People's and programs' requests to the API come through the gateway, which says whose
 * they are and where from; other services have gRPC for that, and here only addresses that a service answers itself, in their own name
 * and from their own address.
 *
 * @param peerOf The service whose certificate a request was sent with; it throws for none.
 */
export const behindGateway =
  (
    listener: (incoming: IncomingMessage, outgoing: ServerResponse) => void,
    peerOf: (incoming: IncomingMessage) => string,
  ): typeof listener =>
  (incoming, outgoing) => {
    const { url = "/", headers } = incoming
    try {
      if (peerOf(incoming) === GATEWAY) return listener(incoming, outgoing)
      // The gateway has it so; whoever writes addresses in another way means to hide something.
      if (!url.startsWith("/") || url.startsWith("/api/"))
        throw new ArchipelError("access.denied", { operation: "pass requests on to" })
    } catch (error) {
      const traceId = traceIdOf(null)
      const reply = problemReply(error, url.slice(0, 200), traceId)
      return send(incoming, outgoing, reply, { ...apiSecurity, "x-trace-id": traceId, ...reply.headers })
    }
    for (const name of Object.keys(headers)) if (isOrigin(name)) delete headers[name]
    listener(incoming, outgoing)
  }
