import { type QueryClient, queryOptions, useQuery, useSuspenseQuery } from "@tanstack/react-query"
import { request } from "../api/request.ts"
import { languageNow } from "../i18n/language.ts"
import { keep, recall } from "./kept.ts"
import type { UiModel, UiProgram, UiService } from "./model.ts"

/** A description as it is kept: with the tag that says whether it is the service's latest. */
interface Kept<T> {
  readonly etag: string | null
  readonly value: T
}

/** A description is asked for again at most so often, when something uses it. */
const FRESH_MS = 30_000
/** So often the services are asked for their health. */
const HEALTH_MS = 4_000

/** The latest description from its service; the one that is kept where it is the latest, or the service does not answer. */
async function latest<T>(path: string, kept: Kept<T> | undefined, signal?: AbortSignal): Promise<Kept<T>> {
  const headers = kept?.etag ? { "if-none-match": kept.etag } : {}
  const answer = await request<T>(path, { headers, signal })
  if (answer.status === 304 && kept) return kept
  const fresh = { etag: answer.headers.get("etag"), value: answer.data }
  void keep(keyOf(path), fresh)
  return fresh
}

const keyOf = (path: string): string => `ui ${languageNow()} ${path}`

/** What is kept comes at once and is checked behind its back; a service that is away has what it said last. */
async function described<T>(client: QueryClient, path: string, signal: AbortSignal): Promise<T> {
  const before = client.getQueryData<T>(["ui", path]) !== undefined
  const kept = await recall<Kept<T>>(keyOf(path))
  if (kept === undefined) return (await latest<T>(path, undefined, signal)).value
  if (before) return (await latest(path, kept, signal).catch(() => kept)).value
  latest(path, kept).then(
    ({ value }) => {
      if (value !== kept.value) client.setQueryData(["ui", path], value)
    },
    () => {},
  )
  return kept.value
}

const uiOptions = <T>(path: string) =>
  queryOptions({
    queryKey: ["ui", path],
    queryFn: ({ client, signal }) => described<T>(client, path, signal),
    staleTime: FRESH_MS,
    gcTime: Infinity,
  })

export const programOptions = () => uiOptions<UiProgram>("/api/$ui")
export const serviceOptions = (service: string) => uiOptions<UiService>(`/api/${service}/$ui`)
export const modelOptions = (collection: string) => uiOptions<UiModel>(`${collection}/$ui`)

/** The program's services, asked for their health again and again. */
export const useProgram = () => useQuery({ ...programOptions(), staleTime: 0, refetchInterval: HEALTH_MS })
/** The index of a service; suspends nothing. */
export const useService = (service: string) => useQuery(serviceOptions(service))
/** A model's description, which its view waits for. @throws ProblemError to the view's boundary */
export const useModel = (collection: string): UiModel => useSuspenseQuery(modelOptions(collection)).data
/** A model's description where it may be missing. */
export const useModelIfAny = (collection: string | undefined) =>
  useQuery({ ...modelOptions(collection ?? ""), enabled: collection !== undefined })
