/**
 * One request: with a deadline, and again where that does no harm.
 *
 * @module
 */
import { ApiError, type ClientErrorCode } from "./api-error.ts"

/** What the client needs of `fetch`; the platform's own fits. */
export type FetchLike = (
  url: string,
  init: {
    readonly method: string
    readonly headers: Record<string, string>
    readonly body?: never
    readonly signal: never
    readonly credentials?: "same-origin" | "include" | "omit"
  },
) => Promise<AnswerLike>

interface AnswerLike {
  readonly status: number
  readonly headers: { get(name: string): string | null }
  text(): Promise<string>
}

/** What goes with a single call. */
export interface CallOptions {
  /** Ends the call: it throws the signal's reason. */
  readonly signal?: AbortSignal
  /** For all tries together; the client's when left out. */
  readonly timeoutMs?: number
}

/** A request as the client's parts ask for it. */
export interface Outgoing extends CallOptions {
  readonly method: string
  /** With a slash at its begin. */
  readonly path: string
  /** Sent as JSON. */
  readonly json?: unknown
  /** Sent as it is, with its type. */
  readonly raw?: { readonly body: unknown; readonly type: string }
  readonly headers?: Readonly<Record<string, string>>
  /** Whether it may be sent again when it is not known what became of it. */
  readonly isIdempotent: boolean
}

export interface Incoming {
  readonly status: number
  /** Undefined where the answer has no body. */
  readonly json: unknown
}

export type Send = (request: Outgoing) => Promise<Incoming>

export interface SendOptions {
  readonly url: string
  readonly fetch: FetchLike
  readonly token: (() => string | undefined | Promise<string | undefined>) | undefined
  readonly headers: Readonly<Record<string, string>>
  readonly credentials: "same-origin" | "include" | "omit" | undefined
  readonly timeoutMs: number
  readonly retries: number
  readonly onPartial: ((services: readonly string[]) => void) | undefined
}

const FIRST_WAIT_MS = 200
const MAX_WAIT_MS = 5_000

const failure = (code: ClientErrorCode, title: string, retryable: boolean, cause?: unknown, status = 0): ApiError =>
  new ApiError(status, { code, title, retryable }, cause === undefined ? undefined : { cause })

/** The wait that a service asks for (RFC 9110, section 10.2.3), in milliseconds. */
function retryAfterOf(answer: AnswerLike): number | undefined {
  const given = answer.headers.get("retry-after")
  if (given === null) return undefined
  if (/^\d+$/.test(given)) return Number(given) * 1_000
  const at = Date.parse(given)
  return Number.isNaN(at) ? undefined : Math.max(0, at - Date.now())
}

/** Gateways answer in their own words. */
const PASSING: ReadonlySet<number> = new Set([429, 502, 503, 504])

interface Tried {
  readonly answer?: Incoming
  readonly error?: ApiError
  readonly again: boolean
  readonly afterMs?: number | undefined
}

async function understood(answer: AnswerLike, onPartial: SendOptions["onPartial"]): Promise<Tried> {
  const text = await answer.text()
  let json: unknown
  try {
    json = text === "" ? undefined : JSON.parse(text)
  } catch (cause) {
    const error = failure("client.not_json", `The answer (${answer.status}) is not JSON.`, false, cause, answer.status)
    return { error, again: PASSING.has(answer.status), afterMs: retryAfterOf(answer) }
  }
  if (answer.status < 400) {
    const partial = answer.headers.get("archipel-partial")
    if (partial !== null) onPartial?.(partial.split(/\s*,\s*/))
    return { answer: { status: answer.status, json }, again: false }
  }
  const error = new ApiError(answer.status, (json ?? {}) as object)
  return { error, again: error.retryable || PASSING.has(answer.status), afterMs: retryAfterOf(answer) }
}

/** How long a call may go on. */
interface Limit {
  readonly signal: AbortSignal
  /** Why it ended; not every platform's signals keep it. */
  reason(): unknown
  leftMs(): number
  end(): void
}

/** Ends with the time or the caller, whichever is first. */
function limited(timeoutMs: number, outer: AbortSignal | undefined): Limit {
  const controller = new AbortController()
  const endsAt = Date.now() + timeoutMs
  let reason: unknown
  const abort = (why: unknown): void => {
    reason = why ?? new Error("The call was aborted.")
    controller.abort(reason)
  }
  const timer = setTimeout(
    () => abort(failure("client.deadline", `There was no answer within ${timeoutMs} ms.`, true)),
    timeoutMs,
  )
  const stop = (): void => abort(outer?.reason)
  if (outer?.aborted) stop()
  outer?.addEventListener("abort", stop)
  return {
    signal: controller.signal,
    reason: () => reason,
    leftMs: () => endsAt - Date.now(),
    end() {
      clearTimeout(timer)
      outer?.removeEventListener("abort", stop)
    },
  }
}

const pause = (ms: number, { signal, reason }: Limit): Promise<void> =>
  new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer)
      reject(reason() as Error)
    }
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", stop)
      resolve()
    }, ms)
    signal.addEventListener("abort", stop, { once: true })
  })

export function createSend(options: SendOptions): Send {
  const { fetch, retries, onPartial, credentials } = options
  const base = options.url.replace(/\/+$/, "")

  async function once(request: Outgoing, { signal, reason }: Limit): Promise<Tried> {
    const token = await options.token?.()
    const { method, path, json, raw } = request
    const type = raw?.type ?? (json === undefined ? undefined : "application/json")
    const body = raw ? raw.body : json === undefined ? undefined : JSON.stringify(json)
    const headers: Record<string, string> = {
      accept: "application/json",
      ...options.headers,
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(type === undefined ? {} : { "content-type": type }),
      ...request.headers,
    }
    try {
      const init = {
        method,
        headers,
        ...(body === undefined ? {} : { body }),
        signal,
        ...(credentials ? { credentials } : {}),
      }
      return await understood(await fetch(base + path, init as Parameters<FetchLike>[1]), onPartial)
    } catch (cause) {
      if (signal.aborted) throw reason()
      return { error: failure("client.unreachable", "The service cannot be reached.", true, cause), again: true }
    }
  }

  return async (request) => {
    const limit = limited(request.timeoutMs ?? options.timeoutMs, request.signal)
    try {
      for (let attempt = 0; ; attempt++) {
        const { answer, error, again, afterMs } = await once(request, limit)
        if (answer) return answer
        if (!again || !request.isIdempotent || attempt >= retries) throw error
        // Half of the wait is left to chance, so that clients that failed together do not come back together.
        const waitMs = afterMs ?? Math.min(MAX_WAIT_MS, FIRST_WAIT_MS * 2 ** attempt) * (0.5 + Math.random() / 2)
        if (waitMs >= limit.leftMs()) throw error
        await pause(waitMs, limit)
      }
    } finally {
      limit.end()
    }
  }
}
