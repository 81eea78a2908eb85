import { NO_ANSWER, type ProblemDetails, ProblemError } from "./problem.ts"

export interface Ask {
  readonly method?: "GET" | "POST" | "PATCH" | "PUT" | "DELETE"
  /** Sent as JSON. */
  readonly body?: unknown
  /** Sent as it is, in place of `body`. */
  readonly bytes?: Blob
  readonly headers?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal | undefined
  /** After so long the service counts as away. 30 s, the longest that a service works on a request. */
  readonly timeoutMs?: number
}

/** An answer whose status says that all went well, or 304. */
export interface Answer<T> {
  readonly status: number
  readonly headers: Headers
  readonly data: T
}

const TIMEOUT_MS = 30_000

type Unknown = (where: string) => void
let whoAsksIsUnknown: Unknown = () => {}
/** What is done when a service does not know who asks: the session has ended. */
export function onUnknownUser(then: Unknown): void {
  whoAsksIsUnknown = then
}

let language = "en"
/** The language in which services are asked for their texts. */
export function askIn(code: string): void {
  language = code
}

async function problemIn(response: Response): Promise<ProblemDetails> {
  const { status, statusText } = response
  const given: unknown = await response.json().catch(() => undefined)
  const problem = (typeof given === "object" && given !== null ? given : {}) as Partial<ProblemDetails>
  return { code: NO_ANSWER, title: statusText || `Status ${status}`, ...problem, status }
}

/**
 * One request to this origin.
 *
 * @throws ProblemError for every refusal, and with status 0 where there was no answer; `AbortError` if `signal` says so
 */
export async function request<T>(path: string, ask: Ask = {}): Promise<Answer<T>> {
  const { method = "GET", body, bytes, headers, signal, timeoutMs = TIMEOUT_MS } = ask
  const late = AbortSignal.timeout(timeoutMs)
  let response: Response
  try {
    response = await fetch(path, {
      method,
      headers: {
        accept: "application/json",
        "accept-language": language,
        // Says that this page asks, and no other site's form.
        "x-archipel": "1",
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      body: bytes ?? (body === undefined ? null : JSON.stringify(body)),
      signal: signal ? AbortSignal.any([signal, late]) : late,
      credentials: "same-origin",
    })
  } catch (error) {
    if (signal?.aborted) throw new DOMException("Aborted", "AbortError")
    throw new ProblemError({ code: NO_ANSWER, status: 0, title: "The service does not answer." }, { cause: error })
  }
  if (response.status === 401) whoAsksIsUnknown(path)
  if (!response.ok && response.status !== 304) throw new ProblemError(await problemIn(response))
  const hasBody = response.status !== 204 && response.status !== 304
  return {
    status: response.status,
    headers: response.headers,
    data: (hasBody ? await response.json() : undefined) as T,
  }
}
