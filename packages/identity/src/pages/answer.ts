import type { ServerResponse } from "node:http"

/** What a page's address answers. */
export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Buffer
  /** Cookies to set, whole. */
  readonly cookies?: readonly string[]
}

export interface PageHeaderOptions {
  readonly isSecure: boolean
  /** Origins and schemes, other than our own, to which a form of this page may lead in the end. */
  readonly leadsTo?: readonly string[]
}

/** Headers of every page: nothing inline, nothing framed, nothing kept, nothing told to others. */
export const pageHeaders = ({ isSecure, leadsTo = [] }: PageHeaderOptions): Readonly<Record<string, string>> => ({
  "content-type": "text/html; charset=utf-8",
  "cache-control": "no-store",
  "content-security-policy": `default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action ${["'self'", ...leadsTo].join(" ")}; frame-ancestors 'none'`,
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "cross-origin-opener-policy": "same-origin",
  "permissions-policy": "publickey-credentials-get=(self), publickey-credentials-create=(self)",
  ...(isSecure ? { "strict-transport-security": "max-age=31536000; includeSubDomains" } : {}),
})

/** After a form was taken: the browser asks for another page, so that loading it again sends nothing twice. */
export const redirect = (location: string, isSecure: boolean): Answer => ({
  status: 303,
  headers: { ...pageHeaders({ isSecure }), location },
  body: "",
})

export function send(outgoing: ServerResponse, { status, headers, body, cookies = [] }: Answer, isHead = false): void {
  for (const cookie of cookies) outgoing.appendHeader("set-cookie", cookie)
  outgoing.writeHead(status, { ...headers, "content-length": Buffer.byteLength(body) })
  outgoing.end(isHead ? undefined : body)
}
