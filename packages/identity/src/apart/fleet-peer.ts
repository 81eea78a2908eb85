/**
 * Which service of the fleet sends a request itself. Its certificate says so where TLS has verified it, in this process, and nothing else
 * does: what a header says of one is nothing.
 *
 * @module
 */
import type { IncomingMessage } from "node:http"
import { serviceOfRequest } from "@archipel/server"

/** What whoever passes a request on adds to it; who sends a request of their own has none of them. */
const PASSED_ON = ["x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "forwarded", "via"]

/** Undefined for requests of people, also where the gateway passes them on: its certificate says nothing of those. */
export const senderOf = (incoming: Pick<IncomingMessage, "socket" | "headers">): string | undefined =>
  PASSED_ON.some((name) => incoming.headers[name] !== undefined) ? undefined : serviceOfRequest(incoming)
