/**
 * What a program publishes of all its services for user interfaces: who they are, and what their models have to do with each other.
 *
 * @module
 */
import { ArchipelError, serviceTitle } from "@archipel/core"
import type { ProgramTarget } from "../openapi/handlers.ts"
import { type Lack, lacksNow } from "../readiness.ts"
import type { Exchange } from "./exchange.ts"
import { describedAs, description, serviceIndex } from "./metadata.ts"
import { onlyParams, readParams } from "./params.ts"
import { type RelatedList, relatedLists, type ServiceIndex } from "./related-lists.ts"
import type { Reply } from "./reply.ts"
import type { Described, Rest, Undescribed } from "./rest.ts"
import { CONTRACT } from "./ui-model.ts"

/** A service, and the index that it gives the caller. */
interface Indexed {
  readonly service: string
  readonly index: Described | Undescribed
  readonly lacks: readonly Lack[]
}

/** What all services say together. */
interface ProgramIndex {
  readonly services: readonly object[]
  readonly related: Readonly<Record<string, readonly RelatedList[]>>
  /** By the models whose related lists are told; of all models by "*". */
  readonly texts: Map<string, Described>
}

/** Of all services, by the entity tags of their descriptions; each is about as large as all their indexes. */
const MAX_KEPT = 50
/** Of one of these, for single models. */
const MAX_TEXTS = 200
const kept = new Map<string, ProgramIndex>()

const put = <Value>(map: Map<string, Value>, key: string, value: Value, max: number): Value => {
  if (map.size >= max) map.delete(map.keys().next().value as string)
  map.set(key, value)
  return value
}

/** @param all Sorted by service. */
function programIndex(all: readonly Indexed[]): ProgramIndex {
  const key = all
    .map(({ service, index, lacks }) => `${service} ${typeof index === "string" ? index : index.etag} ${lacks.join()}`)
    .join("\n")
  const known = kept.get(key)
  if (known !== undefined) return known
  // By the name under which a service was asked, whatever it calls itself.
  const indexes = all.flatMap(({ service, index }) =>
    typeof index === "string" ? [] : { ...(JSON.parse(index.text) as ServiceIndex), service },
  )
  const titles = new Map(indexes.map(({ service, title }) => [service, title]))
  const services = all.map(({ service, index, lacks }) => ({
    service,
    title: titles.get(service) ?? serviceTitle(service),
    ui: `/api/${service}/$ui`,
    ...(index === "away" ? { away: true } : lacks.length > 0 ? { lacks } : {}),
  }))
  return put(kept, key, { services, related: relatedLists(indexes), texts: new Map() }, MAX_KEPT)
}

/** @param models Whose related lists are told; of all where it is left out, of none where it is empty. */
function programText({ services, related, texts }: ProgramIndex, models: string | undefined): Described {
  const key = models ?? "*"
  const known = texts.get(key)
  if (known !== undefined) return known
  const asked =
    models === undefined
      ? related
      : Object.fromEntries(models.split(",").flatMap((model) => (related[model] ? [[model, related[model]]] : [])))
  return put(texts, key, describedAs({ contract: CONTRACT, services, related: asked }), MAX_TEXTS)
}

async function askIndex(rest: Rest, service: string, { request, flight }: Exchange): Promise<Described | Undescribed> {
  if (rest.services().get(service)?.isAway) return "away"
  const { traceId, signal } = flight
  try {
    return await rest.describe(service, "$ui", { headers: request.headers, traceId, signal })
  } catch (error) {
    // Nobody can say who asks: for this service that is as good as away, for those that are here nothing is lost.
    if (error instanceof ArchipelError && error.code === "service.unavailable") return "away"
    throw error
  }
}

/**
 * The services of this program, for those who do not know them yet, and the related lists of their models: of those that the parameter
 * `related` names, of all without it. Services of other processes are marked while they do not answer, and have no part in the lists
 * then; one that answers says what it lacks.
 */
export async function programMetadata(exchange: Exchange, { services, rest }: ProgramTarget): Promise<Reply> {
  const models = onlyParams(readParams(exchange.search), ["related"]).get("related")
  const others = [...(rest?.services() ?? [])].filter(([service]) => !services.has(service))
  const all = await Promise.all<Indexed>([
    ...[...services].map(([service, runtime]) => ({
      service,
      index: serviceIndex(runtime.definition, exchange),
      lacks: lacksNow(runtime),
    })),
    ...others.map(async ([service, { lacks }]) => ({
      service,
      index: await askIndex(rest as Rest, service, exchange),
      lacks: lacks ?? [],
    })),
  ])
  const index = programIndex(all.toSorted((a, b) => (a.service < b.service ? -1 : 1)))
  return description(exchange, programText(index, models), ["related"])
}
