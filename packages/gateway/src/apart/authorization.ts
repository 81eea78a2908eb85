/**
 * What proves to a service who sends a request: never the token that a browser's session or a program has for the gateway, but one that
 * this service alone takes.
 *
 * @module
 */
import type { RequestHeaders, SessionCredential, TokenExchange } from "@archipel/server"

/** RFC 6750, section 2.1; and the words of development, which are exchanged like tokens. */
const BEARER = /^bearer +(\S+) *$/i
const MAX_KNOWN = 10_000

/** The Authorization for a service. */
export interface Authorization {
  readonly value: string | undefined
  /** Who it is of, where identity has said so. */
  readonly subject: string | undefined
}

export interface Authorizing {
  readonly sessions: SessionCredential
  /** Undefined in development without logins: what users send is passed as it is. */
  readonly exchange: TokenExchange | undefined
}

interface Claims {
  readonly audience: string | undefined
  readonly subject: string | undefined
}

const textOf = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined)
const nothing: Claims = { audience: undefined, subject: undefined }
const nobody: Authorization = { value: undefined, subject: undefined }

/** What a token says, as long as nobody has to believe it. */
function claimsOf(token: string): Claims {
  const [, payload, signature] = token.split(".", 3)
  if (payload === undefined || signature === undefined) return nothing
  try {
    const { aud, sub } = JSON.parse(Buffer.from(payload, "base64url").toString()) as Record<string, unknown>
    return { audience: textOf(aud), subject: textOf(sub) }
  } catch {
    return nothing
  }
}

const audienceOf = (service: string): string => `urn:archipel:${service}`

/** @throws of what it returns: `request.cross_site`, `auth.invalid`, `access.denied`, `service.unavailable` */
export function createAuthorization({ sessions, exchange }: Authorizing) {
  const known = new Map<string, Claims>()
  const claims = (token: string): Claims => {
    let found = known.get(token)
    if (found === undefined) {
      found = claimsOf(token)
      if (known.size >= MAX_KNOWN) known.delete(known.keys().next().value as string)
      known.set(token, found)
    }
    return found
  }

  /** For one service, by what the request says of its sender. Without anything, nothing is added. */
  return async (
    service: string,
    request: { readonly method: string; readonly headers: RequestHeaders },
    /** Whether a browser's session speaks for its sender. */
    { withSession }: { readonly withSession: boolean },
  ): Promise<Authorization> => {
    const value = request.headers.get("authorization") ?? (withSession ? await sessions(request) : undefined)
    if (value === undefined) return nobody
    const token = BEARER.exec(value)?.[1]
    if (token === undefined || exchange === undefined) return { value, subject: undefined }
    // Whoever has a token for this service already needs no other, and could not get one: it is not for the gateway.
    if (claims(token).audience === audienceOf(service)) return { value: `Bearer ${token}`, subject: undefined }
    const exchanged = await exchange({ token }, service)
    return { value: `Bearer ${exchanged}`, subject: claims(exchanged).subject }
  }
}

export type Authorize = ReturnType<typeof createAuthorization>
