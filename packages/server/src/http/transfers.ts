import { ArchipelError, discussionRights, type FieldMember, type FileReference, rightsOf } from "@archipel/core"
import type { ByteRange } from "../files/file-store.ts"
import type { ApiRequest } from "./api-request.ts"
import type { Exchange, MemberTarget, ServiceTarget } from "./exchange.ts"
import { onlyParams, readParams } from "./params.ts"
import { json, type Reply } from "./reply.ts"

const isFile = (member: { readonly kind: string }): member is FieldMember =>
  member.kind === "field" && ["file", "image"].includes((member as FieldMember).type)

/** Whether the caller may write any `file` field of the service, in a record or its lines, or attach a file: others need not fill the disk. */
function mayUpload({ principal }: Exchange, { runtime }: ServiceTarget): boolean {
  const rights = rightsOf(runtime.definition, principal)
  return [...runtime.definition.models.values()].some(({ model }) => {
    if (discussionRights(rights, model)?.attach) return true
    if (!model.columns.some(isFile)) return false
    const decider = rights.of(model.owner?.model ?? model)
    return decider.unlimited || decider.may("create") || decider.may("update")
  })
}

async function* flowing(exchange: Exchange): AsyncIterable<Uint8Array> {
  try {
    for await (const chunk of (exchange.request.body ?? []) as AsyncIterable<Uint8Array>) {
      exchange.flight.extend(exchange.limits.requestMs)
      yield chunk
    }
  } catch (cause) {
    throw new ArchipelError("request.aborted", {}, { cause })
  }
}

/** `POST /api/{service}/$files?name=…` with the bytes as the body and their type as its type. Answers the reference that a field takes. */
export async function uploadFile(exchange: Exchange, target: ServiceTarget): Promise<Reply> {
  const name = onlyParams(readParams(exchange.search), ["name"]).get("name") ?? "file"
  const { request, files, limits } = exchange
  if (!mayUpload(exchange, target)) throw new ArchipelError("access.denied", { operation: "upload files" })
  if (files === undefined) throw new ArchipelError("request.no_such_route", { path: exchange.path })
  if (Number(request.headers.get("content-length") ?? 0) > limits.fileBytes) {
    throw new ArchipelError("request.too_large", { limitBytes: limits.fileBytes })
  }
  const head = { name, type: request.headers.get("content-type") ?? "application/octet-stream" }
  const file = await files.put(flowing(exchange), head, limits.fileBytes)
  return json(JSON.stringify(file), 201)
}

/** One range of bytes (RFC 9110, section 14); undefined for the whole, also where several are asked for. */
function rangeOf(request: ApiRequest, { id, sizeBytes }: FileReference): ByteRange | undefined {
  const condition = request.headers.get("if-range")
  if (condition !== null && condition !== `"${id}"`) return undefined
  const [, first = "", last = ""] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(request.headers.get("range") ?? "") ?? []
  if (first === "" && last === "") return undefined
  const start = first === "" ? Math.max(0, sizeBytes - Number(last)) : Number(first)
  const end = first === "" || last === "" ? sizeBytes - 1 : Math.min(Number(last), sizeBytes - 1)
  if (start > end || (first === "" && Number(last) === 0)) {
    throw new ArchipelError("request.range_not_satisfiable", { sizeBytes })
  }
  return { start, end }
}

/** RFC 6266 with the name for everybody, and RFC 8187 with the true one. */
const disposition = (name: string): string => {
  const plain = name.replaceAll(/[^\x20-\x7e]|["\\%]/g, "_")
  const full = encodeURIComponent(name).replaceAll(/['()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)
  return `attachment; filename="${plain}"; filename*=UTF-8''${full}`
}

/** The bytes of a file field, for those who may read that cell of that record. */
export async function downloadFile(exchange: Exchange, target: MemberTarget): Promise<Reply> {
  const { runtime, model, id, name } = target
  onlyParams(readParams(exchange.search), [])
  const { data } = await runtime.get(exchange.principal, model.name, id, { select: [name] }, exchange.flight)
  const record = JSON.parse(data) as { readonly [name: string]: FileReference | null | undefined }
  const file = record[name]
  if (!file) throw noSuchFile(exchange)
  return fileReply(exchange, file)
}

const noSuchFile = ({ path }: Exchange) => new ArchipelError("request.no_such_route", { path })

/** The bytes of a file that the caller may read, or the part of them that is asked for. */
export async function fileReply(exchange: Exchange, file: FileReference): Promise<Reply> {
  if (exchange.files === undefined) throw noSuchFile(exchange)
  const headers = {
    etag: `"${file.id}"`,
    "cache-control": "private, no-cache",
    "accept-ranges": "bytes",
  }
  if (exchange.request.headers.get("if-none-match")?.includes(`"${file.id}"`)) {
    return { status: 304, headers, body: null }
  }
  const range = rangeOf(exchange.request, file)
  const body = file.sizeBytes === 0 ? new Uint8Array() : await exchange.files.read(file.id, range)
  if (body === null) throw noSuchFile(exchange)
  exchange.flight.extend(exchange.limits.transferMs)
  const length = range === undefined ? file.sizeBytes : range.end - range.start + 1
  return {
    status: range === undefined ? 200 : 206,
    headers: {
      ...headers,
      "content-type": file.type,
      "content-length": String(length),
      "content-disposition": disposition(file.name),
      ...(range === undefined ? {} : { "content-range": `bytes ${range.start}-${range.end}/${file.sizeBytes}` }),
    },
    body,
  }
}

/** Whether an address of the model's records can be a download. */
export const isDownload = ({ model, name }: Pick<MemberTarget, "model" | "name">): boolean => {
  const member = model.members.get(name)
  return member !== undefined && isFile(member)
}
