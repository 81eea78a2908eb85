import { ArchipelError, parseQuery, type Query, type ResolvedModel, rightsOf } from "@archipel/core"
import { readJson } from "./body.ts"
import { columnsOf, csvHeader, csvLine } from "./csv.ts"
import type { Exchange, ModelTarget } from "./exchange.ts"
import { onlyParams, type Params, readParams } from "./params.ts"
import { queryFromParams } from "./query-params.ts"
import type { Reply } from "./reply.ts"

type Format = "csv" | "ndjson"
const types: Readonly<Record<Format, string>> = {
  csv: "text/csv; charset=utf-8; header=present",
  ndjson: "application/x-ndjson",
}

/** The format that the address names, else the one that Accept names, else NDJSON. */
function formatOf({ request }: Exchange, params: Params): Format {
  const named = params.get("format")
  if (named === "csv" || named === "ndjson") return named
  if (named !== undefined) {
    throw new ArchipelError("query.invalid", {
      errors: [{ path: "/format", code: "query.invalid", detail: "The format is csv or ndjson." }],
    })
  }
  return request.headers.get("accept")?.includes("text/csv") ? "csv" : "ndjson"
}

const paged = ["limit", "after", "before", "last", "count", "can", "group", "aggregates"] as const

function refusePages(query: Query): void {
  const named = paged.filter((word) => query[word] !== undefined)
  if (named.length === 0) return
  throw new ArchipelError("query.invalid", {
    errors: named.map((word) => ({
      path: `/${word}`,
      code: "query.invalid",
      detail: `An export has all records: it has no "${word}".`,
    })),
  })
}

/** What is exported where nothing is selected: the columns that the caller may read. */
function ownColumns({ principal }: Exchange, { runtime, model }: ModelTarget): readonly string[] {
  const rights = rightsOf(runtime.definition, principal).of(model)
  return model.columns.filter((member) => rights.readable(member).kind !== "false").map((member) => member.name)
}

const encoder = new TextEncoder()

/** The batches as one stream that is read only as fast as it is sent. */
function streamed(
  exchange: Exchange,
  first: IteratorResult<readonly string[]>,
  batches: AsyncIterator<readonly string[]>,
  text: (records: readonly string[]) => string,
  header: string,
): ReadableStream<Uint8Array> {
  let next: IteratorResult<readonly string[]> | undefined = first
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        if (header !== "") controller.enqueue(encoder.encode(header))
      },
      async pull(controller) {
        try {
          for (;;) {
            const { done, value } = next ?? (await batches.next())
            next = undefined
            exchange.flight.extend(exchange.limits.requestMs)
            if (done) return controller.close()
            if (value.length > 0) return controller.enqueue(encoder.encode(text(value)))
          }
        } catch (error) {
          // The status is sent already: the stream ends without its end, which every client notices.
          exchange.report(error)
          controller.error(error)
        }
      },
      async cancel() {
        exchange.flight.stop(new ArchipelError("request.aborted", {}))
        await batches.return?.()
      },
    },
    { highWaterMark: 0 },
  )
}

async function exported(exchange: Exchange, target: ModelTarget, query: Query, format: Format): Promise<Reply> {
  refusePages(query)
  const { runtime, model } = target
  const select = query.select ?? ownColumns(exchange, target)
  const columns = columnsOf(select)
  const batches = runtime.export(exchange.principal, query, exchange.flight)[Symbol.asyncIterator]()
  // Until the first batch is there, a failure is still a problem with its status.
  const first = await batches.next()
  const text =
    format === "csv"
      ? (records: readonly string[]) => records.map((record) => csvLine(record, columns)).join("")
      : (records: readonly string[]) => `${records.join("\n")}\n`
  return {
    status: 200,
    headers: {
      "content-type": types[format],
      "cache-control": "private, no-store",
      "content-disposition": `attachment; filename="${fileName(model)}.${format}"`,
    },
    body: streamed(exchange, first, batches, text, format === "csv" ? csvHeader(columns) : ""),
    compressible: true,
  }
}

const fileName = ({ collection }: ResolvedModel) => collection.replaceAll(/[^a-z0-9-]/g, "-")

/** All records that the parameters select, as a stream in flat memory. */
export async function exportByParams(exchange: Exchange, target: ModelTarget): Promise<Reply> {
  const params = readParams(exchange.search)
  const others = new Map([...params].filter(([name]) => name !== "format"))
  return exported(exchange, target, queryFromParams(target.model, others), formatOf(exchange, params))
}

/** The same with the query as the body. */
export async function exportByQuery(exchange: Exchange, target: ModelTarget): Promise<Reply> {
  const params = onlyParams(readParams(exchange.search), ["format"])
  const { value } = await readJson(exchange.request, exchange.limits.bodyBytes)
  return exported(exchange, target, parseQuery(value, target.model.name), formatOf(exchange, params))
}
