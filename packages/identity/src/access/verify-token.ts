/**
 * Access tokens as services take them (RFC 9068): signed by this issuer, for this program, and of no other kind.
 *
 * @module
 */
import { ArchipelError } from "@archipel/core"
import type { JSONWebKeySet, JWTPayload } from "jose"
// Every service verifies tokens, and none but identity needs the rest.
import { decodeProtectedHeader } from "jose/decode/protected_header"
import * as errors from "jose/errors"
import { jwtVerify } from "jose/jwt/verify"
import { importJWK } from "jose/key/import"
import type { Act } from "../grants/grants.ts"

/** What a token proves. */
export interface VerifiedToken {
  readonly subject: string
  readonly clientId: string
  readonly audience: string
  readonly sessionId: string | undefined
  readonly act: Act | undefined
  readonly version: number | undefined
  /** Of a service account's token that was passed on: the client that works as the account. */
  readonly program: string | undefined
  /** Whether it was given for a user of development, without any login. */
  readonly isDevelopment: boolean
  /** How well and when the user proved who they are (RFC 9470). */
  readonly acr: string | undefined
  readonly authenticatedAt: number | undefined
  /** Of the key that signed it. */
  readonly keyId: string
  /** Milliseconds since 1970. */
  readonly expiresAt: number
}

export interface VerifierOptions {
  readonly issuer: () => string
  /** Whether tokens for this audience are for this program at all. */
  readonly isAudience: (audience: string) => boolean
  /** Public keys that may have signed, in memory: nothing is fetched for a token. */
  readonly keys: () => JSONWebKeySet
  /** Looks whether there are newer keys; asked at most once in 5 s for ids that are unknown. */
  readonly refreshKeys?: () => Promise<void>
  readonly now: () => Date
}

export interface TokenVerifier {
  /**
   * At once for a token that was seen before.
   *
   * @throws `auth.invalid`, whatever is wrong; `auth.expired` for one that was right
   */
  verify(token: string): VerifiedToken | Promise<VerifiedToken>
}

/** How far clocks may be apart. */
export const CLOCK_TOLERANCE_S = 30
const ALGORITHM = "ES256"
/** Of ours have some hundred bytes. */
const MAX_TOKEN_LENGTH = 4_096
const MAX_TOKENS = 10_000
const MAX_ACTORS = 6
const REFRESH_PAUSE_MS = 5_000
/** What could name another key than ours: a token with one of these is not ours. */
const FOREIGN_KEY_HEADERS = ["jku", "jwk", "x5u", "x5c", "x5t", "x5t#S256", "crit", "b64"]
const PUBLIC_MEMBERS = ["kty", "crv", "x", "y"] as const

type Key = Awaited<ReturnType<typeof importJWK>>

