/**
 * People's pages under `/account`: the steps of a login, what mails lead to, and the account itself.
 *
 * @module
 */
import type { IncomingMessage, ServerResponse } from "node:http"
import { type Answer, pageHeaders, redirect, send } from "./answer.ts"
import { ASSETS, assetsByPath } from "./assets.ts"
import { createExchange, type Exchange, type LoggedIn, personOf, sealedCookies } from "./exchange.ts"
import { entrance } from "./frame.ts"
import { accountRoutes } from "./handlers/account.ts"
import { linkRoutes } from "./handlers/links.ts"
import { loginRoutes } from "./handlers/login.ts"
import { outsideRoutes } from "./handlers/outside.ts"
import { secondFactorRoutes } from "./handlers/second-factors.ts"
import { guestPage } from "./guest-page.ts"
import { loginAddress } from "./login-address.ts"
import type { PagesParts } from "./parts.ts"
import { Refusal, refusalOf, refusalView, statusOf } from "./refusal.ts"
import { createRouter, type Match } from "./router.ts"
import { ownPath } from "./same-origin.ts"

export interface Pages {
  /** Answers everything under "/account". */
  handle(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void>
}

/** Seconds after which what is sensitive asks for another proof (RFC 9470). */
const FRESH_SECONDS = 600

const ASSET_SECONDS = 31_536_000

function assetAnswer(path: string): Answer | undefined {
  const asset = assetsByPath.get(path)
  return (
    asset && {
      status: 200,
      headers: {
        "content-type": asset.type,
        "cache-control": `public, max-age=${ASSET_SECONDS}, immutable`,
        "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
        "cross-origin-resource-policy": "same-origin",
        "x-content-type-options": "nosniff",
      },
      body: asset.body,
    }
  )
}

export function createPages(parts: PagesParts): Pages {
  const { host, provider } = parts
  const isSecure = host.url.startsWith("https:")
  const cookies = sealedCookies(parts)
  const find = createRouter([...loginRoutes, ...linkRoutes, ...outsideRoutes, ...secondFactorRoutes, ...accountRoutes])

  const loggedInAt = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<LoggedIn | undefined> => {
    const session = await provider.currentSession(incoming, outgoing)
    const person = session && (await personOf(parts, session.userId))
    return session && person && { session, person }
  }

  const answer = async (
    incoming: IncomingMessage,
    outgoing: ServerResponse,
    path: string,
    match: Match,
  ): Promise<Answer | undefined> => {
    const { route, params } = match
    const method = incoming.method === "HEAD" ? "GET" : incoming.method
    const handler = method === "GET" || method === "POST" ? route[method] : undefined
    if (!handler) {
      outgoing.setHeader("allow", [...(route.GET ? ["GET", "HEAD"] : []), ...(route.POST ? ["POST"] : [])].join(", "))
      throw new Refusal("method")
    }
    const loggedIn = route.access === "anybody" ? undefined : await loggedInAt(incoming, outgoing)
    if (route.access !== "anybody") {
      // After a form the page that it stands on is what one can come back to.
      const back = route.GET ? path : "/account/security"
      if (!loggedIn) return redirect(loginAddress(host.url, back), isSecure)
      const age = host.now().getTime() / 1_000 - (loggedIn.session.authTime ?? 0)
      if (route.access === "fresh" && age > FRESH_SECONDS)
        return redirect(loginAddress(host.url, back, { isForced: true }), isSecure)
    }
    const x: Exchange = await createExchange(incoming, outgoing, { parts, cookies, params, loggedIn })
    const answered = await handler(x)
    return answered && { ...answered, cookies: [...(answered.cookies ?? []), ...x.takeCookies()] }
  }

  const refused = (incoming: IncomingMessage, outgoing: ServerResponse, error: unknown): Answer => {
    const refusal = refusalOf(error)
    const traceId = String(outgoing.getHeader("x-trace-id") ?? "")
    if (refusal.kind === "internal") host.log.error("a page failed", error, { traceId })
    const page = guestPage(incoming, isSecure, parts.product)
    const wait = refusal.retryAfterSeconds
    return {
      status: statusOf(refusal),
      headers: { ...pageHeaders({ isSecure }), ...(wait === undefined ? {} : { "retry-after": String(wait) }) },
      body: entrance(page, refusalView(page, refusal, traceId)),
    }
  }

  return {
    async handle(incoming, outgoing) {
      const isHead = incoming.method === "HEAD"
      try {
        const path = new URL(incoming.url ?? "/", host.url).pathname
        if (path.startsWith(ASSETS)) {
          const asset = assetAnswer(path)
          if (!asset) throw new Refusal("notFound")
          send(outgoing, asset, isHead)
          return
        }
        if (path === "/account/callback") {
          const { searchParams: query } = new URL(incoming.url ?? "/", host.url)
          const after = query.has("error") ? "/account/logged-out" : ownPath(query.get("state"))
          send(outgoing, redirect(after, isSecure), isHead)
          return
        }
        const match = find(path)
        if (!match) throw new Refusal("notFound")
        const answered = await answer(incoming, outgoing, path, match)
        if (answered) send(outgoing, answered, isHead)
      } catch (error) {
        if (outgoing.headersSent) throw error
        send(outgoing, refused(incoming, outgoing, error), isHead)
      }
    },
  }
}
