import type { Answer } from "./answer.ts"
import type { Exchange, LoggedIn } from "./exchange.ts"

/** Undefined where the handler has answered by itself. */
export type Handler = (x: Exchange) => Promise<Answer | undefined>

/** For handlers of an account: somebody is logged in. */
export type AccountExchange = Exchange & { readonly loggedIn: LoggedIn }
export type AccountHandler = (x: AccountExchange) => Promise<Answer | undefined>

/** Who may come to an address. */
export type Access = "anybody" | "own" | "fresh"

export interface Route {
  readonly pattern: string
  readonly access: Access
  readonly GET?: Handler
  readonly POST?: Handler
}

export interface Match {
  readonly route: Route
  readonly params: Readonly<Record<string, string>>
}

/** Before a login, and everything that a link in a mail leads to. */
export const open = (pattern: string, handlers: { readonly GET?: Handler; readonly POST?: Handler }): Route => ({
  pattern,
  access: "anybody",
  ...handlers,
})

const guarded = (
  access: Access,
  pattern: string,
  handlers: { readonly GET?: AccountHandler; readonly POST?: AccountHandler },
): Route => ({
  pattern,
  access,
  ...(handlers as { readonly GET?: Handler; readonly POST?: Handler }),
})

/** For whom the account belongs to. */
export const own = (
  pattern: string,
  handlers: { readonly GET?: AccountHandler; readonly POST?: AccountHandler },
): Route => guarded("own", pattern, handlers)

/** For whom the account belongs to, who has just proved it once more. */
export const fresh = (
  pattern: string,
  handlers: { readonly GET?: AccountHandler; readonly POST?: AccountHandler },
): Route => guarded("fresh", pattern, handlers)

/** Longest secrets of links have 43 characters. */
const SEGMENT = "([A-Za-z0-9_-]{1,128})"

/** Finds the route of a path. Parts of a pattern that begin with a colon stand for one segment. */
export function createRouter(routes: readonly Route[]): (path: string) => Match | undefined {
  const compiled = routes.map((route) => ({
    route,
    names: [...route.pattern.matchAll(/:(\w+)/g)].map(([, name]) => name as string),
    expression: new RegExp(`^${route.pattern.replaceAll(/:\w+/g, SEGMENT)}$`),
  }))
  return (path) => {
    for (const { route, names, expression } of compiled) {
      const found = expression.exec(path)
      if (found) return { route, params: Object.fromEntries(names.map((name, i) => [name, found[i + 1] as string])) }
    }
    return undefined
  }
}
