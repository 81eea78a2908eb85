import { useEffect } from "react"
import { type QueryClient, queryOptions, useQuery, useSuspenseQuery } from "@tanstack/react-query"
import { noteAway } from "../api/away.ts"
import { request } from "../api/request.ts"
import { languageNow } from "../i18n/language.ts"
import { withAway } from "./away.ts"
import { keep, recall, recallAll } from "./kept.ts"
import type { UiModel, UiProgram, UiRelated, UiService } from "./model.ts"

/** A description as it is kept: with the tag that says whether it is the service's latest. */
interface Kept<T> {
  readonly etag: string | null
  readonly value: T
}

/** A description is asked for again at most so often, when something uses it. */
const FRESH_MS = 30_000
/** So often the services are asked for their health: where all are well, and where one is not. */
const HEALTH_MS = 4_000
const UNWELL_MS = 1_500
/** Descriptions are quick to come: a service that takes longer is not well. */
const TIMEOUT_MS = 8_000

/** What a new description becomes beside the one before it. */
type Merge<T> = (before: T, now: T) => T

interface Asked<T> {
  readonly path: string
  readonly merge?: Merge<T> | undefined
}

/** The latest description from its service; the one that is kept where it is the latest. */
async function latest<T>({ path, merge }: Asked<T>, kept: Kept<T> | undefined, signal?: AbortSignal): Promise<Kept<T>> {
  const headers = kept?.etag ? { "if-none-match": kept.etag } : {}
  const answer = await request<T>(path, { headers, signal, timeoutMs: TIMEOUT_MS })
  if (answer.status === 304 && kept) return kept
  const value = kept && merge ? merge(kept.value, answer.data) : answer.data
  const fresh = { etag: answer.headers.get("etag"), value }
  void keep(keyOf(path), fresh)
  return fresh
}

const keyOf = (path: string): string => `ui ${languageNow()} ${path}`

/** What is kept comes at once and is checked behind its back; a service that is away has what it said last. */
async function described<T>(client: QueryClient, asked: Asked<T>, signal: AbortSignal): Promise<T> {
  const { path } = asked
  const before = client.getQueryData<T>(["ui", path]) !== undefined
  const kept = await recall<Kept<T>>(keyOf(path))
  if (kept === undefined) return (await latest(asked, undefined, signal)).value
  if (before) return (await latest(asked, kept, signal).catch(() => kept)).value
  latest(asked, kept).then(
    ({ value }) => {
      if (value !== kept.value) client.setQueryData(["ui", path], value)
    },
    () => {},
  )
  return kept.value
}

const uiOptions = <T>(path: string, merge?: Merge<T>) =>
  queryOptions({
    queryKey: ["ui", path] as const,
    queryFn: ({ client, signal }) => described<T>(client, { path, merge }, signal),
    staleTime: FRESH_MS,
    gcTime: Infinity,
  })

/** The services; related lists are asked for with the record that they are shown with. */
export const programOptions = () => uiOptions<UiProgram>("/api/$ui?related=", withAway)
/** The lists of records that refer to a model's records. */
const relatedOptions = (model: string) =>
  uiOptions<UiProgram>(`/api/$ui?related=${encodeURIComponent(model)}`, withAway)
export const serviceOptions = (service: string) => uiOptions<UiService>(`/api/${service}/$ui`)
export const modelOptions = (collection: string) => uiOptions<UiModel>(`${collection}/$ui`)

/**
 * Puts what is kept of the program, its services and a model in place before anything is drawn, so that all of it is drawn at once.
 * It counts as fresh until `checkDescriptions`.
 *
 * @param collection Of the model that is shown first, if any is
 */
export async function recallDescriptions(
  client: QueryClient,
  user: string,
  collection: string | undefined,
): Promise<void> {
  const put = async (paths: readonly string[]): Promise<void> => {
    const found = await recallAll<Kept<unknown>>(user, paths.map(keyOf))
    for (const [i, path] of paths.entries()) {
      const kept = found[i]
      if (kept !== undefined) client.setQueryData(["ui", path], kept.value)
    }
  }
  const { queryKey } = programOptions()
  await put([queryKey[1], ...(collection === undefined ? [] : [modelOptions(collection).queryKey[1]])])
  const services = client.getQueryData<UiProgram>(queryKey)?.services ?? []
  await put(services.map(({ service }) => serviceOptions(service).queryKey[1]))
}

/** Asks for the latest of all descriptions that are in use. */
export const checkDescriptions = (client: QueryClient): Promise<void> => client.invalidateQueries({ queryKey: ["ui"] })

const retryWhileUnwell = ({ state: { data } }: { readonly state: { readonly data: UiProgram | undefined } }) =>
  data?.services.some(({ away, lacks }) => away || lacks) === true && UNWELL_MS

/** The program's services, asked for their health again and again, and more often while one is not well. */
export const useProgram = () =>
  useQuery({
    ...programOptions(),
    staleTime: 0,
    refetchOnMount: false,
    refetchInterval: (query) => retryWhileUnwell(query) || HEALTH_MS,
  })
/** Tells who waits for a service when it is back. */
export function useNotedHealth(): void {
  const services = useProgram().data?.services
  useEffect(() => {
    if (services) noteAway(new Set(services.flatMap(({ service, away }) => (away ? service : []))))
  }, [services])
}

/** The index of a service; suspends nothing. @param isWanted Whether it is asked for. */
export const useService = (service: string, isWanted = true) =>
  useQuery({ ...serviceOptions(service), enabled: isWanted })
/** The lists of records of whatever service that refer to a model's records. */
export const useRelated = (model: string): readonly UiRelated[] =>
  useQuery({ ...relatedOptions(model), refetchInterval: retryWhileUnwell }).data?.related[model] ?? []
/** A model's description, which its view waits for. @throws ProblemError to the view's boundary */
export const useModel = (collection: string): UiModel => useSuspenseQuery(modelOptions(collection)).data
/** A model's description where it may be missing. */
export const useModelIfAny = (collection: string | undefined) =>
  useQuery({ ...modelOptions(collection ?? ""), enabled: collection !== undefined })
