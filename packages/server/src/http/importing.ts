import { accessDenied, ArchipelError, rightsOf } from "@archipel/core"
import { importColumns } from "../import/import-columns.ts"
import { importLimits, importRequestOf } from "../import/import-request.ts"
import { runImport } from "../import/run-import.ts"
import { visibleModels } from "../openapi/visible-model.ts"
import { readJsonObject } from "./body.ts"
import type { Exchange, ModelTarget } from "./exchange.ts"
import { onlyParams, readParams } from "./params.ts"
import { json, type Reply } from "./reply.ts"

/** `POST …/$import`: a table of texts as records, each row through the gate as a change of its own. */
export async function importRecords(exchange: Exchange, { runtime, model }: ModelTarget): Promise<Reply> {
  onlyParams(readParams(exchange.search), [])
  const { principal, flight, limits } = exchange
  const visible = visibleModels(rightsOf(runtime.definition, principal)).get(model.name)
  const { operations } = visible ?? {}
  if (!visible || !(operations?.has("create") || operations?.has("update"))) throw accessDenied(model.name, "import")
  const { value } = await readJsonObject(exchange.request, importLimits.bytes)
  const request = importRequestOf(value)
  const columns = importColumns(visible, request)
  if (columns.columns.length === 0) {
    throw new ArchipelError("request.invalid", {
      errors: [{ path: "/mapping", code: "value.required", detail: `No column is a field of ${model.name}.` }],
    })
  }
  const { traceId, signal } = flight
  const importing = { runtime, principal, context: { traceId, signal }, model, columns, request }
  return json(JSON.stringify(await runImport(importing, () => flight.extend(limits.requestMs))))
}
