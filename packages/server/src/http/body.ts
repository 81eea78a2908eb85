import { isUtf8 } from "node:buffer"
import { ArchipelError, parseJson } from "@archipel/core"
import type { ApiRequest } from "./api-request.ts"

const tooLarge = (limitBytes: number) => new ArchipelError("request.too_large", { limitBytes })

/** The declared length of a body; undefined if it comes in chunks. */
function declaredLength(request: ApiRequest): number | undefined {
  const header = request.headers.get("content-length")
  return header === null ? undefined : Number(header)
}

async function readChunks(request: ApiRequest, limitBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of (request.body ?? []) as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength
    if (size > limitBytes) throw tooLarge(limitBytes)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks, size)
}

const bytesOf = (body: ArrayBuffer | Uint8Array): Uint8Array =>
  body instanceof Uint8Array ? body : new Uint8Array(body)

/**
 * A body of text, at most `limitBytes`.
 *
 * @throws `request.too_large` before anything is read if the length is declared; `request.not_json` if it is not UTF-8; `request.aborted`
 */
async function readText(request: ApiRequest, limitBytes: number): Promise<string> {
  const length = declaredLength(request)
  if (length !== undefined && !(length <= limitBytes)) throw tooLarge(limitBytes)
  let bytes: Uint8Array
  try {
    bytes = length === undefined ? await readChunks(request, limitBytes) : bytesOf(await request.arrayBuffer())
  } catch (cause) {
    if (cause instanceof ArchipelError) throw cause
    throw new ArchipelError("request.aborted", {}, { cause })
  }
  if (!isUtf8(bytes)) throw new ArchipelError("request.not_json", {})
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8")
}

/** A JSON body, and its text for those who need the very bytes. */
export interface JsonBody {
  readonly text: string
  readonly value: unknown
}

/** Media types (RFC 6838) that a JSON body may have; without a type it is taken for JSON. */
export const jsonTypes: readonly string[] = ["application/json"]
export const patchTypes: readonly string[] = ["application/json", "application/merge-patch+json"]

function refuseOtherTypes(request: ApiRequest, supported: readonly string[]): void {
  const header = request.headers.get("content-type")
  if (header === null) return
  const [type = "", ...parameters] = header.split(";")
  const charset = parameters.map((p) => p.trim().toLowerCase()).find((p) => p.startsWith("charset="))
  const isUtf = charset === undefined || charset === "charset=utf-8" || charset === 'charset="utf-8"'
  const encoding = request.headers.get("content-encoding")
  if (!supported.includes(type.trim().toLowerCase()) || !isUtf || (encoding !== null && encoding !== "identity")) {
    throw new ArchipelError("request.unsupported_type", { supported })
  }
}

/** The text of a JSON body, for those who may know already what it says. @throws as `readJson`, but for what is wrong in it */
export function readJsonText(
  request: ApiRequest,
  limitBytes: number,
  supported: readonly string[] = jsonTypes,
): Promise<string> {
  refuseOtherTypes(request, supported)
  return readText(request, limitBytes)
}

/**
 * @throws `request.unsupported_type`, `request.too_large`, `request.not_json`, `request.too_complex`, `request.invalid`
 */
export async function readJson(
  request: ApiRequest,
  limitBytes: number,
  supported: readonly string[] = jsonTypes,
): Promise<JsonBody> {
  const text = await readJsonText(request, limitBytes, supported)
  return { text, value: parseJson(text) }
}

/** A JSON body that must be an object. @throws as `readJson` */
export async function readJsonObject(
  request: ApiRequest,
  limitBytes: number,
  supported: readonly string[] = jsonTypes,
): Promise<{ readonly text: string; readonly value: Readonly<Record<string, unknown>> }> {
  const { text, value } = await readJson(request, limitBytes, supported)
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return { text, value: value as Readonly<Record<string, unknown>> }
  }
  throw new ArchipelError("request.invalid", {
    errors: [{ path: "", code: "type", detail: "The body is a JSON object." }],
  })
}