export function createTokenVerifier({ issuer, isAudience, keys, refreshKeys, now }: VerifierOptions): TokenVerifier {
  const seen = new Map<string, VerifiedToken>()
  const imported = new Map<string, Promise<Key>>()
  let lastRefresh = Number.NEGATIVE_INFINITY

  const jwkOf = (kid: string) => keys().keys.find((key) => key.kid === kid && key.kty === "EC" && key.crv === "P-256")
  const keyOf = async (kid: string): Promise<Key> => {
    let jwk = jwkOf(kid)
    if (jwk === undefined && refreshKeys && now().getTime() - lastRefresh >= REFRESH_PAUSE_MS) {
      lastRefresh = now().getTime()
      await refreshKeys()
      jwk = jwkOf(kid)
    }
    if (jwk === undefined) throw new ArchipelError("auth.invalid", {})
    const known = imported.get(kid)
    if (known) return known
    const { kty, crv, x, y } = jwk as Record<(typeof PUBLIC_MEMBERS)[number], string>
    const made = importJWK({ kty, crv, x, y, alg: ALGORITHM }, ALGORITHM)
    // As many as are published, with a few that no longer are.
    if (imported.size >= 16) imported.delete(imported.keys().next().value as string)
    imported.set(kid, made)
    return made
  }

  const verified = async (token: string): Promise<VerifiedToken> => {
    try {
      const { alg, kid, ...header } = decodeProtectedHeader(token)
      if (alg !== ALGORITHM || typeof kid !== "string" || FOREIGN_KEY_HEADERS.some((name) => name in header))
        throw new ArchipelError("auth.invalid", {})
      const { payload } = await jwtVerify(token, await keyOf(kid), {
        algorithms: [ALGORITHM],
        issuer: issuer(),
        typ: "at+jwt",
        clockTolerance: CLOCK_TOLERANCE_S,
        currentDate: now(),
        requiredClaims: ["sub", "exp", "iat", "aud", "client_id"],
      })
      const claims = claimsOf(payload, kid)
      const isEarly = (payload.iat ?? 0) > now().getTime() / 1_000 + CLOCK_TOLERANCE_S
      if (claims === undefined || isEarly || !isAudience(claims.audience)) throw new ArchipelError("auth.invalid", {})
      return claims
    } catch (error) {
      if (error instanceof errors.JWTExpired && isAudience(String(error.payload.aud)))
        throw new ArchipelError("auth.expired", {})
      if (error instanceof errors.JOSEError || error instanceof TypeError || error instanceof SyntaxError)
        throw new ArchipelError("auth.invalid", {})
      throw error
    }
  }

  return {
    verify(token) {
      const known = seen.get(token)
      if (known !== undefined) {
        const isOver = now().getTime() >= known.expiresAt + CLOCK_TOLERANCE_S * 1_000
        if (!isOver && jwkOf(known.keyId) !== undefined) return known
        seen.delete(token)
        throw new ArchipelError(isOver ? "auth.expired" : "auth.invalid", {})
      }
      if (token.length > MAX_TOKEN_LENGTH) throw new ArchipelError("auth.invalid", {})
      return verified(token).then((claims) => {
        if (seen.size >= MAX_TOKENS) seen.delete(seen.keys().next().value as string)
        seen.set(token, claims)
        return claims
      })
    },
  }
}

const textOf = (value: unknown): string | undefined => (typeof value === "string" && value !== "" ? value : undefined)
const isText = (value: unknown): boolean => value === undefined || textOf(value) !== undefined
const isNumber = (value: unknown): boolean => value === undefined || Number.isSafeInteger(value)

/** @returns undefined if a claim is not what it has to be */
function claimsOf(payload: JWTPayload, keyId: string): VerifiedToken | undefined {
  const { sub, aud, exp, sid, act, gv, acr, auth_time: authTime, client_id: client, program, dev } = payload
  const subject = textOf(sub)
  const clientId = textOf(client)
  const actors = act === undefined ? undefined : actOf(act, 1)
  if (subject === undefined || clientId === undefined || typeof aud !== "string" || exp === undefined) return undefined
  if (act !== undefined && actors === undefined) return undefined
  if (!isText(program) || (dev !== undefined && dev !== true)) return undefined
  if (!isText(sid) || !isText(acr) || !isNumber(gv) || !isNumber(authTime)) return undefined
  return {
    subject,
    clientId,
    audience: aud,
    sessionId: textOf(sid),
    act: actors,
    version: gv as number | undefined,
    program: textOf(program),
    isDevelopment: dev === true,
    acr: textOf(acr),
    authenticatedAt: authTime as number | undefined,
    keyId,
    expiresAt: exp * 1_000,
  }
}

function actOf(act: unknown, depth: number): Act | undefined {
  if (typeof act !== "object" || act === null || depth > MAX_ACTORS) return undefined
  const { sub, act: before } = act as { readonly sub?: unknown; readonly act?: unknown }
  if (typeof sub !== "string" || sub === "") return undefined
  if (before === undefined) return { sub }
  const inner = actOf(before, depth + 1)
  return inner && { sub, act: inner }
}
