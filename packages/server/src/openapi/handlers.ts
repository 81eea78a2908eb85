import { createHash } from "node:crypto"
import { type Rights, rightsOf } from "@archipel/core"
import type { Exchange, ServiceTarget } from "../http/exchange.ts"
import { onlyParams, readParams } from "../http/params.ts"
import { json, type Reply } from "../http/reply.ts"
import type { ServiceRuntime } from "../service-runtime.ts"
import { openapiDocument } from "./document.ts"

const MAX_KEPT = 50

/** Documents by the rights they are cut to; those of a role set that nobody has any more go when newer ones come. */
const texts = new Map<string, { readonly rights: readonly Rights[]; readonly text: string }>()

function textOf(rights: readonly Rights[]): string {
  const key = rights.map((each) => `${each.service.name}:${each.key}`).join("|")
  const known = texts.get(key)
  // Programs with services of the same name in one process (tests) have rights of their own.
  if (known?.rights.every((each, i) => each === rights[i])) return known.text
  const text = JSON.stringify(openapiDocument(rights))
  if (texts.size >= MAX_KEPT) texts.delete(texts.keys().next().value as string)
  texts.set(key, { rights, text })
  return text
}

function document({ request, search }: Exchange, rights: readonly Rights[]): Reply {
  onlyParams(readParams(search), [])
  const text = textOf(rights)
  const etag = `"${createHash("sha256").update(text).digest("base64url").slice(0, 22)}"`
  const headers = { etag, "cache-control": "private, no-cache" }
  if (request.headers.get("if-none-match") === etag) return { status: 304, headers, body: null }
  return json(text, 200, headers)
}

export async function openapiOfService(exchange: Exchange, { runtime }: ServiceTarget): Promise<Reply> {
  return document(exchange, [rightsOf(runtime.definition, exchange.principal)])
}

/** All services of a program. */
export interface ProgramTarget {
  readonly services: ReadonlyMap<string, ServiceRuntime>
}

export async function openapiOfAll(exchange: Exchange, { services }: ProgramTarget): Promise<Reply> {
  const sorted = [...services].toSorted(([a], [b]) => (a < b ? -1 : 1))
  return document(
    exchange,
    sorted.map(([, runtime]) => rightsOf(runtime.definition, exchange.principal)),
  )
}
