import { queryOptions } from "@tanstack/react-query"
import type { RecordData } from "../api/records.ts"
import { request } from "../api/request.ts"
import { type FormModel, formRecord } from "./form-model.ts"
import type { Values } from "./form-state.ts"

/**
 * A record as forms read it, with what the caller may do with it now (`_can`). An answer that lacks a service's part has the ids of what
 * is missing, which is all that a form needs.
 *
 * @throws ProblemError
 */
export async function readRecord(form: FormModel, id: string, signal?: AbortSignal): Promise<Values> {
  const { model, select } = form
  const search = new URLSearchParams({ select: select.join(","), ...(form.tellsCan ? { can: "true" } : {}) })
  const path = `${model.collection}/${encodeURIComponent(id)}?${search}`
  const { data } = await request<RecordData>(path, signal ? { signal } : {})
  return formRecord(data, form)
}

export const recordOptions = (form: FormModel, id: string) =>
  queryOptions({
    queryKey: ["record", form.model.collection, id, form.select],
    queryFn: ({ signal }) => readRecord(form, id, signal),
    staleTime: 10_000,
    gcTime: 60_000,
  })
