import type { IncomingMessage, ServerResponse } from "node:http"
import { Readable } from "node:stream"
import { pipeline } from "node:stream/promises"
import type { Reply } from "./reply.ts"

/** Characters from which Node's own way of sending a text copies it more often than it takes to make bytes of it first. */
const LARGE_TEXT = 4 * 1024

/** How long a client may go on sending a body that nobody reads. */
const DRAIN_MS = 500

/** Writes an answer to Node's own response. What goes wrong from here on can no longer be told to the client. */
export function send(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  { status, body: given }: Pick<Reply, "status" | "body">,
  headers: Record<string, string>,
): void {
  const body = typeof given === "string" && given.length >= LARGE_TEXT ? Buffer.from(given) : given
  if (outgoing.destroyed) {
    if (body instanceof ReadableStream) body.cancel().catch(() => {})
    return
  }
  if (!incoming.complete) outgoing.once("finish", () => dropLater(incoming))
  if (typeof body === "string") headers["content-length"] ??= String(Buffer.byteLength(body))
  else if (body instanceof Uint8Array) headers["content-length"] ??= String(body.byteLength)
  outgoing.writeHead(status, headers)
  if (body === null) outgoing.end()
  else if (!(body instanceof ReadableStream)) outgoing.end(body)
  else {
    outgoing.flushHeaders()
    // Either end destroys the other; the closed response ends the request's work.
    pipeline(Readable.fromWeb(body as Parameters<typeof Readable.fromWeb>[0]), outgoing).catch(() => {})
  }
}

/** Ends a connection whose request is answered, but goes on. */
export function dropLater(incoming: IncomingMessage): void {
  const timer = setTimeout(() => {
    if (!incoming.complete) incoming.destroy()
  }, DRAIN_MS)
  incoming.once("end", () => clearTimeout(timer))
}
