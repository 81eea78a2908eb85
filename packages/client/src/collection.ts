import { ApiError } from "./api-error.ts"
import type { AnyCollection, Attachment, BulkAnswer, Page, VersionOptions } from "./collection-types.ts"
import { idempotencyKey } from "./idempotency-key.ts"
import type { CallOptions, Outgoing, Send } from "./send.ts"
import { createTitles, resolveTitles } from "./titles.ts"

type AnyRecord = Awaited<ReturnType<AnyCollection["create"]>>

/** What of a call is the request's, not the server's. */
const callOf = ({ signal, timeoutMs }: CallOptions = {}): CallOptions => ({
  ...(signal ? { signal } : {}),
  ...(timeoutMs === undefined ? {} : { timeoutMs }),
})

/** Pages of something that has a cursor, one after another as they are read. */
async function* everyPage<T>(fetchPage: (after: string | undefined) => Promise<Page<T>>): AsyncIterable<T> {
  let after: string | undefined
  do {
    const { data, next } = await fetchPage(after)
    yield* data
    after = next ?? undefined
  } while (after !== undefined)
}

interface BulkResult {
  readonly ok: boolean
  readonly problem?: { readonly status: number; readonly title?: string }
}

/** @param path "/api/sales/orders" */
export function collectionAt(send: Send, path: string): AnyCollection {
  const asks = async (method: string, at: string, json: unknown, options?: CallOptions): Promise<unknown> =>
    (
      await send({
        method,
        path: path + at,
        ...(json === undefined ? {} : { json }),
        isIdempotent: true,
        ...callOf(options),
      })
    ).json

  /** A write carries a key, so that it is done once however often it is sent. */
  const writes = async (method: string, at: string, json: unknown, options: VersionOptions = {}): Promise<unknown> => {
    const request: Outgoing = {
      method,
      path: path + at,
      ...(json === undefined ? {} : { json }),
      headers: {
        "idempotency-key": idempotencyKey(),
        ...(options.version === undefined ? {} : { "if-match": `"${options.version}"` }),
      },
      isIdempotent: true,
      ...callOf(options),
    }
    return (await send(request)).json
  }

  const query: AnyCollection["query"] = async (asked, options) =>
    (await asks("POST", "/$query", asked, options)) as Page<AnyRecord>
  const group: AnyCollection["group"] = async (asked, options) =>
    ((await asks("POST", "/$query", asked, options)) as Page<Record<string, unknown>>).data
  const pages = <T>(id: string, verb: string, options?: CallOptions): AsyncIterable<T> =>
    everyPage(
      async (after) =>
        (await asks(
          "GET",
          `/${id}/${verb}${after === undefined ? "" : `?after=${encodeURIComponent(after)}`}`,
          undefined,
          options,
        )) as Page<T>,
    )
  const invoke = (name: string, id: string, input?: object, options?: VersionOptions): Promise<unknown> =>
    writes("POST", `/${id}/$${name}`, input ?? {}, options)

  return {
    query,
    list: (asked, options) => everyPage((after) => query(after === undefined ? asked : { ...asked, after }, options)),
    async get(id, shown, options) {
      const { data } = await query({ ...shown, where: { id }, limit: 1, archived: "any" }, options)
      return data[0] ?? null
    },
    async count(where, options) {
      const [row] = await group({ aggregates: { count: "count" }, ...(where ? { where } : {}) }, options)
      return (row?.["count"] ?? 0) as number
    },
    group,
    create: async (values, options) => (await writes("POST", "", values, options)) as AnyRecord,
    update: async (id, patch, options) => (await writes("PATCH", `/${id}`, patch, options)) as AnyRecord,
    async delete(id, options) {
      await writes("DELETE", `/${id}`, undefined, options)
    },
    upsert: async (values, { key, ...options }) =>
      (await writes("PUT", `/$upsert?key=${key.map(encodeURIComponent).join(",")}`, values, options)) as AnyRecord,
    archive: async (id, options) => (await invoke("archive", id, undefined, options)) as AnyRecord,
    restore: async (id, options) => (await invoke("restore", id, undefined, options)) as AnyRecord,
    transition: async (name, id, input, options) => (await invoke(name, id, input, options)) as AnyRecord,
    action: async (name, id, input, options) =>
      (await invoke(name, id, input, options)) as Awaited<ReturnType<AnyCollection["action"]>>,
    async bulk(changes, { atomic = false, ...options } = {}) {
      const { results } = (await writes("POST", "/$bulk", { atomic, changes }, options)) as {
        readonly results: readonly BulkResult[]
      }
      return results.map(({ problem, ...result }) =>
        problem ? { ok: false, error: new ApiError(problem.status, problem) } : result,
      ) as readonly BulkAnswer<AnyRecord>[]
    },
    draft: async (draft, options) =>
      (await asks("POST", "/$draft", draft, options)) as Awaited<ReturnType<AnyCollection["draft"]>>,
    title: createTitles(send, path),
    resolve: (ids, options) => resolveTitles(send, path, ids, callOf(options)),
    history: (id, options) => pages(id, "$history", options),
    comments: (id, options) => pages(id, "$comments", options),
    comment: async (id, said, options) =>
      (await writes("POST", `/${id}/$comments`, said, options)) as Awaited<ReturnType<AnyCollection["comment"]>>,
    attachments: (id, options) => pages(id, "$attachments", options),
    async attach(id, { name, type, content }, options) {
      const service = path.slice(0, path.lastIndexOf("/"))
      const uploaded = await send({
        method: "POST",
        path: `${service}/$files?name=${encodeURIComponent(name)}`,
        raw: { body: content, type },
        // A stream cannot be read twice, and what nobody attaches is thrown away.
        isIdempotent: false,
        ...callOf(options),
      })
      return (await writes(
        "POST",
        `/${id}/$attachments`,
        { file: { id: (uploaded.json as { readonly id: string }).id } },
        options,
      )) as Attachment
    },
  }
}
