import { ArchipelError, parseKey, type PartialAnswer, queryLimits } from "@archipel/core"
import { readJsonObject, readJsonText } from "./body.ts"
import { entityTag } from "./conditions.ts"
import type { Exchange, ModelTarget, RecordTarget } from "./exchange.ts"
import { queryOfBody, queryOfSearch } from "./known-queries.ts"
import { onlyParams, readParams } from "./params.ts"
import { queryFromParams } from "./query-params.ts"
import { json, type Reply } from "./reply.ts"
import type { ComposedPage, RequestContext } from "../service-runtime.ts"
import type { HeaderRecord } from "./security-headers.ts"
import type { Page } from "@archipel/data"

/** The page's JSON, with the database's text put in as it is. */
function pageText({ data, next, previous, count, partial }: ComposedPage): string {
  const page = next === null && previous === null ? ',"next":null' : `,"next":${JSON.stringify(next)}`
  const before = previous === null ? "" : `,"previous":${JSON.stringify(previous)}`
  const counted = count === undefined ? "" : `,"count":${count}`
  return `{"data":${data}${page}${before}${counted}${partial ? `,"partial":${JSON.stringify(partial)}` : ""}}`
}

/** A client may show an answer that lacks something, since it is told; it must not keep it. */
const partialHeaders = (partial: PartialAnswer): HeaderRecord => ({
  "archipel-partial": partial.services.join(", "),
  "cache-control": "no-store",
})

const partially = ({ flight: { traceId, signal } }: Exchange): RequestContext => ({
  traceId,
  signal,
  mayBePartial: true,
})

const cursorWords = new Set(["after", "before", "last"])
const mayHaveCursor = /(?:^|&)(?:after|before|last)/
const hasUnsafeInLink = /[<>"\s]/
const unsafeInLink = /[<>"\s]/g

/** The neighbouring pages as links (RFC 8288), with the parameters that led here; undefined where there are none. */
function linksOf({ path, search }: Exchange, { next, previous }: Page): string | undefined {
  if (next === null && previous === null) return undefined
  const kept = mayHaveCursor.test(search)
    ? search.split("&").filter((pair) => !cursorWords.has(pair.split("=", 1)[0] as string))
    : [search]
  const given = kept.map((pair) => (pair === "" ? "" : `${pair}&`)).join("")
  const here = hasUnsafeInLink.test(given) ? given.replaceAll(unsafeInLink, encodeURIComponent) : given
  // Cursors are of characters that need no encoding.
  const link = (rel: string, word: string, cursor: string) => `<${path}?${here}${word}=${cursor}>; rel="${rel}"`
  const links: string[] = []
  if (next !== null) links.push(link("next", "after", next))
  if (previous !== null) links.push(link("prev", "before", previous))
  return links.join(", ")
}

function pageHeaders(answer: ComposedPage, links?: string): HeaderRecord {
  const { partial, kept } = answer
  const headers: Record<string, string> = partial ? partialHeaders(partial) : {}
  if (links !== undefined) headers["link"] = links
  // How old what decided the answer is, where it is kept of other services' records: a list (RFC 8941, section 3.1).
  if (kept) headers["archipel-mirror"] = kept.map(({ model, asOf }) => `${model};as-of="${asOf}"`).join(", ")
  return headers
}

export async function listRecords(exchange: Exchange, { runtime, model }: ModelTarget): Promise<Reply> {
  const query = queryOfSearch(model, exchange.search)
  const answer = await runtime.query(exchange.principal, query, partially(exchange))
  return json(pageText(answer), 200, pageHeaders(answer, linksOf(exchange, answer)))
}

export async function postQuery(exchange: Exchange, { runtime, model }: ModelTarget): Promise<Reply> {
  onlyParams(readParams(exchange.search), [])
  const text = await readJsonText(exchange.request, exchange.limits.bodyBytes)
  const answer = await runtime.query(exchange.principal, queryOfBody(model, text), partially(exchange))
  return json(pageText(answer), 200, pageHeaders(answer))
}

/** The version that a record's JSON text shows at its top, without parsing where nothing is nested. */
function versionIn(record: string): number | undefined {
  if (!record.includes('"version":')) return undefined
  if (record.indexOf("{", 1) < 0) {
    const found = /"version":\s?(\d+)/.exec(record)?.[1]
    return found === undefined ? undefined : Number(found)
  }
  const { version } = JSON.parse(record) as { readonly version?: unknown }
  return typeof version === "number" ? version : undefined
}

export async function getRecord(exchange: Exchange, { runtime, model, id }: RecordTarget): Promise<Reply> {
  const params = onlyParams(readParams(exchange.search), ["select", "can"])
  const shown = params.size === 0 ? {} : queryFromParams(model, params)
  const answer = await runtime.get(exchange.principal, model.name, id, shown, partially(exchange))
  if (answer.partial) return json(answer.data, 200, partialHeaders(answer.partial))
  const version = versionIn(answer.data)
  return json(answer.data, 200, version === undefined ? {} : { etag: entityTag(version) })
}

/** The titles of records by id: for references, where nothing else of the target is needed. */
export async function resolveTitles(exchange: Exchange, { runtime, model }: ModelTarget): Promise<Reply> {
  onlyParams(readParams(exchange.search), [])
  const { value } = await readJsonObject(exchange.request, exchange.limits.bodyBytes)
  const { ids, ...others } = value
  const isList = Array.isArray(ids) && ids.every((id) => parseKey(model.key, id) !== undefined)
  if (!isList || Object.keys(others).length > 0) {
    throw new ArchipelError("request.invalid", {
      errors: [{ path: "/ids", code: "type", detail: 'The body is { "ids": […] } with ids of records.' }],
    })
  }
  if (ids.length > queryLimits.page) {
    throw new ArchipelError("request.too_complex", { what: "ids", limit: queryLimits.page })
  }
  const titles = await runtime.titles(exchange.principal, model.name, ids as readonly string[], exchange.flight)
  return json(JSON.stringify({ titles: Object.fromEntries(titles) }))
}
