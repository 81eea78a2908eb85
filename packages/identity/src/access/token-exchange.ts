/**
 * Tokens for other services, as a service gets them: in exchange, at identity's token endpoint (RFC 8693), proved by its certificate.
 *
 * @module
 */
import { request } from "node:https"
import { ArchipelError, serviceUnavailable } from "@archipel/core"
import { type Mesh, type Proof, serverNameOf, type TokenExchange } from "@archipel/server"
import { ACCESS_TOKEN, audienceOf, DEVELOPMENT_TOKEN, GATEWAY_CLIENT, TOKEN_EXCHANGE } from "../oidc/client-names.ts"
import type { TokenVerifier } from "./verify-token.ts"

export interface ExchangeOptions {
  readonly mesh: Pick<Mesh, "agent" | "credentials">
  /** Knows tokens before they are sent anywhere: what is no token of ours is nobody's business. */
  readonly verify: TokenVerifier["verify"]
  /** Whether "dev:alice" may be worth something. */
  readonly isDevelopment: boolean
  readonly now: () => Date
}

const IDENTITY = "identity"
const PATH = "/oidc/token"
const DEADLINE_MS = 5_000
/** A replica that has not answered by then is not going to; the next attempt goes to the next one. */
const ATTEMPT_MS = 2_000
/** That it is asked twice does no harm: a token more or less. */
const ATTEMPTS = 3
const MAX_ANSWER_BYTES = 65_536
/** A token that ends sooner is replaced, and used as long as no other is to be had. */
const RENEW_BEFORE_MS = 60_000
/** Whoever is sent a token has a moment to use it. */
const SPARE_MS = 5_000
const MAX_TOKENS = 10_000
/** Exchanges under way; who comes then is told to come again. */
const MAX_WAITING = 500
/** Between two attempts to replace a token that is still good. */
const RETRY_MS = 1_000
const DEVELOPMENT = /^dev:[\w-]{1,100}$/

interface Exchanged {
  readonly token: string
  /** Milliseconds since 1970. */
  readonly until: number
  /** When it is to be replaced. */
  renewAt: number
}

interface Answer {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
}

const unavailable = (cause?: unknown): ArchipelError => serviceUnavailable(IDENTITY, cause)

const isAway = (error: unknown): boolean => error instanceof ArchipelError && error.code === "service.unavailable"

export function createTokenExchange({ mesh, verify, isDevelopment, now }: ExchangeOptions): TokenExchange {
  const own = mesh.credentials.service
  const tokens = new Map<string, Exchanged>()
  const waiting = new Map<string, Promise<Exchanged>>()

  const isForDevelopment = (token: string): boolean =>
    isDevelopment && own === GATEWAY_CLIENT && DEVELOPMENT.test(token)

  const fetched = async (token: string, service: string): Promise<Exchanged> => {
    const asked = now().getTime()
    const { status, body } = await answered(mesh, {
      grant_type: TOKEN_EXCHANGE,
      client_id: own,
      subject_token: token,
      subject_token_type: isForDevelopment(token) ? DEVELOPMENT_TOKEN : ACCESS_TOKEN,
      audience: audienceOf(service),
    })
    if (status !== 200) throw problemOf(body["error"], service)
    const { access_token: made, expires_in: seconds } = body
    if (typeof made !== "string" || typeof seconds !== "number") throw unavailable()
    const until = asked + seconds * 1_000
    return { token: made, until, renewAt: until - Math.min(RENEW_BEFORE_MS, (seconds * 1_000) / 2) }
  }

  const exchange = (key: string, token: string, service: string): Promise<Exchanged> => {
    const known = waiting.get(key)
    if (known) return known
    if (waiting.size >= MAX_WAITING) return Promise.reject(unavailable())
    const made = fetched(token, service)
      .then((each) => {
        tokens.delete(key)
        if (tokens.size >= MAX_TOKENS) tokens.delete(tokens.keys().next().value as string)
        tokens.set(key, each)
        return each
      })
      .finally(() => waiting.delete(key))
    waiting.set(key, made)
    return made
  }

  return async ({ token }: Proof, service) => {
    if (!isForDevelopment(token)) {
      // What was given to somebody for that very service is passed on as it is.
      const { audience } = await verify(token)
      if (audience === audienceOf(service)) return token
      if (audience !== audienceOf(own)) throw new ArchipelError("auth.invalid", {})
    }
    const key = `${service} ${token}`
    const at = now().getTime()
    const known = tokens.get(key)
    if (known !== undefined && at < known.renewAt) return known.token
    const isGood = known !== undefined && at < known.until - SPARE_MS
    try {
      return (await exchange(key, token, service)).token
    } catch (error) {
      if (isGood && isAway(error)) {
        known.renewAt = at + RETRY_MS
        return known.token
      }
      // The login has ended, or what may be called has changed: what it was good for before counts no more.
      if (!isAway(error)) tokens.delete(key)
      throw error
    }
  }
}

/** RFC 6749, section 5.2, RFC 8693, section 2.2.2. */
function problemOf(error: unknown, service: string): ArchipelError {
  switch (error) {
    case "invalid_grant":
      return new ArchipelError("auth.invalid", {})
    case "invalid_target":
    case "unauthorized_client":
    case "invalid_client":
    case "invalid_request":
      return new ArchipelError("access.denied", { operation: `call ${service}` })
    default:
      return unavailable()
  }
}

/** @throws `service.unavailable` */
async function answered(mesh: Pick<Mesh, "agent">, fields: Readonly<Record<string, string>>): Promise<Answer> {
  const late = AbortSignal.timeout(DEADLINE_MS)
  for (let n = 1; ; n++) {
    try {
      return await post(mesh, fields, AbortSignal.any([late, AbortSignal.timeout(ATTEMPT_MS)]))
    } catch (cause) {
      if (n === ATTEMPTS || late.aborted) throw unavailable(cause)
    }
  }
}

/** @throws whatever keeps it from having an answer */
function post(
  { agent }: Pick<Mesh, "agent">,
  fields: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>()
  const body = new URLSearchParams(fields).toString()
  const sent = request(
    {
      agent: agent(IDENTITY),
      // A replica of it, wherever that is: the agent knows.
      host: serverNameOf(IDENTITY),
      servername: serverNameOf(IDENTITY),
      path: PATH,
      method: "POST",
      headers: {
        "content-type": "application/x-www-form-urlencoded",
        "content-length": String(Buffer.byteLength(body)),
        accept: "application/json",
      },
      signal,
    },
    (answer) => {
      let text = ""
      answer.setEncoding("utf8")
      answer.on("data", (chunk: string) => {
        text += chunk
        if (text.length > MAX_ANSWER_BYTES) answer.destroy(new Error("The answer is too long."))
      })
      answer.on("error", reject)
      answer.on("end", () => {
        try {
          resolve({ status: answer.statusCode ?? 0, body: JSON.parse(text) as Answer["body"] })
        } catch (cause) {
          reject(cause as Error)
        }
      })
    },
  )
  sent.on("error", reject)
  sent.end(body)
  return promise
}
