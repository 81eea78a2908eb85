import type { IncomingHttpHeaders } from "node:http"

/**
 * Whether a request that changes something may come from one of our own pages. Browsers say so in `Sec-Fetch-Site`; of one that does
 * not, `Origin` is looked at. Our pages send no referrer, so their forms have the origin "null": that alone proves nothing and refutes
 * nothing, and the token of the form decides.
 */
export function mayBeOwn(headers: IncomingHttpHeaders, ownOrigin: string): boolean {
  const site = headers["sec-fetch-site"]
  if (site !== undefined) return site === "same-origin"
  const { origin } = headers
  return origin === undefined || origin === "null" || origin === ownOrigin
}

/** A path of the account to come back to; the account itself for everything that is none, so that no link leads elsewhere. */
export function ownPath(text: string | null | undefined): string {
  const fallback = "/account"
  if (!text?.startsWith("/account") || text.includes("\\")) return fallback
  const url = URL.parse(text, "http://own")
  if (url?.origin !== "http://own" || !/^\/account(?:\/|$)/.test(url.pathname)) return fallback
  return url.pathname + url.search
}
