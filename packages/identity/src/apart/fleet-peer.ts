/**
 * Which service of the fleet is at the other end of a connection. Certificates are believed where TLS has verified them, in this
 * process, and nowhere else: what a header says of one is nothing.
 *
 * @module
 */
import type { IncomingMessage } from "node:http"
import { TLSSocket } from "node:tls"
import { serviceOfCertificate } from "@archipel/server"

/** What whoever passes a request on adds to it; who sends a request of their own has none of them. */
const PASSED_ON = ["x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "forwarded", "via"]

/** The service whose certificate the connection was made with; undefined for any other connection. */
export function peerOf(
  { socket }: Pick<IncomingMessage, "socket">,
  trustDomain: string | undefined,
): string | undefined {
  if (trustDomain === undefined || !(socket instanceof TLSSocket) || !socket.authorized) return undefined
  return serviceOfCertificate(socket.getPeerCertificate(), trustDomain)
}

/** The same, but only for what that service asks itself: the gateway's certificate says nothing of requests that it passes on. */
export const senderOf = (
  incoming: Pick<IncomingMessage, "socket" | "headers">,
  trustDomain: string | undefined,
): string | undefined =>
  PASSED_ON.some((name) => incoming.headers[name] !== undefined) ? undefined : peerOf(incoming, trustDomain)
