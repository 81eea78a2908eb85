import type { Query } from "@archipel/core"
import { noteChange } from "./changes.ts"
import type { ProblemDetails } from "./problem.ts"
import { type Ask, type Answer, request } from "./request.ts"

/** A record as it came: its `id`, what was selected, and marks of what is missing. */
export interface RecordData {
  readonly id: string
  readonly [name: string]: unknown
}

/** What services mark in an answer beside values. */
export interface Marks {
  /** Names of cells that may not be read in this row. */
  readonly _masked?: readonly string[]
  /** The service that has this record does not answer. */
  readonly _unavailable?: true
}

export interface Page {
  readonly data: readonly RecordData[]
  readonly next: string | null
  readonly previous: string | null
  readonly count: number | undefined
  /** Services whose part is missing. */
  readonly partial: readonly string[]
}

export interface Warning {
  readonly path: string
  readonly code: string
  readonly detail?: string
}

export interface Draft {
  readonly patch: Readonly<Record<string, unknown>>
  readonly errors: readonly { readonly path: string; readonly code: string; readonly detail?: string }[]
  readonly warnings: readonly Warning[]
  readonly fields: Readonly<Record<string, unknown>>
}

/** A change in the list of a `$bulk`, as docs/reference/changes.md has it. */
export type BulkChange =
  | { readonly operation: "create"; readonly values: object; readonly id?: string }
  | { readonly operation: "update"; readonly id: string; readonly values: object; readonly version?: number }
  | { readonly operation: "delete" | "archive" | "restore"; readonly id: string; readonly version?: number }
  | { readonly operation: "invoke"; readonly id: string; readonly action: string; readonly input?: object }

export type BulkResult =
  | { readonly ok: true; readonly id: string; readonly version: number; readonly data: RecordData | null }
  | { readonly ok: false; readonly problem: ProblemDetails }

/** A query of one collection; its address says the model. */
export type CollectionQuery = Omit<Query, "model">

type Only = Pick<Ask, "signal">

interface WirePage {
  readonly data: readonly RecordData[]
  readonly next: string | null
  readonly previous?: string
  readonly count?: number
  readonly partial?: { readonly services: readonly string[] }
}

/** A page of records, or groups: of a grouped query the records have no `id`. */
export async function query(collection: string, asked: CollectionQuery, only: Only = {}): Promise<Page> {
  const { data } = await request<WirePage>(`${collection}/$query`, { method: "POST", body: asked, ...only })
  return {
    data: data.data,
    next: data.next,
    previous: data.previous ?? null,
    count: data.count,
    partial: data.partial?.services ?? [],
  }
}

/** One record, with its version as `version`, where it is selected. */
export async function get(
  collection: string,
  id: string,
  select: readonly string[],
  only: Only = {},
): Promise<{ readonly record: RecordData; readonly partial: readonly string[] }> {
  const search = new URLSearchParams({ select: select.join(",") })
  const { data, headers } = await request<RecordData>(`${collection}/${encodeURIComponent(id)}?${search}`, only)
  const missing = headers.get("archipel-partial")
  return { record: data, partial: missing === null ? [] : missing.split(", ") }
}

/** Created once, however often it is sent with the same key. */
export async function create(collection: string, values: object, key: string): Promise<RecordData> {
  const headers = { "idempotency-key": key }
  const { data } = await request<RecordData>(collection, { method: "POST", body: values, headers })
  noteChange(collection)
  return data
}

const ifMatch = (version: number | undefined): Pick<Ask, "headers"> =>
  version === undefined ? {} : { headers: { "if-match": `"${version}"` } }

/** @param version The one that was seen; a newer one is not overwritten (`record.precondition_failed`). */
export async function update(collection: string, id: string, values: object, version?: number): Promise<RecordData> {
  const path = `${collection}/${encodeURIComponent(id)}`
  const { data } = await request<RecordData>(path, { method: "PATCH", body: values, ...ifMatch(version) })
  noteChange(collection)
  return data
}

/** A transition, an action, `archive` or `restore`. An action answers `{ output, data }`, the others the record. */
export async function invoke(
  collection: string,
  id: string,
  name: string,
  input: object = {},
  version?: number,
): Promise<RecordData> {
  const path = `${collection}/${encodeURIComponent(id)}/$${name}`
  const { data } = await request<RecordData>(path, { method: "POST", body: input, ...ifMatch(version) })
  noteChange(collection)
  return data
}

/** So many changes one request may have. */
export const MAX_BULK = 1_000

/** Each for itself, in their order. */
export async function bulk(collection: string, changes: readonly BulkChange[]): Promise<readonly BulkResult[]> {
  const results: BulkResult[] = []
  for (let from = 0; from < changes.length; from += MAX_BULK) {
    const part = changes.slice(from, from + MAX_BULK)
    const { data } = await request<{ results: readonly BulkResult[] }>(`${collection}/$bulk`, {
      method: "POST",
      body: { changes: part },
    })
    results.push(...data.results)
  }
  noteChange(collection)
  return results
}

/** What a form would get if it were saved; nothing is written. */
export async function draft(
  collection: string,
  asked: { readonly values: object; readonly id?: string; readonly version?: number },
  only: Only = {},
): Promise<Draft> {
  return (await request<Draft>(`${collection}/$draft`, { method: "POST", body: asked, ...only })).data
}

/** Uploads a file; its reference is then written into a field. */
export async function upload(
  service: string,
  file: File,
): Promise<Answer<{ readonly id: string; readonly name: string }>> {
  const path = `/api/${service}/$files?name=${encodeURIComponent(file.name)}`
  const headers = { "content-type": file.type || "application/octet-stream" }
  return request(path, { method: "POST", bytes: file, headers, timeoutMs: 15 * 60_000 })
}
