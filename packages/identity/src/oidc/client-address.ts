import type { IncomingMessage } from "node:http"
import { clientAddress as addressBehind } from "@archipel/server"

/** The address that a request comes from: what trusted proxies say, or the socket's where the request came around them. */
export function clientAddress({ headers, socket }: Pick<IncomingMessage, "headers" | "socket">, hops: number): string {
  return addressBehind(socket.remoteAddress, headers["x-forwarded-for"], hops) ?? socket.remoteAddress ?? ""
}
