/**
 * Requests to a program over HTTP.
 *
 * @module
 */

/** What came back, with the body read. */
export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** The body as JSON; `undefined` if it is none. */
  readonly json: Json
}
// biome-ignore lint/suspicious/noExplicitAny: tests look into answers freely
// oxlint-disable-next-line typescript/no-explicit-any
export type Json = any

export interface Asking {
  /** GET, or POST with a body. */
  readonly method?: string
  /** A development user; alice when left out, nobody for null. */
  readonly as?: string | null
  readonly headers?: Readonly<Record<string, string>>
  /** Sent as JSON; texts as they are. */
  readonly body?: unknown
}

export type Ask = (path: string, asking?: Asking) => Promise<Answer>

const DEADLINE_MS = 45_000

/** Asks the program at this address. A broken connection rejects. */
export const asksOf =
  (url: string): Ask =>
  async (path, { method, as = "alice", headers = {}, body } = {}) => {
    const isText = typeof body === "string"
    const response = await fetch(url + path, {
      method: method ?? (body === undefined ? "GET" : "POST"),
      headers: {
        ...(as === null ? {} : { authorization: `Bearer dev:${as}` }),
        ...(body === undefined || isText ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: isText ? body : JSON.stringify(body) }),
      redirect: "manual",
      signal: AbortSignal.timeout(DEADLINE_MS),
    })
    const text = await response.text()
    let json: Json
    try {
      json = JSON.parse(text)
    } catch {
      json = undefined
    }
    return { status: response.status, headers: response.headers, text, json }
  }
