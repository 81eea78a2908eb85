import type { QueryClient } from "@tanstack/react-query"
import { query } from "../api/records.ts"
import { resolveTitle } from "../api/titles.ts"
import { type UiModelEntry, type UiProgram, partsOf, shownModels } from "../metadata/model.ts"
import { serviceOptions } from "../metadata/use-metadata.ts"

/** A record that was found, in some service. */
export interface Found {
  readonly id: string
  readonly title: string
  readonly model: UiModelEntry
  readonly service: string
}

/** Models that are asked at the same time, of so many at most; of each so many records are shown. */
const AT_ONCE = 6
const MAX_MODELS = 60
const EACH = 4

/** The models that can be looked through, of the services that answer. */
async function searchable(
  client: QueryClient,
  program: UiProgram,
): Promise<readonly (readonly [string, UiModelEntry])[]> {
  const here = program.services.filter(({ away }) => !away)
  const indexes = await Promise.all(
    here.map(({ service }) => client.ensureQueryData(serviceOptions(service)).catch(() => undefined)),
  )
  return indexes
    .flatMap((index) => (index ? shownModels(index.models).map((model) => [index.title, model] as const) : []))
    .filter(([, model]) => model.searchable === true)
    .slice(0, MAX_MODELS)
}

async function within(
  model: UiModelEntry,
  service: string,
  words: string,
  signal: AbortSignal,
): Promise<readonly Found[]> {
  const { data } = await query(model.collection, { search: words, select: ["id"], limit: EACH }, { signal })
  const titles = await Promise.all(data.map(({ id }) => resolveTitle(model.collection, id)))
  return data.flatMap(({ id }, i) => {
    const title = titles[i]
    return title && "title" in title ? { id, title: title.title, model, service } : []
  })
}

/**
 * Records of all services that words occur in. What some service finds is told as soon as it is known; one that fails or is away adds
 * nothing.
 */
export async function searchEverywhere(
  client: QueryClient,
  program: UiProgram,
  words: string,
  options: { readonly signal: AbortSignal; readonly found: (records: readonly Found[]) => void },
): Promise<void> {
  const queue = [...(await searchable(client, program))]
  const all: (readonly Found[])[] = queue.map(() => [])
  const work = async (): Promise<void> => {
    for (;;) {
      const at = all.length - queue.length
      const next = queue.shift()
      if (next === undefined || options.signal.aborted) return
      const [service, model] = next
      const records = await within(model, service, words, options.signal).catch(() => [])
      if (options.signal.aborted) return
      all[at] = records
      if (records.length > 0) options.found(all.flat())
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
}

export const recordPath = ({ model, id }: Found) => {
  const { service, name } = partsOf(model.collection)
  return { service, collection: name, id }
}
