import { historyLimits } from "../history.ts"
import type { Exchange, RecordTarget } from "./exchange.ts"
import { pageRangeOf } from "./page-range.ts"
import { json, type Reply } from "./reply.ts"

/** `GET /{id}/$history`: what happened to a record, newest first, as far as the caller may see it. */
export async function readHistory(exchange: Exchange, { runtime, model, id }: RecordTarget): Promise<Reply> {
  const range = pageRangeOf(exchange.search, historyLimits)
  const { traceId, signal } = exchange.flight
  const page = await runtime.history(exchange.principal, { model: model.name, id, ...range }, { traceId, signal })
  return json(JSON.stringify(page))
}
