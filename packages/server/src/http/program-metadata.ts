/**
 * What a program publishes of all its services for user interfaces: who they are, and what their models have to do with each other.
 *
 * @module
 */
import { ArchipelError, serviceTitle } from "@archipel/core"
import type { ProgramTarget } from "../openapi/handlers.ts"
import type { Exchange } from "./exchange.ts"
import { describedAs, description, serviceIndex } from "./metadata.ts"
import { relatedLists, type ServiceIndex } from "./related-lists.ts"
import type { Reply } from "./reply.ts"
import type { Described, Rest, Undescribed } from "./rest.ts"
import { CONTRACT } from "./ui-model.ts"

/** A service, and the index that it gives the caller. */
interface Indexed {
  readonly service: string
  readonly index: Described | Undescribed
}

/** Descriptions of all services, by the entity tags of theirs; each is about as large as all their indexes. */
const MAX_KEPT = 50
const kept = new Map<string, Described>()

/** @param all Sorted by service. */
function programIndex(all: readonly Indexed[]): Described {
  const key = all.map(({ service, index }) => `${service} ${typeof index === "string" ? index : index.etag}`).join("\n")
  const known = kept.get(key)
  if (known !== undefined) return known
  // By the name under which a service was asked, whatever it calls itself.
  const indexes = all.flatMap(({ service, index }) =>
    typeof index === "string" ? [] : { ...(JSON.parse(index.text) as ServiceIndex), service },
  )
  const titles = new Map(indexes.map(({ service, title }) => [service, title]))
  const services = all.map(({ service, index }) => ({
    service,
    title: titles.get(service) ?? serviceTitle(service),
    ui: `/api/${service}/$ui`,
    ...(index === "away" ? { away: true } : {}),
  }))
  const made = describedAs({ contract: CONTRACT, services, related: relatedLists(indexes) })
  if (kept.size >= MAX_KEPT) kept.delete(kept.keys().next().value as string)
  kept.set(key, made)
  return made
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
 * The services of this program, for those who do not know them yet, and the related lists of their models. Services of other processes
 * are marked while they do not answer, and have no part in the lists then.
 */
export async function programMetadata(exchange: Exchange, { services, rest }: ProgramTarget): Promise<Reply> {
  const others = [...(rest?.services().keys() ?? [])].filter((service) => !services.has(service))
  const all = await Promise.all<Indexed>([
    ...[...services].map(([service, { definition }]) => ({
      service,
      index: serviceIndex(definition, exchange),
    })),
    ...others.map(async (service) => ({ service, index: await askIndex(rest as Rest, service, exchange) })),
  ])
  return description(exchange, programIndex(all.toSorted((a, b) => (a.service < b.service ? -1 : 1))))
}
