import { ArchipelError } from "@archipel/core"
import type { IncomingMessage, ServerResponse } from "node:http"
import {
  cookieName,
  cookieText,
  NodeRequest,
  type OwnRoute,
  readCookies,
  readForm,
  type RequestHeaders,
  type Secrets,
} from "@archipel/server"
import type { IssuerClient, LoginWishes, PendingLogin } from "./issuer-client.ts"
import { assertSameSite } from "./same-site.ts"
import type { SessionStore } from "./session-store.ts"
import { SESSION_COOKIE, type Sessions } from "./sessions.ts"

/** The name of the cookie of a login that is under way, before its prefix. */
export const LOGIN_COOKIE = "gateway-login"
const LOGIN_SECONDS = 900
const PURPOSE = "gateway.login"
const MAX_RETURN = 2_000
/** Of the identity service's pages. */
const LOGGED_OUT = "/account/logged-out"

const common = {
  "cache-control": "no-store",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
} as const

/** A path of this origin, and nothing that a browser could take for another one. */
export function returnPath(asked: string | null, url: string): string {
  if (asked === null || asked.length > MAX_RETURN || !asked.startsWith("/")) return "/"
  const target = URL.parse(asked, url)
  return target?.origin === new URL(url).origin && !target.pathname.startsWith("//")
    ? `${target.pathname}${target.search}${target.hash}`
    : "/"
}

function wishesOf(parameters: URLSearchParams): LoginWishes {
  const maxAge = parameters.get("max_age")
  return {
    ...(maxAge !== null && /^\d{1,9}$/.test(maxAge) ? { maxAge: Number(maxAge) } : {}),
    ...(parameters.get("acr") === "mfa" ? { acr: "mfa" } : {}),
  }
}

/** The addresses under "/auth": what browsers call to log in and out, and the issuer to end logins. */
export function authRoute(options: {
  readonly url: string
  readonly issuer: IssuerClient
  readonly store: SessionStore
  readonly sessions: Sessions
  readonly secrets: Secrets
  readonly now: () => Date
}): OwnRoute {
  const { url, issuer, store, sessions, secrets, now } = options
  const isSecure = url.startsWith("https:")
  const cookie = (name: string, value: string, seconds?: number): string =>
    cookieText(name, value, { isSecure, ...(seconds === undefined ? {} : { seconds }) })

  const redirect = (outgoing: ServerResponse, to: string, cookies: readonly string[] = []): void => {
    if (cookies.length > 0) outgoing.setHeader("set-cookie", cookies)
    outgoing.writeHead(303, { ...common, location: to }).end()
  }
  const json = (outgoing: ServerResponse, value: object): void => {
    outgoing.writeHead(200, { ...common, "content-type": "application/json" }).end(JSON.stringify(value))
  }

  async function login(outgoing: ServerResponse, parameters: URLSearchParams): Promise<void> {
    const { address, pending } = await issuer.begin(returnPath(parameters.get("return"), url), wishesOf(parameters))
    redirect(outgoing, address, [cookie(LOGIN_COOKIE, secrets.seal(PURPOSE, JSON.stringify(pending)), LOGIN_SECONDS)])
  }

  function pendingOf(headers: RequestHeaders): PendingLogin | undefined {
    const sealed = readCookies(headers.get("cookie")).get(cookieName(LOGIN_COOKIE, isSecure))
    if (sealed === undefined) return undefined
    try {
      return JSON.parse(secrets.open(PURPOSE, sealed)) as PendingLogin
    } catch {
      return undefined
    }
  }

  async function callback(headers: RequestHeaders, outgoing: ServerResponse, address: URL): Promise<void> {
    const pending = pendingOf(headers)
    // An answer to nothing that this browser began, such as a bookmark or another's link: the login begins anew.
    if (pending === undefined) return redirect(outgoing, "/auth/login")
    if (address.searchParams.get("error") === "access_denied") {
      return redirect(outgoing, "/", [cookie(LOGIN_COOKIE, "", 0)])
    }
    const { user, sid, tokens } = await issuer.finish(address, pending)
    const before = await sessions.current(headers).catch(() => undefined)
    const handle = await store.create({ user, sid, tokens })
    if (before !== undefined) {
      await store.remove(before.hash)
      sessions.forget(before.hash)
    }
    redirect(outgoing, pending.returnTo, [cookie(SESSION_COOKIE, handle), cookie(LOGIN_COOKIE, "", 0)])
  }

  async function logout(headers: RequestHeaders, outgoing: ServerResponse): Promise<void> {
    assertSameSite(headers, url, false)
    const gone = cookie(SESSION_COOKIE, "", 0)
    const session = await sessions.current(headers).catch(() => undefined)
    if (session === undefined) return redirect(outgoing, LOGGED_OUT, [gone])
    await store.remove(session.hash)
    sessions.forget(session.hash)
    redirect(outgoing, await issuer.endAddress(session.tokens.idToken), [gone])
  }

  async function backchannel(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const form = await readForm(incoming)
    await store.removeOf(await issuer.ended(form.get("logout_token") ?? ""))
    outgoing.writeHead(200, common).end()
  }

  async function session(headers: RequestHeaders, outgoing: ServerResponse): Promise<void> {
    const current = await sessions.current(headers)
    if (current === undefined) return json(outgoing, { user: null })
    json(outgoing, {
      user: current.user,
      idleUntil: new Date(current.idleUntil).toISOString(),
      expiresAt: new Date(current.expiresAt).toISOString(),
      now: now().toISOString(),
    })
  }

  return {
    prefix: "/auth",
    async handle(incoming, outgoing) {
      const address = new URL(incoming.url ?? "/", url)
      const { headers } = new NodeRequest(incoming)
      const only = (...allowed: string[]): void => {
        if (!allowed.includes(incoming.method ?? "")) throw new ArchipelError("request.method_not_allowed", { allowed })
      }
      switch (address.pathname) {
        case "/auth/login":
          only("GET")
          return login(outgoing, address.searchParams)
        case "/auth/callback":
          only("GET")
          return callback(headers, outgoing, address)
        case "/auth/logout":
          only("POST")
          return logout(headers, outgoing)
        case "/auth/backchannel":
          only("POST")
          return backchannel(incoming, outgoing)
        case "/auth/session":
          only("GET")
          return session(headers, outgoing)
        default:
          throw new ArchipelError("request.no_such_route", { path: address.pathname.slice(0, 200) })
      }
    },
  }
}
