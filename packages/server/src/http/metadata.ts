import { createHash } from "node:crypto"
import { ArchipelError, type Rights, rightsOf, type ServiceDefinition } from "@archipel/core"
import { type VisibleColumn, visibleModels } from "../openapi/visible-model.ts"
import type { ApiRequest } from "./api-request.ts"
import type { Exchange, ModelTarget, ServiceTarget } from "./exchange.ts"
import { onlyParams, readParams } from "./params.ts"
import type { IndexedReference, ServiceIndex } from "./related-lists.ts"
import { json, type Reply } from "./reply.ts"
import type { Described } from "./rest.ts"
import { addressOf } from "./ui-fields.ts"
import { CONTRACT, isSearchable, modelUi } from "./ui-model.ts"
import { languageOf, type Words, wordsOf } from "./ui-words.ts"

/**
 * What a service publishes of itself for user interfaces: an index, and a description of each model, both cut to what the
 * caller's roles can see and do, in the language that the caller prefers. It is a hint for what to show; the service decides each
 * request anew.
 *
 * @module
 */

/** Those of the contract: who created and changed a record would relate everything to users. */
const referencesUi = (columns: readonly VisibleColumn[], words: Words): readonly IndexedReference[] =>
  columns.flatMap(({ member, readable }) =>
    member.kind === "one" && member.writtenBy !== "framework" && readable !== "never"
      ? { field: member.name, to: member.to, label: words.label(member.model, member) }
      : [],
  )

const serviceUi = (rights: Rights, words: Words): ServiceIndex => ({
  contract: CONTRACT,
  service: rights.service.name,
  title: words.service(),
  models: [...visibleModels(rights).values()].map((visible) => {
    const { model, operations, columns } = visible
    return {
      name: model.name,
      title: words.title(model),
      plural: words.plural(model),
      collection: addressOf(model),
      lines: model.owner !== undefined,
      read: operations.has("read"),
      searchable: isSearchable(rights, visible),
      references: referencesUi(columns, words),
    }
  }),
})

export function describedAs(value: object): Described {
  const text = JSON.stringify(value)
  return { text, etag: `"${createHash("sha256").update(text).digest("base64url").slice(0, 22)}"` }
}

const described = new WeakMap<Rights, Map<string, Described>>()

/** Descriptions depend on roles and language alone, so one of each is kept as long as the rights are. */
function kept(rights: Rights, name: string, make: () => object): Described {
  let texts = described.get(rights)
  if (!texts) described.set(rights, (texts = new Map()))
  let known = texts.get(name)
  if (!known) texts.set(name, (known = describedAs(make())))
  return known
}

/** Answers with a description, or that it is the one which the caller has. @param params That its address takes. */
export function description(
  { request, search }: Exchange,
  { text, etag }: Described,
  params: readonly string[] = [],
): Reply {
  onlyParams(readParams(search), params)
  const headers = { etag, "cache-control": "private, no-cache", vary: "Accept-Language" }
  const isKnown = request.headers
    .get("if-none-match")
    ?.split(",")
    .some((each) => each.trim() === etag)
  return isKnown ? { status: 304, headers, body: null } : json(text, 200, headers)
}

/** The models of a service, cut to what the caller's roles can see and do, in the caller's language. */
export function serviceIndex(
  definition: ServiceDefinition,
  { principal, request }: Pick<Exchange, "principal"> & { readonly request: Pick<ApiRequest, "headers"> },
): Described {
  const rights = rightsOf(definition, principal)
  const words = wordsOf(definition, languageOf(request, definition))
  return kept(rights, ` ${words.language}`, () => serviceUi(rights, words))
}

export async function serviceMetadata(exchange: Exchange, { runtime }: ServiceTarget): Promise<Reply> {
  return description(exchange, serviceIndex(runtime.definition, exchange))
}

/** @throws `access.denied` to those who can do nothing with the model. */
export async function modelMetadata(exchange: Exchange, { runtime, model }: ModelTarget): Promise<Reply> {
  const { definition } = runtime
  const rights = rightsOf(definition, exchange.principal)
  const visible = visibleModels(rights).get(model.name)
  if (!visible) {
    const grants = definition.models.get(model.name)?.grants ?? []
    const roles = [...new Set(grants.filter(({ operations }) => operations.has("read")).map(({ role }) => role))]
    throw new ArchipelError("access.denied", { model: model.name, operation: "see", roles })
  }
  const words = wordsOf(definition, languageOf(exchange.request, definition))
  return description(
    exchange,
    kept(rights, `${model.name} ${words.language}`, () => modelUi(rights, visible, words)),
  )
}
