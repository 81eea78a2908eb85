/**
 * Titles of records, asked for one by one and fetched together.
 *
 * @module
 */
import type { CallOptions, Send } from "./send.ts"

/** Ids of one request; the service's own bound. */
const MAX_IDS = 1_000

interface Waiting {
  resolve(title: string | null): void
  reject(error: unknown): void
}

/** What is asked for within one turn of the event loop is one request, each id once. */
export function createTitles(send: Send, path: string): (id: string) => Promise<string | null> {
  let waiting = new Map<string, Waiting[]>()

  async function fetchAll(asked: ReadonlyMap<string, readonly Waiting[]>): Promise<void> {
    const ids = [...asked.keys()]
    for (let from = 0; from < ids.length; from += MAX_IDS) {
      const some = ids.slice(from, from + MAX_IDS)
      try {
        const titles = await resolveTitles(send, path, some)
        for (const id of some) for (const each of asked.get(id) ?? []) each.resolve(titles.get(id) ?? null)
      } catch (error) {
        for (const id of some) for (const each of asked.get(id) ?? []) each.reject(error)
      }
    }
  }

  return (id) =>
    new Promise((resolve, reject) => {
      if (waiting.size === 0) {
        setTimeout(() => {
          const asked = waiting
          waiting = new Map()
          void fetchAll(asked)
        }, 0)
      }
      const known = waiting.get(id)
      if (known) known.push({ resolve, reject })
      else waiting.set(id, [{ resolve, reject }])
    })
}

/** Those that may be shown. */
export async function resolveTitles(
  send: Send,
  path: string,
  ids: readonly string[],
  options: CallOptions = {},
): Promise<ReadonlyMap<string, string>> {
  const { json } = await send({
    method: "POST",
    path: `${path}/$resolve`,
    json: { ids },
    isIdempotent: true,
    ...options,
  })
  return new Map(Object.entries((json as { readonly titles: Record<string, string> }).titles))
}
