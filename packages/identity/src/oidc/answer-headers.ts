import type { ServerResponse } from "node:http"

const base = [
  "default-src 'none'",
  "style-src 'self'",
  "script-src 'self'",
  "img-src 'self'",
  "font-src 'self'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
]

/** What every answer of the protocol carries. Pages may show what comes from here, and send their forms here. */
export function protectAnswer(outgoing: ServerResponse, isHttps: boolean): void {
  outgoing.setHeader("content-security-policy", base.join(";"))
  outgoing.setHeader("x-content-type-options", "nosniff")
  outgoing.setHeader("x-frame-options", "DENY")
  outgoing.setHeader("referrer-policy", "no-referrer")
  outgoing.setHeader("cross-origin-opener-policy", "same-origin")
  outgoing.setHeader("cross-origin-resource-policy", "same-origin")
  outgoing.setHeader("permissions-policy", "camera=(), geolocation=(), microphone=()")
  outgoing.setHeader("cache-control", "no-store")
  if (isHttps) outgoing.setHeader("strict-transport-security", "max-age=63072000; includeSubDomains")
}

/**
 * Lets the page's form end at an application's address: browsers hold `form-action` against every redirect that follows. Schemes of
 * native applications have no origin, so there the scheme itself is named.
 */
export function allowFormTo(policy: string, uri: string): string {
  const url = URL.parse(uri)
  if (url === null) return policy
  const source = url.protocol === "https:" || url.protocol === "http:" ? url.origin : url.protocol
  return policy
    .split(";")
    .map((directive) => (/^\s*form-action\b/.test(directive) ? `${directive} ${source}` : directive))
    .join(";")
}
