import { Duplex } from "node:stream"
import { promisify } from "node:util"
import { createGzip, gzip } from "node:zlib"
import type { ApiRequest } from "./api-request.ts"
import type { Reply } from "./reply.ts"

const gzipText = promisify(gzip)
// The level that is cheap: above it, JSON gets hardly smaller.
const level = 1

function acceptsGzip(header: string | null): boolean {
  if (header === null) return false
  return header.split(",").some((each) => {
    const [coding = "", ...parameters] = each.trim().toLowerCase().split(";")
    return (coding === "gzip" || coding === "*") && !parameters.some((p) => /^\s*q=0(?:\.0+)?\s*$/.test(p))
  })
}

/**
 * The answer compressed, if its client accepts that and it is text that is large enough to gain by it. What stays as it is
 * comes at once: most answers are small.
 */
export function compressed(reply: Reply, request: ApiRequest, fromBytes: number): Reply | Promise<Reply> {
  const { body } = reply
  const large = typeof body === "string" ? body.length >= fromBytes : reply.compressible === true
  if (body === null || !large || !acceptsGzip(request.headers.get("accept-encoding"))) return reply
  return zipped(reply, body)
}

async function zipped(reply: Reply, body: NonNullable<Reply["body"]>): Promise<Reply> {
  const headers = { ...reply.headers, "content-encoding": "gzip" }
  if (typeof body === "string") return { ...reply, headers, body: await gzipText(body, { level }) }
  const { readable, writable } = Duplex.toWeb(createGzip({ level }))
  const source = body as ReadableStream<Uint8Array>
  // A failure on the way ends both ends; whoever reads `readable` sees it.
  source.pipeTo(writable as WritableStream<Uint8Array>).catch(() => {})
  return { ...reply, headers, body: readable as ReadableStream<Uint8Array> }
}
