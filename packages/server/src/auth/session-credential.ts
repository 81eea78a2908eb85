import type { RequestHeaders } from "./authenticate.ts"

/**
 * What a browser's session says in place of an Authorization header; undefined for a request that has none, at once, or whose session
 * has ended.
 *
 * @throws `request.cross_site` for a change that another site may have made the browser send
 */
export type SessionCredential = (request: {
  readonly method: string
  readonly headers: RequestHeaders
}) => Promise<string | undefined> | undefined

/** The same header fields with that Authorization. */
export const withAuthorization = (headers: RequestHeaders, authorization: string | undefined): RequestHeaders =>
  authorization === undefined
    ? headers
    : { get: (name) => (name.toLowerCase() === "authorization" ? authorization : headers.get(name)) }
