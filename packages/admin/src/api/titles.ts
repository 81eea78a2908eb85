import { onBack } from "./away.ts"
import { request } from "./request.ts"
import { ProblemError } from "./problem.ts"

/** What a record elsewhere is called, or why nobody says. */
export type Title = { readonly title: string } | { readonly missing: "unknown" | "unavailable" }

/** So many a request may have. */
const MAX_IDS = 200
/** So many titles are kept; then the oldest go. */
const MAX_KEPT = 20_000
/** A service that was away is not asked again before this time. */
const AWAY_MS = 2_000
/** Titles are quick to read: a service that takes longer is not well. */
const TIMEOUT_MS = 5_000

const known = new Map<string, Title>()
const waiting = new Map<string, Map<string, ((title: Title) => void)[]>>()
let isScheduled = false

onBack(() => {
  for (const [key, title] of known) if ("missing" in title && title.missing === "unavailable") known.delete(key)
})

function keep(key: string, title: Title): void {
  if (known.size >= MAX_KEPT) known.delete(known.keys().next().value as string)
  known.set(key, title)
  if ("missing" in title && title.missing === "unavailable") setTimeout(() => known.delete(key), AWAY_MS)
}

async function ask(collection: string, asked: ReadonlyMap<string, ((title: Title) => void)[]>): Promise<void> {
  const ids = [...asked.keys()]
  let titles: Readonly<Record<string, string>> = {}
  let missing: "unknown" | "unavailable" = "unknown"
  try {
    const { data } = await request<{ titles: Readonly<Record<string, string>> }>(`${collection}/$resolve`, {
      method: "POST",
      body: { ids },
      timeoutMs: TIMEOUT_MS,
    })
    titles = data.titles
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error
    if (error.isOutage) missing = "unavailable"
  }
  for (const [id, resolvers] of asked) {
    const title = titles[id]
    const settled: Title = title === undefined ? { missing } : { title }
    keep(`${collection} ${id}`, settled)
    for (const resolve of resolvers) resolve(settled)
  }
}

function flush(): void {
  isScheduled = false
  for (const [collection, ids] of waiting) {
    const all = [...ids]
    for (let from = 0; from < all.length; from += MAX_IDS) {
      void ask(collection, new Map(all.slice(from, from + MAX_IDS)))
    }
  }
  waiting.clear()
}

/** What is known of a record's title now. */
export const knownTitle = (collection: string, id: string): Title | undefined => known.get(`${collection} ${id}`)

/** The title of a record elsewhere. All that are asked for within a frame are one request per collection. */
export function resolveTitle(collection: string, id: string): Promise<Title> {
  const title = knownTitle(collection, id)
  if (title) return Promise.resolve(title)
  return new Promise((resolve) => {
    let ids = waiting.get(collection)
    if (!ids) waiting.set(collection, (ids = new Map()))
    const resolvers = ids.get(id)
    if (resolvers) resolvers.push(resolve)
    else ids.set(id, [resolve])
    if (isScheduled) return
    isScheduled = true
    requestAnimationFrame(flush)
  })
}

/** A title that came with an answer, so that nobody asks for it. */
export const noteTitle = (collection: string, id: string, title: string): void => keep(`${collection} ${id}`, { title })
