import { createHash } from "node:crypto"
import { type Rights, rightsOf } from "@archipel/core"
import type { Exchange, ServiceTarget } from "../http/exchange.ts"
import { onlyParams, readParams } from "../http/params.ts"
import { json, type Reply } from "../http/reply.ts"
import type { Described, Rest } from "../http/rest.ts"
import type { ServiceRuntime } from "../service-runtime.ts"
import { openapiDocument, openapiPart } from "./document.ts"
import { wholeDocument } from "./whole-document.ts"

const MAX_KEPT = 50

interface Kept {
  readonly rights: readonly Rights[]
  readonly text: string
}

/** Documents by the rights they are cut to; those of a role set that nobody has any more go when newer ones come. */
const texts = new Map<string, Kept>()

function keptText(kind: string, rights: readonly Rights[], make: () => object): string {
  const key = `${kind} ${rights.map((each) => `${each.service.name}:${each.key}`).join("|")}`
  const known = texts.get(key)
  // Programs with services of the same name in one process (tests) have rights of their own.
  if (known?.rights.every((each, i) => each === rights[i])) return known.text
  const text = JSON.stringify(make())
  if (texts.size >= MAX_KEPT) texts.delete(texts.keys().next().value as string)
  texts.set(key, { rights, text })
  return text
}

const textOf = (rights: readonly Rights[]): string => keptText("document", rights, () => openapiDocument(rights))
const partOf = (rights: Rights): string => keptText("part", [rights], () => openapiPart(rights))
const etagOf = (text: string): string => `"${createHash("sha256").update(text).digest("base64url").slice(0, 22)}"`

const described = (text: string): Described => ({ text, etag: etagOf(text) })

function document({ request }: Exchange, text: string): Reply {
  const etag = etagOf(text)
  const headers = { etag, "cache-control": "private, no-cache" }
  if (request.headers.get("if-none-match") === etag) return { status: 304, headers, body: null }
  return json(text, 200, headers)
}

/** With `part=true` as it is within the document of all services. */
export async function openapiOfService(exchange: Exchange, { runtime }: ServiceTarget): Promise<Reply> {
  const isPart = onlyParams(readParams(exchange.search), ["part"]).get("part") === "true"
  const rights = rightsOf(runtime.definition, exchange.principal)
  return document(exchange, isPart ? partOf(rights) : textOf([rights]))
}

/** All services of a program. */
export interface ProgramTarget {
  readonly services: ReadonlyMap<string, ServiceRuntime>
  /** Those of other processes. */
  readonly rest?: Rest | undefined
}

export async function openapiOfAll(exchange: Exchange, { services, rest }: ProgramTarget): Promise<Reply> {
  onlyParams(readParams(exchange.search), [])
  const rights = [...services]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([, runtime]) => rightsOf(runtime.definition, exchange.principal))
  if (rest === undefined) return document(exchange, textOf(rights))
  const { request, flight } = exchange
  const asked = { headers: request.headers, traceId: flight.traceId, signal: flight.signal }
  const others = [...rest.services().keys()].filter((name) => !services.has(name))
  const parts = await Promise.all([
    ...rights.map((each) => ({ service: each.service.name, part: described(partOf(each)) })),
    ...others.map(async (service) => {
      const part = await rest.describe(service, "openapi.json?part=true", asked)
      return { service, part: typeof part === "string" ? undefined : part }
    }),
  ])
  return document(exchange, wholeDocument(parts.toSorted((a, b) => (a.service < b.service ? -1 : 1))))
}
