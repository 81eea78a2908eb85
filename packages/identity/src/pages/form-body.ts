import type { IncomingMessage } from "node:http"
import { Refusal } from "./refusal.ts"

/** The largest form has a passkey's answer in it, of a few kilobytes. */
const MAX_FORM_BYTES = 64 * 1024
const READ_MS = 10_000

/** The fields of a form; of two of one name the first counts. */
export async function readForm(incoming: IncomingMessage): Promise<ReadonlyMap<string, string>> {
  const type = (incoming.headers["content-type"] ?? "").split(";", 1)[0]?.trim().toLowerCase()
  if (type !== "application/x-www-form-urlencoded") throw new Refusal("form")
  const timer = setTimeout(() => incoming.destroy(), READ_MS)
  const chunks: Buffer[] = []
  let bytes = 0
  try {
    for await (const chunk of incoming as AsyncIterable<Buffer>) {
      bytes += chunk.length
      if (bytes > MAX_FORM_BYTES) throw new Refusal("large")
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
