import { ArchipelError } from "@archipel/core"
import type { IncomingMessage } from "node:http"

/** The largest form has a passkey's answer in it, of a few kilobytes. */
const MAX_FORM_BYTES = 64 * 1024
const READ_MS = 10_000
const FORM = "application/x-www-form-urlencoded"

/**
 * The fields of a form, at most 64 KiB within 10 s; of two of one name the first counts.
 *
 * @throws `request.unsupported_type`, `request.too_large`
 */
export async function readForm(incoming: IncomingMessage): Promise<ReadonlyMap<string, string>> {
  const type = (incoming.headers["content-type"] ?? "").split(";", 1)[0]?.trim().toLowerCase()
  if (type !== FORM) throw new ArchipelError("request.unsupported_type", { supported: [FORM] })
  const timer = setTimeout(() => incoming.destroy(), READ_MS)
  const chunks: Buffer[] = []
  let bytes = 0
  try {
    for await (const chunk of incoming as AsyncIterable<Buffer>) {
      bytes += chunk.length
      if (bytes > MAX_FORM_BYTES) throw new ArchipelError("request.too_large", { limitBytes: MAX_FORM_BYTES })
      chunks.push(chunk)
    }
  } finally {
    clearTimeout(timer)
  }
  const fields = new Map<string, string>()
  for (const [name, value] of new URLSearchParams(Buffer.concat(chunks).toString("utf8"))) {
    if (!fields.has(name)) fields.set(name, value)
  }
  return fields
}
