import type { IncomingMessage } from "node:http"
import { clientAddress as addressBehind, serviceOfRequest } from "@archipel/server"
import { GATEWAY_CLIENT } from "./client-names.ts"

/** The address that a request comes from: what trusted proxies say, or the socket's where the request came around them. */
export function clientAddress({ headers, socket }: Pick<IncomingMessage, "headers" | "socket">, hops: number): string {
  return addressBehind(socket.remoteAddress, headers["x-forwarded-for"], hops) ?? socket.remoteAddress ?? ""
}

/** What the gateway says of where a request comes from is one address, whatever stands before it. */
const GATEWAY_HOPS = 1

/** The proxies whose word on a request's address is believed: those in front of the program or, where it runs apart, the gateway. */
export const hopsTo = (incoming: Pick<IncomingMessage, "socket">, hops: number): number =>
  serviceOfRequest(incoming) === GATEWAY_CLIENT ? GATEWAY_HOPS : hops
