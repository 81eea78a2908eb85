import {
  ArchipelError,
  type Catalog,
  type ErrorCode,
  errorCatalog,
  type Principal,
  type Problem,
  type Query,
} from "@archipel/core"
import type { Page, StopSignal } from "@archipel/data"
import type { Neighbour } from "./neighbour.ts"
import type { RequestContext } from "./service-runtime.ts"

export interface RemoteServiceOptions {
  readonly name: string
  /** Address of the process that serves it: "http://127.0.0.1:4001". */
  readonly url: string
  readonly catalog: Catalog
  /** What proves the principal to the neighbour: the value of the Authorization header. */
  readonly credential: (principal: Principal) => string
  /** Default 5 s. */
  readonly deadlineMs?: number
}

const RETRY_AFTER_SECONDS = 5

/** A problem of the neighbour stays the same problem here, if this version knows its code. */
function asError(problem: Partial<Problem>, service: string): ArchipelError {
  const { code, details } = problem
  if (code !== undefined && code !== "internal" && Object.hasOwn(errorCatalog, code) && details) {
    return new ArchipelError(code as ErrorCode, details as never)
  }
  return new ArchipelError("service.unavailable", { service, retryAfterSeconds: RETRY_AFTER_SECONDS })
}

const readOnly = (service: string): Promise<never> =>
  Promise.reject(new ArchipelError("service.unavailable", { service, retryAfterSeconds: RETRY_AFTER_SECONDS }))

/** What `fetch` understands. */
function abortSignalOf(stop: StopSignal): AbortSignal {
  if (stop instanceof AbortSignal) return stop
  const controller = new AbortController()
  if (stop.aborted) controller.abort(stop.reason)
  else stop.addEventListener("abort", () => controller.abort(stop.reason), { once: true })
  return controller.signal
}

/** A service in another process, over HTTP. */
export function remoteService({ name, url, catalog, credential, deadlineMs = 5_000 }: RemoteServiceOptions): Neighbour {
  const post = async (
    principal: Principal,
    model: string,
    verb: string,
    body: object,
    context: RequestContext,
  ): Promise<string> => {
    const collection = catalog.models.get(model)?.collection
    if (collection === undefined) throw new ArchipelError("query.unknown_model", { model })
    const signals = [AbortSignal.timeout(deadlineMs), ...(context.signal ? [abortSignalOf(context.signal)] : [])]
    let response: Response
    let text: string
    try {
      response = await fetch(new URL(`/api/${name}/${collection}/${verb}`, url), {
        method: "POST",
        headers: {
          "content-type": "application/json",
          authorization: credential(principal),
          traceparent: `00-${context.traceId}-${context.traceId.slice(0, 16)}-01`,
        },
        body: JSON.stringify(body),
        signal: AbortSignal.any(signals),
      })
      text = await response.text()
    } catch (cause) {
      throw new ArchipelError(
        "service.unavailable",
        { service: name, retryAfterSeconds: RETRY_AFTER_SECONDS },
        { cause },
      )
    }
    if (!response.ok) {
      const problem = response.headers.get("content-type")?.includes("json")
        ? (JSON.parse(text) as Partial<Problem>)
        : {}
      throw asError(problem, name)
    }
    return text
  }
  return {
    async query(principal: Principal, query: Query, context: RequestContext): Promise<Page> {
      const { model, ...rest } = query
      const answer = JSON.parse(await post(principal, model, "$query", rest, context)) as {
        data: unknown
        next: string | null
        previous?: string | null
        count?: number
      }
      return {
        data: JSON.stringify(answer.data),
        next: answer.next,
        previous: answer.previous ?? null,
        ...(answer.count === undefined ? {} : { count: answer.count }),
      }
    },
    async titles(principal, model, ids, context) {
      const { titles } = JSON.parse(await post(principal, model, "$resolve", { ids }, context)) as {
        titles: Record<string, string>
      }
      return new Map(Object.entries(titles))
    },
    change: () => readOnly(name),
    bulk: () => readOnly(name),
  }
}
